//! An operator's hand on a sliced order: no new child, and on again over the time that is left.

use rust_decimal::Decimal;

use super::{SliceAction, Slicing};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::order::{Order, Purpose};
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Reply, State};

impl Decider<'_> {
    /// Holds a sliced order, or lets it go on.
    pub(in crate::core) fn slice(&mut self, id: OrderId, action: SliceAction) -> Answer {
        let order = self.state.orders.live.get(&id);
        let Some((order, slicing)) = order.and_then(|o| Some((o, o.slicing.as_deref()?))) else {
            return Err(Refusal::new(
                "ORDER_NOT_SLICED",
                format!("{id} is not a live order that is sent in slices"),
                "`pilothouse orders` lists them",
            ));
        };
        self.owned(order)?;
        let paused = action == SliceAction::Pause;
        if slicing.paused == paused || order.cancel.is_some() {
            return Ok(Reply::Order(id));
        }
        let (order, slicing) = (order.clone(), slicing.clone());
        let seen = slicing.observed(self.now, self.quote(order.request.symbol));
        let next = if paused {
            Slicing {
                paused: true,
                ..seen
            }
        } else {
            self.replanned(&order, seen)
        };
        self.emit(Event::SlicingMoved {
            id,
            slicing: Box::new(next),
        });
        self.run_slice(id);
        Ok(Reply::Order(id))
    }

    /// The rest over the time that is left, in slots as long as before and no smaller than the
    /// venue takes.
    fn replanned(&mut self, order: &Order, slicing: Slicing) -> Slicing {
        let before = self.state.committed(order);
        let left = (slicing.ends_at - self.now).max(0);
        let slot = slicing.slot_ms().max(1);
        let slots = u32::try_from((left + slot - 1) / slot).unwrap_or(u32::MAX);
        let minimum = self.view_of(order, &slicing).minimum;
        let fit = super::fit::slices_that_fit(order.quantity - before, minimum);
        Slicing {
            paused: false,
            from: self.now,
            next_at: self.now,
            before,
            slots: slots.min(fit).max(1),
            ..slicing
        }
    }
}

impl State {
    /// Whether a sliced order sends nothing new for now: an operator holds it, or entries are held.
    pub(super) fn is_held(&self, order: &Order, slicing: &Slicing) -> bool {
        let symbol = order.request.symbol;
        let entries = self.mode().entries() && !self.trading.paused_symbols.contains_key(&symbol);
        slicing.paused || (order.purpose == Purpose::Entry && !entries)
    }

    /// Base quantity of a sliced order that is filled or may still fill by children that live.
    pub(in crate::core) fn committed(&self, parent: &Order) -> Decimal {
        let outstanding: Decimal = self.children_of(parent.id).map(Order::remaining).sum();
        parent.filled + outstanding
    }

    /// Its children that live.
    pub fn children_of(&self, parent: OrderId) -> impl Iterator<Item = &Order> {
        let live = self.orders.live.range(parent..);
        live.map(|(_, order)| order)
            .filter(move |o| o.parent == Some(parent))
    }
}
