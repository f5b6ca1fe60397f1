//! The state of the bus: who waits for what. A message lives as long as one queue still holds it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use minicbor::{Decode, Encode};

use super::{Delivery, Filter, Message, Priority, Topic};
use crate::core::id::MessageId;
use crate::core::text::{Name, Symbol};
use crate::core::time::Time;

/// Last words kept, at most; beyond it the oldest is forgotten.
const LATEST: usize = 4_096;

/// A copy nobody will get any more.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct DeadLetter {
    /// In full.
    #[n(0)]
    pub message: Message,
    /// Whose copy; all of them when absent.
    #[n(1)]
    pub agent: Option<Name>,
    /// Why it was given up.
    #[n(2)]
    pub reason: String,
    /// When.
    #[n(3)]
    pub at: Time,
}

/// Every message that is still of use.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Bus {
    /// Waiting or delivered, not yet acknowledged.
    #[n(0)]
    pub live: BTreeMap<MessageId, Message>,
    /// Done with, oldest first, bounded.
    #[n(1)]
    pub past: VecDeque<Message>,
    /// The last word of each source on each topic and symbol.
    #[n(2)]
    pub latest: BTreeMap<(Topic, Name, Option<Symbol>), Message>,
    /// By the time they are too old.
    #[n(3)]
    pub expiry: BTreeSet<(Time, MessageId)>,
    /// Sent ever.
    #[n(4)]
    pub sent: u64,
    /// Expired ever.
    #[n(5)]
    pub expired: u64,
    /// Copies given up ever.
    #[n(6)]
    pub dead: u64,
    /// Who gets what is published: by agent, topic and the source it is limited to.
    #[n(7)]
    #[cbor(default)]
    pub subscriptions: BTreeMap<(Name, Topic, Option<Name>), Filter>,
    /// What waits for each agent, in order of delivery.
    #[n(8)]
    #[cbor(default)]
    queues: BTreeMap<Name, BTreeSet<(Priority, MessageId)>>,
    /// The same by message: whose queues hold it.
    #[n(9)]
    #[cbor(default)]
    copies: BTreeMap<MessageId, BTreeSet<Name>>,
    /// Who has subscribed to a topic, with whatever filter.
    #[n(10)]
    #[cbor(default)]
    readers: BTreeMap<Topic, BTreeSet<Name>>,
    /// Copies given up, oldest first, bounded.
    #[n(11)]
    #[cbor(default)]
    pub dead_letters: VecDeque<DeadLetter>,
    /// How much waits for each agent, by priority.
    #[n(12)]
    #[cbor(default)]
    waiting: BTreeMap<Name, [u64; 4]>,
}

/// The end of a copy, or of a message.
pub(in crate::core) struct End {
    /// Which.
    pub(in crate::core) id: MessageId,
    /// Whose copy; all of them when absent.
    pub(in crate::core) agent: Option<Name>,
    /// How.
    pub(in crate::core) how: Delivery,
    /// The answer it got.
    pub(in crate::core) response: Option<MessageId>,
    /// Why it was given up.
    pub(in crate::core) reason: Option<String>,
    /// When.
    pub(in crate::core) at: Time,
}

impl Filter {
    /// Whether a message is one of those that are wanted.
    pub fn takes(&self, message: &Message) -> bool {
        self.source.is_none_or(|source| source == message.from)
            && self.priority.is_none_or(|least| message.priority <= least)
            && (self.symbol.is_none() || self.symbol == message.payload.symbol())
    }
}

impl Bus {
    /// The last word on a topic that is not too old; an expired one counts as absent.
    pub fn latest(
        &self,
        topic: Topic,
        source: Option<Name>,
        symbol: Option<Symbol>,
        now: Time,
    ) -> Option<&Message> {
        self.latest
            .iter()
            .filter(|((t, from, of), m)| {
                *t == topic
                    && source.is_none_or(|s| s == *from)
                    && (symbol.is_none() || symbol == *of)
                    && m.expires_at.is_none_or(|at| at > now)
            })
            .map(|(_, m)| m)
            .max_by_key(|m| (m.created_at, m.id))
    }

