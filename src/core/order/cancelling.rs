//! Who may cancel what.

use super::{Order, OrderId, Purpose, unknown};
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Reply};

impl Decider<'_> {
    pub(in crate::core) fn cancel(&mut self, id: OrderId, reason: &str) -> Answer {
        let Some(order) = self.state.orders.get(id) else {
            return Err(unknown("ORDER_UNKNOWN", &id.to_string(), "orders"));
        };
        self.owned(order)?;
        if order.status.is_terminal() {
            return Err(Refusal::new(
                "ORDER_ENDED",
                format!("{id} has ended already"),
                "nothing is left to cancel",
            ));
        }
        if matches!(order.purpose, Purpose::Stop | Purpose::Target) {
            return Err(Refusal::new(
                "ORDER_PROTECTS",
                format!("{id} protects an open position"),
                "move it with `positions set`, or close the position",
            ));
        }
        let reason = if reason.trim().is_empty() {
            "cancelled by hand"
        } else {
            checked_reason(reason)?
        };
        self.ask_cancel(id, reason);
        Ok(Reply::Order(id))
    }

    /// An agent outside the process touches its own orders alone.
    pub(in crate::core) fn owned(&self, order: &Order) -> Result<(), Refusal> {
        let owner = order.request.agent_id;
        if !self.is_outside(self.actor) || owner == Some(self.actor) {
            return Ok(());
        }
        Err(Refusal::new(
            "ORDER_OWNED",
            format!("{} is not {}'s", order.id, self.actor),
            "an agent cancels and changes its own orders; an operator any",
        )
        .measured(self.actor, owner.map_or("nobody".into(), |o| o.to_string())))
    }

    pub(in crate::core) fn ask_cancel(&mut self, id: OrderId, reason: &str) {
        let order = self.state.orders.live.get(&id);
        if order.is_some_and(|o| o.cancel.is_none()) {
            self.cancel_anew(id, reason);
        }
    }

    /// Asks for the cancel of a live order, whatever it is cancelled for already.
    pub(super) fn cancel_anew(&mut self, id: OrderId, reason: &str) {
        self.emit(Event::CancelAsked {
            id,
            reason: reason.to_owned(),
        });
        if self.state.orders.sliced.contains(&id) {
            self.cancel_slices(id, reason);
        }
    }
}
