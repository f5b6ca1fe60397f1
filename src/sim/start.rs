//! How an engine starts, and what it must find: all that was told, nothing that was not decided,
//! and a stop that is still engaged.

use std::collections::BTreeMap;

use rust_decimal_macros::dec;

use super::disk;
use super::fault::Fault;
use super::node::{Node, fold};
use super::story::{Found, World};
use crate::core::command::Start;
use crate::core::position::Amount;
use crate::core::{Command, RecordBody, Settings, State};
use crate::journal::Reader;

/// What the account holds at first.
pub fn opening() -> BTreeMap<String, Amount> {
    [("USDT", dec!(10000)), ("BTC", dec!(0.05))]
        .map(|(asset, n)| (asset.to_owned(), Amount(n)))
        .into()
}

impl World {
    fn start_command(&self) -> Command {
        let mut settings = Settings::of(&self.symbols);
        for schedule in &mut settings.schedules {
            schedule.enabled = false;
        }
        settings.execution.quantity_step = super::venue::STEP;
        settings.execution.price_step = dec!(0.01);
        settings.execution.minimum_value = dec!(5);
        settings.risk.daily_loss_usd = dec!(250);
        settings.risk.orders_per_minute = 60;
        settings.risk.orders_burst = 20;
        settings.resources.allocation_window_ms = 0;
        Command::Start(Box::new(Start {
            version: "simulation".into(),
            account: "model".into(),
            feed: "walk".into(),
            feed_hash: String::new(),
            settings,
            balances: opening(),
        }))
    }

    /// Lets the engine run, however often it has to be started for that.
    pub(super) fn up(&mut self) -> Found {
        while self.node.is_none() {
            if self.died_of.is_some() {
                let ms = self.dice.between(0, 20_000);
                self.pass(ms)?;
            }
            self.start()?;
        }
        Ok(())
    }

    fn start(&mut self) -> Found {
        if let Some(fault) = self.died_of.take() {
            self.store = disk::left_by(fault, &self.store);
        }
        // What was pressed and not yet in its file is lost with the process.
        self.unwritten = 0;
        self.pending = None;
        let calm = self.exchange.get().weather.calm;
        let on_start = [Fault::Write, Fault::SyncKept];
        let broken = on_start.into_iter().find(|f| !calm && self.strikes(*f));
        if let Some(fault) = broken {
            disk::inject(fault, &self.store, &mut self.dice);
        }
        self.begin("process", || "starts".into());
        let exchange = self.exchange.clone();
        let node = match Node::start(&self.store, &self.snapshot, self.sentinel, &exchange) {
            Ok(node) => node,
            Err(why) if broken.is_some() => {
                self.note(|| format!("  ! the start failed: {why}"));
                self.exchange.get().hang_up();
                self.died_of = broken;
                return Ok(());
            }
            Err(why) => return Err(format!("the engine does not start: {why}")),
        };
        self.pending = broken;
        self.recovered(&node)?;
        let latched =
            self.sentinel > node.state.trading.cleared || node.state.trading.hardstop.is_some();
        self.coverage.starts += 1;
        self.coverage.torn += u64::from(node.torn);
        self.node = Some(node);
        let command = self.start_command();
        self.submit(0, "engine", command)?;
        self.look_at_gate()?;
        if let Some(node) = &mut self.node {
            if latched {
                self.coverage.latched += 1;
                if node.state.trading.hardstop.is_none() || !node.gate.observe().closed {
                    return Err("a stop was engaged, and the start came up without it".into());
                }
            }
            let at = crate::execution::Moment {
                now: self.now,
                wall: crate::execution::Wall(exchange.get().wall()),
            };
            node.desk.start(&node.state, at);
        }
        self.settle()
    }

    /// Compares what a start has recovered with what was decided and told.
    fn recovered(&mut self, node: &Node) -> Found {
        let found = self.read()?;
        if found < self.told {
            return Err(format!(
                "{} records were told, {found} are there",
                self.told
            ));
        }
        let cleared = self.decided[self.told..found].iter().any(|bytes| {
            let body = RecordBody::decode(bytes);
            body.is_ok_and(|b| matches!(b.command, Command::Clear { .. }))
        });
        self.decided.truncate(found);
        if node.state.seq != found as u64 {
            return Err(format!("{found} records make state {}", node.state.seq));
        }
        if self.snapshot.is_some() {
            let mut whole = State::default();
            fold(&self.store, &mut whole)?;
            if whole != node.state {
                return Err("what was recovered is not the fold of the journal".into());
            }
        }
        let stopped = node.state.trading.hardstop.is_some();
        if self.stopped && !stopped && !cleared {
            return Err("HARDSTOP was told, and is gone".into());
        }
        (self.told, self.stopped) = (found, stopped);
        self.audit.recovered(node, &mut self.exchange.get());
        Ok(())
    }

    /// Reads the journal from its beginning; every record is the one that was decided in its place.
    fn read(&self) -> Result<usize, String> {
        let store = Box::new(self.store.clone());
        let mut reader = Reader::open(store, 1).map_err(|e| e.to_string())?;
        let mut found = 0;
        while let Some(record) = reader.next_record().map_err(|e| e.to_string())? {
            if self.decided.get(found).map(Vec::as_slice) != Some(record.body) {
                return Err(format!("record {} is not what was decided", record.seq));
            }
            found += 1;
        }
        Ok(found)
    }
}