    /// The last word of a source on a symbol, whatever the topic, that is not too old.
    pub fn last_word(&self, source: Name, symbol: Option<Symbol>, now: Time) -> Option<&Message> {
        self.latest
            .iter()
            .filter(|((_, from, of), m)| {
                *from == source
                    && (symbol.is_none() || symbol == *of)
                    && m.expires_at.is_none_or(|at| at > now)
            })
            .map(|(_, m)| m)
            .max_by_key(|m| (m.created_at, m.id))
    }

    /// Messages that wait for an agent or that it has not acknowledged.
    pub fn queued(&self, agent: Name) -> usize {
        self.queues.get(&agent).map_or(0, BTreeSet::len)
    }

    /// They themselves, in order of delivery: by priority, then by time.
    pub fn queue(&self, agent: Name) -> impl Iterator<Item = &Message> {
        self.queues
            .get(&agent)
            .into_iter()
            .flatten()
            .filter_map(|(_, id)| self.live.get(id))
    }

    /// How many of them there are by priority: critical, high, normal, low.
    pub fn waiting(&self, agent: Name) -> [u64; 4] {
        self.waiting.get(&agent).copied().unwrap_or_default()
    }

    /// The one that has waited longest.
    pub fn oldest(&self, agent: Name) -> Option<&Message> {
        let queue = self.queues.get(&agent)?;
        let first = |p: &Priority| {
            queue
                .range((*p, MessageId(0))..=(*p, MessageId(u64::MAX)))
                .next()
        };
        let firsts = Priority::ALL.iter().filter_map(first);
        self.live.get(&firsts.map(|(_, id)| *id).min()?)
    }

    /// Agents for whom something waits.
    pub fn awaited(&self) -> impl Iterator<Item = Name> {
        self.queues.keys().copied()
    }

    /// Whose queues hold a message.
    pub fn holders(&self, id: MessageId) -> impl Iterator<Item = Name> {
        self.copies.get(&id).into_iter().flatten().copied()
    }

    /// Whether an agent's queue holds a message.
    pub fn holds(&self, agent: Name, id: MessageId) -> bool {
        self.copies.get(&id).is_some_and(|who| who.contains(&agent))
    }

    /// Whether anybody has subscribed to a topic.
    pub fn is_read(&self, topic: Topic) -> bool {
        self.readers.contains_key(&topic)
    }

    /// What an agent has subscribed to.
    pub fn subscriptions_of(&self, agent: Name) -> impl Iterator<Item = (Topic, &Filter)> {
        self.subscriptions
            .range((agent, Topic::ALL[0], None)..)
            .take_while(move |((of, _, _), _)| *of == agent)
            .map(|((_, topic, _), filter)| (*topic, filter))
    }

    /// Who has subscribed to a message's topic and wants it.
    pub fn wanted_by(&self, message: &Message) -> Vec<Name> {
        let Some(topic) = message.topic else {
            return Vec::new();
        };
        let wants = |agent: &Name| {
            self.subscriptions
                .range((*agent, topic, None)..)
                .take_while(|((of, about, _), _)| of == agent && *about == topic)
                .any(|(_, filter)| filter.takes(message))
        };
        let readers = self.readers.get(&topic).into_iter().flatten();
        readers.copied().filter(wants).collect()
    }

    /// The copy that has to go where a queue holds more than it may: the newest of the lowest
    /// priority.
    pub(in crate::core) fn surplus(&self, agent: Name, room: usize) -> Option<MessageId> {
        let queue = self.queues.get(&agent)?;
        let (_, id) = queue.last().filter(|_| queue.len() > room)?;
        Some(*id)
    }

    pub(in crate::core) fn subscribe(&mut self, agent: Name, topic: Topic, filter: Filter) {
        self.readers.entry(topic).or_default().insert(agent);
        self.subscriptions
            .insert((agent, topic, filter.source), filter);
    }

    pub(in crate::core) fn unsubscribe(&mut self, agent: Name, topic: Topic, source: Option<Name>) {
        self.subscriptions.remove(&(agent, topic, source));
        if self
            .subscriptions_of(agent)
            .any(|(other, _)| other == topic)
        {
            return;
        }
        if let Some(readers) = self.readers.get_mut(&topic) {
            readers.remove(&agent);
            if readers.is_empty() {
                self.readers.remove(&topic);
            }
        }
    }

