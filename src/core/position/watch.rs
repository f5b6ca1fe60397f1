//! What every price brings to positions: stops that trail, and the engine's own watch of stop and
//! target, which acts only where no venue order works for them (trading.md, Orders).

use rust_decimal::Decimal;

use super::{CloseReason, Position};
use crate::core::event::Event;
use crate::core::id::{OrderId, PositionId};
use crate::core::order::{Purpose, Status};
use crate::core::state::{Decider, State};

/// After that long the venue is asked again for what it refused, milliseconds.
const REFUSED_MS: i64 = 60_000;
/// Ended orders that are looked at for a close the venue has just refused.
const LATELY: usize = 64;

impl Decider<'_> {
    /// Stop, target and trailing stop of every position, at the prices of this moment.
    pub(in crate::core) fn watch_positions(&mut self) {
        let open: Vec<PositionId> = self.state.positions.open.keys().copied().collect();
        for id in open {
            self.watch_position(id);
        }
        self.close_flattened();
        self.close_withdrawn();
    }

    fn watch_position(&mut self, id: PositionId) {
        let Some(position) = self.state.positions.open.get(&id) else {
            return;
        };
        let symbol = position.symbol;
        let Some(price) = self.price_of(symbol) else {
            return;
        };
        if let Some(hit) = self.state.unwatched_hit(position, price) {
            if !self.refused_lately(id) {
                self.quote(symbol);
                self.close_as(id, hit);
            }
            return;
        }
        if position.closing.is_some() {
            return;
        }
        if let Some(stop) = position.follow(price, &self.state.settings.execution) {
            self.quote(symbol);
            self.emit(Event::Trailed {
                id,
                best: price,
                stop: Some(stop),
            });
            self.keep_protected(id);
        }
    }

    /// Whether the venue refused to close it so lately that asking again can wait.
    pub(in crate::core) fn refused_lately(&self, id: PositionId) -> bool {
        let pause = i64::from(self.state.settings.execution.protection_deadline_s) * 1000;
        let mut ended = self.state.orders.ended.iter().rev().take(LATELY);
        ended.any(|o| {
            o.position == Some(id)
                && o.purpose == Purpose::Exit
                && o.status == Status::Rejected
                && self.now - o.updated_at < pause
        })
    }

    /// Whether the venue refused this very protection so lately that asking again can wait.
    pub(in crate::core) fn was_refused(
        &self,
        id: PositionId,
        purpose: Purpose,
        level: Decimal,
        quantity: Decimal,
    ) -> bool {
        let mut ended = self.state.orders.ended.iter().rev().take(LATELY);
        ended.any(|o| {
            o.position == Some(id)
                && o.purpose == purpose
                && o.status == Status::Rejected
                && (o.stop_price, o.quantity) == (Some(level), quantity)
                && self.now - o.updated_at < REFUSED_MS
        })
    }
}

/// What a position lacks that it should have; an alarm once it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// A stop that works for all of it.
    Stop,
    /// The fill of a stop that the price has reached.
    Fill,
}

impl State {
    /// What a position lacks at a price.
    pub fn lack(&self, position: &Position, price: Option<Decimal>) -> Option<Lack> {
        if !self.is_protected(position.id) {
            return Some(Lack::Stop);
        }
        let works = position
            .stop_order
            .is_some_and(|o| self.orders.live.contains_key(&o));
        let (stop, price) = (position.stop?, price?);
        let beyond = (price - stop) * position.side.sign() <= Decimal::ZERO;
        (works && beyond).then_some(Lack::Fill)
    }

    /// The stop or target that a price has reached while no venue order works for it. An order
    /// that is on its way, or of unknown fate, may work: it is left to the venue.
    fn unwatched_hit(&self, position: &Position, price: Decimal) -> Option<CloseReason> {
        let closing = position.closing.as_ref();
        if position.quantity.is_zero()
            || closing.is_some_and(|c| c.limit.is_none())
            || !self.is_reconciled(position.symbol)
        {
            return None;
        }
        let works = |order: Option<OrderId>| {
            let live = order.and_then(|id| self.orders.live.get(&id));
            live.is_some_and(|o| o.cancel.is_none())
        };
        let beyond = |level: Decimal| (price - level) * position.side.sign();
        let stop = position.stop.filter(|s| beyond(*s) <= Decimal::ZERO);
        let target = position.target.filter(|t| beyond(*t) >= Decimal::ZERO);
        if stop.is_some() && !works(position.stop_order) {
            return Some(CloseReason::StopLoss);
        }
        // A limit somebody closes it by stands for its target.
        (target.is_some() && closing.is_none() && !works(position.target_order))
            .then_some(CloseReason::TakeProfit)
    }
}
