//! Idempotency keys: the same request again gets the first answer, for as long as what it got lives,
//! and then for a day of the wall clock.

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};

use crate::core::id::ReservationId;
use crate::core::state::Grant;
use crate::core::text::Name;

/// The answer that a key got.
#[derive(Debug, Clone, PartialEq, serde::Serialize, Encode, Decode)]
pub struct Remembered {
    /// The request: another one under the same key is refused.
    #[n(0)]
    pub body: Vec<u8>,
    /// What was granted or queued.
    #[n(1)]
    pub grants: Vec<Grant>,
    /// How many of them live.
    #[n(2)]
    #[cbor(default)]
    pub live: u32,
}

/// The keys of one actor.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
struct Own {
    #[n(0)]
    known: BTreeMap<String, Remembered>,
    /// Those of which nothing lives any more, with the hour it ended, oldest first.
    #[n(1)]
    ended: VecDeque<(i64, String)>,
}

/// All keys.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Keys {
    #[n(0)]
    actors: BTreeMap<Name, Own>,
    /// Hours of the wall clock since 1970, as far as the journal knows.
    #[n(1)]
    hour: i64,
    /// Forgotten for lack of room, ever.
    #[n(2)]
    pub crowded_out: u64,
    /// Keys of one actor, at most.
    #[n(3)]
    room: u32,
    /// Hours an ended key is known.
    #[n(4)]
    life_h: u32,
}

impl Keys {
    /// The answer that an actor's key got.
    pub fn get(&self, actor: Name, key: &str) -> Option<&Remembered> {
        self.actors.get(&actor)?.known.get(key)
    }

    /// Whether there is any: then hours have to be journaled.
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// The hour of the wall clock, as far as the journal knows.
    pub fn hour(&self) -> i64 {
        self.hour
    }

    pub(super) fn limits(&mut self, room: u32, life_h: u32) {
        (self.room, self.life_h) = (room, life_h);
    }

    pub(super) fn remember(&mut self, actor: Name, key: &str, answer: Remembered) {
        let own = self.actors.entry(actor).or_default();
        own.known.insert(key.to_owned(), answer);
        while own.known.len() > self.room.max(1) as usize {
            let Some((_, oldest)) = own.ended.pop_front() else {
                break;
            };
            self.crowded_out += u64::from(own.known.remove(&oldest).is_some());
        }
    }

    /// A queued request was granted by its window: that is its first grant.
    pub(super) fn granted(&mut self, actor: Name, key: &str, grant: Grant) {
        if let Some(known) = self.known_mut(actor, key)
            && let Some(first) = known.grants.iter_mut().find(|g| g.id == grant.id)
        {
            *first = grant;
        }
    }

    /// One of what a key got has ended. A refusal is not remembered.
    pub(super) fn ended(&mut self, actor: Name, key: &str, id: ReservationId, denied: bool) {
        let hour = self.hour;
        let Some(own) = self.actors.get_mut(&actor) else {
            return;
        };
        let Some(known) = own.known.get_mut(key) else {
            return;
        };
        if !known.grants.iter().any(|g| g.id == id) {
            return;
        }
        if denied {
            own.known.remove(key);
            return;
        }
        known.live = known.live.saturating_sub(1);
        if known.live == 0 {
            own.ended.push_back((hour, key.to_owned()));
        }
    }

    /// An hour of the wall clock has passed: what ended long enough ago is forgotten.
    pub(super) fn hour_passed(&mut self, hour: i64) {
        self.hour = self.hour.max(hour);
        // What ended within an hour is known for whole hours after it.
        let last = self.hour - i64::from(self.life_h) - 1;
        self.actors.retain(|_, own| {
            while own.ended.front().is_some_and(|(at, _)| *at <= last) {
                if let Some((_, key)) = own.ended.pop_front() {
                    own.known.remove(&key);
                }
            }
            !own.known.is_empty()
        });
    }

    fn known_mut(&mut self, actor: Name, key: &str) -> Option<&mut Remembered> {
        self.actors.get_mut(&actor)?.known.get_mut(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::reservation::{Class, Resource, Standing};
    use crate::core::time::Time;

    fn who() -> Name {
        "trader".parse().unwrap()
    }

    fn grant(n: u32) -> Grant {
        Grant {
            id: ReservationId {
                at: Time(1_771_068_213_740),
                agent: who(),
                n,
            },
            standing: Standing::Held,
            resource: Resource::Capital,
            class: Class::Live,
            amount: 1.into(),
            asked: 1.into(),
            expires_at: None,
        }
    }

    fn keys(room: u32, n: u32) -> Keys {
        let mut keys = Keys::default();
        keys.limits(room, 24);
        keys.hour_passed(1_000);
        for i in 0..n {
            let answer = Remembered {
                body: Vec::new(),
                grants: vec![grant(i)],
                live: 1,
            };
            keys.remember(who(), &format!("k{i}"), answer);
        }
        keys
    }

    #[test]
    fn a_key_is_known_while_its_reservation_lives_and_a_day_after() {
        let mut keys = keys(10, 1);
        keys.hour_passed(5_000);
        assert!(keys.get(who(), "k0").is_some());
        keys.ended(who(), "k0", grant(0).id, false);
        keys.hour_passed(5_024);
        assert!(keys.get(who(), "k0").is_some());
        keys.hour_passed(5_025);
        assert!(keys.get(who(), "k0").is_none());
        assert!(keys.is_empty());
    }

    #[test]
    fn the_oldest_that_ended_makes_room_and_live_ones_stay() {
        let mut keys = keys(3, 3);
        keys.ended(who(), "k1", grant(1).id, false);
        let more = |keys: &mut Keys, n| {
            let answer = Remembered {
                body: Vec::new(),
                grants: vec![grant(n)],
                live: 1,
            };
            keys.remember(who(), &format!("k{n}"), answer);
        };
        more(&mut keys, 3);
        assert!(keys.get(who(), "k1").is_none());
        assert_eq!(keys.crowded_out, 1);
        more(&mut keys, 4);
        for n in [0, 2, 3, 4] {
            assert!(keys.get(who(), &format!("k{n}")).is_some(), "{n}");
        }
    }

    #[test]
    fn a_refusal_is_not_remembered() {
        let mut keys = keys(3, 1);
        keys.ended(who(), "k0", grant(0).id, true);
        assert!(keys.get(who(), "k0").is_none());
    }
}