    pub(in crate::core) fn put(&mut self, message: &Message, keep: usize) {
        self.sent += 1;
        if let Some(topic) = message.topic {
            self.remember(topic, message);
        }
        let holders = match message.to {
            Some(to) if message.delivery == Delivery::Queued => vec![to],
            Some(_) => Vec::new(),
            None => self.wanted_by(message),
        };
        if holders.is_empty() {
            self.retire(message.clone(), keep);
            return;
        }
        for agent in holders {
            self.hold(agent, message.priority, message.id);
        }
        if let Some(at) = message.expires_at {
            self.expiry.insert((at, message.id));
        }
        let delivery = Delivery::Queued;
        self.live.insert(
            message.id,
            Message {
                delivery,
                ..message.clone()
            },
        );
    }

    /// Ends one copy, or all of them; the message is done with when none is left.
    pub(in crate::core) fn end(&mut self, end: &End, keep: usize) {
        let Some(message) = self.live.get(&end.id) else {
            return;
        };
        let priority = message.priority;
        if end.how == Delivery::Dead {
            self.dead += 1;
            self.dead_letters.push_back(DeadLetter {
                message: Message {
                    delivery: Delivery::Dead,
                    ..message.clone()
                },
                agent: end.agent,
                reason: end.reason.clone().unwrap_or_else(|| "given up".into()),
                at: end.at,
            });
            while self.dead_letters.len() > keep {
                self.dead_letters.pop_front();
            }
        }
        match end.agent {
            Some(agent) => self.let_go(agent, priority, end.id),
            None => {
                let holders: Vec<Name> = self.holders(end.id).collect();
                for agent in holders {
                    self.let_go(agent, priority, end.id);
                }
            }
        }
        if let Some(message) = self.live.get_mut(&end.id) {
            message.response = end.response.or(message.response);
        }
        if self.copies.contains_key(&end.id) {
            return;
        }
        if let Some(mut message) = self.live.remove(&end.id) {
            if let Some(expires) = message.expires_at {
                self.expiry.remove(&(expires, end.id));
            }
            message.delivery = end.how;
            match end.how {
                Delivery::Expired => self.expired += 1,
                Delivery::Dead => {}
                _ => message.processed_at = Some(end.at),
            }
            self.retire(message, keep);
        }
    }

    /// Messages of a version that kept no queues get into those of their addressees.
    pub(in crate::core) fn adopt(&mut self) {
        if self.waiting.is_empty() {
            for (agent, queue) in &self.queues {
                let counts = self.waiting.entry(*agent).or_default();
                for (priority, _) in queue {
                    counts[*priority as usize] += 1;
                }
            }
        }
        if !self.copies.is_empty() {
            return;
        }
        let orphans: Vec<_> = self
            .live
            .values()
            .filter_map(|m| Some((m.to?, m.priority, m.id)))
            .collect();
        for (agent, priority, id) in orphans {
            self.hold(agent, priority, id);
        }
    }

    fn hold(&mut self, agent: Name, priority: Priority, id: MessageId) {
        if self.queues.entry(agent).or_default().insert((priority, id)) {
            self.waiting.entry(agent).or_default()[priority as usize] += 1;
        }
        self.copies.entry(id).or_default().insert(agent);
    }

    fn let_go(&mut self, agent: Name, priority: Priority, id: MessageId) {
        if let Some(who) = self.copies.get_mut(&id) {
            who.remove(&agent);
            if who.is_empty() {
                self.copies.remove(&id);
            }
        }
        if let Some(queue) = self.queues.get_mut(&agent) {
            if queue.remove(&(priority, id))
                && let Some(counts) = self.waiting.get_mut(&agent)
            {
                counts[priority as usize] -= 1;
            }
            if queue.is_empty() {
                self.queues.remove(&agent);
                self.waiting.remove(&agent);
            }
        }
    }

    fn remember(&mut self, topic: Topic, message: &Message) {
        let key = (topic, message.from, message.payload.symbol());
        self.latest.insert(key, message.clone());
        if self.latest.len() > LATEST {
            let oldest = self
                .latest
                .iter()
                .min_by_key(|(_, m)| (m.created_at, m.id))
                .map(|(key, _)| *key);
            if let Some(oldest) = oldest {
                self.latest.remove(&oldest);
            }
        }
    }

    fn retire(&mut self, message: Message, keep: usize) {
        self.past.push_back(message);
        while self.past.len() > keep {
            self.past.pop_front();
        }
    }
}
