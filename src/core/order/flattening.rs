//! Flatten: entries are cancelled and everything that is open is closed; until both have come to
//! an end no entry is accepted, and the trading state stays what it was (trading.md, Risk).

use super::closing::CLOSING;
use super::{OrderId, Purpose};
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::PositionId;
use crate::core::state::{Decider, Reply};

impl Decider<'_> {
    /// Begins one; a second call while one is under way joins it.
    pub(in crate::core) fn flatten(&mut self, reason: &str) -> Answer {
        let reason = match reason.trim() {
            "" => "flattened by hand",
            _ => checked_reason(reason)?,
        };
        if let Some(running) = &self.state.trading.flattening {
            return Ok(Reply::Flattening(running.positions.clone()));
        }
        let positions: Vec<PositionId> = self.state.positions.open.keys().copied().collect();
        self.emit(Event::FlattenBegan {
            by: self.actor,
            reason: reason.to_owned(),
            positions: positions.clone(),
        });
        for id in self.open_entries() {
            // Whatever they are cancelled for already: what still fills of them is closed too.
            let Some(order) = self.state.orders.live.get(&id) else {
                continue;
            };
            if order.cancel.as_ref().is_none_or(|(_, why)| why != CLOSING) {
                self.cancel_anew(id, CLOSING);
            }
        }
        self.close_all(reason);
        self.end_flatten();
        Ok(Reply::Flattening(positions))
    }

    /// Closes everything that is open now, at the market.
    pub(in crate::core) fn close_all(&mut self, reason: &str) {
        let open: Vec<PositionId> = self.state.positions.open.keys().copied().collect();
        for id in open {
            // What is open can be closed at the market, whatever else is refused.
            let _ = self.close(id, None, reason);
        }
    }

    /// Sends what a wish to close still lacks: its order never came to the venue.
    pub(in crate::core) fn carry_out_closes(&mut self) {
        let open = self.state.positions.open.values();
        let waits = |p: &&crate::core::position::Position| {
            p.closing.as_ref().is_some_and(|c| c.order.is_none())
        };
        let ids: Vec<PositionId> = open.filter(waits).map(|p| p.id).collect();
        for id in ids {
            self.carry_out_close(id);
        }
    }

    /// Asks again for what the venue refused to close.
    pub(in crate::core) fn close_flattened(&mut self) {
        let Some(running) = &self.state.trading.flattening else {
            return;
        };
        let reason = running.given.reason.clone();
        let idle = |id: &PositionId| self.state.positions.open[id].closing.is_none();
        let open = self.state.positions.open.keys().copied();
        let left: Vec<PositionId> = open
            .filter(|id| idle(id) && !self.refused_lately(*id))
            .collect();
        for id in left {
            let _ = self.close(id, None, &reason);
        }
    }

    /// Ends the one that is under way once nothing is left of it: no entry, no position.
    pub(in crate::core) fn end_flatten(&mut self) {
        let entry = |o: &super::Order| o.purpose == Purpose::Entry;
        if self.state.trading.flattening.is_some()
            && self.state.positions.open.is_empty()
            && !self.state.orders.live.values().any(entry)
        {
            self.emit(Event::FlattenEnded);
        }
    }

    /// Whether a fill of this entry is to be closed at once: its position is, or everything is.
    pub(super) fn closes_what_it_fills(&self, entry: &super::Order) -> bool {
        let closing = entry.cancel.as_ref().is_some_and(|(_, why)| why == CLOSING);
        entry.purpose == Purpose::Entry && (closing || self.state.trading.flattening.is_some())
    }

    pub(super) fn fill_is_closed(&mut self, id: PositionId, entry: OrderId) {
        let why = format!("{entry} filled while it was being closed");
        // What is open can be closed at the market, whatever else is refused.
        let _ = self.close(id, None, &why);
    }
}
