//! One turn of the engine in small: decide, commit, carry out, hear; and every point at which it
//! may die.

use super::disk;
use super::fault::Fault;
use super::story::{Found, World};
use crate::core::{Command, Event, Name, Reply, State};
use crate::gate::{How, Press};

impl World {
    /// Asks the core. Answers nothing where the engine is dead.
    pub(super) fn submit(
        &mut self,
        cause: u64,
        who: &str,
        command: Command,
    ) -> Result<Option<Reply>, String> {
        let at = self.moment();
        let who: Name = who.parse().expect("a short name");
        let Some(node) = &mut self.node else {
            return Ok(None);
        };
        let decided = node.apply(at, &self.quotes, cause, who, &command);
        self.decided.extend(decided.record);
        if self.traced && !(command == Command::Tick && decided.events.is_empty()) {
            let events: Vec<String> = decided.events.iter().map(super::words::event).collect();
            let command = super::words::command(&command);
            self.exchange
                .get()
                .note(|| format!("  {who}: {command} → {}", events.join(", ")));
        }
        let node = self.node.as_ref().expect("it has just decided");
        let seen = super::audit::Seen {
            state: &node.state,
            command: &command,
            events: &decided.events,
            quotes: &self.quotes,
        };
        self.audit.decision(&seen, &self.exchange.get())?;
        self.count_events(&decided.events);
        let pressed = decided.events.iter().filter_map(State::press_of).next();
        if let Some(press) = pressed {
            self.press(Press {
                by: press.by,
                how: How::Limit,
                reason: press.reason,
            });
            self.look_at_gate()?;
        }
        Ok(Some(decided.reply))
    }

    fn count_events(&mut self, events: &[Event]) {
        let coverage = &mut self.coverage;
        for event in events {
            match event {
                Event::HardstopEngaged { .. } => coverage.engaged += 1,
                Event::HardstopCleared { .. } => coverage.cleared += 1,
                Event::OrderFilled { .. } => coverage.fills += 1,
                Event::Refused { .. } => coverage.refused += 1,
                Event::PositionClosed { .. } => coverage.closed += 1,
                Event::OrderApproved { order } => {
                    coverage.approved += 1;
                    coverage.sliced += u64::from(!order.is_sent());
                }
                _ => {}
            }
        }
    }

    /// Closes the gate; the file is written by another thread, soon.
    pub(super) fn press(&mut self, press: Press) {
        let Some(node) = &self.node else { return };
        let closed = node.gate.close(press);
        self.exchange.get().happen(Fault::Hardstop, "");
        self.pressed_at = Some(self.now);
        self.unwritten = closed.epoch;
        if self.dice.chance(80) {
            self.write_sentinel();
        }
        self.meet();
    }

    pub(super) fn write_sentinel(&mut self) {
        self.sentinel = self.sentinel.max(self.unwritten);
        self.unwritten = 0;
    }

    /// Somebody presses, now and then, at any point.
    fn maybe_press(&mut self) -> Found {
        if self.node.is_some() && self.strikes(Fault::Hardstop) {
            self.press(Press {
                by: "operator".parse().expect("a short name"),
                how: How::Key,
                reason: "a press at a random moment".into(),
            });
            if self.dice.chance(50) {
                return self.look_at_gate();
            }
        }
        Ok(())
    }

    /// The gate is compared with the state, as between any two commands.
    pub(super) fn look_at_gate(&mut self) -> Found {
        let differs = self.node.as_ref().and_then(super::node::Node::gate_differs);
        if let Some(command) = differs {
            self.submit(0, "gate", command)?;
        }
        Ok(())
    }

    /// What the venue said becomes commands.
    pub(super) fn hear(&mut self) -> Found {
        let at = self.moment();
        let Some(node) = &mut self.node else {
            return Ok(());
        };
        node.desk.flush(&node.state, at);
        self.meet();
        let Some(node) = &mut self.node else {
            return Ok(());
        };
        let words = node.desk.commands(&node.state, at);
        for (cause, command) in words {
            self.look_at_gate()?;
            self.submit(cause, "venue", command)?;
        }
        Ok(())
    }

