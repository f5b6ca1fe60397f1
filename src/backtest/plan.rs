//! What a backtest runs.

use rust_decimal::Decimal;

use crate::core::Settings;
use crate::market::Tape;
use crate::strategies::Chosen;
use crate::venue::paper::PaperSettings;

/// When a market order fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillAt {
    /// At the close it was decided on.
    #[default]
    Close,
    /// At the next price: the open of the bar that follows, or the next trade.
    NextOpen,
}

/// Everything that decides how a backtest ends.
#[derive(Debug)]
pub struct Plan {
    /// The data, one tape a symbol, all of one quote currency. A strategy sees a tape's lead-in before
    /// the first row, with its wishes dropped.
    pub tapes: Vec<Tape>,
    /// SHA-256 of the data, in hex: the first record carries it.
    pub data_hash: String,
    /// The rule, one instance a symbol.
    pub strategy: Chosen,
    /// What each symbol's account begins with, quote currency.
    pub cash: Decimal,
    /// When market orders fill.
    pub fill: FillAt,
    /// Fees, slippage, spread, steps. A market order loses the slippage and half the spread; the latency
    /// is of orders that rest. A participation of 1 is no limit: an order fills whole.
    pub paper: PaperSettings,
    /// The limits; symbols, schedules and what an order costs are set by the run.
    pub settings: Settings,
}
