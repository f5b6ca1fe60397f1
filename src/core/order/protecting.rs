//! How a position keeps its stop and its target, for what is open and no other exit speaks for.

use rust_decimal::Decimal;

use super::{Kind, Order, OrderId, OrderRequest, Purpose, Status, unknown};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::PositionId;
use crate::core::position::Position;
use crate::core::refusal::Refusal;
use crate::core::risk;
use crate::core::state::{Decider, Reply, State};

impl Decider<'_> {
    pub(in crate::core) fn protect(
        &mut self,
        id: PositionId,
        stop: Option<Decimal>,
        target: Option<Decimal>,
        trail: Option<Decimal>,
    ) -> Answer {
        let Some(position) = self.state.positions.open.get(&id).cloned() else {
            return Err(unknown("POSITION_UNKNOWN", &id.to_string(), "positions"));
        };
        let price = self
            .quote(position.symbol)
            .map_or_else(|| position.entry(), |q| q.last);
        let sign = position.side.sign();
        for (what, level, side) in [
            ("stop", stop, Decimal::NEGATIVE_ONE),
            ("target", target, Decimal::ONE),
        ] {
            let Some(level) = level else { continue };
            let step = self.state.settings.execution.price_step;
            if level <= Decimal::ZERO || level >= risk::MOST || !risk::on_step(level, step) {
                return Err(Refusal::new(
                    "RISK_PRICE",
                    format!("the {what} must lie above 0, on the venue's step"),
                    "round it to the step",
                )
                .measured(step, level));
            }
            if (level - price) * side * sign <= Decimal::ZERO {
                return Err(Refusal::new(
                    "RISK_PRICE",
                    format!("the {what} is on the wrong side of the price"),
                    "a long's stop lies below and its target above; a short's the other way round",
                )
                .measured(price.normalize(), level));
            }
        }
        if let Some(distance) = trail
            && !(Decimal::ZERO..Decimal::ONE).contains(&distance)
        {
            return Err(Refusal::new(
                "RISK_PRICE",
                "a trailing distance is a fraction of the price",
                "0.015 follows 1.5 % behind; 0 ends the trailing",
            )
            .measured("0 ≤ distance < 1", distance));
        }
        let settings = &self.state.settings.execution;
        let first_stop = position.stop.is_none() && stop.is_some();
        let trails_by_default = settings.trail_enabled && first_stop;
        self.emit(Event::ProtectionSet {
            id,
            stop: stop.or(position.stop),
            target: target.or(position.target),
            by: self.actor,
            trail: match (trail, position.trail) {
                (Some(distance), _) => Some(distance).filter(|d| !d.is_zero()),
                (None, Some(trail)) => Some(trail.distance),
                (None, None) => trails_by_default.then_some(settings.trail_distance),
            },
        });
        let settings = &self.state.settings.execution;
        let set = self.state.positions.open.get(&id);
        if (stop.is_some() || trail.is_some())
            && let Some((best, stop)) =
                set.and_then(|p| p.follow_on(price, stop.is_some(), settings))
        {
            self.emit(Event::Trailed { id, best, stop });
        }
        self.keep_protected(id);
        Ok(Reply::Done)
    }

    /// Places stop and target for what is open, or fits them to it.
    pub(in crate::core) fn keep_protected(&mut self, id: PositionId) {
        let Some(position) = self.state.positions.open.get(&id).cloned() else {
            return;
        };
        if position.closing.is_some() || position.quantity.is_zero() {
            return;
        }
        // What other exits speak for is not sold twice.
        let quantity = position.quantity - self.state.other_exits(&position);
        if quantity <= Decimal::ZERO {
            return;
        }
        for (purpose, level, order) in [
            (Purpose::Stop, position.stop, position.stop_order),
            (Purpose::Target, position.target, position.target_order),
        ] {
            let Some(level) = level else { continue };
            if self.was_refused(id, purpose, level, quantity) {
                continue;
            }
            let working = order.and_then(|o| self.state.orders.live.get(&o)).cloned();
            match working {
                Some(order) if order.cancel.is_none() => {
                    let quantity = order.filled + quantity;
                    if order.quantity != quantity || order.stop_price != Some(level) {
                        self.emit(Event::OrderAmended {
                            id: order.id,
                            quantity,
                            stop_price: Some(level),
                            price: order.price,
                        });
                    }
                }
                Some(_) => {}
                None => {
                    let kind = match purpose {
                        Purpose::Stop => Kind::StopLoss,
                        _ => Kind::TakeProfit,
                    };
                    let request = OrderRequest {
                        stop_price: Some(level),
                        reduce_only: true,
                        leverage: position.leverage,
                        strategy: position.strategy,
                        service: position.service,
                        ..OrderRequest::new(
                            position.symbol,
                            position.side.opposite(),
                            kind,
                            quantity,
                        )
                    };
                    self.approve(&request, purpose, Some(id), None, level);
                }
            }
        }
    }
}

impl State {
    /// Live orders that only reduce this position.
    pub(super) fn live_exits(&self, id: PositionId) -> Vec<OrderId> {
        self.orders
            .live
            .values()
            .filter(|o| o.position == Some(id) && o.purpose.reduces())
            .map(|o| o.id)
            .collect()
    }

    /// Live orders that may still increase this position; a sliced one and its slices, each.
    pub(super) fn live_entries(&self, id: PositionId) -> Vec<OrderId> {
        self.orders
            .live
            .values()
            .filter(|o| o.position == Some(id) && o.purpose == Purpose::Entry)
            .map(|o| o.id)
            .collect()
    }

    /// Quantity of a position that live exits speak for; stop and target count once.
    pub(super) fn open_exits(&self, position: &Position) -> Decimal {
        let pair = self
            .orders
            .live
            .values()
            .filter(|o| o.position == Some(position.id))
            .filter(|o| matches!(o.purpose, Purpose::Stop | Purpose::Target))
            .map(Order::remaining)
            .max();
        pair.unwrap_or_default() + self.other_exits(position)
    }

    /// Quantity of a position that exits other than its stop and target speak for.
    pub(super) fn other_exits(&self, position: &Position) -> Decimal {
        self.orders
            .live
            .values()
            .filter(|o| o.position == Some(position.id) && o.purpose == Purpose::Exit)
            // The whole speaks for its parts.
            .filter(|o| o.parent.is_none())
            .map(Order::remaining)
            .sum()
    }

    /// Whether a position needs no stop or has one that works for all of it.
    pub fn is_protected(&self, id: PositionId) -> bool {
        self.positions.open.get(&id).is_none_or(|p| {
            p.stop.is_none()
                || p.closing.as_ref().is_some_and(|c| c.limit.is_none())
                || p.stop_order
                    .and_then(|o| self.orders.live.get(&o))
                    .is_some_and(|o| {
                        matches!(o.status, Status::Open | Status::PartiallyFilled)
                            && o.remaining() >= p.quantity - self.other_exits(p)
                    })
        })
    }
}
