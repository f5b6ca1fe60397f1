//! What a backtest came to.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::metrics::Metrics;
use super::trade::Trade;
use crate::core::{Symbol, Time};

/// How closed trades went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Closed trades.
    pub trades: u64,
    /// Those with a gain.
    pub wins: u64,
    /// Σ gains, after fees.
    pub profit: Decimal,
    /// Σ losses, after fees; positive.
    pub loss: Decimal,
}

/// One symbol's share of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Pair.
    pub symbol: Symbol,
    /// Bars that closed.
    pub bars: u64,
    /// Of them, those at whose close a position was open.
    pub exposed: u64,
    /// Fills booked.
    pub fills: u64,
    /// Σ fees, quote currency.
    pub fees: Decimal,
    /// Cash and what the symbol has gained since, quote currency.
    pub equity: Decimal,
    /// Its closed trades.
    pub score: Score,
}

/// What a backtest came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// By symbol.
    pub parts: Vec<Part>,
    /// Where the first bar begins.
    pub from: Time,
    /// Where the last bar ends.
    pub to: Time,
    /// What all symbols together began with, quote currency.
    pub cash: Decimal,
    /// What everything is worth at the last close, quote currency.
    pub equity: Decimal,
    /// Ratios of the daily equities.
    pub metrics: Metrics,
    /// Wishes that a rule refused, by its code.
    pub refusals: BTreeMap<String, u64>,
    /// Records decided.
    pub records: u64,
    /// Their hash chain, in hex.
    pub journal_hash: String,
}

impl Score {
    pub(super) fn count(&mut self, trade: &Trade) {
        self.trades += 1;
        if trade.pnl > Decimal::ZERO {
            self.wins += 1;
            self.profit += trade.pnl;
        } else {
            self.loss -= trade.pnl;
        }
    }

    /// Gross profit ÷ gross loss; none without a loss.
    pub fn profit_factor(&self) -> Option<Decimal> {
        self.profit.checked_div(self.loss)
    }

    /// Share of trades with a gain, percent; none without a trade.
    pub fn win_rate_pct(&self) -> Option<Decimal> {
        percent(self.wins.into(), self.trades.into())
    }
}

impl Outcome {
    /// All parts together; its symbol is the first one's.
    pub fn total(&self) -> Part {
        let mut parts = self.parts.iter().cloned();
        let mut total = parts.next().expect("a backtest has a symbol");
        for part in parts {
            total.bars += part.bars;
            total.exposed += part.exposed;
            total.fills += part.fills;
            total.fees += part.fees;
            total.score.trades += part.score.trades;
            total.score.wins += part.score.wins;
            total.score.profit += part.score.profit;
            total.score.loss += part.score.loss;
        }
        total.equity = self.equity;
        total
    }

    /// What was gained, in percent of what it began with.
    pub fn return_pct(&self) -> Option<Decimal> {
        percent(self.equity - self.cash, self.cash)
    }
}

impl Part {
    /// Share of bars at whose close a position was open, percent.
    pub fn exposure_pct(&self) -> Option<Decimal> {
        percent(self.exposed.into(), self.bars.into())
    }
}

fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    (part * Decimal::ONE_HUNDRED).checked_div(whole)
}
