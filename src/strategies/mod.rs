//! Strategies: what streams closed bars and answers with a wish. The same one runs in a backtest, on
//! paper and live; whether a wish becomes an order is for the risk gate to say.
//!
//! A built-in strategy is one file and one row of [`BUILT_IN`]: its name, its version, its parameters
//! with their ranges, and how it is made from them.
//!
//! What must not come in: money, orders, clocks. Indicators are statistics and use `f64`; a quantity or
//! a price of a wish is a decimal.

mod ema_cross;
mod parameters;
mod wish;

pub use parameters::{Parameter, ParameterError, Parameters, Range};
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

    /// What the last wish was decided by, in a fixed order: orders carry its hash.
    fn features(&self) -> Vec<f64>;
}

/// A built-in strategy.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its name, which orders and limits know it by.
    pub name: &'static str,
    /// It changes with the rule: orders carry it as their policy's version.
    pub version: &'static str,
    /// In one sentence.
    pub about: &'static str,
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// What no single range can say of the parameters together.
    pub check: fn(&Parameters) -> Result<(), ParameterError>,
    /// Makes one that has seen nothing yet.
    pub build: fn(&Parameters) -> Box<dyn Strategy>,
}

/// Every built-in strategy.
pub const BUILT_IN: &[BuiltIn] = &[ema_cross::EMA_CROSS];

/// There is no such strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no strategy {0:?}: {known} is allowed", known = names())]
pub struct UnknownStrategy(pub String);

/// A built-in strategy and the values it runs with.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Which.
    pub strategy: &'static BuiltIn,
    /// With what.
    pub parameters: Parameters,
}

impl BuiltIn {
    /// The one of that name.
    ///
    /// # Errors
    /// There is none; the message names those there are.
    pub fn named(name: &str) -> Result<&'static Self, UnknownStrategy> {
        BUILT_IN
            .iter()
            .find(|s| s.name == name)
            .ok_or_else(|| UnknownStrategy(name.to_owned()))
    }

    /// With these values, and defaults for the rest.
    ///
    /// # Errors
    /// An unknown name, a value out of its range, or values that contradict each other.
    pub fn with(&'static self, values: &[(String, Decimal)]) -> Result<Chosen, ParameterError> {
        let parameters = Parameters::new(self.parameters, values)?;
        (self.check)(&parameters)?;
        Ok(Chosen {
            strategy: self,
            parameters,
        })
    }
}

impl Chosen {
    /// One for a symbol, that has seen nothing yet.
    pub fn build(&self) -> Box<dyn Strategy> {
        (self.strategy.build)(&self.parameters)
    }
}

fn names() -> String {
    let names: Vec<_> = BUILT_IN.iter().map(|s| s.name).collect();
    names.join(", ")
}
