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

    /// As a venue takes it: the quantity rounded down to its step, stop and target to the nearest of
    /// its prices. A quantity of less than a step stays, for the gate to refuse. A step of 0 is none.
    #[must_use]
    pub fn on_steps(self, quantity_step: Decimal, price_step: Decimal) -> Self {
        let steps = self.quantity.checked_div(quantity_step);
        let quantity = steps.and_then(|n| n.floor().checked_mul(quantity_step));
        let near = |price: Decimal| {
            let steps = price.checked_div(price_step);
            let near = steps.and_then(|n| n.round().checked_mul(price_step));
            near.map_or(price, |near| near.normalize())
        };
        Self {
            quantity: quantity
                .filter(|q| !q.is_zero())
                .map_or(self.quantity, |q| q.normalize()),
            stop: self.stop.map(near),
            target: self.target.map(near),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;

    #[test]
    fn a_wish_is_brought_onto_the_steps_of_a_venue() {
        let wish = Wish {
            stop: Some(dec!(90.06)),
            target: Some(dec!(110.04)),
            ..Wish::at_market(Side::Buy, dec!(1.2399))
        };
        let stepped = wish.on_steps(dec!(0.01), dec!(0.1));
        assert_eq!(stepped.quantity, dec!(1.23));
        assert_eq!(
            (stepped.stop, stepped.target),
            (Some(dec!(90.1)), Some(dec!(110)))
        );
        assert_eq!(wish.on_steps(dec!(0), dec!(0)), wish);
        let less = wish.on_steps(dec!(5), dec!(0.1));
        assert_eq!(less.quantity, wish.quantity, "it is the gate that refuses");
    }
}
