//! How a message gets onto the bus, whoever wrote it: into the queues of those who want it, which
//! hold only so many.

use super::{Delivery, ExecutionEvent, Message, MessageKind, Payload, Priority, Topic};
use crate::core::event::Event;
use crate::core::health;
use crate::core::id::MessageId;
use crate::core::order::{Order, Status};
use crate::core::position::Position;
use crate::core::state::{Decider, State};
use crate::core::text::Name;
use crate::core::trading_state::Cause;

/// What an alert asks for that has trading halted at once.
const HALT_TRADING: &str = "halt_trading";

pub(super) fn built_in(name: &str) -> Name {
    name.parse().expect("a built-in name")
}

/// Characters of a halt's reason in each agent's message.
const MAX_HALT: usize = 128;

impl Decider<'_> {
    /// Sends a message. Where a queue is full, the newest of the lowest priority goes to the dead
    /// letters, which may be this one.
    pub(in crate::core) fn post(&mut self, message: Message) -> MessageId {
        let id = message.id;
        self.emit(Event::Sent {
            message: Box::new(message),
        });
        let room = self.state.settings.queue as usize;
        let holders: Vec<Name> = self.state.bus.holders(id).collect();
        for agent in holders {
            if let Some(surplus) = self.state.bus.surplus(agent, room) {
                self.emit(Event::MessageEnded {
                    id: surplus,
                    how: Delivery::Dead,
                    response: None,
                    agent: Some(agent),
                    reason: Some(format!(
                        "the queue of {agent} is full: {room} messages wait"
                    )),
                });
            }
        }
        id
    }

    /// A published word of an agent, on the topic its kind belongs to.
    pub(in crate::core) fn publish(&mut self, from: Name, payload: Payload) {
        let Some(topic) = payload.topic() else {
            return;
        };
        let subject = payload.symbol().map_or_else(
            || topic.as_str().to_owned(),
            |s| format!("{} {s}", topic.as_str()),
        );
        let ttl = i64::from(self.state.settings.topic_ttl_s);
        let message = Message {
            id: MessageId(self.next_id()),
            from,
            to: None,
            topic: Some(topic),
            kind: MessageKind::Event,
            priority: Priority::Normal,
            subject,
            payload: payload.clone(),
            in_reply_to: None,
            response: None,
            created_at: self.now,
            expires_at: Some(self.now.plus_s(ttl)),
            delivery: Delivery::Delivered,
            processed_at: None,
        };
        self.post(message);
        self.heed(&payload);
    }

    /// What is done because it was said, whoever reads it.
    pub(super) fn heed(&mut self, payload: &Payload) {
        if let Payload::Alert(alert) = payload
            && alert.action_required.as_deref() == Some(HALT_TRADING)
        {
            self.add_cause(Cause::RiskAlert, &alert.message);
        }
    }

    /// One halt message to every agent at work, here or outside, but the sender (B4).
    pub(in crate::core) fn broadcast_halt(&mut self, from: Name, reason: &str) {
        let here = health::AT_WORK.map(built_in);
        let outside = self.state.agents.iter();
        let outside = outside.filter(|(_, health)| health.outside.is_some());
        let everybody: Vec<Name> = here
            .into_iter()
            .chain(outside.map(|(name, _)| *name))
            .filter(|name| *name != from)
            .collect();
        let ttl = i64::from(self.state.settings.halt_ttl_s);
        // It is written once for each of up to a thousand agents; the event beside it has it in full.
        let reason: String = reason.chars().take(MAX_HALT).collect();
        for to in everybody {
            let message = Message {
                id: MessageId(self.next_id()),
                from,
                to: Some(to),
                topic: None,
                kind: MessageKind::Halt,
                priority: Priority::Critical,
                subject: "EMERGENCY HALT".into(),
                payload: Payload::Note {
                    what: "halt".into(),
                    message: reason.clone(),
                },
                in_reply_to: None,
                response: None,
                created_at: self.now,
                expires_at: Some(self.now.plus_s(ttl)),
                delivery: Delivery::Queued,
                processed_at: None,
            };
            self.post(message);
        }
    }

    /// Publishes how orders and positions have ended in this decision; nobody pays for it while
    /// nobody reads it.
    pub(in crate::core) fn tell_executions(&mut self) {
        if !self.state.bus.is_read(Topic::ExecutionEvents) {
            return;
        }
        let ends = self.events.iter().filter_map(|e| self.state.execution(e));
        let words: Vec<ExecutionEvent> = ends.collect();
        for word in words {
            self.publish(built_in("execution"), Payload::Execution(word));
        }
    }
}

impl State {
    /// What an event says of the end of an order or a position.
    fn execution(&self, event: &Event) -> Option<ExecutionEvent> {
        match event {
            Event::OrderMoved { id, status, .. } if status.is_terminal() => {
                self.orders.get(*id).map(of_order)
            }
            Event::OrderFilled { id, .. } => {
                let order = self.orders.get(*id)?;
                (order.status == Status::Filled).then(|| of_order(order))
            }
            Event::PositionClosed { id, .. } => self.positions.get(*id).map(of_position),
            _ => None,
        }
    }
}

fn of_order(order: &Order) -> ExecutionEvent {
    ExecutionEvent {
        event_type: match order.status {
            Status::Filled => "filled",
            Status::Expired => "expired",
            Status::Rejected => "rejected",
            _ => "cancelled",
        }
        .into(),
        order_id: order.id,
        symbol: Some(order.request.symbol),
        side: Some(order.request.side),
        size: Some(order.filled),
        fill_price: order.filled_value.checked_div(order.filled),
    }
}

fn of_position(position: &Position) -> ExecutionEvent {
    ExecutionEvent {
        event_type: "position_closed".into(),
        order_id: position.entry_order,
        symbol: Some(position.symbol),
        side: Some(position.side),
        size: Some(position.exited),
        fill_price: position.exit_price(),
    }
}
