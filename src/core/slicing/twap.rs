//! Equal slices in time: after slot k of n, k ÷ n of the rest should be on its way.

use rust_decimal::Decimal;

use super::Slicing;
use super::adapt;
use super::view::{View, Wish, part};
use crate::core::time::Time;

/// Base quantity that should be on its way by the end of the slot a moment lies in.
pub(super) fn target(quantity: Decimal, slicing: &Slicing, now: Time) -> Decimal {
    let rest = quantity - slicing.before;
    let slots = slicing.slot(now) + 1;
    slicing.before + part(rest, i128::from(slots), i128::from(slicing.slots))
}

pub(super) fn wish(view: &View) -> Wish {
    let slicing = &view.slicing;
    let whole = view.order.quantity;
    let nominal = (whole - slicing.before) / Decimal::from(slicing.slots.max(1));
    view.send(adapt::timed(
        view,
        target(whole, slicing, view.now),
        nominal,
    ))
}
