//! A definition and the values it runs with.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::Strategy;
use super::definition::Definition;
use super::parameters::Parameters;
use super::rule::{Rule, share_buys, warm_up};

/// A definition and the values it runs with; made by [`Definition::with`].
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Which.
    pub definition: Arc<Definition>,
    /// With what.
    pub parameters: Parameters,
}

impl Chosen {
    /// One for a symbol, that has seen nothing yet and may spend so much, quote currency.
    ///
    /// # Panics
    /// When definition and parameters were put together by hand and do not belong together.
    pub fn build(&self, capital: Decimal) -> Box<dyn Strategy> {
        Box::new(Rule::new(&self.definition, &self.parameters, capital))
    }

    /// Bars until it signals: at this one it may, before it never.
    pub fn warm_up(&self) -> u32 {
        warm_up(&self.definition, &self.parameters)
    }

    /// What its share of a capital buys at a price, base currency; none where that cannot be computed.
    pub fn affords(&self, capital: Decimal, price: Decimal) -> Option<Decimal> {
        share_buys(
            self.definition.size.share.of(&self.parameters),
            capital,
            price,
        )
    }

    /// Whether what it enters is protected by a stop.
    pub fn has_stop(&self) -> bool {
        let stop = self.definition.stop.as_ref();
        stop.is_some_and(|stop| !stop.factor().of(&self.parameters).is_zero())
    }
}
