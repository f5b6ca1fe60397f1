//! The time of a plan, in slots of equal length, and when a sliced order has something to do.

use super::{AlgorithmKind, Slicing};
use crate::core::order::{Order, Status};
use crate::core::state::State;
use crate::core::time::Time;

/// The market is looked at so often at least, for the report: milliseconds.
const LOOK_MS: i64 = 60_000;
/// Shortest wait before something that was refused is tried again, milliseconds.
const RETRY_MS: i64 = 1_000;

impl Slicing {
    /// Length of a slot as the plan was made, milliseconds.
    pub(super) fn slot_ms(&self) -> i64 {
        let slots = self.plan.slices.unwrap_or(1).max(1);
        (self.ends_at - self.started_at) / i64::from(slots)
    }

    fn span_ms(&self) -> i64 {
        (self.ends_at - self.from).max(1)
    }

    /// The slot a moment lies in, from 0.
    pub(super) fn slot(&self, now: Time) -> u32 {
        let passed = i128::from((now - self.from).max(0));
        let slot = passed * i128::from(self.slots) / i128::from(self.span_ms());
        u32::try_from(slot)
            .unwrap_or(u32::MAX)
            .min(self.slots.saturating_sub(1))
    }

    /// When a slot begins; the one after the last is the end.
    pub(super) fn slot_at(&self, slot: u32) -> Time {
        let (span, slots) = (i128::from(self.span_ms()), i128::from(self.slots.max(1)));
        let after = (i128::from(slot) * span + slots - 1) / slots;
        (self.from + i64::try_from(after).unwrap_or(i64::MAX)).min(self.ends_at)
    }

    pub(super) fn is_last_slot(&self, now: Time) -> bool {
        self.slot(now) + 1 >= self.slots
    }

    /// The next slot. In the last one there is none: half of what is left is waited, so that it is
    /// tried again, some times at most.
    pub(super) fn next_slot_at(&self, now: Time) -> Time {
        let next = if self.is_last_slot(now) {
            now + ((self.ends_at - now) / 2).max(RETRY_MS)
        } else {
            self.slot_at(self.slot(now) + 1)
        };
        next.min(self.ends_at)
    }

    /// When something refused is tried again: a slot later, sooner as the end comes near.
    pub(super) fn retry_at(&self, now: Time) -> Time {
        let half = (self.ends_at - now) / 2;
        let wait = self.slot_ms().min(half).max(RETRY_MS);
        (now + wait).min(self.ends_at)
    }

    /// The last share of a passive plan's time, in which it crosses.
    pub(super) fn late_at(&self) -> Time {
        self.started_at + (self.ends_at - self.started_at) / 5 * 4
    }

    /// Whether the market is to be looked at for the report or the traded volume.
    pub(super) fn wants_a_look(&self, now: Time) -> bool {
        let counts = self.tape.is_some()
            || self.plan.participation.is_some()
            || self.plan.kind == AlgorithmKind::Pov;
        counts && self.seen.is_none_or(|s| now - s.at >= LOOK_MS)
    }
}

impl State {
    /// When a sliced order may send or change something by time alone.
    pub(super) fn next_slice_of(&self, slicing: &Slicing) -> Option<Time> {
        let live = slicing.last_child.and_then(|id| self.orders.live.get(&id));
        match (slicing.plan.kind, live) {
            (AlgorithmKind::Twap | AlgorithmKind::Vwap | AlgorithmKind::Pov, _) => {
                Some(slicing.next_at)
            }
            (_, None) => Some(self.free_at(slicing)),
            (AlgorithmKind::Passive, Some(child))
                if child.request.post_only && child.cancel.is_none() =>
            {
                Some(slicing.late_at())
            }
            _ => None,
        }
    }

    /// When the next child may follow one that has ended: at once where that one was filled, a while
    /// later where the venue or somebody else ended it.
    fn free_at(&self, slicing: &Slicing) -> Time {
        let last = slicing.last_child.and_then(|id| self.orders.get(id));
        let wait = last.filter(|o| !follows_at_once(o, slicing));
        let next = slicing.next_at;
        wait.map_or(next, |o| next.max(slicing.retry_at(o.updated_at)))
    }

    /// The next moment at which a sliced order has something to do.
    pub(in crate::core) fn next_slice_due(&self) -> Option<Time> {
        let sliced = self.orders.sliced.iter();
        sliced
            .filter_map(|id| self.orders.live.get(id))
            .filter(|o| o.cancel.is_none())
            .filter_map(|o| Some((o, o.slicing.as_deref()?)))
            .map(|(order, slicing)| {
                let next = (!self.is_held(order, slicing))
                    .then(|| self.next_slice_of(slicing))
                    .flatten();
                next.map_or(slicing.ends_at, |at| at.min(slicing.ends_at))
            })
            .min()
    }
}

fn follows_at_once(ended: &Order, slicing: &Slicing) -> bool {
    match ended.status {
        Status::Filled => true,
        // It was withdrawn so that the rest may cross.
        Status::Cancelled => {
            slicing.plan.kind == AlgorithmKind::Passive && ended.updated_at >= slicing.late_at()
        }
        _ => false,
    }
}
