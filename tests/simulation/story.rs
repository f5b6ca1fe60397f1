//! One story: a seed, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse::core::command::Start;
use pilothouse::core::id::ReservationId;
use pilothouse::core::position::Amount;
use pilothouse::core::reservation::{Standing, Waits};
use pilothouse::core::{Command, Event, Name, Quote, Quotes, Reply, Settings, State, Symbol, Time};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::agent::{AGENTS, Agent};
use crate::dice::Dice;
use crate::fault::{Coverage, Kind, Mishap};
use crate::invariants::{Auditor, Found};
use crate::node::{Disk, Node, Ticket};

/// Steps of a story.
const STEPS: usize = 80;
/// A mishap at so many commits in a hundred.
const MISHAPS: usize = 7;

/// Who asked what.
pub struct Asked {
    pub agent: usize,
    pub command: Command,
}

/// What lies outside the engine and outlives it.
#[derive(Default)]
pub struct Gate {
    pub closed: bool,
    pub presses: u64,
}

pub struct Story {
    pub dice: Dice,
    pub now: Time,
    pub quotes: Quotes,
    symbol: Symbol,
    pub disk: Disk,
    pub node: Option<Node>,
    down: Option<Mishap>,
    /// Hit by the next commit that needs another segment.
    pending: Option<Mishap>,
    /// Whether things may go wrong, and whether they may now.
    pub faults: bool,
    pub kind: Kind,
    pub gate: Gate,
    pub auditor: Auditor,
    /// Every record that was decided and may be durable.
    pub decided: Vec<Vec<u8>>,
    /// So many of them are durable for certain.
    pub told: usize,
    /// Whether HARDSTOP was engaged when they were told.
    pub stopped: bool,
    pub agents: Vec<Agent>,
    asked: BTreeMap<Ticket, Asked>,
    tickets: Ticket,
    /// Requests that wait for their window: those that ended there got nothing, and their keys are
    /// free again.
    gathered: BTreeSet<ReservationId>,
    /// What every key got into the ledger.
    pub entered: BTreeMap<(Name, String), ReservationId>,
    /// Reservations somebody was told of.
    pub promised: BTreeSet<ReservationId>,
    /// Those that waited and were granted.
    pub granted: BTreeSet<ReservationId>,
    pub coverage: Coverage,
    pub trace: Vec<String>,
    traced: bool,
}

impl Story {
    pub fn new(seed: u64, traced: bool) -> Self {
        let mut story = Self {
            dice: Dice::new(seed),
            now: Time(1_771_068_213_740),
            quotes: Quotes::default(),
            symbol: "BTC/USDT".parse().expect("a pair"),
            disk: Disk::default(),
            node: None,
            down: None,
            pending: None,
            faults: !seed.is_multiple_of(10),
            kind: Kind::Start,
            gate: Gate::default(),
            auditor: Auditor::default(),
            decided: Vec::new(),
            told: 0,
            stopped: false,
            agents: (0..AGENTS).map(Agent::new).collect(),
            asked: BTreeMap::new(),
            tickets: 0,
            gathered: BTreeSet::new(),
            entered: BTreeMap::new(),
            promised: BTreeSet::new(),
            granted: BTreeSet::new(),
            coverage: Coverage::default(),
            trace: Vec::new(),
            traced,
        };
        story.price(dec!(40000));
        story
    }

    /// Tells it to its end.
    pub fn tell(&mut self) -> Found {
        for _ in 0..STEPS {
            self.up()?;
            self.step()?;
        }
        self.peace()
    }

