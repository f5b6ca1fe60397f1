//! What happens next in a story: time passes, and one of two dozen wants something.

use pilothouse::core::command::Letter;
use pilothouse::core::id::ReservationId;
use pilothouse::core::message::{MessageKind, Payload, Priority};
use pilothouse::core::{Command, Name};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::agent::AGENTS;
use crate::fault::Kind;
use crate::invariants::Found;
use crate::story::Story;

impl Story {
    pub fn step(&mut self) -> Found {
        let passes = match self.dice.below(20) {
            0..=5 => 0,
            6..=11 => self.dice.below(500),
            12..=17 => self.dice.below(20_000),
            18 => 60_000,
            _ => self.dice.below(600_000),
        };
        self.now = self.now + i64::try_from(passes).expect("minutes");
        let now = self.now;
        if let Some(priority) = self.node.as_mut().and_then(|n| n.due_window(now)) {
            self.kind = Kind::Window;
            self.submit("allocation", &Command::CloseWindow { priority }, None)?;
            return self.commit();
        }
        if self.state().next_due().is_some_and(|at| at <= now) || self.dice.chance(8) {
            self.tick()?;
            return self.commit();
        }
        if self.dice.chance(12) {
            self.operator()?;
        } else {
            self.agent()?;
        }
        // What comes at once is committed at once.
        if self.dice.chance(30) {
            return Ok(());
        }
        self.commit()
    }

    pub fn tick(&mut self) -> Found {
        self.kind = Kind::Tick;
        let last = self.last_price();
        let factor = dec!(1) + Decimal::new(self.dice.below(2_001) as i64 - 1_000, 5);
        self.price((last * factor).round_dp(2));
        self.submit("clock", &Command::Tick, None)
    }

    fn operator(&mut self) -> Found {
        let reason = "chance".to_owned();
        let stopped = self.state().trading.hardstop.is_some();
        if stopped || self.dice.chance(5) {
            // Until five seconds after the last press.
            self.kind = Kind::Clear;
            return self.clear(reason);
        }
        if self.dice.chance(30) {
            self.kind = Kind::Press;
            self.gate.closed = true;
            self.gate.presses += 1;
            return self.look_at_gate();
        }
        self.kind = Kind::Pause;
        let symbol = None;
        let command = if self.dice.chance(40) {
            Command::Pause { symbol, reason }
        } else {
            Command::Resume { symbol, reason }
        };
        self.submit("operator", &command, None)
    }

    pub fn clear(&mut self, reason: String) -> Found {
        let command = Command::Clear {
            epoch: self.state().trading.epoch,
            reason,
            presses: self.gate.presses,
            since_press_ms: 10_000,
        };
        self.submit("operator", &command, None)
    }

    fn agent(&mut self) -> Found {
        if self.dice.chance(8) {
            return self.acknowledge();
        }
        let n = self.dice.below(AGENTS);
        if self.agents[n].away_until > self.now {
            return Ok(());
        }
        if self.dice.chance(3) {
            let seconds = 60 + self.dice.below(1200) as i64;
            self.agents[n].away_until = self.now.plus_s(seconds);
            self.note(|s| format!("{} dies", s.agents[n].name));
            return Ok(());
        }
        let name = self.agents[n].name;
        let asked = self.command_of(n);
        let Some((kind, command)) = asked else {
            return Ok(());
        };
        self.kind = kind;
        self.submit(name.as_str(), &command, Some(n))
    }

    fn command_of(&mut self, n: usize) -> Option<(Kind, Command)> {
        let agent = &mut self.agents[n];
        // First what was lost.
        if let Some(command) = agent.again.pop() {
            let again = match &command {
                Command::Reserve { .. } => {
                    self.coverage.answered_again += u64::from(self.known(n, &command));
                    Kind::Again
                }
                Command::Release { .. } => Kind::Release,
                _ => return None,
            };
            return Some((again, command));
        }
        let dice = &mut self.dice;
        // Whoever has begun something will end it before long.
        if let Some(id) = agent.activity
            && dice.chance(25)
        {
            let reason = String::new();
            return Some((Kind::End, Command::EndActivity { id, reason }));
        }
        Some(match dice.below(100) {
            0..=25 => (Kind::Reserve, agent.request(false, false, dice)),
            26..=33 => (Kind::Group, agent.request(true, false, dice)),
            34..=45 => (Kind::Gather, agent.request(false, true, dice)),
            46..=49 => (Kind::Again, agent.last.clone()?),
            50..=68 => {
                let id = held(&agent.holds, dice.roll())?;
                (Kind::Release, Command::Release { id })
            }
            69..=76 => {
                let id = held(&agent.holds, dice.roll())?;
                let ttl_s = 30 + dice.below(600) as u64;
                (Kind::Renew, Command::Renew { id, ttl_s })
            }
            77..=87 if agent.activity.is_none() => {
                let kind = agent.activity_kind();
                (Kind::Begin, Command::BeginActivity { kind, agent: None })
            }
            _ => (Kind::Send, self.letter()),
        })
    }

    /// One who has been sent something has read it.
    fn acknowledge(&mut self) -> Found {
        let awaited: Vec<Name> = self.state().bus.awaited().collect();
        let Some(name) = self.dice.pick(&awaited) else {
            return Ok(());
        };
        let Some(message) = self.state().bus.queue(name).next().map(|m| m.id) else {
            return Ok(());
        };
        self.kind = Kind::Acknowledge;
        let agent = Some(name);
        self.submit(
            name.as_str(),
            &Command::Acknowledge { message, agent },
            None,
        )
    }

    /// Whether the core knows an answer to this request already.
    fn known(&self, n: usize, command: &Command) -> bool {
        let Command::Reserve { key: Some(key), .. } = command else {
            return false;
        };
        let keys = &self.state().ledger.keys;
        keys.get(self.agents[n].name, key).is_some()
    }

    fn letter(&mut self) -> Command {
        let crew = ["deployer", "optimizer", "discoverer", "trader", "risk"];
        let to = self.dice.pick(&crew).unwrap_or("risk");
        Command::Send(Box::new(Letter {
            from: None,
            to: to.parse().ok(),
            topic: None,
            kind: MessageKind::Request,
            priority: self.dice.pick(Priority::ALL).unwrap_or(Priority::Normal),
            subject: "a word".into(),
            payload: Payload::Json { text: "{}".into() },
            ttl_s: Some(120),
            in_reply_to: None,
        }))
    }
}

fn held(holds: &[ReservationId], n: u64) -> Option<ReservationId> {
    let count = holds.len() as u64;
    (count > 0).then(|| holds[usize::try_from(n % count).expect("within")])
}
