//! How positions are closed: what protects them goes first, so that nothing is sold twice.

use rust_decimal::Decimal;

use super::{Kind, OrderId, OrderRequest, Purpose, unknown};
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::PositionId;
use crate::core::position::{CloseReason, Closing};
use crate::core::refusal::Refusal;
use crate::core::risk;
use crate::core::state::{Decider, Reply};

/// Why an entry goes whose position is being closed: what still fills is closed too.
pub(in crate::core) const CLOSING: &str = "its position is being closed";

impl Decider<'_> {
    pub(in crate::core) fn close(
        &mut self,
        id: PositionId,
        limit: Option<Decimal>,
        reason: &str,
    ) -> Answer {
        let Some(position) = self.state.positions.get(id) else {
            return Err(unknown("POSITION_UNKNOWN", &id.to_string(), "positions"));
        };
        if !position.is_open() {
            return Err(Refusal::new(
                "POSITION_CLOSED",
                format!("{id} is closed already"),
                "nothing is left to close",
            ));
        }
        if let Some(limit) = limit {
            let request = OrderRequest {
                price: Some(limit),
                ..OrderRequest::new(
                    position.symbol,
                    position.side.opposite(),
                    Kind::Limit,
                    position.quantity,
                )
            };
            risk::sanity(self.state, &request)?;
        }
        let reason = if reason.trim().is_empty() {
            "closed by hand"
        } else {
            checked_reason(reason)?
        };
        self.want_close(id, limit, reason, None);
        let order = self.carry_out_close(id);
        Ok(Reply::Closing(id, order))
    }

    /// Closes at the market what the engine's own watch has found beyond its stop or target.
    pub(in crate::core) fn close_as(&mut self, id: PositionId, counts_as: CloseReason) {
        let reason = match counts_as {
            CloseReason::StopLoss => "its stop was hit, and no venue order works for it",
            _ => "its target was reached, and no venue order works for it",
        };
        self.want_close(id, None, reason, Some(counts_as));
        self.carry_out_close(id);
    }

    /// Notes the wish and clears its way: every exit that works, and what is left of the entry.
    fn want_close(
        &mut self,
        id: PositionId,
        limit: Option<Decimal>,
        reason: &str,
        counts_as: Option<CloseReason>,
    ) {
        let Some(position) = self.state.positions.open.get(&id) else {
            return;
        };
        if position.closing.as_ref().is_none_or(|c| c.limit != limit) {
            self.emit(Event::CloseWanted {
                id,
                closing: Closing {
                    limit,
                    reason: reason.to_owned(),
                    by: self.actor,
                    order: None,
                    counts_as,
                },
            });
            for order in self.state.live_exits(id) {
                self.ask_cancel(order, "its position is being closed");
            }
            for entry in self.state.live_entries(id) {
                self.ask_cancel(entry, CLOSING);
            }
        }
    }

    /// A fill that came after its order's end may leave less open than the exits that work are for:
    /// the newest of them asks for less.
    pub(super) fn fit_exits(&mut self, id: PositionId) {
        let Some(position) = self.state.positions.open.get(&id) else {
            return;
        };
        let over = self.state.other_exits(position) - position.quantity;
        if over <= Decimal::ZERO {
            return;
        }
        let live = self.state.orders.live.values().rev();
        let mut exits = live.filter(|o| {
            let exit = o.position == Some(id) && o.purpose == Purpose::Exit;
            exit && o.is_sent() && o.cancel.is_none()
        });
        let Some(exit) = exits.next() else { return };
        let (order, quantity) = (exit.id, exit.quantity - over);
        if quantity <= exit.filled {
            return self.ask_cancel(order, "less is left to close than it asks for");
        }
        let (stop_price, price) = (exit.stop_price, exit.price);
        self.emit(Event::OrderAmended {
            id: order,
            quantity,
            stop_price,
            price,
        });
    }

    /// Sends the closing order once no other exit of the position works, so that nothing is sold
    /// twice, and once the symbol agrees with the venue.
    pub(in crate::core) fn carry_out_close(&mut self, id: PositionId) -> Option<OrderId> {
        let position = self.state.positions.open.get(&id)?;
        let closing = position.closing.clone()?;
        if !self.state.is_reconciled(position.symbol) {
            return None;
        }
        let working = self.state.live_exits(id);
        if !working.is_empty() || position.quantity.is_zero() {
            return working
                .into_iter()
                .find(|o| self.state.orders.live[o].purpose == Purpose::Exit);
        }
        let request = OrderRequest {
            price: closing.limit,
            reduce_only: true,
            leverage: position.leverage,
            strategy: position.strategy,
            service: position.service,
            agent_id: Some(closing.by),
            ..OrderRequest::new(
                position.symbol,
                position.side.opposite(),
                if closing.limit.is_some() {
                    Kind::Limit
                } else {
                    Kind::Market
                },
                position.quantity,
            )
        };
        let price = self.quote(request.symbol).map(|q| q.last);
        let order = self.approve(
            &request,
            Purpose::Exit,
            Some(id),
            None,
            price.unwrap_or_default(),
        );
        self.emit(Event::CloseWanted {
            id,
            closing: Closing {
                order: Some(order),
                ..closing
            },
        });
        Some(order)
    }
}
