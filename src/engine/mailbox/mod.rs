//! Delivery to those outside the engine's thread, at least once: the state knows who waits for
//! what, and here is who has been handed it and how long ago. Prices are handed over too, the
//! latest of each symbol only.
//!
//! Nothing comes in here before it is durable, and nothing that is here decides anything.

mod desk;
mod market;
mod sort;
mod word;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::core::id::MessageId;
use crate::core::message::{Filter, MarketData, Message};
use crate::core::{Name, Symbol};
use desk::Desk;
pub(super) use market::Told;
pub(super) use sort::{is_here, refill};

/// When a message is handed over again, and when that is given up.
#[derive(Debug, Clone, Copy)]
pub struct Redelivery {
    /// Wall time without an acknowledgement.
    pub after: Duration,
    /// Repeated deliveries before it is dead.
    pub most: u32,
}

/// What waits for each agent outside the engine's thread, and what it has been handed.
#[derive(Debug)]
pub struct Mailboxes {
    redelivery: Redelivery,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    desks: BTreeMap<Name, Desk>,
    market: BTreeMap<Symbol, MarketData>,
    conflated: u64,
    closed: bool,
}

/// What a record changes here.
#[derive(Debug)]
pub(super) enum Mail {
    /// Somebody will ask for messages.
    Open(Name),
    /// A message for somebody.
    Post(Name, Arc<Message>),
    /// A copy, or all of them, is done with.
    End(MessageId, Option<Name>),
    /// Which prices somebody wants.
    Watch(Name, Vec<Filter>),
}

/// A message that was handed over too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undelivered {
    pub(super) agent: Name,
    pub(super) message: MessageId,
    /// How often it was handed over.
    pub(super) times: u32,
}

impl Mailboxes {
    /// Empty ones.
    pub fn new(redelivery: Redelivery) -> Self {
        Self {
            redelivery,
            shelf: Mutex::default(),
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Nothing foreign runs under the lock, so a panic leaves whole desks behind.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes at most `limit` messages for an agent, the most urgent first and the oldest of those;
    /// none for who has not registered. What is taken and not acknowledged within the time of
    /// [`Redelivery`] is handed over again.
    ///
    /// Prices it has subscribed to come last, one a symbol; they have the id `message_0` and want no
    /// acknowledgement.
    pub fn take(&self, agent: Name, limit: usize) -> Vec<Message> {
        self.shelf().take(agent, limit, Instant::now())
    }

    /// Waits until there is something to take for an agent, which is true, or the engine has ended;
    /// for who has not registered without end. It may be dropped at any time: whoever else waits is
    /// woken all the same.
    pub async fn filled(&self, agent: Name) -> bool {
        loop {
            let Some((bell, filled, closed)) = self.look(agent) else {
                return std::future::pending().await;
            };
            if filled || closed {
                // A notice wakes one who waits; whoever waits beside it has to look too.
                bell.notify_one();
                return filled;
            }
            bell.notified().await;
        }
    }

    fn look(&self, agent: Name) -> Option<(Arc<Notify>, bool, bool)> {
        let shelf = self.shelf();
        let desk = shelf.opened(agent)?;
        Some((desk.notifier(), desk.is_filled(), shelf.closed))
    }

    /// Whether an agent has registered: its messages are handed over to it and to nobody else.
    pub fn is_open(&self, agent: Name) -> bool {
        self.shelf().opened(agent).is_some()
    }

    /// Messages for an agent that are not done with, handed over or not; no prices.
    pub fn unfinished(&self, agent: Name) -> u64 {
        let shelf = self.shelf();
        let desk = shelf.desks.get(&agent);
        desk.map_or(0, |desk| desk.unfinished() as u64)
    }

    /// Messages handed over and not acknowledged yet, by agent.
    pub fn in_flight(&self) -> BTreeMap<Name, u64> {
        let shelf = self.shelf();
        let count = |(name, desk): (&Name, &Desk)| (*name, desk.in_flight() as u64);
        shelf.desks.iter().map(count).collect()
    }

    /// The latest price of a symbol, of any where none is named.
    pub fn market(&self, symbol: Option<Symbol>) -> Option<MarketData> {
        let shelf = self.shelf();
        match symbol {
            Some(symbol) => shelf.market.get(&symbol).copied(),
            None => shelf.market.values().max_by_key(|m| m.time).copied(),
        }
    }

    /// Prices that a later one replaced before they were taken.
    pub fn conflated(&self) -> u64 {
        self.shelf().conflated
    }

    /// What durable records have changed, in their order.
    pub(super) fn sort(&self, mail: impl Iterator<Item = Mail>) {
        let mut shelf = self.shelf();
        for mail in mail {
            shelf.sort(mail);
        }
    }

    /// Prices that have moved: each replaces the one before it.
    pub fn quote(&self, prices: impl Iterator<Item = MarketData>) {
        let mut shelf = self.shelf();
        for price in prices {
            shelf.quote(price);
        }
    }

    /// Puts back what was not acknowledged in time, and gives up what was handed over too often.
    pub(super) fn lapse(&self, now: Instant) -> Vec<Undelivered> {
        let mut dead = Vec::new();
        for (agent, desk) in &mut self.shelf().desks {
            for (message, times) in desk.lapse(now, &self.redelivery) {
                dead.push(Undelivered {
                    agent: *agent,
                    message,
                    times,
                });
            }
        }
        dead
    }

    /// Nothing comes in any more: whoever waits is told.
    pub(super) fn close(&self) {
        let mut shelf = self.shelf();
        shelf.closed = true;
        for desk in shelf.desks.values() {
            desk.notifier().notify_one();
        }
    }
}

impl Shelf {
    fn opened(&self, agent: Name) -> Option<&Desk> {
        self.desks.get(&agent).filter(|desk| desk.open)
    }

    fn take(&mut self, agent: Name, limit: usize, now: Instant) -> Vec<Message> {
        match self.desks.get_mut(&agent) {
            Some(desk) if desk.open => desk.take(limit, now, &self.market),
            _ => Vec::new(),
        }
    }

    fn sort(&mut self, mail: Mail) {
        match mail {
            Mail::Open(agent) => {
                self.desks.entry(agent).or_default().open = true;
            }
            Mail::Post(agent, message) => self.desks.entry(agent).or_default().put(message),
            Mail::End(id, Some(agent)) => {
                if let Some(desk) = self.desks.get_mut(&agent) {
                    desk.end(id);
                }
            }
            Mail::End(id, None) => self.desks.values_mut().for_each(|desk| desk.end(id)),
            Mail::Watch(agent, filters) => {
                let desk = self.desks.entry(agent).or_default();
                desk.watch(filters, &self.market);
            }
        }
    }

    fn quote(&mut self, price: MarketData) {
        self.market.insert(price.symbol, price);
        for desk in self.desks.values_mut() {
            self.conflated += u64::from(desk.quote(&price));
        }
    }
}

#[cfg(test)]
mod tests;
