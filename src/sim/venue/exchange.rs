//! The truth: prices, orders, executions, balances; and what is on its way from and to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;

use super::channel::Flight;
use super::kept::{End, Kept};
use super::wire::Approved;
use crate::core::order::Side;
use crate::core::position::Amount;
use crate::core::{Symbol, Time};
use crate::sim::dice::Dice;
use crate::sim::fault::{Fault, Weather};
use crate::venue::Said;

/// The truth, and what is on its way. It knows no engine but by the link it has.
pub struct Exchange {
    /// True time, which engine time follows.
    pub now: Time,
    /// The wall clock minus true time, milliseconds.
    pub wall_ahead: i64,
    /// How the world is.
    pub weather: Weather,
    pub(super) dice: Dice,
    /// What each symbol costs.
    pub prices: BTreeMap<Symbol, Decimal>,
    /// Every order it ever took, by client id.
    pub orders: BTreeMap<String, Kept>,
    /// Those that work, in the order they came.
    pub(super) book: Vec<String>,
    pub(super) opening: BTreeMap<String, Decimal>,
    pub(super) executions: u64,
    pub(super) accepted: u64,
    pub(super) flights: BTreeMap<(Time, u64), Flight>,
    pub(super) flown: u64,
    /// No word of the stream is told before this, unless it overtakes.
    pub(super) stream_clear_at: Time,
    /// The engine's side of it; none while it is dead.
    pub(super) link: Option<u64>,
    pub(super) links: u64,
    /// Until when stream and requests are down, and whether requests are too.
    pub(super) down: Option<(Time, bool)>,
    pub(super) inbox: Vec<Said>,
    /// What went wrong since last asked, and for which order.
    pub happened: Vec<(Fault, String)>,
    /// What is durably approved, by client id.
    pub approved: BTreeMap<String, Approved>,
    /// Rules that were broken on the wire.
    pub violations: Vec<String>,
    /// What it did, where somebody looks.
    pub lines: Option<Vec<String>>,
}

/// An exchange that engine and story hold together.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Exchange>>);

impl Shared {
    /// Looks at it.
    pub fn get(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    /// A venue with an account that holds this.
    pub fn open(
        now: Time,
        weather: Weather,
        dice: Dice,
        opening: &BTreeMap<String, Amount>,
        prices: BTreeMap<Symbol, Decimal>,
    ) -> Shared {
        let opening = opening.iter().map(|(a, n)| (a.clone(), n.0)).collect();
        Shared(Arc::new(Mutex::new(Self {
            now,
            wall_ahead: 0,
            weather,
            dice,
            prices,
            orders: BTreeMap::new(),
            book: Vec::new(),
            opening,
            executions: 0,
            accepted: 0,
            flights: BTreeMap::new(),
            flown: 0,
            stream_clear_at: now,
            link: None,
            links: 0,
            down: None,
            inbox: Vec::new(),
            happened: Vec::new(),
            approved: BTreeMap::new(),
            violations: Vec::new(),
            lines: None,
        })))
    }

    /// Whether this goes wrong now, for that order.
    pub(super) fn strikes(&mut self, fault: Fault, id: &str) -> bool {
        let strikes = self.weather.strikes(fault, &mut self.dice);
        if strikes {
            self.happen(fault, id);
        }
        strikes
    }

    /// Notes that something went wrong.
    pub fn happen(&mut self, fault: Fault, id: &str) {
        self.note(|| format!("  ! {} {id}", fault.name()));
        self.happened.push((fault, id.to_owned()));
    }

    pub fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(line());
        }
    }

    /// The wall clock, milliseconds since 1970.
    pub fn wall(&self) -> i64 {
        self.now.0 + self.wall_ahead
    }

    /// What the account holds in a picture taken then.
    pub fn balances_at(&self, at: Time) -> BTreeMap<String, Decimal> {
        let mut balances = self.opening.clone();
        for kept in self.orders.values() {
            let (symbol, sign) = (kept.order.symbol, kept.order.side.sign());
            for fill in kept.fills_at(at) {
                let value = fill.price * fill.quantity;
                let base = balances.entry(symbol.base().to_owned()).or_default();
                *base += sign * fill.quantity;
                let quote = balances.entry(symbol.quote().to_owned()).or_default();
                *quote -= sign * value + fill.fee;
            }
        }
        balances
    }

    /// What our orders have made of a symbol: long above 0.
    pub fn net(&self, symbol: Symbol) -> Decimal {
        let ours = self.orders.values().filter(|k| k.order.symbol == symbol);
        ours.map(|k| k.order.side.sign() * k.order.filled).sum()
    }

    /// What an order that only reduces may still do, where the venue looks.
    pub(super) fn reducible(&self, symbol: Symbol, side: Side) -> Decimal {
        (-(self.net(symbol) * side.sign())).max(Decimal::ZERO)
    }

    /// Ends an order.
    pub(super) fn end(&mut self, id: &str, how: End) {
        let now = self.now;
        if let Some(kept) = self.orders.get_mut(id) {
            kept.ended = Some((now, how));
            self.book.retain(|other| other != id);
            self.note(|| format!("  venue: {id} ends, {how:?}"));
        }
    }

    /// Lets nothing go wrong any more.
    pub fn calm(&mut self) {
        self.weather.calm = true;
        if let Some((until, _)) = &mut self.down {
            *until = self.now;
        }
    }
}
