//! What the gate remembers between orders; all of it comes from events and survives a restart.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::loss::{Book, Lost};
use super::{Check, Code, Level, Measure};
use crate::core::refusal::Refusal;
use crate::core::text::{Name, Symbol};
use crate::core::time::Time;

/// Strategies that wait, at most: any name may be given to an order.
const MAX_COOLDOWNS: usize = 1_024;

/// Rates, cooldowns, the guard, days that were lost, the last refusals.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct RiskMemory {
    /// Strategies that were refused too much.
    #[n(0)]
    pub cooldowns: BTreeMap<Name, Cooldown>,
    /// Venues whose figures are out of bounds.
    #[n(1)]
    pub guard: BTreeMap<Name, Breach>,
    /// Strategies whose loss of the day came to their limit.
    #[n(2)]
    pub lost: BTreeMap<Name, Lost>,
    /// When each level's entries would be used up at its even rate, microseconds.
    #[n(3)]
    #[cbor(default)]
    pub(super) rates: BTreeMap<Level, i64>,
    /// The day's figures of each level that has limits of its own.
    #[n(4)]
    #[cbor(default)]
    pub(super) books: BTreeMap<Level, Book>,
    /// The last refusal of each rule.
    #[n(5)]
    #[cbor(default)]
    pub last_refusals: BTreeMap<Code, LastRefusal>,
}

/// A strategy that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Cooldown {
    /// Since when.
    #[n(0)]
    pub since: Time,
    /// Until when its entries are refused.
    #[n(1)]
    pub until: Time,
    /// Trips in a row: each doubles the wait.
    #[n(2)]
    pub trips: u32,
    /// The rule that refused it last.
    #[n(3)]
    pub rule: Code,
}

/// A venue whose figures are out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Breach {
    /// Since when.
    #[n(0)]
    pub since: Time,
    /// Which figure.
    #[n(1)]
    pub reason: String,
}

/// What a rule refused last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct LastRefusal {
    /// When.
    #[n(0)]
    pub time: Time,
    /// Pair, where the gate looked at an order.
    #[n(1)]
    pub symbol: Option<Symbol>,
    /// Whose.
    #[n(2)]
    pub strategy: Option<Name>,
    /// The caller's id.
    #[n(3)]
    pub request_id: Option<String>,
    /// The limit in force then.
    #[n(4)]
    pub limit: Measure,
    /// What was measured.
    #[n(5)]
    pub value: Measure,
}

impl RiskMemory {
    /// Begins a cooldown, and forgets those that count for nothing any more.
    pub(in crate::core) fn cool_down(&mut self, strategy: Name, cooldown: Cooldown, window_s: u32) {
        let window = i64::from(window_s) * 1000;
        self.cooldowns
            .retain(|_, c| cooldown.since - c.until <= window);
        while self.cooldowns.len() >= MAX_COOLDOWNS && !self.cooldowns.contains_key(&strategy) {
            let first = self.cooldowns.iter().min_by_key(|(_, c)| c.until);
            let Some(name) = first.map(|(name, _)| *name) else {
                break;
            };
            self.cooldowns.remove(&name);
        }
        self.cooldowns.insert(strategy, cooldown);
    }

    pub(in crate::core) fn breach(&mut self, venue: Name, reason: &str, since: Time) {
        let reason = reason.to_owned();
        self.guard.insert(venue, Breach { since, reason });
    }

    /// Keeps what the gate refused an order for.
    pub(in crate::core) fn checked(
        &mut self,
        time: Time,
        request_id: Option<&String>,
        (symbol, strategy): (Option<Symbol>, Option<Name>),
        checks: &[Check],
    ) {
        if let Some(check) = checks.last().filter(|c| !c.passed) {
            let refusal = LastRefusal {
                time,
                symbol,
                strategy,
                request_id: request_id.cloned(),
                limit: check.limit,
                value: check.value,
            };
            self.last_refusals.insert(check.rule, refusal);
        }
    }

    /// Keeps a refusal that came without the gate's look at an order: of an exit, or an amendment.
    pub(in crate::core) fn refused(&mut self, time: Time, refusal: &Refusal) {
        let Ok(code) = Code::new(&refusal.code) else {
            return;
        };
        if self
            .last_refusals
            .get(&code)
            .is_some_and(|r| r.time == time)
        {
            return;
        }
        let measure = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or("none");
            text.parse::<Decimal>()
                .map_or_else(|_| Measure::text(text), Measure::Number)
        };
        let last = LastRefusal {
            time,
            symbol: None,
            strategy: None,
            request_id: None,
            limit: measure(&refusal.limit),
            value: measure(&refusal.value),
        };
        self.last_refusals.insert(code, last);
    }
}
