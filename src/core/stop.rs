//! The operator's hand on trading: start, pause, resume, HARDSTOP and its slow clear (domain.md,
//! Trading state and HARDSTOP).

use super::command::{Press, Start};
use super::cycle::Phase;
use super::decide::{Answer, checked_reason};
use super::event::Event;
use super::id::{OrderId, ReservationId};
use super::order::{Purpose, Status};
use super::refusal::Refusal;
use super::reservation::{Class, Standing};
use super::state::{Decider, Reply};
use super::text::{Name, Symbol};
use super::trading_state::{Cause, Mode};

/// Reservations that end in the stop's own record; the rest follow in records of their own.
const SWEPT_AT_ONCE: usize = 256;

impl Decider<'_> {
    pub(super) fn start(&mut self, start: &Start) -> Answer {
        if let Some(identity) = &self.state.identity
            && identity.account != start.account
        {
            return Err(Refusal::new(
                "STATE_VENUE",
                format!(
                    "this state folder belongs to {}, not to {}",
                    identity.account, start.account
                ),
                "use another folder: --state DIR",
            ));
        }
        let positions = self.state.positions.open.values().map(|p| p.symbol);
        let orders = self.state.orders.live.values().map(|o| o.request.symbol);
        let held: std::collections::BTreeSet<Symbol> = positions.chain(orders).collect();
        if let Some(lacking) = held.iter().find(|s| !start.settings.symbols.contains(s)) {
            return Err(Refusal::new(
                "STATE_SYMBOLS",
                format!("{lacking} is held here, and this feed brings no price of it"),
                "start with a feed that does, or use another folder: --state DIR",
            ));
        }
        self.emit(Event::Started {
            start: Box::new(start.clone()),
        });
        let lost: Vec<_> = self.state.schedules.running.values().cloned().collect();
        for task in lost {
            self.emit(Event::TaskEnded {
                task: task.id,
                agent: task.name,
                error: Some("the engine was restarted".into()),
            });
        }
        self.end_cycles(Phase::Failed, "the engine was restarted");
        for cause in [Cause::Shutdown, Cause::DiskLow] {
            if self.state.trading.causes.contains_key(&cause) {
                self.lift(cause, "the engine was restarted");
            }
        }
        self.abandon_windows();
        self.add_cause(Cause::Recovering, "reconciling with the venue");
        self.mark_pool(false, true);
        Ok(Reply::Done)
    }

    pub(super) fn loss_accepted(&mut self, seq: u64) -> Answer {
        self.add_cause(
            Cause::LossAccepted,
            &format!("the journal was given up after record {seq}"),
        );
        Ok(Reply::Done)
    }

    pub(super) fn gate_seen(&mut self, epoch: u64, presses: u64, notes: &[Press]) -> Answer {
        let nobody = || Press {
            by: self_name("gate"),
            how: "sentinel".into(),
            reason: "the stop was found engaged".into(),
        };
        if epoch > self.state.trading.epoch || self.state.trading.hardstop.is_none() {
            let press = notes.first().cloned().unwrap_or_else(nobody);
            self.engage(epoch, presses, &press);
            for press in notes.iter().skip(1) {
                self.pressed(epoch, presses, press);
            }
        } else if presses > self.state.trading.presses {
            if notes.is_empty() {
                self.pressed(epoch, presses, &nobody());
            }
            for press in notes {
                self.pressed(epoch, presses, press);
            }
        }
        Ok(Reply::Done)
    }

    fn pressed(&mut self, epoch: u64, presses: u64, press: &Press) {
        self.emit(Event::HardstopPressed {
            epoch,
            presses,
            by: press.by,
            how: press.how.clone(),
        });
    }

    fn engage(&mut self, epoch: u64, presses: u64, press: &Press) {
        let entries = self.open_entries();
        self.emit(Event::HardstopEngaged {
            epoch,
            presses,
            by: press.by,
            how: press.how.clone(),
            reason: press.reason.clone(),
            entries: u32::try_from(entries.len()).unwrap_or(u32::MAX),
        });
        for id in entries {
            self.ask_cancel(id, "HARDSTOP");
        }
        self.cancel_runs("HARDSTOP");
        self.cancel_services("HARDSTOP");
        self.sweep(SWEPT_AT_ONCE);
        self.cancel_activities(None, "HARDSTOP");
        self.end_cycles(Phase::Halted, &format!("{}: HARDSTOP", press.by));
        self.broadcast_halt(press.by, &press.reason);
    }

    /// Ends held and queued reservations but exits, so many in one record: the stop's own record
    /// stays small, however much is held.
    pub(super) fn sweep(&mut self, most: usize) {
        if !self.state.trading.sweeping {
            return;
        }
        let ends: Vec<ReservationId> = self
            .state
            .ledger
            .live()
            .filter(|r| r.standing != Standing::Bound && r.class != Class::Exit)
            .map(|r| r.id)
            .take(most)
            .collect();
        let mut last = ends.len() < most;
        for id in ends {
            if self.left() < SWEPT_AT_ONCE {
                last = false;
                break;
            }
            match self.state.ledger.get(id).map(|r| r.standing) {
                // What is asked for together with an exit ends it too: it would wait for ever.
                Some(Standing::Queued) => self.end_waiting(id, Standing::Cancelled, "HARDSTOP"),
                Some(_) => self.emit(Event::ReservationEnded {
                    id,
                    how: Standing::Cancelled,
                    reason: "HARDSTOP".into(),
                }),
                None => {}
            }
        }
        if last {
            self.emit(Event::HardstopSwept);
        }
    }

    pub(super) fn clear(
        &mut self,
        epoch: u64,
        reason: &str,
        presses: u64,
        since_press_ms: u64,
    ) -> Answer {
        let Some(stop) = &self.state.trading.hardstop else {
            return Err(Refusal::new(
                "HARDSTOP_NOT_ENGAGED",
                "there is nothing to clear",
                "`pilothouse status` shows the state",
            ));
        };
        let engaged = stop.epoch;
        if engaged != epoch {
            return Err(Refusal::new(
                "HARDSTOP_EPOCH",
                format!("the stop that is engaged is number {engaged}"),
                format!("--epoch {engaged}, once you know why it was engaged"),
            )
            .measured(engaged, epoch));
        }
        let reason = checked_reason(reason)?;
        let quiet_ms = self.state.settings.clear_wait_ms();
        if since_press_ms < quiet_ms {
            return Err(Refusal::new(
                "HARDSTOP_JUST_PRESSED",
                format!("the stop was pressed {since_press_ms} ms ago"),
                format!("wait {} seconds after the last press", quiet_ms / 1_000),
            )
            .measured(quiet_ms, since_press_ms));
        }
        let unsure: Vec<String> = self
            .state
            .orders
            .live
            .values()
            .filter(|o| {
                matches!(o.status, Status::Unknown | Status::Submitted)
                    || o.purpose == Purpose::Entry
            })
            .map(|o| o.id.to_string())
            .collect();
        if !unsure.is_empty() {
            return Err(Refusal::new(
                "HARDSTOP_UNRESOLVED",
                format!("{} orders have not come to an end", unsure.len()),
                "wait until their cancels are confirmed: `pilothouse orders`",
            )
            .measured(0, unsure.len())
            .held_by(unsure));
        }
        if self.state.trading.sweeping || self.state.trading.causes.contains_key(&Cause::Recovering)
        {
            return Err(Refusal::new(
                "HARDSTOP_UNRECONCILED",
                "positions are not reconciled with the venue yet",
                "try again when the state no longer says recovering",
            ));
        }
        self.add_cause(Cause::AfterClear, reason);
        self.emit(Event::HardstopCleared {
            epoch,
            presses,
            by: self.actor,
            reason: reason.to_owned(),
        });
        Ok(Reply::Done)
    }

    pub(super) fn pause(&mut self, symbol: Option<Symbol>, reason: &str) -> Answer {
        let reason = if reason.trim().is_empty() {
            "paused by hand"
        } else {
            checked_reason(reason)?
        };
        match symbol {
            Some(symbol) => {
                self.known_symbol(symbol)?;
                if !self.state.trading.paused_symbols.contains_key(&symbol) {
                    self.emit(Event::SymbolPaused {
                        symbol,
                        by: self.actor,
                        reason: reason.to_owned(),
                    });
                }
            }
            None => self.add_cause(Cause::Pause, reason),
        }
        Ok(Reply::Done)
    }

    pub(super) fn resume(&mut self, symbol: Option<Symbol>, reason: &str) -> Answer {
        if let Some(symbol) = symbol {
            self.known_symbol(symbol)?;
            if self.state.trading.paused_symbols.contains_key(&symbol) {
                self.emit(Event::SymbolResumed {
                    symbol,
                    by: self.actor,
                });
            }
            return Ok(Reply::Done);
        }
        if let Some(stop) = &self.state.trading.hardstop {
            return Err(Refusal::new(
                "HARDSTOP_ENGAGED",
                "HARDSTOP is engaged: resume does not lift it",
                format!(
                    "pilothouse clear --epoch {} --reason TEXT --yes",
                    stop.epoch
                ),
            ));
        }
        let causes: Vec<Cause> = self.state.trading.causes.keys().copied().collect();
        if let Some(cause) = causes.iter().find(|c| c.wants_reason()) {
            checked_reason(reason).map_err(|mut refusal| {
                refusal.message = format!("{} wants a reason to be lifted", cause.as_str());
                refusal
            })?;
        }
        if let Some(cause) = causes.iter().find(|c| !c.yields_to_resume())
            && causes.iter().all(|c| !c.yields_to_resume())
        {
            return Err(Refusal::new(
                "RESUME_CAUSE_LASTS",
                format!("the cause lasts: {}", cause.as_str()),
                "it lifts itself when it is gone",
            ));
        }
        for cause in causes.into_iter().filter(|c| c.yields_to_resume()) {
            self.lift(cause, reason.trim());
            if cause == Cause::Drawdown {
                self.mark_pool(true, true);
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn disk_low(&mut self, free_mb: u64, low: bool) -> Answer {
        if low {
            self.add_cause(Cause::DiskLow, &format!("{free_mb} MB free"));
        } else if self.state.trading.causes.contains_key(&Cause::DiskLow) {
            self.lift(Cause::DiskLow, &format!("{free_mb} MB free"));
        }
        Ok(Reply::Done)
    }

    pub(super) fn shutdown(&mut self, leave_entries: bool) -> Answer {
        if leave_entries {
            let reason = "shutting down; resting entries stay".to_owned();
            self.emit(Event::CauseAdded {
                cause: Cause::Shutdown,
                by: self.actor,
                reason,
            });
        } else {
            self.add_cause(Cause::Shutdown, "shutting down");
        }
        self.end_cycles(Phase::Halted, "the engine is shutting down");
        Ok(Reply::Done)
    }

    /// Adds a cause once, with what its state demands.
    pub(super) fn add_cause(&mut self, cause: Cause, reason: &str) {
        if self.state.trading.causes.contains_key(&cause) {
            return;
        }
        self.emit(Event::CauseAdded {
            cause,
            by: self.actor,
            reason: reason.to_owned(),
        });
        self.cancel_entries_if_due();
        if cause.mode() == Mode::Halted {
            self.end_cycles(Phase::Halted, &format!("{}: {reason}", self.actor));
            self.broadcast_halt(self.actor, reason);
            if self.state.settings.close_on_breaker {
                self.close_all(reason);
            }
        }
    }

    pub(super) fn lift(&mut self, cause: Cause, reason: &str) {
        self.emit(Event::CauseLifted {
            cause,
            by: self.actor,
            reason: reason.to_owned(),
        });
    }

    pub(super) fn cancel_entries_if_due(&mut self) {
        let mode = self.state.mode();
        if mode.cancels_entries() {
            for id in self.open_entries() {
                self.ask_cancel(id, mode.as_str());
            }
        }
    }

    /// Live entries, the largest at risk first.
    pub(super) fn open_entries(&self) -> Vec<OrderId> {
        let mut entries: Vec<_> = self
            .state
            .orders
            .live
            .values()
            .filter(|o| o.purpose == Purpose::Entry)
            .map(|o| (o.remaining() * o.decision_price, o.id))
            .collect();
        entries.sort_by(|a, b| b.cmp(a));
        entries.into_iter().map(|(_, id)| id).collect()
    }

    /// Ends every cycle, and with them what waits for the operator.
    fn end_cycles(&mut self, phase: Phase, why: &str) {
        let live: Vec<_> = self.state.cycles.live.keys().copied().collect();
        for id in live {
            self.end_cycle(id, phase, why);
        }
        self.lapse_all(why);
    }

    pub(super) fn known_symbol(&self, symbol: Symbol) -> Result<(), Refusal> {
        if self.state.settings.symbols.contains(&symbol) {
            return Ok(());
        }
        let known: Vec<_> = self
            .state
            .settings
            .symbols
            .iter()
            .map(|s| s.as_str())
            .collect();
        Err(Refusal::new(
            "RISK_SYMBOL",
            format!("{symbol} is not traded here"),
            format!("one of {}", known.join(", ")),
        )
        .measured(known.join(" "), symbol))
    }
}

fn self_name(name: &str) -> Name {
    name.parse().expect("a built-in name")
}
