//! By the recorded volume profile: each slot gets what the market usually trades in its time.

use rust_decimal::Decimal;

use super::Slicing;
use super::adapt;
use super::view::{View, Wish, part};
use crate::core::time::Time;

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// Base quantity that should be on its way by the end of the slot a moment lies in.
pub(super) fn target(quantity: Decimal, slicing: &Slicing, now: Time) -> Decimal {
    by_slot(quantity, slicing, slicing.slot(now) + 1)
}

/// The same by the beginning of a slot.
fn by_slot(quantity: Decimal, slicing: &Slicing, slot: u32) -> Decimal {
    let rest = quantity - slicing.before;
    let profile = &slicing.plan.profile;
    let whole = weight(profile, slicing.from, slicing.ends_at);
    let (done, whole) = if whole == 0 {
        (i128::from(slot), i128::from(slicing.slots))
    } else {
        (weight(profile, slicing.from, slicing.slot_at(slot)), whole)
    };
    slicing.before + part(rest, done, whole)
}

/// What a span weighs: the weight of each hour × its milliseconds in the span.
fn weight(profile: &[u32], from: Time, to: Time) -> i128 {
    let mut sum = 0;
    let mut at = from;
    while at < to {
        let hour = at.0.div_euclid(HOUR_MS);
        let until = Time((hour + 1).saturating_mul(HOUR_MS)).min(to);
        let of_day = usize::try_from(hour.rem_euclid(24)).unwrap_or_default();
        let weight = profile.get(of_day).copied().unwrap_or(1);
        sum += i128::from(weight) * i128::from(until - at);
        at = until;
    }
    sum
}

pub(super) fn wish(view: &View) -> Wish {
    let slicing = &view.slicing;
    let whole = view.order.quantity;
    let slot = slicing.slot(view.now);
    let target = by_slot(whole, slicing, slot + 1);
    let nominal = target - by_slot(whole, slicing, slot);
    view.send(adapt::timed(view, target, nominal))
}
