//! How often somebody may ask: so many at once, refilled evenly. Of each caller one time is kept, at
//! which all that was taken is refilled.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::core::Name;

/// Addresses that are kept apart; where there are more, those who come last wait.
const ADDRESSES: usize = 4_096;
/// Attempts with a wrong token, or none, from one address at once.
const ATTEMPTS: u32 = 20;
/// Those a second.
pub(super) const ATTEMPTS_PER_SECOND: u32 = 2;

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Whoever a token was given to.
    Name(Name),
    /// A user of this machine.
    Uid(u32),
    /// Whoever nobody knows, asking what anybody may.
    Address(IpAddr),
    /// Whoever nobody knows, trying to be somebody.
    Attempt(IpAddr),
}

/// The rates of all callers.
#[derive(Debug)]
pub(super) struct Rates {
    rate: Rate,
    attempts: Rate,
    /// By name or user: there are no more than tokens and users.
    known: Mutex<BTreeMap<Key, Instant>>,
    unknown: Mutex<BTreeMap<Key, Instant>>,
}

#[derive(Debug, Clone, Copy)]
struct Rate {
    each: Duration,
    burst: u32,
}

impl Rate {
    fn new(per_second: u32, burst: u32) -> Self {
        Self {
            each: Duration::from_secs(1) / per_second.max(1),
            burst: burst.max(1),
        }
    }

    /// When all is refilled again, with one more taken at `now`; none where none is left.
    fn take(self, refilled: Option<Instant>, now: Instant) -> Option<Instant> {
        let after = refilled.map_or(now, |at| at.max(now)) + self.each;
        (after - now <= self.each * self.burst).then_some(after)
    }
}

impl Rates {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            rate: Rate::new(per_second, burst),
            attempts: Rate::new(ATTEMPTS_PER_SECOND, ATTEMPTS),
            known: Mutex::default(),
            unknown: Mutex::default(),
        }
    }

    /// Whether one more request may be answered.
    pub(super) fn take(&self, key: Key, now: Instant) -> bool {
        let (rate, mut times) = match key {
            Key::Name(_) | Key::Uid(_) => (self.rate, lock(&self.known)),
            Key::Address(_) => (self.rate, lock(&self.unknown)),
            Key::Attempt(_) => (self.attempts, lock(&self.unknown)),
        };
        let before = times.get(&key).copied();
        if before.is_none() && times.len() >= ADDRESSES {
            times.retain(|_, refilled| *refilled > now);
            if times.len() >= ADDRESSES {
                return false;
            }
        }
        match rate.take(before, now) {
            Some(after) => {
                times.insert(key, after);
                true
            }
            None => false,
        }
    }
}

fn lock(times: &Mutex<BTreeMap<Key, Instant>>) -> MutexGuard<'_, BTreeMap<Key, Instant>> {
    // A time is put in whole: a panic leaves none in halves.
    times.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_evenly_and_each_caller_alone() {
        let rates = Rates::new(10, 3);
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let takes = |key, ms| rates.take(key, at(ms));
        let one = Key::Uid(1);
        assert_eq!(
            [0, 0, 0, 0].map(|ms| takes(one, ms)),
            [true, true, true, false]
        );
        assert!(takes(Key::Uid(2), 0));
        assert!(!takes(one, 99));
        assert!(takes(one, 100) && !takes(one, 100) && takes(one, 200));
        // After a long rest no more than a burst at once.
        assert_eq!(
            [9_000; 4].map(|ms| takes(one, ms)),
            [true, true, true, false]
        );
    }

    #[test]
    fn a_crowd_of_addresses_takes_no_more_room_and_nobodys_place_who_is_known() {
        let rates = Rates::new(1, 1);
        let now = Instant::now();
        let address = |n: usize| IpAddr::from((n as u128).to_be_bytes());
        for n in 0..ADDRESSES {
            assert!(rates.take(Key::Attempt(address(n)), now));
        }
        assert!(!rates.take(Key::Attempt(address(ADDRESSES)), now));
        assert!(rates.take(Key::Uid(1), now));
        let later = now + Duration::from_secs(1);
        assert!(rates.take(Key::Attempt(address(ADDRESSES)), later));
        assert!(lock(&rates.unknown).len() <= ADDRESSES);
    }
}
