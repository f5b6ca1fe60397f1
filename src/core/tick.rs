//! What time brings: ends of reservations and messages, a new day, losses, schedules, snapshots.

use super::command::Press;
use super::decide::Answer;
use super::event::Event;
use super::message::Delivery;
use super::state::{Decider, Reply, State};
use super::text::Name;
use super::time::Time;
use super::trading_state::Cause;
use rust_decimal::Decimal;

/// Ends in one decision, at most (domain.md, Expiry).
const MAX_ENDS: usize = 4_096;

impl Decider<'_> {
    pub(super) fn tick(&mut self) -> Answer {
        self.sweep(MAX_ENDS);
        self.expire_reservations();
        self.tell_waiting();
        self.expire_messages();
        self.carry_out_closes();
        self.watch_positions();
        self.watch_paper();
        self.mark_services();
        self.value_account();
        self.watch_losses();
        self.recover();
        self.run_schedules();
        self.watch_cycles();
        self.run_slices();
        self.snapshot_positions();
        Ok(Reply::Done)
    }

    fn expire_messages(&mut self) {
        let due: Vec<_> = self
            .state
            .bus
            .expiry
            .iter()
            .take_while(|(at, _)| *at <= self.now)
            .take(self.left().min(MAX_ENDS))
            .map(|(_, id)| *id)
            .collect();
        for id in due {
            self.emit(Event::MessageEnded {
                id,
                how: Delivery::Expired,
                response: None,
                agent: None,
                reason: None,
            });
        }
    }

    /// Marks equity and pool; with `always` also when the time has not come.
    pub(super) fn mark_pool(&mut self, reset_peak: bool, always: bool) {
        let Some(equity) = self.worth() else {
            return;
        };
        let account = &self.state.account;
        let moved = equity != account.equity || self.now.day() != account.day;
        let every = i64::from(self.state.settings.resources.pool_mark_s) * 1000;
        let due = self.now - account.marked_at >= every || self.now.day() != account.day;
        if !(moved && due || always) {
            return;
        }
        let pool = match self.state.settings.resources.capital_pool_usd {
            Some(amount) => amount.min(equity),
            None => equity,
        }
        .max(Decimal::ZERO);
        self.emit(Event::PoolMarked {
            equity,
            pool,
            reset_peak,
        });
    }

    /// Daily loss and drawdown, on every price while something is held.
    fn value_account(&mut self) {
        self.mark_pool(false, false);
        let Some(equity) = self.worth() else {
            return;
        };
        let account = &self.state.account;
        let loss = account.day_start - equity;
        let limit = self.state.settings.risk.daily_loss_usd;
        let (day, peak) = (account.day, account.peak);
        let known = account.has_lost(day, limit);
        if loss >= limit && !known && self.state.trading.hardstop.is_none() {
            let limit = Some(limit);
            self.emit(Event::DayLost { day, loss, limit });
        }
        let fall = (peak - equity).checked_div(peak).unwrap_or_default();
        let most = self.state.settings.risk.max_drawdown;
        if fall >= most && !self.state.trading.causes.contains_key(&Cause::Drawdown) {
            let percent = Decimal::ONE_HUNDRED;
            self.add_cause(
                Cause::Drawdown,
                &format!(
                    "equity is {} % under its peak; the limit is {} %",
                    (fall * percent).round_dp(2),
                    (most * percent).normalize()
                ),
            );
        }
    }

    fn snapshot_positions(&mut self) {
        let every = i64::from(self.state.settings.execution.position_snapshot_s) * 1000;
        if self.state.positions.open.is_empty() || self.now - self.state.snapshots_at < every {
            return;
        }
        let open: Vec<_> = self
            .state
            .positions
            .open
            .values()
            .map(|p| (p.id, p.symbol))
            .collect();
        for (id, symbol) in open {
            if let Some(quote) = self.quote(symbol)
                && let Some(position) = self.state.positions.open.get(&id)
            {
                let unrealised = position.unrealised(quote.last).normalize();
                self.emit(Event::PositionSnapshot {
                    id,
                    price: quote.last,
                    unrealised,
                });
            }
        }
    }
}

impl State {
    /// The next moment at which time alone has something to decide.
    pub fn next_due(&self) -> Option<Time> {
        let schedules = self
            .mode()
            .schedules()
            .then(|| self.schedules.next_due())
            .flatten();
        let messages = self.bus.expiry.first().map(|(at, _)| *at);
        let monitored = self.next_cycle_due();
        let sweep = self.trading.sweeping.then_some(self.time);
        [
            self.ledger.next_expiry(),
            self.next_turn_due(),
            messages,
            schedules,
            monitored,
            sweep,
            self.next_recovery(),
            self.next_loss_over(),
            self.next_slice_due(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What the organisation's daily loss does to the gate: the press the engine makes when the
    /// event says so.
    pub fn press_of(event: &Event) -> Option<Press> {
        let Event::DayLost { loss, .. } = event else {
            return None;
        };
        let by: Name = "risk".parse().expect("a built-in name");
        Some(Press {
            by,
            how: "limit".into(),
            reason: format!("the day's loss is {} USD", loss.round_dp(2)),
        })
    }
}