    /// Commits and carries out, until nothing new comes of it.
    pub(super) fn settle(&mut self) -> Found {
        loop {
            self.maybe_press()?;
            self.look_at_gate()?;
            self.commit()?;
            let mut carried = false;
            while let Some((seq, event)) = self.node.as_mut().and_then(|n| n.effects.pop_front()) {
                if carried && self.strikes(Fault::KilledBetween) {
                    self.dies(Fault::KilledBetween);
                    return Ok(());
                }
                self.maybe_press()?;
                self.carry_out(seq, &event);
                carried = true;
            }
            self.meet();
            if carried && self.strikes(Fault::KilledUnheard) {
                self.dies(Fault::KilledUnheard);
            }
            self.hear()?;
            let rests = |n: &super::node::Node| n.effects.is_empty() && !n.has_records();
            if self.node.as_ref().is_none_or(rests) {
                break;
            }
        }
        self.write_sentinel();
        let node = self.node.as_ref();
        self.audit.between(node, &self.exchange.get())
    }

    fn carry_out(&mut self, seq: u64, event: &Event) {
        let at = self.moment();
        let Some(node) = &mut self.node else { return };
        if let Some(epoch) = node.carry_out(seq, event, at)
            && self.sentinel <= epoch
        {
            self.sentinel = 0;
        }
    }

    /// Makes durable what was decided, unless something goes wrong.
    fn commit(&mut self) -> Found {
        let Some(node) = &mut self.node else {
            return Ok(());
        };
        if node.has_records() {
            let plan = if self.pending.is_none() {
                let weather = self.exchange.get().weather.clone();
                disk::at_commit(&weather, &mut self.dice)
            } else {
                None
            };
            if plan == Some(Fault::KilledUnwritten) {
                self.dies(Fault::KilledUnwritten);
                return Ok(());
            }
            if let Some(fault) = plan {
                disk::inject(fault, &self.store, &mut self.dice);
            }
            if let Err(why) = node.write() {
                let Some(fault) = plan.or(self.pending) else {
                    return Err(format!("a commit failed for no reason: {why}"));
                };
                self.disk_failed(fault);
                return Ok(());
            }
            if plan == Some(Fault::NoSpace) {
                self.pending = plan;
            }
            self.durable();
            if plan == Some(Fault::KilledUntold) {
                self.dies(Fault::KilledUntold);
                return Ok(());
            }
        }
        if self.dice.in_thousand(10)
            && let Some(node) = &self.node
        {
            let bytes = minicbor::to_vec(&node.state).expect("memory takes all");
            self.snapshot = Some((node.state.seq, bytes));
        }
        Ok(())
    }

    /// What was decided is durable now: only now may it leave.
    fn durable(&mut self) {
        self.told = self.decided.len();
        if let Some(node) = &self.node {
            self.stopped = node.state.trading.hardstop.is_some();
        }
        self.audit.durable(&mut self.exchange.get());
    }

    /// Gate, sentinel, cancels; then the engine ends (domain.md, HARDSTOP).
    fn disk_failed(&mut self, fault: Fault) {
        let now = self.now;
        if let Some(node) = &mut self.node {
            let closed = node.gate.close(Press {
                by: "journal".parse().expect("a short name"),
                how: How::Limit,
                reason: "the journal cannot be written".into(),
            });
            node.desk.cancel_entries(&node.state, now);
            self.unwritten = closed.epoch;
        }
        self.write_sentinel();
        self.dies(fault);
    }

    /// The engine is gone, and with it whatever was not durable.
    pub(super) fn dies(&mut self, fault: Fault) {
        self.exchange.get().happen(fault, "");
        self.meet();
        self.died_of = Some(fault);
        self.node = None;
        self.exchange.get().hang_up();
        self.audit.forget();
    }
}
