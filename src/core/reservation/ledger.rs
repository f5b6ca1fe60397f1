//! The ledger: rows, sums that equal their rows, and the order in which they expire.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;

use super::{ApiWindows, Class, Reservation, Resource, Standing};
use crate::core::id::ReservationId;
use crate::core::state::Grant;
use crate::core::text::Name;
use crate::core::time::Time;

/// How many ended reservations and how many keys of one actor are known.
const REMEMBERED: usize = 100_000;

/// The answer that a key got.
#[derive(Debug, Clone, PartialEq, serde::Serialize, Encode, Decode)]
pub struct Remembered {
    /// The request: another one under the same key is refused.
    #[n(0)]
    pub body: Vec<u8>,
    /// What was granted or queued.
    #[n(1)]
    pub grants: Vec<Grant>,
}

/// Everything reserved.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Ledger {
    #[n(0)]
    live: BTreeMap<ReservationId, Reservation>,
    #[n(1)]
    expiry: BTreeSet<(Time, ReservationId)>,
    /// Held capital by class.
    #[n(2)]
    held: BTreeMap<Class, Sum>,
    /// Bound capital by class.
    #[n(3)]
    bound: BTreeMap<Class, Sum>,
    /// Compute slots taken, by the class whose slots they are.
    #[n(4)]
    slots: BTreeMap<Class, Sum>,
    /// API calls spent.
    #[n(5)]
    pub api: ApiWindows,
    /// Ended, oldest first, bounded.
    #[n(6)]
    ended: VecDeque<Reservation>,
    #[n(7)]
    ended_by_id: BTreeMap<ReservationId, Standing>,
    #[n(8)]
    keys: BTreeMap<(Name, String), Remembered>,
    #[n(9)]
    key_order: VecDeque<(Name, String)>,
    /// The pool in USD, as last marked.
    #[cbor(n(10), with = "crate::core::codec::dec", has_nil)]
    pub pool: Decimal,
    /// Ended ever.
    #[n(11)]
    pub ended_total: u64,
    /// Priorities whose requests for capital are being gathered.
    #[n(12)]
    #[cbor(default)]
    pub windows: BTreeSet<u8>,
    /// The hour of the wall clock, counted from 1970.
    #[n(13)]
    #[cbor(default)]
    hour: i64,
}

