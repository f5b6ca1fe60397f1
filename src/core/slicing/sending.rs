//! A child on its way: through the gate as every order, with its parent's capital.

use rust_decimal::Decimal;

use super::view::Child;
use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::order::{Order, OrderRequest, Purpose, TimeInForce};
use crate::core::refusal::Refusal;
use crate::core::risk;
use crate::core::state::Decider;

impl Decider<'_> {
    /// Approves a child, or says which rule refuses it.
    pub(super) fn send_child(&mut self, parent: &Order, child: &Child) -> Result<OrderId, Refusal> {
        let request = OrderRequest {
            request_id: None,
            kind: child.kind,
            quantity: child.quantity,
            price: child.price,
            time_in_force: TimeInForce::Gtc,
            expires_at: None,
            post_only: child.post_only,
            reduce_only: parent.purpose.reduces(),
            algorithm: None,
            client_order_id: None,
            ..parent.request.clone()
        };
        let quote = self.quote(request.symbol);
        if parent.purpose == Purpose::Entry {
            let price = |s| self.price_of(s);
            let mut verdict = risk::child(
                self.state,
                self.now,
                parent,
                &request,
                quote,
                self.worth(),
                price,
            );
            if verdict.refusal.is_none() {
                self.prevent_self_trade(&request, false)?;
                verdict.refusal = self.cover(parent, None, verdict.capital).err();
            }
            let order = verdict.refusal.is_none().then(|| OrderId(self.next_id()));
            self.judged(order, &parent.request, verdict)?;
        } else {
            risk::sanity(self.state, &request)?;
            self.prevent_self_trade(&request, true)?;
        }
        let price = quote.map_or(parent.decision_price, |q| q.last);
        Ok(self.approve_part(parent, &request, price))
    }

    /// Moves a child that rests to another price.
    pub(super) fn move_child(&mut self, id: OrderId, price: Decimal) -> Result<(), Refusal> {
        let live = &self.state.orders.live;
        let child = live.get(&id).cloned();
        let parent = child.as_ref().and_then(|c| live.get(&c.parent?)).cloned();
        let (Some(child), Some(parent)) = (child, parent) else {
            return Ok(());
        };
        let changed = OrderRequest {
            price: Some(price),
            quantity: child.remaining(),
            ..child.request.clone()
        };
        if parent.purpose == Purpose::Entry {
            let quote = self.quote(changed.symbol);
            let more = (price - child.price.unwrap_or(price)) * changed.quantity;
            let of = |s| self.price_of(s);
            let capital = risk::amended(self.state, self.now, &changed, quote, more, of)?;
            self.cover(&parent, Some(id), capital)?;
        }
        self.emit(Event::OrderAmended {
            id,
            quantity: child.quantity,
            stop_price: child.stop_price,
            price: Some(price),
        });
        Ok(())
    }

    /// Makes sure that what the parent holds covers its fills, its children and this one; where the
    /// market has moved away more is bound, if it is free.
    fn cover(
        &mut self,
        parent: &Order,
        instead_of: Option<OrderId>,
        capital: Decimal,
    ) -> Result<(), Refusal> {
        let Some(row) = parent.reservation.and_then(|r| self.state.ledger.get(r)) else {
            return Ok(());
        };
        let (id, amount, order, position) = (row.id, row.amount, row.order, row.position);
        let free = self.state.spare_for(row);
        let e = &self.state.settings.execution;
        let leverage = parent.request.leverage;
        let children = self.state.children_of(parent.id);
        let outstanding: Decimal = children
            .filter(|c| Some(c.id) != instead_of)
            .map(|c| {
                let at = OrderRequest {
                    price: c.price,
                    ..c.request.clone()
                };
                let worst = risk::worst_price(&at, c.decision_price, e.expected_slippage);
                risk::capital_of(c.remaining(), worst, leverage, e.taker_fee)
            })
            .sum();
        let filled = risk::rounded_up(parent.filled_value / leverage + parent.fees);
        let quoted = parent.request.symbol.quote();
        let rate = self.state.usd_of(quoted, &|s| self.price_of(s));
        let committed = (filled + outstanding) * rate.unwrap_or(Decimal::ONE);
        let needed = risk::rounded_up(committed) + capital;
        let more = needed - amount;
        if more <= Decimal::ZERO {
            return Ok(());
        }
        if more > free {
            return Err(Refusal::new(
                "RISK_CAPITAL",
                "the capital for the part that is due is not free",
                "`pilothouse reservations` shows who holds it",
            )
            .measured(free.normalize(), more.normalize()));
        }
        self.emit(Event::Bound {
            id,
            amount: needed,
            order,
            position,
        });
        Ok(())
    }
}
