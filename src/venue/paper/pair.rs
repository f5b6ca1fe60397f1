//! A stop and a target of one position close it once. The core moves one after the other has filled,
//! but its word takes the latency, and one bar can reach both. A venue that enforces reduce-only
//! refuses the second by itself; this one knows no positions, so the targets of a side wait while
//! the core's word on a stop of that side is under way, and stops on targets. Where they belong to
//! different positions, the second one is late by that much.

use crate::core::Time;
use crate::core::order::Kind;

/// The latest fill of a side's stops and targets, on which the core may not have been heard.
#[derive(Debug, Default)]
pub(super) struct Pair(Option<(Kind, Time)>);

impl Pair {
    /// Whether orders of a kind have to wait.
    pub fn holds(&self, kind: Kind, now: Time) -> bool {
        self.0
            .is_some_and(|(filled, until)| filled != kind && now <= until)
    }

    /// An order of this kind filled; the core will have been heard at `until`.
    pub fn filled(&mut self, kind: Kind, until: Time) {
        self.0 = Some((kind, until));
    }

    /// The core's word is on its way and has its effect at `due`.
    pub fn heard(&mut self, now: Time, due: Time) {
        if let Some((_, until)) = &mut self.0
            && now <= *until
        {
            *until = due.max(*until);
        }
    }
}
