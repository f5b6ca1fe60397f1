//! How positions are closed: what protects them goes first, so that nothing is sold twice.

use rust_decimal::Decimal;

use super::{Kind, OrderId, OrderRequest, Purpose, unknown};
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::PositionId;
use crate::core::position::Closing;
use crate::core::refusal::Refusal;
use crate::core::risk;
use crate::core::state::{Decider, Reply};

/// Why an entry goes whose position is being closed: what still fills is closed too.
pub(super) const CLOSING: &str = "its position is being closed";

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
        let entry = position.entry_order;
        if position.closing.as_ref().is_none_or(|c| c.limit != limit) {
            self.emit(Event::CloseWanted {
                id,
                closing: Closing {
                    limit,
                    reason: reason.to_owned(),
                    by: self.actor,
                    order: None,
                },
            });
            for order in self.state.live_exits(id) {
                self.ask_cancel(order, "its position is being closed");
            }
            self.ask_cancel(entry, CLOSING);
        }
        let order = self.carry_out_close(id);
        Ok(Reply::Closing(id, order))
    }

    /// Sends the closing order once no other exit of the position works, so that nothing is sold
    /// twice.
    pub(super) fn carry_out_close(&mut self, id: PositionId) -> Option<OrderId> {
        let position = self.state.positions.open.get(&id)?;
        let closing = position.closing.clone()?;
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

    pub(in crate::core) fn flatten(&mut self, reason: &str) -> Answer {
        if !reason.trim().is_empty() {
            checked_reason(reason)?;
        }
        let entries: Vec<_> = self
            .state
            .orders
            .live
            .values()
            .filter(|o| o.purpose == Purpose::Entry)
            .map(|o| o.id)
            .collect();
        for id in entries {
            self.ask_cancel(id, CLOSING);
        }
        Ok(Reply::Flattening(self.close_all(reason)))
    }

    /// Closes everything that is open now, at the market.
    pub(in crate::core) fn close_all(&mut self, reason: &str) -> Vec<PositionId> {
        let open: Vec<_> = self.state.positions.open.keys().copied().collect();
        for id in &open {
            // What is open can be closed at the market, whatever else is refused.
            let _ = self.close(*id, None, reason);
        }
        open
    }
}