/// A decimal that starts at zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Encode, Decode)]
#[cbor(transparent)]
struct Sum(#[cbor(n(0), with = "crate::core::codec::dec")] Decimal);

impl Ledger {
    /// A live reservation.
    pub fn get(&self, id: ReservationId) -> Option<&Reservation> {
        self.live.get(&id)
    }

    /// How one that ended did so.
    pub fn ended(&self, id: ReservationId) -> Option<Standing> {
        self.ended_by_id.get(&id).copied()
    }

    /// The live ones, by time of grant.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &Reservation> {
        self.live.values()
    }

    /// How many live ones there are.
    pub fn live_count(&self) -> usize {
        self.live.len()
    }

    /// The live ones by the time they end.
    pub fn soonest(&self) -> impl Iterator<Item = &Reservation> {
        self.expiry.iter().filter_map(|(_, id)| self.live.get(id))
    }

    /// Ended ones, oldest first.
    pub fn past(&self) -> impl DoubleEndedIterator<Item = &Reservation> {
        self.ended.iter()
    }

    /// When the next one ends by itself.
    pub fn next_expiry(&self) -> Option<Time> {
        self.expiry.first().map(|(at, _)| *at)
    }

    /// Those whose time is up, at most `limit`.
    pub fn due(&self, now: Time, limit: usize) -> Vec<ReservationId> {
        self.expiry
            .iter()
            .take_while(|(at, _)| *at <= now)
            .take(limit)
            .map(|(_, id)| *id)
            .collect()
    }

    /// Held capital, of a class or of all.
    pub fn held_capital(&self, class: Option<Class>) -> Decimal {
        total(&self.held, class)
    }

    /// Bound capital, of a class or of all.
    pub fn bound_capital(&self, class: Option<Class>) -> Decimal {
        total(&self.bound, class)
    }

    /// What is still free of the pool.
    pub fn available_capital(&self) -> Decimal {
        (self.pool - self.held_capital(None) - self.bound_capital(None)).max(Decimal::ZERO)
    }

    /// Compute slots taken of a class.
    pub fn slots_taken(&self, class: Class) -> Decimal {
        total(&self.slots, Some(class.slots()))
    }

    /// The answer that an actor's key got.
    pub fn remembered(&self, actor: Name, key: &str) -> Option<&Remembered> {
        self.keys.get(&(actor, key.to_owned()))
    }

    /// A free id of an agent in this millisecond, so many after the first.
    pub fn free_id(&self, agent: Name, now: Time, after: u32) -> ReservationId {
        let id = |n| ReservationId { at: now, agent, n };
        let all = id(0)..=id(u32::MAX);
        let live = self.live.range(all.clone()).next_back().map(|(id, _)| id.n);
        let ended = self.ended_by_id.range(all).next_back().map(|(id, _)| id.n);
        id(live.max(ended).map_or(0, |n| n + 1) + after)
    }

    pub(in crate::core) fn remember(&mut self, actor: Name, key: &str, answer: Remembered) {
        let key = (actor, key.to_owned());
        if self.keys.insert(key.clone(), answer).is_none() {
            self.key_order.push_back(key);
        }
        if self.key_order.len() > REMEMBERED
            && let Some(oldest) = self.key_order.pop_front()
        {
            self.keys.remove(&oldest);
        }
    }

    pub(in crate::core) fn granted(
        &mut self,
        id: ReservationId,
        amount: Decimal,
        expires_at: Time,
        now: Time,
    ) {
        let Some(row) = self.live.get(&id) else {
            return;
        };
        if row.resource == Resource::Api {
            self.api.spend(now, whole(amount));
        }
        self.change(id, |row| {
            row.standing = Standing::Held;
            row.amount = amount;
            row.waits = None;
            row.expires_at = Some(expires_at);
            row.granted_at = Some(now);
        });
    }

    pub(in crate::core) fn open_window(&mut self, priority: u8) {
        self.windows.insert(priority);
    }

    pub(in crate::core) fn close_window(&mut self, priority: u8) {
        self.windows.remove(&priority);
    }

    pub(in crate::core) fn hour_passed(&mut self, hour: i64) {
        self.hour = hour;
    }

    pub(in crate::core) fn grant(&mut self, row: Reservation, now: Time) {
        if row.resource == Resource::Api && row.standing != Standing::Queued {
            self.api.spend(now, whole(row.amount));
        }
        if let Some(at) = row.expires_at {
            self.expiry.insert((at, row.id));
        }
        self.count(&row, Decimal::ONE);
        self.live.insert(row.id, row);
    }

    /// Changes a live row and keeps sums and expiry true.
    pub(in crate::core) fn change(&mut self, id: ReservationId, f: impl FnOnce(&mut Reservation)) {
        let Some(mut row) = self.live.remove(&id) else {
            return;
        };
        self.count(&row, Decimal::NEGATIVE_ONE);
        if let Some(at) = row.expires_at {
            self.expiry.remove(&(at, id));
        }
        f(&mut row);
        if let (Some(at), false) = (row.expires_at, row.standing.is_terminal()) {
            self.expiry.insert((at, id));
        }
        if row.standing.is_terminal() {
            self.ended_total += 1;
            self.ended_by_id.insert(id, row.standing);
            self.ended.push_back(row);
            if self.ended.len() > REMEMBERED
                && let Some(oldest) = self.ended.pop_front()
            {
                self.ended_by_id.remove(&oldest.id);
            }
        } else {
            self.count(&row, Decimal::ONE);
            self.live.insert(id, row);
        }
    }

    fn count(&mut self, row: &Reservation, sign: Decimal) {
        let (sums, class) = match (row.resource, row.standing) {
            (Resource::Capital, Standing::Held) => (&mut self.held, row.class),
            (Resource::Capital, Standing::Bound) => (&mut self.bound, row.class),
            (Resource::Compute, Standing::Held | Standing::Bound) => {
                (&mut self.slots, row.class.slots())
            }
            _ => return,
        };
        sums.entry(class).or_default().0 += sign * row.amount;
    }

    /// What must always hold: amounts are not negative, sums equal their rows, every live row that
    /// is not bound will end, and none is both live and ended.
    ///
    /// # Errors
    /// The first that does not hold, in words.
    pub fn check(&self) -> Result<(), String> {
        for class in Class::ALL {
            let sum = |standing| -> Decimal {
                self.live
                    .values()
                    .filter(|r| {
                        r.resource == Resource::Capital
                            && r.class == class
                            && r.standing == standing
                    })
                    .map(|r| r.amount)
                    .sum()
            };
            if sum(Standing::Held) != self.held_capital(Some(class))
                || sum(Standing::Bound) != self.bound_capital(Some(class))
            {
                return Err(format!(
                    "capital sums of {} differ from rows",
                    class.as_str()
                ));
            }
        }
        for row in self.live.values() {
            let timed = row
                .expires_at
                .is_some_and(|at| self.expiry.contains(&(at, row.id)));
            if row.amount < Decimal::ZERO
                || row.standing.is_terminal()
                || timed == (row.standing == Standing::Bound)
                || self.ended_by_id.contains_key(&row.id)
            {
                return Err(format!("reservation {} is not as it must be", row.id));
            }
        }
        if self.expiry.len()
            != self
                .live
                .values()
                .filter(|r| r.expires_at.is_some())
                .count()
        {
            return Err("expiry has entries without rows".into());
        }
        Ok(())
    }
}

fn total(sums: &BTreeMap<Class, Sum>, class: Option<Class>) -> Decimal {
    match class {
        Some(class) => sums.get(&class).map_or(Decimal::ZERO, |s| s.0),
        None => sums.values().map(|s| s.0).sum(),
    }
}

/// Calls are whole: the gate refuses others.
fn whole(amount: Decimal) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}
