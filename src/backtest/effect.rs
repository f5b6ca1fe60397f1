//! What a decision asks of the venue and of whoever counts, in the order it was decided.

use crate::core::command::Press;
use crate::core::id::{OrderId, PositionId};
use crate::core::{Event, State};
use crate::venue::Amendment;

/// One thing to do after a record.
#[derive(Debug)]
pub(super) enum Effect {
    /// Send an order that this record approved.
    Send(OrderId, u64),
    /// Take one back.
    Cancel(OrderId),
    /// Change one.
    Amend(OrderId, Amendment),
    /// A position was closed.
    Closed(PositionId),
    /// The gate closes.
    Press(Box<Press>),
}

impl Effect {
    /// What an event of record `seq` asks for.
    pub(super) fn of(event: &Event, seq: u64) -> Option<Self> {
        Some(match event {
            Event::OrderApproved { order } => Self::Send(order.id, seq),
            Event::CancelAsked { id, .. } => Self::Cancel(*id),
            Event::OrderAmended {
                id,
                quantity,
                stop_price,
                price,
            } => {
                let to = Amendment {
                    quantity: *quantity,
                    price: *price,
                    stop_price: *stop_price,
                };
                Self::Amend(*id, to)
            }
            Event::PositionClosed { id, .. } => Self::Closed(*id),
            other => Self::Press(Box::new(State::press_of(other)?)),
        })
    }
}
