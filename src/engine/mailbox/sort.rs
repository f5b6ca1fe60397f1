//! From records to mail: staged as they are decided, handed over once they are durable.

use std::sync::Arc;

use super::Mail;
use crate::core::health::AT_WORK;
use crate::core::message::{Filter, Topic};
use crate::core::{Event, Name, State};
use crate::engine::world::World;

/// Whether an agent works inside the process: it has no mailbox, the engine brings it its work.
pub(in crate::engine) fn is_here(agent: Name) -> bool {
    AT_WORK.contains(&agent.as_str())
}

/// Everything that waits in a state, and who may ask for it.
pub(in crate::engine) fn refill(state: &State) -> Vec<Mail> {
    let outside = state.agents.iter().filter(|(_, a)| a.outside.is_some());
    let mut mail: Vec<Mail> = outside.map(|(name, _)| Mail::Open(*name)).collect();
    for agent in state.bus.awaited().filter(|agent| !is_here(*agent)) {
        let waiting = state.bus.queue(agent);
        mail.extend(waiting.map(|m| Mail::Post(agent, Arc::new(m.clone()))));
    }
    let watches = state.bus.subscriptions.keys();
    let mut watchers: Vec<Name> = watches
        .filter(|(_, topic, _)| *topic == Topic::MarketData)
        .map(|(agent, _, _)| *agent)
        .collect();
    watchers.dedup();
    mail.extend(watchers.into_iter().map(|agent| watch(state, agent)));
    mail
}

fn watch(state: &State, agent: Name) -> Mail {
    let all = state.bus.subscriptions_of(agent);
    let filters: Vec<Filter> = all
        .filter(|(topic, _)| *topic == Topic::MarketData)
        .map(|(_, filter)| filter.clone())
        .collect();
    Mail::Watch(agent, filters)
}

impl World {
    /// Keeps what an event changes in the mailboxes until it is durable.
    pub(in crate::engine) fn stage_mail(&mut self, event: &Event) {
        match event {
            Event::Sent { message } => {
                let bus = &self.state.bus;
                let Some(message) = bus.live.get(&message.id) else {
                    return;
                };
                let holders = bus.holders(message.id).filter(|agent| !is_here(*agent));
                let message = Arc::new(message.clone());
                self.mail
                    .extend(holders.map(|agent| Mail::Post(agent, Arc::clone(&message))));
            }
            Event::MessageEnded { id, agent, .. } if agent.is_none_or(|a| !is_here(a)) => {
                self.mail.push(Mail::End(*id, *agent));
            }
            Event::AgentRegistered { registration } => {
                self.mail.push(Mail::Open(registration.name));
            }
            Event::Subscribed { agent, topic, .. } | Event::Unsubscribed { agent, topic, .. }
                if *topic == Topic::MarketData && !is_here(*agent) =>
            {
                self.mail.push(watch(&self.state, *agent));
            }
            _ => {}
        }
    }

    /// What was staged is durable now.
    pub(in crate::engine) fn hand_over_mail(&mut self) {
        if !self.mail.is_empty() {
            self.handle.mailboxes().sort(self.mail.drain(..));
        }
    }
}
