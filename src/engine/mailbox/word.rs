//! A price as a message: it belongs to no record and has no id of its own.

use crate::core::id::MessageId;
use crate::core::message::{Delivery, MarketData, Message, MessageKind, Payload, Priority, Topic};

/// The message that tells a price.
pub(super) fn of(price: &MarketData) -> Message {
    Message {
        id: MessageId(0),
        from: crate::engine::commit::engine_name("feed"),
        to: None,
        topic: Some(Topic::MarketData),
        kind: MessageKind::Event,
        priority: Priority::Normal,
        subject: format!("{} {}", Topic::MarketData.as_str(), price.symbol),
        payload: Payload::Market(*price),
        in_reply_to: None,
        response: None,
        created_at: price.time,
        expires_at: None,
        delivery: Delivery::Delivered,
        processed_at: None,
    }
}
