//! What the gate remembers between orders; all of it comes from events and survives a restart.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::Code;
use crate::core::text::Name;
use crate::core::time::Time;

/// Cooldowns, the guard, days that were lost.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct RiskMemory {
    /// Strategies that were refused too much.
    #[n(0)]
    pub cooldowns: BTreeMap<Name, Cooldown>,
    /// Venues whose figures are out of bounds.
    #[n(1)]
    pub guard: BTreeMap<Name, Breach>,
    /// The UTC day on which a strategy last lost too much.
    #[n(2)]
    pub lost: BTreeMap<Name, i64>,
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

impl RiskMemory {
    pub(in crate::core) fn cool_down(
        &mut self,
        strategy: Name,
        since: Time,
        until: Time,
        trips: u32,
        rule: Code,
    ) {
        let cooldown = Cooldown {
            since,
            until,
            trips,
            rule,
        };
        self.cooldowns.insert(strategy, cooldown);
    }

    pub(in crate::core) fn breach(&mut self, venue: Name, reason: &str, since: Time) {
        let reason = reason.to_owned();
        self.guard.insert(venue, Breach { since, reason });
    }
}
