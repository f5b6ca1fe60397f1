//! What becomes of copies: acknowledged by whom they are for, or given up; and who gets which
//! topics.

use super::{Delivery, Filter, Topic};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::MessageId;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

/// Subscriptions of one agent, at most.
const MAX_SUBSCRIPTIONS: usize = 64;
/// Who may acknowledge for another.
const ON_BEHALF: [&str; 2] = ["operator", "engine"];

impl Decider<'_> {
    pub(in crate::core) fn acknowledge(&mut self, id: MessageId, agent: Option<Name>) -> Answer {
        let bus = &self.state.bus;
        let mine = bus.holds(self.actor, id).then_some(self.actor);
        let addressee = || bus.live.get(&id).and_then(|m| m.to);
        let agent = agent.or(mine).or_else(addressee);
        let Some(agent) = agent.filter(|agent| bus.holds(*agent, id)) else {
            return Err(Refusal::new(
                "MESSAGE_UNKNOWN",
                format!("{id} does not wait for an acknowledgement"),
                "`pilothouse messages` lists those that do",
            ));
        };
        if agent != self.actor && !ON_BEHALF.contains(&self.actor.as_str()) {
            return Err(Refusal::new(
                "MESSAGE_NOT_YOURS",
                format!("{} may not acknowledge what {agent} was sent", self.actor),
                "only who was sent it, or an operator, acknowledges it",
            )
            .measured(agent, self.actor));
        }
        self.emit(Event::MessageEnded {
            id,
            how: Delivery::Acknowledged,
            response: None,
            agent: Some(agent),
            reason: None,
        });
        Ok(Reply::Done)
    }

    /// It may have been acknowledged meanwhile: then nothing is to be done.
    pub(in crate::core) fn undelivered(
        &mut self,
        id: MessageId,
        agent: Name,
        times: u32,
    ) -> Answer {
        if self.state.bus.holds(agent, id) {
            self.emit(Event::MessageEnded {
                id,
                how: Delivery::Dead,
                response: None,
                agent: Some(agent),
                reason: Some(format!("not acknowledged after {times} deliveries")),
            });
        }
        Ok(Reply::Done)
    }

    pub(in crate::core) fn subscribe(
        &mut self,
        agent: Option<Name>,
        topic: Topic,
        filter: &Filter,
    ) -> Answer {
        let agent = agent.unwrap_or(self.actor);
        self.known_agent(agent)?;
        let bus = &self.state.bus;
        let known = bus.subscriptions.get(&(agent, topic, filter.source));
        if known == Some(filter) {
            return Ok(Reply::Done);
        }
        let has = bus.subscriptions_of(agent).count();
        if known.is_none() && has >= MAX_SUBSCRIPTIONS {
            return Err(Refusal::new(
                "SUBSCRIPTIONS_FULL",
                format!("{agent} has {has} subscriptions"),
                "end one first",
            )
            .measured(MAX_SUBSCRIPTIONS, has));
        }
        self.emit(Event::Subscribed {
            agent,
            topic,
            filter: filter.clone(),
        });
        Ok(Reply::Done)
    }

    pub(in crate::core) fn unsubscribe(
        &mut self,
        agent: Option<Name>,
        topic: Topic,
        source: Option<Name>,
    ) -> Answer {
        let agent = agent.unwrap_or(self.actor);
        let key = (agent, topic, source);
        if self.state.bus.subscriptions.contains_key(&key) {
            self.emit(Event::Unsubscribed {
                agent,
                topic,
                source,
            });
        }
        Ok(Reply::Done)
    }
}
