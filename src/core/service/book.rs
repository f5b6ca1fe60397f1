//! What a service has done in a stage: its trades, its days, and what holding the symbol would have
//! brought meanwhile.

use minicbor::{Decode, Encode};
use rust_decimal::{Decimal, MathematicalOps};
use serde::Serialize;

use crate::core::order::Side;
use crate::core::time::Time;

/// Days in a year of these markets.
const YEAR: u64 = 365;
/// Digits a figure keeps: enough for ratios, and short however many there are.
const DIGITS: u32 = 16;

/// Mean and spread of a row of returns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Encode, Decode)]
pub struct Spread {
    /// How many.
    #[n(0)]
    pub count: u64,
    /// Their mean.
    #[cbor(n(1), with = "crate::core::codec::dec")]
    pub mean: Decimal,
    /// Sum of squared distances from it.
    #[cbor(n(2), with = "crate::core::codec::dec")]
    squares: Decimal,
}

impl Spread {
    /// Counts one, by Welford's method.
    pub fn count(&mut self, value: Decimal) {
        let value = value.round_dp(8);
        self.count += 1;
        let from = value - self.mean;
        self.mean = (self.mean + from / Decimal::from(self.count)).round_dp(DIGITS);
        self.squares = (self.squares + from * (value - self.mean)).round_dp(DIGITS);
    }

    /// Standard deviation (n − 1); none under two, and none where all are alike.
    pub fn deviation(&self) -> Option<Decimal> {
        let less = self.count.checked_sub(1).filter(|n| *n > 0)?;
        let variance = self.squares / Decimal::from(less);
        variance.sqrt().filter(|d| !d.is_zero())
    }

    /// Mean ÷ deviation × √365: the Sharpe ratio of daily returns, a year.
    pub fn yearly(&self) -> Option<Decimal> {
        let deviation = self.deviation()?;
        let year = Decimal::from(YEAR).sqrt()?;
        Some((self.mean / deviation * year).round_dp(8))
    }
}

/// A position on paper.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Holding {
    /// Side of its entry: buy is long.
    #[n(0)]
    pub side: Side,
    /// Base quantity.
    #[cbor(n(1), with = "crate::core::codec::dec")]
    pub quantity: Decimal,
    /// Price it was entered at.
    #[cbor(n(2), with = "crate::core::codec::dec")]
    pub entry: Decimal,
    /// What entering cost, quote currency.
    #[cbor(n(3), with = "crate::core::codec::dec")]
    pub fee: Decimal,
    /// Where it is given up.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    pub stop: Option<Decimal>,
    /// Where it has earned enough.
    #[cbor(n(5), with = "crate::core::codec::dec", has_nil)]
    pub target: Option<Decimal>,
    /// Since when.
    #[n(6)]
    pub opened_at: Time,
}

impl Holding {
    /// What it has gained at a price, before the fee of leaving.
    pub fn gain(&self, price: Decimal) -> Decimal {
        (price - self.entry) * self.quantity * self.side.sign() - self.fee
    }
}

/// What was done in a stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Encode, Decode)]
pub struct Book {
    /// USD it began with.
    #[cbor(n(0), with = "crate::core::codec::dec")]
    pub capital: Decimal,
    /// Signals it has given.
    #[n(1)]
    pub signals: u64,
    /// Closed trades.
    #[n(2)]
    pub trades: u64,
    /// Those with a gain.
    #[n(3)]
    pub wins: u64,
    /// Gains and losses of closed trades, after fees, quote currency.
    #[cbor(n(4), with = "crate::core::codec::dec")]
    pub realised: Decimal,
    /// Returns of closed trades on what they cost.
    #[n(5)]
    pub returns: Spread,
    /// Returns of its days on its capital.
    #[n(6)]
    pub days: Spread,
    /// Returns of the symbol on the same days.
    #[n(7)]
    pub baseline: Spread,
    /// Highest equity at a close or at a day's end.
    #[cbor(n(8), with = "crate::core::codec::dec")]
    pub peak: Decimal,
    /// Largest fall from it, a positive fraction.
    #[cbor(n(9), with = "crate::core::codec::dec")]
    pub max_drawdown: Decimal,
    /// Equity and price at the last day's end, and which day that was.
    #[n(10)]
    pub mark: Option<Mark>,
    /// What it holds on paper.
    #[n(11)]
    pub holding: Option<Holding>,
}

/// How a day ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Encode, Decode)]
pub struct Mark {
    /// The UTC day.
    #[n(0)]
    pub day: i64,
    /// What the service was worth.
    #[cbor(n(1), with = "crate::core::codec::dec")]
    pub equity: Decimal,
    /// Price of its symbol.
    #[cbor(n(2), with = "crate::core::codec::dec")]
    pub price: Decimal,
}

impl Book {
    /// One that begins with this capital.
    pub fn new(capital: Decimal) -> Self {
        Self {
            capital,
            peak: capital,
            ..Self::default()
        }
    }

    /// Capital and what was realised.
    pub fn settled(&self) -> Decimal {
        self.capital + self.realised
    }

    /// Share of the capital gained by closed trades.
    pub fn gained(&self) -> Decimal {
        let share = self.realised.checked_div(self.capital);
        share.unwrap_or_default().round_dp(8)
    }

    /// Fall from the peak at an equity, a positive fraction.
    pub fn fall(&self, equity: Decimal) -> Decimal {
        let fall = (self.peak - equity).checked_div(self.peak);
        fall.unwrap_or_default().max(Decimal::ZERO).round_dp(8)
    }

    /// A trade was closed: what it realised after fees, on what it cost.
    pub(super) fn close(&mut self, realised: Decimal, cost: Decimal) {
        self.trades += 1;
        self.wins += u64::from(realised > Decimal::ZERO);
        self.realised += realised;
        if let Some(share) = realised.checked_div(cost) {
            self.returns.count(share);
        }
        self.look(self.settled());
    }

    /// A day is over: worth and price at its end.
    pub(super) fn mark(&mut self, mark: Mark) {
        if let Some(before) = self.mark {
            let change = |now: Decimal, then: Decimal| (now - then).checked_div(then);
            // Its capital does not grow: a day's return is on what it began with.
            if let Some(share) = (mark.equity - before.equity).checked_div(self.capital) {
                self.days.count(share);
            }
            if let Some(share) = change(mark.price, before.price) {
                self.baseline.count(share);
            }
        }
        self.look(mark.equity);
        self.mark = Some(mark);
    }

    fn look(&mut self, equity: Decimal) {
        self.peak = self.peak.max(equity);
        self.max_drawdown = self.max_drawdown.max(self.fall(equity));
    }
}
