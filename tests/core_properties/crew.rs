//! What agents say to one another, and the cycles they work in.

use pilothouse::core::Command;
use pilothouse::core::command::{Answer, Letter, Registration};
use pilothouse::core::cycle::Phase;
use pilothouse::core::message::{
    Action, Filter, MessageKind, Payload, Priority, RiskAlert, Topic, TradingSignal,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::crowd::{Crowd, agent, name};
use crate::steps::Step;

fn nth<T>(items: impl Iterator<Item = T>, n: u8) -> Option<T> {
    let mut all: Vec<T> = items.collect();
    let at = usize::from(n) % all.len().max(1);
    (at < all.len()).then(|| all.swap_remove(at))
}

impl Crowd {
    pub fn work(&mut self, step: &Step) {
        match *step {
            Step::Say(from, to, how) => self.say(from, to, how),
            Step::Publish(from, how) => self.publish(from, how),
            Step::Subscribe(who, what, on) => {
                let (who, topic) = (Some(agent(who)), Topic::ALL[usize::from(what) % 8]);
                let filter = Filter {
                    source: None,
                    symbol: None,
                    priority: what.is_multiple_of(3).then_some(Priority::High),
                };
                self.ask(
                    "operator",
                    if on {
                        Command::Subscribe {
                            agent: who,
                            topic,
                            filter,
                        }
                    } else {
                        Command::Unsubscribe {
                            agent: who,
                            topic,
                            source: None,
                        }
                    },
                );
            }
            Step::Acknowledge(n) => {
                if let Some((message, to)) = self.copy(n) {
                    let agent = n.is_multiple_of(2).then_some(to);
                    self.ask(to.as_str(), Command::Acknowledge { message, agent });
                }
            }
            Step::Undelivered(n) => {
                if let Some((message, agent)) = self.copy(n) {
                    let times = 5;
                    self.ask(
                        "crew",
                        Command::Undelivered {
                            message,
                            agent,
                            times,
                        },
                    );
                }
            }
            Step::Join(n) => {
                let registration = Registration {
                    name: agent(n),
                    version: "1".into(),
                    handles: Vec::new(),
                    lockstep: false,
                    token_hash: "0".repeat(64),
                };
                self.ask("operator", Command::Register(Box::new(registration)));
            }
            Step::Beat(n, ok) => {
                let agent = agent(n);
                let command = if n.is_multiple_of(2) {
                    Command::Beat { agent, stale: !ok }
                } else {
                    Command::Heartbeat {
                        agent,
                        ok,
                        message: None,
                    }
                };
                self.ask("crew", command);
            }
            Step::Cycle(n, how) => self.cycle(n, how),
            Step::Phase(n, how) => self.phase(n, how),
            Step::TaskDone(n, how) => {
                if let Some(task) = nth(self.state.schedules.running.keys().copied(), n) {
                    let answer = match how % 3 {
                        0 => Answer::Said(Vec::new()),
                        1 => Answer::Waits("candles".into()),
                        _ => Answer::Failed("no reason".into()),
                    };
                    self.ask("crew", Command::TaskDone { task, answer });
                }
            }
            Step::Decide(n, how) => {
                if let Some(id) = nth(self.state.approvals.waiting.keys().copied(), n) {
                    let command = match how % 3 {
                        0 => Command::Lapse { id },
                        how => Command::Decide {
                            id,
                            approve: how == 1,
                            reason: "seen".into(),
                        },
                    };
                    self.ask("operator", command);
                }
            }
            ref other => unreachable!("{other:?}"),
        }
    }

    /// One of the copies that wait, and for whom.
    fn copy(&self, n: u8) -> Option<(pilothouse::core::id::MessageId, pilothouse::core::Name)> {
        let bus = &self.state.bus;
        let copies = bus
            .awaited()
            .flat_map(|a| bus.queue(a).map(move |m| (m.id, a)));
        nth(copies, n)
    }

    fn say(&mut self, from: u8, to: u8, how: u8) {
        // An answer to what waits, or a word of one's own.
        let question = (how >= 192)
            .then(|| self.copy(to))
            .flatten()
            .map(|(message, _)| message);
        let letter = Letter {
            from: None,
            to: question.is_none().then(|| agent(to)),
            topic: None,
            kind: MessageKind::ALL[usize::from(how) % 4],
            priority: Priority::ALL[usize::from(how / 4) % Priority::ALL.len()],
            subject: "a word".into(),
            payload: Payload::Json { text: "{}".into() },
            ttl_s: how.is_multiple_of(2).then_some(u64::from(how) + 1),
            in_reply_to: question,
        };
        let holder = question.and_then(|id| self.state.bus.holders(id).next());
        let from = holder.unwrap_or_else(|| agent(from));
        self.ask(from.as_str(), Command::Send(Box::new(letter)));
    }

    fn publish(&mut self, from: u8, how: u8) {
        let (from, topic, payload) = match how % 8 {
            0 => {
                let alert = RiskAlert {
                    alert_type: "fall".into(),
                    severity: "high".into(),
                    message: "it falls".into(),
                    action_required: how.is_multiple_of(5).then(|| "halt_trading".into()),
                };
                (name("risk"), Topic::RiskAlerts, Payload::Alert(alert))
            }
            1 | 2 => {
                let signal = self.signal(how);
                let topic = Topic::TradingSignals;
                (name("trading_decision"), topic, Payload::Signal(signal))
            }
            _ => {
                let note = Payload::Note {
                    what: "news".into(),
                    message: "none".into(),
                };
                (agent(from), Topic::SystemEvents, note)
            }
        };
        let letter = Letter {
            from: None,
            to: None,
            topic: Some(topic),
            kind: MessageKind::Event,
            priority: Priority::ALL[usize::from(how / 8) % Priority::ALL.len()],
            subject: "news".into(),
            payload,
            ttl_s: None,
            in_reply_to: None,
        };
        self.ask(from.as_str(), Command::Send(Box::new(letter)));
    }

    fn signal(&self, how: u8) -> TradingSignal {
        TradingSignal {
            symbol: self.symbol,
            action: [Action::Buy, Action::Sell, Action::Hold][usize::from(how) % 3],
            confidence: dec!(0.9),
            entry_price: None,
            stop_loss_pct: Some(dec!(2)),
            take_profit_pct: Some(dec!(4)),
            leverage: None,
            reasoning: "chance".into(),
            policy_version: None,
            feature_hash: None,
        }
    }

    fn cycle(&mut self, n: u8, how: u8) {
        let live = nth(self.state.cycles.live.keys().copied(), n);
        let command = match (how % 8, live) {
            (0, Some(id)) => Command::HaltCycle {
                id,
                reason: "enough".into(),
            },
            (1 | 2, Some(cycle)) => Command::PutData {
                cycle,
                key: "risk_note".into(),
                value: how.to_string(),
            },
            _ => Command::StartCycle { symbol: None },
        };
        self.ask(["operator", "risk"][usize::from(n) % 2], command);
    }

    fn phase(&mut self, n: u8, how: u16) {
        let waiting = self.state.cycles.live.values().filter_map(|c| {
            let asked = c.asked()?;
            Some((c.phase, c.waiting?, asked))
        });
        let Some((phase, message, asked)) = nth(waiting, n) else {
            return;
        };
        let last = self.last();
        let said = match phase {
            Phase::StrategyAnalysis => Payload::Signal(self.signal((how / 16) as u8)),
            Phase::RiskValidation => Payload::Sized {
                quantity: (Decimal::from(how % 300) / last).round_dp(8),
                stop: (last * dec!(0.98)).round_dp(2),
                target: (last * dec!(1.04)).round_dp(2),
            },
            _ => Payload::Plan { limit: None },
        };
        let answer = match how % 16 {
            0 => Answer::Failed("no reason".into()),
            1 => Answer::Waits("candles".into()),
            2 => Answer::Said(Vec::new()),
            3 => {
                self.ask("supervisor", Command::PhaseLate { message });
                return;
            }
            _ => Answer::Said(vec![said]),
        };
        self.ask(asked.as_str(), Command::PhaseDone { message, answer });
    }
}
