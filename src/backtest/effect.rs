//! What a decision asks of the venue and of whoever counts, in the order it was decided.

use rust_decimal::Decimal;

use crate::core::command::Press;
use crate::core::id::{OrderId, PositionId};
use crate::core::{Event, State};

/// One thing to do after a record.
#[derive(Debug)]
pub(super) enum Effect {
    /// Send an order that this record approved.
    Send(OrderId, u64),
    /// Take one back.
    Cancel(OrderId),
    /// Fit quantity and trigger of one.
    Amend(OrderId, Decimal, Option<Decimal>),
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
            } => Self::Amend(*id, *quantity, *stop_price),
            Event::PositionClosed { id, .. } => Self::Closed(*id),
            other => Self::Press(Box::new(State::press_of(other)?)),
        })
    }
}
