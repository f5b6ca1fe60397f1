//! One agent's mailbox: what waits in order of delivery, what it has been handed, which prices are
//! new to it. The time is the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use super::{Redelivery, word};
use crate::core::Symbol;
use crate::core::id::MessageId;
use crate::core::message::{Delivery, Filter, MarketData, Message, Priority};

#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Its agent has registered: what waits here will be asked for.
    pub(super) open: bool,
    waiting: BTreeMap<(Priority, MessageId), Letter>,
    in_flight: BTreeMap<MessageId, (Letter, Instant)>,
    /// Which prices it wants.
    watch: Vec<Filter>,
    /// Symbols whose price it has not been told.
    fresh: BTreeSet<Symbol>,
    notify: Arc<Notify>,
}

#[derive(Debug)]
struct Letter {
    message: Arc<Message>,
    /// How often it was handed over.
    times: u32,
}

impl Desk {
    pub(super) fn notifier(&self) -> Arc<Notify> {
        Arc::clone(&self.notify)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Whether there is something to hand over.
    pub(super) fn is_filled(&self) -> bool {
        !self.waiting.is_empty() || !self.fresh.is_empty()
    }

    /// Messages that are not done with, handed over or not.
    pub(super) fn unfinished(&self) -> usize {
        self.waiting.len() + self.in_flight.len()
    }

    pub(super) fn put(&mut self, message: Arc<Message>) {
        let key = (message.priority, message.id);
        self.waiting.insert(key, Letter { message, times: 0 });
        self.notify.notify_one();
    }

    /// A copy is done with, wherever it is.
    pub(super) fn end(&mut self, id: MessageId) {
        if self.in_flight.remove(&id).is_some() {
            return;
        }
        for priority in Priority::ALL {
            self.waiting.remove(&(*priority, id));
        }
    }

    pub(super) fn take(
        &mut self,
        limit: usize,
        now: Instant,
        market: &BTreeMap<Symbol, MarketData>,
    ) -> Vec<Message> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some((_, mut letter)) = self.waiting.pop_first()
        {
            letter.times += 1;
            taken.push(Message {
                delivery: Delivery::Delivered,
                ..(*letter.message).clone()
            });
            self.in_flight.insert(letter.message.id, (letter, now));
        }
        while taken.len() < limit
            && let Some(symbol) = self.fresh.pop_first()
        {
            taken.extend(market.get(&symbol).map(word::of));
        }
        taken
    }

    /// From now on these prices; the latest of each is new to it.
    pub(super) fn watch(&mut self, filters: Vec<Filter>, market: &BTreeMap<Symbol, MarketData>) {
        self.watch = filters;
        self.fresh.clear();
        for price in market.values() {
            self.quote(price);
        }
    }

    /// A price has moved; true where it replaces one that was not taken.
    pub(super) fn quote(&mut self, price: &MarketData) -> bool {
        if self.watch.is_empty() {
            return false;
        }
        let word = word::of(price);
        if !self.watch.iter().any(|filter| filter.takes(&word)) {
            return false;
        }
        self.notify.notify_one();
        !self.fresh.insert(price.symbol)
    }

    /// What was not acknowledged in time waits again; given back is what was handed over too often.
    pub(super) fn lapse(&mut self, now: Instant, redelivery: &Redelivery) -> Vec<(MessageId, u32)> {
        let late = |(_, since): &(Letter, Instant)| {
            now.saturating_duration_since(*since) >= redelivery.after
        };
        let mut dead = Vec::new();
        for (id, (letter, _)) in self.in_flight.extract_if(.., |_, flight| late(flight)) {
            if letter.times > redelivery.most {
                dead.push((id, letter.times));
            } else {
                self.waiting.insert((letter.message.priority, id), letter);
                self.notify.notify_one();
            }
        }
        dead
    }
}
