//! What a sliced order is measured by: the market since its first child, its own fills, and how much
//! of its plan should be done.

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde::{Deserialize, Serialize};

use super::{AlgorithmKind, Slicing, twap, vwap};
use crate::core::order::Order;
use crate::core::quote::Quote;
use crate::core::time::Time;

/// Digits the sums are kept to.
const SCALE: u32 = 8;

/// The market as it was last looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Sight {
    /// When.
    #[n(0)]
    pub at: Time,
    /// The price then.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub price: Decimal,
    /// The feed's figure of what was traded; it may start anew.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub traded: Decimal,
}

/// The market since the first child. Between two looks it is taken to have been at the mean of both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Tape {
    /// When the first child was sent.
    #[n(0)]
    pub since: Time,
    /// The price then.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub first: Decimal,
    /// Σ price × milliseconds.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub by_time: Decimal,
    /// Σ price × traded base quantity.
    #[cbor(n(3), with = "crate::core::codec::dec", has_nil)]
    pub by_volume: Decimal,
    /// Σ traded base quantity.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    pub volume: Decimal,
}

impl Tape {
    /// What begins with the first child.
    pub(super) fn begun(at: Time, price: Decimal) -> Self {
        Self {
            since: at,
            first: price,
            by_time: Decimal::ZERO,
            by_volume: Decimal::ZERO,
            volume: Decimal::ZERO,
        }
    }

    fn add(&mut self, price: Decimal, ms: i64, volume: Decimal) {
        let add = |sum: &mut Decimal, weight: Decimal| {
            *sum = sum
                .saturating_add(price.saturating_mul(weight))
                .round_dp(SCALE);
        };
        add(&mut self.by_time, Decimal::from(ms));
        add(&mut self.by_volume, volume);
        self.volume = self.volume.saturating_add(volume);
    }
}

impl Slicing {
    /// With what the market has done since it was last looked at.
    pub(super) fn observed(&self, now: Time, quote: Option<Quote>) -> Self {
        let mut next = self.clone();
        let Some(quote) = quote else {
            return next;
        };
        if let Some(before) = self.seen {
            // A smaller figure is a feed that began anew: what it missed is not counted.
            let volume = (quote.traded - before.traded).max(Decimal::ZERO);
            next.volume = next.volume.saturating_add(volume);
            if let Some(tape) = &mut next.tape {
                let mean = before.price.saturating_add(quote.last) / Decimal::TWO;
                tape.add(mean, (now - before.at).max(0), volume);
            }
        }
        next.seen = Some(Sight {
            at: now,
            price: quote.last,
            traded: quote.traded,
        });
        next
    }

    /// Time-weighted mean of the market, from the first child to the last look.
    pub fn market_twap(&self) -> Option<Decimal> {
        let (tape, seen) = (self.tape?, self.seen?);
        let mean = tape
            .by_time
            .checked_div(Decimal::from(seen.at - tape.since));
        Some(mean.unwrap_or(tape.first).round_dp(SCALE).normalize())
    }

    /// Volume-weighted mean of the market over the same span; none where nothing was traded.
    pub fn market_vwap(&self) -> Option<Decimal> {
        let tape = self.tape?;
        let mean = tape.by_volume.checked_div(tape.volume)?;
        Some(mean.round_dp(SCALE).normalize())
    }

    /// Of the whole, what should be filled by now: 0 to 1. A plan without a schedule of its own
    /// should be as far as its time.
    pub fn planned(&self, order: &Order, pov_share: Decimal, now: Time) -> Decimal {
        let quantity = order.quantity;
        let target = match self.plan.kind {
            AlgorithmKind::Twap => twap::target(quantity, self, now),
            AlgorithmKind::Vwap => vwap::target(quantity, self, now),
            AlgorithmKind::Pov => self.share_of_volume(pov_share),
            AlgorithmKind::Iceberg | AlgorithmKind::Passive => {
                let passed = Decimal::from((now - self.started_at).max(0));
                let whole = Decimal::from((self.ends_at - self.started_at).max(1));
                quantity.saturating_mul(passed) / whole
            }
        };
        share(target.min(quantity), quantity)
    }

    /// What a share of the traded volume is, base quantity.
    pub(super) fn share_of_volume(&self, pov_share: Decimal) -> Decimal {
        let share = self.plan.participation.unwrap_or(pov_share);
        share.saturating_mul(self.volume)
    }

    /// How much worse than the arrival price the fills are, basis points; positive is worse.
    pub fn slippage_bps(&self, order: &Order) -> Option<Decimal> {
        let worse = (order.average_price()? - self.arrival) * order.request.side.sign();
        let fraction = worse.checked_div(self.arrival)?;
        Some((fraction * dec!(10000)).round_dp(2).normalize())
    }
}

/// A part of a whole, 0 to 1, to four digits.
pub(super) fn share(part: Decimal, whole: Decimal) -> Decimal {
    let share = part.checked_div(whole).unwrap_or_default();
    share.round_dp(4).normalize()
}

impl Order {
    /// Of it, what is filled: 0 to 1.
    pub fn done(&self) -> Decimal {
        share(self.filled, self.quantity)
    }
}
