//! The ledger: rows, sums that equal their rows, the order in which they expire, and the order in
//! which those that wait come to their turn.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;

use super::{ApiWindows, Class, Keys, Pooled, Remembered, Reservation, Resource, Standing, Waits};
use crate::core::activity::ActivityKind;
use crate::core::id::ReservationId;
use crate::core::settings::ResourceSettings;
use crate::core::text::Name;
use crate::core::time::Time;

/// How many ended reservations are known by their end.
const REMEMBERED: usize = 100_000;
/// How many of them are known in full.
const IN_FULL: usize = 1_000;

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
    /// The order in which they ended.
    #[n(8)]
    ended_order: VecDeque<ReservationId>,
    /// Requests that must not be carried out twice.
    #[n(9)]
    pub keys: Keys,
    /// The pool in USD, as last marked.
    #[cbor(n(10), with = "crate::core::codec::dec", has_nil)]
    pub pool: Decimal,
    /// Ended ever.
    #[n(11)]
    pub ended_total: u64,
    /// Requests for capital that are being gathered, by priority.
    #[n(12)]
    pub windows: BTreeMap<u8, BTreeSet<ReservationId>>,
    /// Those that wait, in the order of their turn: priority, time of the request, the first of each
    /// group.
    #[n(13)]
    queue: BTreeSet<(u8, Time, ReservationId)>,
    /// When each of them was last told what it waits for.
    #[n(14)]
    notices: BTreeSet<(Time, ReservationId)>,
    /// How many wait for each resource.
    #[n(15)]
    waiting: BTreeMap<Pooled, u32>,
    /// Live reservations that keep an activity running, of each resource.
    #[n(16)]
    at_work: BTreeMap<(ActivityKind, Name), BTreeMap<Resource, u32>>,
    /// Live rows of each agent: those that wait, and the others.
    #[n(17)]
    of_agent: BTreeMap<Name, (u32, u32)>,
    /// The last decision did not come to the end of the queue.
    #[n(18)]
    pub turns_left: bool,
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

    /// The live ones, by time of request.
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

    /// Those that wait, in the order of their turn; of several asked for together the first.
    pub fn queue(&self) -> impl Iterator<Item = &Reservation> {
        self.queue.iter().filter_map(|(_, _, id)| self.live.get(id))
    }

    /// How many requests wait.
    pub fn queue_len(&self) -> usize {
        self.queue.len()
    }

    /// How many reservations wait for a resource.
    pub fn waiting(&self, pooled: Pooled) -> u64 {
        u64::from(self.waiting.get(&pooled).copied().unwrap_or(0))
    }

    /// Ended ones, oldest first.
    pub fn past(&self) -> impl DoubleEndedIterator<Item = &Reservation> {
        self.ended.iter()
    }

    /// When the next one ends by itself.
    pub fn next_expiry(&self) -> Option<Time> {
        self.expiry.first().map(|(at, _)| *at)
    }

    /// When the next one that waits was last told why.
    pub fn next_notice(&self) -> Option<Time> {
        self.notices.first().map(|(at, _)| *at)
    }

    /// Those that were last told so long ago, at most `limit`.
    pub fn untold(&self, since: Time, limit: usize) -> Vec<ReservationId> {
        first(&self.notices, since, limit)
    }

    /// Those whose time is up, at most `limit`.
    pub fn due(&self, now: Time, limit: usize) -> Vec<ReservationId> {
        first(&self.expiry, now, limit)
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
        self.room().max(Decimal::ZERO)
    }

    /// What is free of the pool, and what a request of this priority may take from lower ones.
    pub fn reachable_capital(&self, priority: u8) -> Decimal {
        // A pool that shrank under what is taken grants nothing that widens risk, and takes nothing
        // away.
        if self.room() < Decimal::ZERO && priority > Class::Exit.priority() {
            return Decimal::ZERO;
        }
        (self.room() + self.preemptible_capital(priority)).max(Decimal::ZERO)
    }

    /// Capital that a request of this priority may take from lower ones.
    pub fn preemptible_capital(&self, priority: u8) -> Decimal {
        self.held
            .iter()
            .filter(|(class, _)| class.priority() > priority)
            .map(|(_, sum)| sum.0)
            .sum()
    }

    /// Pool less held and bound: negative where the pool has shrunk under what is taken.
    pub(super) fn room(&self) -> Decimal {
        self.pool - self.held_capital(None) - self.bound_capital(None)
    }

    /// Compute slots taken of a class.
    pub fn slots_taken(&self, class: Class) -> Decimal {
        total(&self.slots, Some(class.slots()))
    }

    /// Whether an agent's live reservations keep this activity running, of one resource or of any.
    pub fn at_work(&self, kind: ActivityKind, agent: Name, resource: Option<Resource>) -> bool {
        self.at_work
            .get(&(kind, agent))
            .is_some_and(|by| resource.is_none_or(|r| by.contains_key(&r)))
    }

    /// How many live ones an agent has.
    pub fn live_of(&self, agent: Name) -> usize {
        let (waiting, held) = self.of_agent.get(&agent).copied().unwrap_or_default();
        (waiting + held) as usize
    }

    /// How many of them are granted.
    pub fn held_by(&self, agent: Name) -> u32 {
        self.of_agent.get(&agent).map_or(0, |(_, held)| *held)
    }

    /// A free id of an agent in this millisecond, so many after the first.
    pub fn free_id(&self, agent: Name, now: Time, after: u32) -> ReservationId {
        let id = |n| ReservationId { at: now, agent, n };
        let all = id(0)..=id(u32::MAX);
        let live = self.live.range(all.clone()).next_back().map(|(id, _)| id.n);
        let ended = self.ended_by_id.range(all).next_back().map(|(id, _)| id.n);
        id(live.max(ended).map_or(0, |n| n + 1) + after)
    }

    pub(in crate::core) fn limits(&mut self, settings: &ResourceSettings) {
        self.keys
            .limits(settings.keys_per_actor, settings.key_life_h);
    }

    pub(in crate::core) fn remember(&mut self, actor: Name, key: &str, answer: Remembered) {
        self.keys.remember(actor, key, answer);
    }

    pub(in crate::core) fn hour_passed(&mut self, hour: i64) {
        self.keys.hour_passed(hour);
    }

    pub(in crate::core) fn open_window(&mut self, priority: u8) {
        self.windows.entry(priority).or_default();
    }

    pub(in crate::core) fn close_window(&mut self, priority: u8) {
        self.windows.remove(&priority);
    }

    /// A new row, granted or queued.
    pub(in crate::core) fn enter(&mut self, row: Reservation, now: Time) {
        if row.resource == Resource::Api && row.standing != Standing::Queued {
            self.api.spend(now, whole(row.amount));
        }
        if let Some(drawn) = &row.drawn {
            self.take(drawn.from, drawn.amount);
        }
        self.count(&row, true);
        self.live.insert(row.id, row);
    }

    /// What waited is granted.
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
        let gathered = matches!(row.waits, Some(Waits::Window { .. }));
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
        if gathered
            && let Some(row) = self.live.get(&id)
            && let Some((actor, key)) = &row.keyed
        {
            self.keys.granted(*actor, key, row.answer());
        }
    }

    /// Changes a live row and keeps sums and orders true.
    pub(in crate::core) fn change(&mut self, id: ReservationId, f: impl FnOnce(&mut Reservation)) {
        let Some(mut row) = self.live.remove(&id) else {
            return;
        };
        self.count(&row, false);
        f(&mut row);
        if row.standing.is_terminal() {
            self.bury(row);
        } else {
            self.count(&row, true);
            self.live.insert(id, row);
        }
    }

    fn bury(&mut self, row: Reservation) {
        if let Some((actor, key)) = &row.keyed {
            // What ended before its window was decided was never granted: the key is free again.
            let denied =
                row.standing == Standing::Denied || matches!(row.waits, Some(Waits::Window { .. }));
            self.keys.ended(*actor, key, row.id, denied);
        }
        self.ended_total += 1;
        self.ended_by_id.insert(row.id, row.standing);
        self.ended_order.push_back(row.id);
        if self.ended_order.len() > REMEMBERED
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended_by_id.remove(&oldest);
        }
        self.ended.push_back(row);
        if self.ended.len() > IN_FULL {
            self.ended.pop_front();
        }
    }

    /// Counts a row in, or out again.
    fn count(&mut self, row: &Reservation, into: bool) {
        if let Some(at) = row.expires_at {
            put(&mut self.expiry, (at, row.id), into);
        }
        self.count_of_agent(row, into);
        if row.standing == Standing::Queued {
            self.count_waiting(row, into);
            return;
        }
        if let Some(kind) = row.activity() {
            self.count_at_work(kind, row, into);
        }
        let (sums, class) = match (row.resource, row.standing) {
            (Resource::Capital, Standing::Held) => (&mut self.held, row.class),
            (Resource::Capital, Standing::Bound) => (&mut self.bound, row.class),
            (Resource::Compute, _) => (&mut self.slots, row.class.slots()),
            _ => return,
        };
        let sum = &mut sums.entry(class).or_default().0;
        *sum += if into { row.amount } else { -row.amount };
    }

    fn count_of_agent(&mut self, row: &Reservation, into: bool) {
        let (waiting, held) = self.of_agent.entry(row.agent).or_default();
        let n = if row.standing == Standing::Queued {
            waiting
        } else {
            held
        };
        *n = if into { *n + 1 } else { n.saturating_sub(1) };
        if self.of_agent[&row.agent] == (0, 0) {
            self.of_agent.remove(&row.agent);
        }
    }

    fn count_waiting(&mut self, row: &Reservation, into: bool) {
        let waiting = self.waiting.entry(row.pooled()).or_default();
        *waiting = if into {
            *waiting + 1
        } else {
            waiting.saturating_sub(1)
        };
        if let Some(Waits::Window { .. }) = row.waits {
            let window = self.windows.entry(row.class.priority()).or_default();
            put(window, row.id, into);
        } else if row.leads() {
            put(&mut self.queue, (row.turn, row.created_at, row.id), into);
            let told = row.told_at.unwrap_or(row.created_at);
            put(&mut self.notices, (told, row.id), into);
        }
    }

    fn count_at_work(&mut self, kind: ActivityKind, row: &Reservation, into: bool) {
        let by = self.at_work.entry((kind, row.agent)).or_default();
        let n = by.entry(row.resource).or_default();
        *n = if into { *n + 1 } else { n.saturating_sub(1) };
        if *n == 0 {
            by.remove(&row.resource);
        }
        if by.is_empty() {
            self.at_work.remove(&(kind, row.agent));
        }
    }

    /// What must always hold: amounts are not negative, sums equal their rows, every live row that
    /// is not bound will end, none is both live and ended, whoever waits has its turn, and what was
    /// drawn on a reservation and what is left of it are what it was granted.
    ///
    /// # Errors
    /// The first that does not hold, in words.
    pub fn check(&self) -> Result<(), String> {
        let mut anew = Self {
            windows: self.windows.keys().map(|p| (*p, BTreeSet::new())).collect(),
            ..Self::default()
        };
        for row in self.live.values() {
            if row.amount < Decimal::ZERO
                || row.standing.is_terminal()
                || row.expires_at.is_some() == (row.standing == Standing::Bound)
                || row.waits.is_some() != (row.standing == Standing::Queued)
                || self.ended_by_id.contains_key(&row.id)
            {
                return Err(format!("reservation {} is not as it must be", row.id));
            }
            anew.count(row, true);
        }
        let sums = |of: &BTreeMap<Class, Sum>| -> Vec<Decimal> {
            Class::ALL.map(|c| total(of, Some(c))).to_vec()
        };
        let waiting = |of: &Self| Pooled::ALL.map(|p| of.waiting(p));
        for (what, same) in [
            ("held capital", sums(&anew.held) == sums(&self.held)),
            ("bound capital", sums(&anew.bound) == sums(&self.bound)),
            ("slots", sums(&anew.slots) == sums(&self.slots)),
            ("expiry", anew.expiry == self.expiry),
            ("the queue", anew.queue == self.queue),
            ("notices", anew.notices == self.notices),
            ("windows", anew.windows == self.windows),
            ("activities", anew.at_work == self.at_work),
            ("counts of agents", anew.of_agent == self.of_agent),
            ("counts of those that wait", waiting(&anew) == waiting(self)),
        ] {
            if !same {
                return Err(format!("{what} differ from their rows"));
            }
        }
        self.check_drawn()
    }
}

fn put<T: Ord>(set: &mut BTreeSet<T>, entry: T, into: bool) {
    if into {
        set.insert(entry);
    } else {
        set.remove(&entry);
    }
}

fn first(of: &BTreeSet<(Time, ReservationId)>, until: Time, limit: usize) -> Vec<ReservationId> {
    of.iter()
        .take_while(|(at, _)| *at <= until)
        .take(limit)
        .map(|(_, id)| *id)
        .collect()
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
