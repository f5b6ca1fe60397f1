//! Who looks on while a backtest runs.

use super::trade::Trade;
use super::valuation::Equity;
use crate::core::{Symbol, Time};
use crate::market::Fixed;

/// Sees a backtest as it goes. What is not asked for costs nothing.
pub trait Watch {
    /// It begins: the symbols in their order, from when to when, and what all of them together begin
    /// with.
    fn begins(&mut self, _symbols: &[Symbol], _from: Time, _to: Time, _cash: Equity) {}

    /// A symbol's bar has closed; `symbol` counts in the order of [`Watch::begins`].
    fn closes(&mut self, _symbol: usize, _at: Time, _close: Fixed) {}

    /// Everything is worth so much, after what was done at this close.
    fn worth(&mut self, _at: Time, _equity: Equity) {}

    /// A position was closed, or was open at the end.
    fn trade(&mut self, _trade: &Trade) {}

    /// So many rows are done, of so many; asked every few thousand. False ends the run.
    fn goes_on(&mut self, _done: u64, _of: u64) -> bool {
        true
    }
}

/// Sees nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Watch for Quiet {}
