//! What may be changed of an order that works: an entry may shrink, or move its price within the
//! gate; an exit may move its price. Nothing is amended into something larger than was approved.

use rust_decimal::Decimal;

use super::{Kind, Order, OrderId, OrderRequest, Purpose, Status, unknown};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::refusal::Refusal;
use crate::core::risk;
use crate::core::state::{Decider, Reply};

impl Decider<'_> {
    /// Changes quantity, limit or trigger of a working order; what is absent stays.
    pub(in crate::core) fn amend(
        &mut self,
        id: OrderId,
        quantity: Option<Decimal>,
        price: Option<Decimal>,
        stop_price: Option<Decimal>,
    ) -> Answer {
        let order = self.amendable(id)?;
        let changed = OrderRequest {
            quantity: quantity.unwrap_or(order.quantity),
            price: price.or(order.price),
            stop_price: stop_price.or(order.stop_price),
            ..order.request.clone()
        };
        risk::sanity(self.state, &changed)?;
        if (price.is_some() && order.request.kind != Kind::Limit)
            || (stop_price.is_some() && order.stop_price.is_none())
        {
            return Err(Refusal::new(
                "RISK_PRICE",
                format!("{id} has no such price"),
                "a limit order has a price; a stop-loss or take-profit a stop price",
            )
            .measured("none", price.or(stop_price).unwrap_or_default()));
        }
        if changed.quantity <= order.filled || changed.quantity > order.quantity {
            return Err(Refusal::new(
                "RISK_SIZE",
                "an order is amended to less than it asks for and more than has filled",
                "for more, place another order; for nothing more, cancel it",
            )
            .measured(
                format!(
                    "above {}, up to {}",
                    order.filled.normalize(),
                    order.quantity.normalize()
                ),
                changed.quantity.normalize(),
            ));
        }
        if order.purpose == Purpose::Exit && changed.quantity != order.quantity {
            // What the venue has not confirmed could be sold a second time meanwhile.
            return Err(Refusal::new(
                "RISK_SIZE",
                "the quantity of an exit stays as it was sent",
                "cancel it, and place another once it has ended",
            )
            .measured(order.quantity.normalize(), changed.quantity.normalize()));
        }
        let moves = changed.price != order.price || changed.stop_price != order.stop_price;
        if moves && order.purpose == Purpose::Entry {
            self.amend_entry(&order, &changed)?;
        }
        if moves || changed.quantity != order.quantity {
            self.emit(Event::OrderAmended {
                id,
                quantity: changed.quantity,
                stop_price: changed.stop_price,
                price: changed.price,
            });
        }
        Ok(Reply::Order(id))
    }

    fn amendable(&self, id: OrderId) -> Result<Order, Refusal> {
        let Some(order) = self.state.orders.get(id) else {
            return Err(unknown("ORDER_UNKNOWN", &id.to_string(), "orders"));
        };
        self.owned(order)?;
        let works = matches!(order.status, Status::Open | Status::PartiallyFilled);
        if !works || order.cancel.is_some() || !order.is_sent() || order.parent.is_some() {
            return Err(Refusal::new(
                "ORDER_NOT_WORKING",
                format!("{id} does not work at the venue by itself"),
                "only an open order that nobody cancels can be changed",
            ));
        }
        if matches!(order.purpose, Purpose::Stop | Purpose::Target) {
            return Err(Refusal::new(
                "ORDER_PROTECTS",
                format!("{id} protects an open position"),
                "move it with `positions set`",
            ));
        }
        Ok(order.clone())
    }

    /// The gate's price rules for the new price, and the capital that it takes more.
    fn amend_entry(&mut self, order: &Order, changed: &OrderRequest) -> Result<(), Refusal> {
        let quote = self.quote(changed.symbol);
        let worth = |quantity: Decimal, price: Option<Decimal>| {
            (quantity - order.filled) * price.unwrap_or(order.decision_price)
        };
        let more = worth(changed.quantity, changed.price) - worth(order.quantity, order.price);
        let prices = |s| self.price_of(s);
        let capital = risk::amended(self.state, self.now, changed, quote, more, prices)?;
        let Some(row) = order.reservation.and_then(|r| self.state.ledger.get(r)) else {
            return Ok(());
        };
        let (id, position) = (row.id, row.position);
        let more = capital - row.amount;
        let free = self.state.spare_for(row);
        if more > free {
            return Err(Refusal::new(
                "RISK_CAPITAL",
                "the capital for the new price is not free",
                "`pilothouse reservations` shows who holds it",
            )
            .measured(free.normalize(), more.normalize()));
        }
        if more > Decimal::ZERO {
            self.emit(Event::Bound {
                id,
                amount: capital,
                order: Some(order.id),
                position,
            });
        }
        Ok(())
    }
}
