//! What a strategy sees and what it wants.

use rust_decimal::Decimal;

use crate::core::Time;
use crate::core::order::Side;

/// A closed bar, as indicators take it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Where it begins.
    pub open_time: Time,
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
    /// What was traded, base currency.
    pub volume: f64,
}

/// How a strategy stands in its symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is held and nothing is on its way.
    Flat,
    /// An order of its own has not filled yet.
    Waiting,
    /// Held, base currency.
    Long(Decimal),
    /// Owed, base currency.
    Short(Decimal),
}

/// What a strategy wants: at the market, or at a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Buy or sell.
    pub side: Side,
    /// How much, base currency.
    pub quantity: Decimal,
    /// At this price or better; none is the market's.
    pub limit: Option<Decimal>,
    /// Where the position is given up.
    pub stop: Option<Decimal>,
    /// Where it has earned enough.
    pub target: Option<Decimal>,
}

impl Wish {
    /// At the market, without protection.
    pub fn at_market(side: Side, quantity: Decimal) -> Self {
        Self {
            side,
            quantity,
            limit: None,
            stop: None,
            target: None,
        }
    }
}
