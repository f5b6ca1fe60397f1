//! What a child's word does to its parent, and how a sliced order ends: when nothing of it lives any
//! more.

use super::children::OVER;
use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::order::{Fill, Status};
use crate::core::state::{Decider, State};
use crate::core::time::Time;

/// Bytes of a reason that each child's cancel repeats.
const MOST_REASON: usize = 64;

impl Decider<'_> {
    /// A child was filled or has ended: its parent ends with it or goes on.
    pub(in crate::core) fn after_child(&mut self, parent: OrderId) {
        let live = self.state.orders.live.get(&parent);
        match live.map(|o| o.remaining().is_zero() || o.cancel.is_some()) {
            Some(true) => self.end_slices(parent),
            Some(false) => self.run_slice(parent),
            None => {}
        }
    }

    /// The cancel of a sliced order is that of its children.
    pub(in crate::core) fn cancel_slices(&mut self, id: OrderId, reason: &str) {
        // It is written once for each child.
        let reason = if reason.len() > MOST_REASON {
            "the whole is being cancelled"
        } else {
            reason
        };
        let children: Vec<OrderId> = self.state.children_of(id).map(|o| o.id).collect();
        for child in children {
            self.ask_cancel(child, reason);
        }
        self.end_slices(id);
    }

    /// Ends a sliced order that is filled, or cancelled with nothing of it left at the venue.
    pub(super) fn end_slices(&mut self, id: OrderId) {
        let Some(order) = self.state.orders.live.get(&id) else {
            return;
        };
        if self.state.children_of(id).next().is_some() {
            return;
        }
        let (status, reason) = match &order.cancel {
            _ if order.remaining().is_zero() => (Status::Filled, None),
            Some((_, why)) if why == OVER => (Status::Expired, Some(why.clone())),
            Some((_, why)) => (Status::Cancelled, Some(why.clone())),
            None => return,
        };
        self.emit(Event::OrderMoved {
            id,
            status,
            venue_id: None,
            reason,
        });
        self.after_end(id);
    }
}

impl State {
    /// A child's fill is its parent's too; position and account follow the child alone.
    pub(in crate::core) fn mirror_fill(&mut self, at: Time, parent: OrderId, fill: &Fill) {
        let orders = &mut self.orders;
        let order = match orders.live.get_mut(&parent) {
            Some(order) => Some(order),
            None => orders.ended.iter_mut().rev().find(|o| o.id == parent),
        };
        let Some(order) = order else {
            return;
        };
        order.filled += fill.quantity;
        order.filled_value += fill.price * fill.quantity;
        order.fees += fill.fee;
        order.updated_at = at;
        if order.status == Status::Open {
            order.status = Status::PartiallyFilled;
        }
    }
}