    pub fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.traced {
            let line = line(self);
            self.trace.push(format!("{} {line}", self.now));
        }
    }

    pub fn price(&mut self, last: Decimal) {
        let quote = Quote {
            last,
            bid: last,
            ask: last,
            time: self.now,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        };
        self.quotes.set(self.symbol, quote);
    }

    pub fn last_price(&self) -> Decimal {
        self.quotes.get(self.symbol).map_or(dec!(40000), |q| q.last)
    }

    pub fn state(&self) -> &State {
        &self.node.as_ref().expect("the engine runs").state
    }

    /// Lets the engine run, however often it has to be started for that.
    pub fn up(&mut self) -> Found {
        while self.node.is_none() {
            self.start()?;
        }
        Ok(())
    }

    fn start(&mut self) -> Found {
        if let Some(mishap) = self.down.take() {
            self.disk.store = mishap.leaves(&self.disk.store);
        }
        self.pending = None;
        let broken = (self.faults && self.dice.chance(15)).then(|| {
            let how = [Mishap::Write, Mishap::SyncKept];
            self.dice.pick(&how).unwrap_or(Mishap::Write)
        });
        if let Some(mishap) = broken {
            mishap.inject(&self.disk.store, &mut self.dice);
        }
        let node = match Node::start(&self.disk) {
            Ok(node) => node,
            Err(why) if broken.is_some() => {
                self.note(|_| format!("the start failed: {why}"));
                self.coverage.starts_broken += 1;
                self.down = broken;
                return Ok(());
            }
            Err(why) => return Err(format!("the engine does not start: {why}")),
        };
        // What nothing met while it recovered meets the first commit.
        self.pending = broken;
        self.recovered(&node)?;
        self.node = Some(node);
        self.kind = Kind::Start;
        self.submit("engine", &self.start_command(), None)?;
        let state = self.state();
        if self.gate.closed && state.trading.hardstop.is_none() {
            self.gate.presses = 1;
            self.look_at_gate()?;
        }
        self.submit("engine", &Command::Statement(Box::default()), None)?;
        self.commit()
    }

    fn start_command(&self) -> Command {
        let mut settings = Settings::of(&[self.symbol]);
        for schedule in &mut settings.schedules {
            schedule.enabled = false;
        }
        settings.resources.api_per_minute = 60;
        settings.resources.api_per_hour = 6000;
        settings.risk.daily_loss_usd = dec!(60);
        let balances = [("USDT", dec!(500)), ("BTC", dec!(0.0125))];
        Command::Start(Box::new(Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: balances
                .map(|(asset, n)| (asset.to_owned(), Amount(n)))
                .into(),
        }))
    }

    /// Asks the core; whoever asked is told once it is durable.
    pub fn submit(&mut self, actor: &str, command: &Command, agent: Option<usize>) -> Found {
        let actor: Name = actor.parse().expect("a short name");
        let ticket = agent.map(|agent| {
            self.tickets += 1;
            let command = command.clone();
            self.asked.insert(self.tickets, Asked { agent, command });
            self.tickets
        });
        let node = self.node.as_mut().expect("the engine runs");
        let decided = node.apply(self.now, &self.quotes, actor, command, ticket);
        self.auditor
            .decision(&node.state, command, &decided.events)?;
        self.decided.extend(decided.record);
        self.note(|_| {
            let events: Vec<&str> = decided.events.iter().map(Event::name).collect();
            format!("{actor}: {command:?} → {}", events.join(" "))
        });
        let mut lost = false;
        for event in &decided.events {
            lost |= State::press_of(event).is_some();
            self.follow(event)?;
        }
        if lost {
            self.gate.closed = true;
            self.gate.presses += 1;
            self.look_at_gate()?;
        }
        Ok(())
    }

    fn follow(&mut self, event: &Event) -> Found {
        match event {
            Event::WaitsFor { id, .. } => {
                self.gathered.remove(id);
            }
            Event::Reserved { row } => {
                if matches!(row.waits, Some(Waits::Window { .. })) {
                    self.gathered.insert(row.id);
                }
                let Some(keyed) = &row.keyed else {
                    return Ok(());
                };
                let lead = row.group.first().copied().unwrap_or(row.id);
                if let Some(known) = self.entered.insert(keyed.clone(), lead)
                    && known != lead
                    && self.state().ledger.ended(known) != Some(Standing::Denied)
                    && !self.gathered.contains(&known)
                {
                    return Err(format!("{keyed:?} got {known} and {lead}"));
                }
            }
            Event::Granted { id, .. } => {
                self.gathered.remove(id);
                self.granted.insert(*id);
                self.coverage.granted += 1;
            }
            Event::ReservationEnded { how, .. } if *how == Standing::Preempted => {
                self.coverage.preempted += 1;
            }
            Event::WindowClosed { split: Some(_), .. } => self.coverage.split += 1,
            _ => {}
        }
        Ok(())
    }

    /// The gate is compared with the state, as between any two commands.
    pub fn look_at_gate(&mut self) -> Found {
        let trading = &self.state().trading;
        let epoch = trading.epoch + u64::from(trading.hardstop.is_none());
        let command = Command::GateSeen {
            epoch,
            presses: self.gate.presses,
            notes: Vec::new(),
        };
        self.submit("gate", &command, None)
    }

    /// Makes durable what was decided and tells those who wait, unless something goes wrong.
    pub fn commit(&mut self) -> Found {
        let node = self.node.as_mut().expect("the engine runs");
        if node.has_records() {
            let plan = (self.faults && self.pending.is_none() && self.dice.chance(MISHAPS))
                .then(|| self.dice.pick(&Mishap::ALL))
                .flatten();
            if let Some(mishap) = plan {
                mishap.inject(&self.disk.store, &mut self.dice);
            }
            if plan == Some(Mishap::KilledUnwritten) {
                return self.dies(Mishap::KilledUnwritten);
            }
            if let Err(why) = node.write() {
                let Some(mishap) = plan.or(self.pending) else {
                    return Err(format!("a commit failed for no reason: {why}"));
                };
                return self.dies(mishap);
            }
            match plan {
                Some(Mishap::KilledUntold) => return self.dies(Mishap::KilledUntold),
                Some(Mishap::NoSpace) => self.pending = plan,
                _ => {}
            }
        }
        self.told = self.decided.len();
        self.stopped = self.state().trading.hardstop.is_some();
        for (ticket, reply) in self.node.as_mut().expect("the engine runs").tell() {
            if let Some(asked) = self.asked.remove(&ticket) {
                self.heard(asked, reply)?;
            }
        }
        self.open_gate();
        if self.dice.chance(2) {
            let state = self.state();
            let bytes = minicbor::to_vec(state).expect("memory takes all");
            self.disk.snapshot = Some((state.seq, bytes));
        }
        Ok(())
    }

    /// A clear opens the gate once it is durable.
    fn open_gate(&mut self) {
        if self.gate.closed && self.state().trading.hardstop.is_none() {
            self.gate.closed = false;
        }
    }

    fn dies(&mut self, mishap: Mishap) -> Found {
        self.coverage.meet(mishap, self.kind);
        self.note(|s| format!("{mishap:?} at {:?}", s.kind));
        self.ends(mishap);
        Ok(())
    }

    /// The engine is gone, and with it whatever was not durable.
    pub fn ends(&mut self, mishap: Mishap) {
        self.down = Some(mishap);
        self.node = None;
        // The answers are lost; whoever waits for one asks again.
        for (_, asked) in std::mem::take(&mut self.asked) {
            self.agents[asked.agent].again.push(asked.command);
        }
    }

    /// An agent is told.
    fn heard(&mut self, asked: Asked, reply: Reply) -> Found {
        let agent = &mut self.agents[asked.agent];
        match (&asked.command, reply) {
            (Command::Reserve { key, .. }, Reply::Reserved(grants)) => {
                let ids: Vec<ReservationId> = grants.iter().map(|g| g.id).collect();
                self.promised.extend(&ids);
                let key = key.clone().unwrap_or_default();
                let first = agent.got.entry(key).or_insert_with(|| ids.clone());
                if *first != ids {
                    let known = self.node.as_ref().map(|n| &n.state.ledger);
                    let denied = |id| known.is_some_and(|l| l.ended(id) == Some(Standing::Denied));
                    if !first.iter().all(|id| denied(*id)) {
                        return Err(format!("{first:?} were told before, now {ids:?}"));
                    }
                    *first = ids.clone();
                }
                agent.holds.extend(ids);
                agent.holds.sort_unstable();
                agent.holds.dedup();
                agent.last = Some(asked.command);
            }
            (Command::Release { id }, Reply::Released(_)) => {
                agent.holds.retain(|held| held != id);
                if self.state().ledger.get(*id).is_some() {
                    return Err(format!("{id} was given back and lives"));
                }
            }
            (Command::BeginActivity { .. }, Reply::Activity(id)) => agent.activity = Some(id),
            (Command::EndActivity { .. }, _) => agent.activity = None,
            _ => {}
        }
        Ok(())
    }
}
