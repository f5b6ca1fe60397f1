//! The supervisor's own phase: it watches until the order is terminal and its position protected.

use super::Phase;
use crate::core::id::CycleId;
use crate::core::order::Status;
use crate::core::state::{Decider, State};
use crate::core::time::Time;

impl Decider<'_> {
    /// Monitoring ends when the order is terminal and its position protected, or when its time is up.
    pub(in crate::core) fn watch_cycles(&mut self) {
        let longest = self.state.monitoring_ms();
        let done: Vec<(CycleId, String)> = self
            .state
            .cycles
            .live
            .values()
            .filter(|c| c.phase == Phase::Monitoring)
            .filter_map(|c| {
                let began = c.phases.last().map_or(c.started_at, |p| p.started_at);
                let order = c.found.order.and_then(|id| self.state.orders.get(id));
                let settled = order.is_none_or(|o| {
                    o.status.is_terminal() && o.position.is_none_or(|p| self.state.is_protected(p))
                });
                let result = || {
                    order.map_or("no order".to_owned(), |o| {
                        format!("{} {}", o.id, status_word(o.status))
                    })
                };
                (settled || self.now - began >= longest).then(|| (c.id, result()))
            })
            .collect();
        for (id, result) in done {
            self.end_cycle(id, Phase::Completed, &result);
        }
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Filled => "filled",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
        Status::Rejected => "rejected",
        _ => "still works",
    }
}

impl State {
    pub(in crate::core) fn next_cycle_due(&self) -> Option<Time> {
        self.cycles
            .live
            .values()
            .filter(|c| c.phase == Phase::Monitoring)
            .filter_map(|c| c.phases.last().map(|p| p.started_at + self.monitoring_ms()))
            .min()
    }

    fn monitoring_ms(&self) -> i64 {
        i64::from(self.settings.monitoring_s) * 1000
    }
}
