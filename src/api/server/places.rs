//! Places for connections: so many in all, so many from one address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places there are.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
    refused: u64,
}

impl Places {
    pub(super) fn new(most: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            per_address,
            taken: Mutex::default(),
        })
    }

    /// A place, given back when it is dropped; none where there is no room for one more.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = self.lock();
        let theirs = taken.by_address.get(&address).copied().unwrap_or_default();
        if taken.all >= self.most || theirs >= self.per_address {
            taken.refused += 1;
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, theirs + 1);
        Some(Place {
            of: Arc::clone(self),
            address,
        })
    }

    /// Taken now, and refused ever.
    pub(super) fn counts(&self) -> (usize, u64) {
        let taken = self.lock();
        (taken.all, taken.refused)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Counts are whole between two calls: a panic leaves none in halves.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One place.
#[derive(Debug)]
pub(super) struct Place {
    of: Arc<Places>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.lock();
        taken.all -= 1;
        match taken.by_address.get_mut(&self.address) {
            Some(theirs) if *theirs > 1 => *theirs -= 1,
            _ => drop(taken.by_address.remove(&self.address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_more_than_a_share_and_what_is_given_back_is_there_again() {
        let places = Places::new(3, 2);
        let at = |n: u8| IpAddr::from([192, 0, 2, n]);
        let first = places.take(at(1)).unwrap();
        let second = places.take(at(1)).unwrap();
        assert!(places.take(at(1)).is_none(), "a third of one address");
        let third = places.take(at(2)).unwrap();
        assert!(places.take(at(3)).is_none(), "a fourth in all");
        assert_eq!(places.counts(), (3, 2));
        drop(first);
        let again = places.take(at(3)).unwrap();
        drop((second, third, again));
        assert_eq!(places.counts().0, 0);
        assert!(places.lock().by_address.is_empty());
    }
}
