//! Every copy of a message ends once, queues are bounded and in order of delivery, and what has to
//! go where one is full is the least urgent.

use std::collections::BTreeSet;

use pilothouse::core::id::MessageId;
use pilothouse::core::message::Delivery;
use pilothouse::core::{Event, Name, State};

use super::Found;

/// Every copy that waits, by message and agent.
#[derive(Debug, Clone, Default)]
pub struct Copies(BTreeSet<(MessageId, Name)>);

impl Copies {
    /// Those of a state.
    pub fn of(state: &State) -> Self {
        let bus = &state.bus;
        let agents = bus.awaited();
        Self(
            agents
                .flat_map(|a| bus.queue(a).map(move |m| (m.id, a)))
                .collect(),
        )
    }

    /// Before an event: an id is new, a copy is there to end.
    pub fn before(&mut self, state: &State, event: &Event) -> Found {
        match event {
            Event::Sent { message } if message.id.0 <= state.last_id => {
                Err("a message's id came back".into())
            }
            Event::MessageEnded {
                id,
                agent: Some(agent),
                how,
                reason,
                ..
            } => {
                if !self.0.remove(&(*id, *agent)) {
                    return Err(format!("{agent}'s copy of {id} ended and was not there"));
                }
                let crowded = reason.as_ref().is_some_and(|r| r.contains("is full"));
                if *how == Delivery::Dead && crowded {
                    return least(state, *agent, *id);
                }
                Ok(())
            }
            Event::MessageEnded {
                id, agent: None, ..
            } => {
                let before = self.0.len();
                self.0.retain(|(of, _)| of != id);
                if self.0.len() == before {
                    return Err(format!("{id} ended and was not there"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// After an event.
    pub fn after(&mut self, state: &State, event: &Event) {
        if let Event::Sent { message } = event {
            let holders = state.bus.holders(message.id);
            self.0.extend(holders.map(|agent| (message.id, agent)));
        }
    }

    /// Between decisions: the queues hold these copies, within their bound and in order.
    pub fn check(&self, state: &State, events: &[Event], ticked: bool) -> Found {
        let bus = &state.bus;
        let speaks = |e: &Event| matches!(e, Event::Sent { .. } | Event::MessageEnded { .. });
        if events.iter().any(speaks) {
            for agent in bus.awaited() {
                let waiting: Vec<_> = bus.queue(agent).collect();
                if waiting.len() > state.settings.queue as usize {
                    return Err(format!("{} messages wait for {agent}", waiting.len()));
                }
                if !waiting.is_sorted_by_key(|m| (m.priority, m.created_at, m.id)) {
                    return Err(format!("the queue of {agent} is out of order"));
                }
            }
            if Self::of(state).0 != self.0 {
                return Err("queues and copies differ".into());
            }
        }
        match bus.expiry.first() {
            Some((at, id)) if ticked && *at <= state.time => {
                Err(format!("{id} is too old and waits"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether nothing less urgent or newer waits beside what has to go.
fn least(state: &State, agent: Name, id: MessageId) -> Found {
    let waiting = state.bus.queue(agent).last();
    if waiting.is_some_and(|m| m.id == id) {
        return Ok(());
    }
    Err(format!("{id} had to go before {waiting:?}"))
}
