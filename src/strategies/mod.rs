//! Strategies: what streams closed bars and answers with a wish. The same one runs in a backtest, on
//! paper and live; whether a wish becomes an order is for the risk gate to say.
//!
//! A strategy is data: a [`Definition`] composes indicators, conditions, distances and a size out of
//! parameters, and is written as TOML or JSON. The built-in ones ([`built_in`]) are files of the same
//! form. A definition with a value for every parameter is a [`Chosen`]; what it builds is compiled once
//! and then streams. A language for people would be a front end that makes a [`Definition`].
//!
//! What must not come in: money, orders, clocks. Indicators are statistics and use `f64`; a quantity or
//! a price of a wish is a decimal.

mod built_in;
mod check;
mod chosen;
mod condition;
mod definition;
mod error;
mod hash;
mod indicator;
mod number;
mod parameters;
mod rule;
#[cfg(test)]
mod tests;
mod text;
mod wish;

pub use built_in::{UnknownStrategy, built_in, named};
pub use check::{
    MOST_BYTES, MOST_DEPTH, MOST_INDICATORS, MOST_LENGTH, MOST_NODES, MOST_PARAMETERS,
};
pub use chosen::Chosen;
pub use condition::{Condition, Operand};
pub use definition::{
    Definition, Distance, NamedIndicator, Parameter, PositionSide, Require, Search, Size, Term,
};
pub use error::DefinitionError;
pub use indicator::{Indicator, Source};
pub use parameters::{ParameterError, Parameters};
pub use wish::{Bar, Standing, Wish};

use rust_decimal::Decimal;

/// A rule that watches one symbol.
pub trait Strategy: Send {
    /// A bar has closed: what to do about it. What an order waits for is said by `standing`; a wish is
    /// for now, and is forgotten where it is refused.
    fn on_bar(&mut self, bar: &Bar, standing: Standing) -> Option<Wish>;

    /// The market has traded. Most rules look at bars alone.
    fn on_trade(&mut self, price: f64, standing: Standing) -> Option<Wish> {
        let _ = (price, standing);
        None
    }

    /// From now on it may spend so much, quote currency. Only a rule that sizes by share minds.
    fn fund(&mut self, capital: Decimal) {
        let _ = capital;
    }

    /// What the last wish was decided by, in a fixed order: orders carry its hash.
    fn features(&self) -> Vec<f64>;
}
