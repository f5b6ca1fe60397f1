//! Rests at the touch as a maker and follows it; in the last fifth of its time it crosses.

use rust_decimal::Decimal;

use super::adapt;
use super::view::{Child, View, Wish};
use crate::core::order::{Kind, Side, Status};

/// What is late takes what it gets, whatever the whole would rather.
fn crossing(wish: Wish) -> Wish {
    match wish {
        Wish::Send(child) => Wish::Send(Child {
            post_only: false,
            ..child
        }),
        other => other,
    }
}

pub(super) fn wish(view: &View) -> Wish {
    let late = view.now >= view.slicing.late_at();
    match view.live_child() {
        Some(child) if late && child.request.post_only => match child.cancel {
            None => Wish::Withdraw(child.id),
            Some(_) => Wish::Wait,
        },
        Some(_) if late => Wish::Wait,
        Some(child) => match follow(view) {
            Some(price) => Wish::Move(child.id, price),
            None => Wish::Wait,
        },
        // The last try is not halved: nothing comes after it.
        None if late && view.slicing.is_last_slot(view.now) => crossing(view.send(view.room())),
        None if late => crossing(view.send(adapt::halved(view, view.room()))),
        None => match (touch(view), view.size(view.shown())) {
            (Some(price), Some(quantity)) => Wish::Send(Child {
                quantity,
                kind: Kind::Limit,
                price: Some(price),
                post_only: true,
            }),
            _ => Wish::Wait,
        },
    }
}

/// The price its child that rests should move to.
pub(super) fn follow(view: &View) -> Option<Decimal> {
    let child = view.live_child()?;
    let works = matches!(child.status, Status::Open | Status::PartiallyFilled);
    let price = touch(view)?;
    let moves = works && child.request.post_only && child.cancel.is_none();
    (moves && child.price != Some(price) && view.now < view.slicing.late_at()).then_some(price)
}

/// Best bid of a buy, best ask of a sell, on the venue's step and never beyond the order's limit.
fn touch(view: &View) -> Option<Decimal> {
    let quote = view.quote?;
    let steps = |price: Decimal| price.checked_div(view.price_step);
    let limit = view.order.price;
    let price = match view.order.request.side {
        Side::Buy => {
            let price = limit.map_or(quote.bid, |l| l.min(quote.bid));
            steps(price).map_or(price, |n| n.floor() * view.price_step)
        }
        Side::Sell => {
            let price = limit.map_or(quote.ask, |l| l.max(quote.ask));
            steps(price).map_or(price, |n| n.ceil() * view.price_step)
        }
    };
    (price > Decimal::ZERO).then(|| price.normalize())
}
