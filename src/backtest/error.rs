//! Why a backtest does not come to its end.

use crate::core::{Refusal, Symbol};

/// What stops a backtest.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// There is nothing to go through.
    #[error("there is no data")]
    NoData,
    /// Prices finer than can be counted.
    #[error("{symbol}: prices have {digits} digits after the point, at most {most} can be counted")]
    Digits {
        /// Whose.
        symbol: Symbol,
        /// How many.
        digits: u8,
        /// How many there may be.
        most: u8,
    },
    /// Two files of one symbol where each was to be its own.
    #[error("{0} comes twice")]
    Twice(Symbol),
    /// Symbols paid in different currencies: their sums would say nothing.
    #[error("{first} and {second} are paid in different currencies, which cannot be added")]
    Currencies {
        /// One symbol.
        first: Symbol,
        /// One with another quote currency.
        second: Symbol,
    },
    /// The core does not start with these settings.
    #[error("the core refuses to start: {}: {}", .0.code, .0.message)]
    Start(Box<Refusal>),
    /// Whoever looks on has seen enough.
    #[error("interrupted")]
    Interrupted,
}
