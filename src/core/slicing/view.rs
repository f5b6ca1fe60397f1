//! What a plan looks at to decide its next step, and the steps there are.

use rust_decimal::Decimal;

use super::{AlgorithmKind, Slicing, iceberg, passive, pov, twap, vwap};
use crate::core::id::OrderId;
use crate::core::order::{Kind, Order};
use crate::core::quote::Quote;
use crate::core::time::Time;

/// A sliced order at a moment.
pub(super) struct View {
    pub order: Order,
    pub slicing: Slicing,
    pub now: Time,
    pub quote: Option<Quote>,
    /// The child sent last, while somebody knows it.
    pub last: Option<Order>,
    /// Base quantity filled or outstanding.
    pub committed: Decimal,
    /// Least base quantity the venue takes.
    pub minimum: Decimal,
    pub quantity_step: Decimal,
    pub price_step: Decimal,
    /// Whether children should be smaller: the spread is wide, or the last one moved the price.
    pub is_careful: bool,
    pub pov_share: Decimal,
}

/// The next step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// Nothing for now.
    Wait,
    /// A child.
    Send(Child),
    /// The child that rests goes to this price.
    Move(OrderId, Decimal),
    /// The child that rests goes, so that another may cross.
    Withdraw(OrderId),
}

/// A child as it is wished for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Child {
    pub quantity: Decimal,
    pub kind: Kind,
    pub price: Option<Decimal>,
    pub post_only: bool,
}

impl View {
    pub fn wish(&self) -> Wish {
        match self.slicing.plan.kind {
            AlgorithmKind::Twap => twap::wish(self),
            AlgorithmKind::Vwap => vwap::wish(self),
            AlgorithmKind::Pov => pov::wish(self),
            AlgorithmKind::Iceberg => iceberg::wish(self),
            AlgorithmKind::Passive => passive::wish(self),
        }
    }

    pub fn live_child(&self) -> Option<&Order> {
        self.last.as_ref().filter(|o| !o.status.is_terminal())
    }

    /// What is neither filled nor outstanding.
    pub fn room(&self) -> Decimal {
        (self.order.quantity - self.committed).max(Decimal::ZERO)
    }

    /// What is shown at once.
    pub fn shown(&self) -> Decimal {
        let room = self.room();
        self.slicing.plan.display.map_or(room, |d| d.min(room))
    }

    /// A child as the order itself was asked for.
    pub fn send(&self, wanted: Decimal) -> Wish {
        let request = &self.order.request;
        self.size(wanted).map_or(Wish::Wait, |quantity| {
            Wish::Send(Child {
                quantity,
                kind: request.kind,
                price: self.order.price,
                post_only: request.post_only,
            })
        })
    }

    /// Most that the plan's share of the traded volume allows now.
    fn cap(&self) -> Decimal {
        let limited = self.slicing.plan.participation.is_some()
            || self.slicing.plan.kind == AlgorithmKind::Pov;
        if !limited {
            return Decimal::MAX;
        }
        self.slicing.share_of_volume(self.pov_share) - self.committed
    }

    /// What is sent of what is wanted: on the venue's step, no less than the venue takes, and no
    /// remainder left that it would not take.
    pub fn size(&self, wanted: Decimal) -> Option<Decimal> {
        let (room, cap) = (self.room(), self.cap());
        if self.order.purpose.reduces() && room < self.minimum {
            // What only reduces may be as small as a step: a position is closed to the last.
            return (room > Decimal::ZERO && room <= cap).then(|| room.normalize());
        }
        let on_step = |q: Decimal| floor(q, self.quantity_step);
        let mut quantity = on_step(wanted.min(cap).min(room));
        let left = room - quantity;
        if quantity >= self.minimum && left > Decimal::ZERO && left < self.minimum {
            quantity = if room <= cap {
                room
            } else {
                on_step(room - self.minimum)
            };
        }
        (quantity >= self.minimum).then(|| quantity.normalize())
    }

    /// Whether nothing that is left could be sent.
    pub fn is_dust(&self) -> bool {
        let least = match self.order.purpose.reduces() {
            true => self.quantity_step,
            false => self.minimum,
        };
        self.room() < least
    }
}

/// Down to a multiple of a step.
pub(super) fn floor(quantity: Decimal, step: Decimal) -> Decimal {
    match quantity.checked_div(step) {
        Some(steps) => steps.floor() * step,
        None => quantity,
    }
}

/// Up to a multiple of a step.
pub(super) fn ceil(quantity: Decimal, step: Decimal) -> Decimal {
    match quantity.checked_div(step) {
        Some(steps) => steps.ceil() * step,
        None => quantity,
    }
}

/// A part of a quantity, done ÷ whole of it.
pub(super) fn part(quantity: Decimal, done: i128, whole: i128) -> Decimal {
    if done >= whole {
        return quantity;
    }
    let (done, whole) = (Decimal::from(done), Decimal::from(whole));
    let exact = quantity
        .checked_mul(done)
        .and_then(|p| p.checked_div(whole));
    exact.unwrap_or_else(|| quantity * (done / whole))
}
