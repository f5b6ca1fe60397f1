//! What the simulated exchange charges, allows and takes its time for.

use rust_decimal::{Decimal, RoundingStrategy};
use rust_decimal_macros::dec;

use crate::core::order::{Liquidity, Side};

/// Decimals that fees are rounded to.
const FEE_DECIMALS: u32 = 8;

/// The keys of `[execution.paper]`. Nothing in here is random, so there is no seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperSettings {
    /// Fee of a fill that rested, a fraction of its notional.
    pub maker_fee: Decimal,
    /// Fee of a fill that crossed, a fraction of its notional.
    pub taker_fee: Decimal,
    /// What a market order loses on the price, a fraction: always the same.
    pub slippage: Decimal,
    /// Engine time between a request and its effect, milliseconds.
    pub latency_ms: u64,
    /// Share of a bar's (or a minute's) volume that fills one order in it, 0 to 1.
    pub participation: Decimal,
    /// From bid to ask, a fraction of the price.
    pub spread: Decimal,
    /// Quantities are multiples of it, base currency.
    pub quantity_step: Decimal,
    /// Prices are multiples of it, quote currency.
    pub price_step: Decimal,
    /// Smallest notional of an order, quote currency.
    pub minimum_value: Decimal,
}

impl Default for PaperSettings {
    fn default() -> Self {
        Self {
            maker_fee: dec!(0.0016),
            taker_fee: dec!(0.0026),
            slippage: dec!(0.0005),
            latency_ms: 50,
            participation: dec!(0.10),
            spread: dec!(0.0002),
            quantity_step: dec!(0.00000001),
            price_step: dec!(0.00000001),
            minimum_value: dec!(0.5),
        }
    }
}

impl PaperSettings {
    /// Milliseconds between a request and its effect.
    pub(super) fn latency(&self) -> i64 {
        i64::try_from(self.latency_ms).unwrap_or(i64::MAX)
    }

    /// What a market order pays or gets where the market stands at `price`.
    pub fn slipped(&self, side: Side, price: Decimal) -> Decimal {
        self.worsened(side, price, self.slippage)
    }

    /// The ask for a buyer, the bid for a seller, where the market stands at `price`.
    pub(super) fn touch(&self, side: Side, price: Decimal) -> Decimal {
        self.worsened(side, price, self.spread / Decimal::TWO)
    }

    fn worsened(&self, side: Side, price: Decimal, by: Decimal) -> Decimal {
        let factor = Decimal::ONE + side.sign() * by;
        let worse = price.checked_mul(factor).unwrap_or(price);
        self.on_price_step(side, worse)
    }

    /// The nearest price on the step that is no better for `side`; a sale never costs the whole
    /// price.
    pub(super) fn on_price_step(&self, side: Side, price: Decimal) -> Decimal {
        let Some(steps) = price.checked_div(self.price_step) else {
            return price;
        };
        let steps = match side {
            Side::Buy => steps.ceil(),
            Side::Sell => steps.floor().max(Decimal::ONE),
        };
        steps.checked_mul(self.price_step).unwrap_or(price)
    }

    /// What fills one order while `volume` is traded, on the quantity step.
    pub fn allowance(&self, volume: Decimal) -> Decimal {
        let share = volume.checked_mul(self.participation).unwrap_or_default();
        match share.checked_div(self.quantity_step) {
            Some(steps) => steps.floor() * self.quantity_step,
            None => share,
        }
    }

    /// The fee on a notional: 8 decimals, half up.
    pub fn fee(&self, liquidity: Liquidity, notional: Decimal) -> Decimal {
        let rate = match liquidity {
            Liquidity::Maker => self.maker_fee,
            Liquidity::Taker => self.taker_fee,
        };
        notional
            .checked_mul(rate)
            .unwrap_or(notional)
            .round_dp_with_strategy(FEE_DECIMALS, RoundingStrategy::MidpointAwayFromZero)
            .normalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_rounded_against_the_order() {
        let settings = PaperSettings {
            price_step: dec!(0.1),
            ..PaperSettings::default()
        };
        let cases = [
            (Side::Buy, dec!(100), dec!(100.1)),
            (Side::Sell, dec!(100), dec!(99.9)),
            (Side::Buy, dec!(200), dec!(200.1)),
            (Side::Sell, dec!(0.1), dec!(0.1)),
        ];
        for (side, price, expected) in cases {
            assert_eq!(settings.slipped(side, price), expected, "{side:?} {price}");
        }
        assert_eq!(settings.touch(Side::Buy, dec!(5000)), dec!(5000.5));
        assert_eq!(settings.touch(Side::Sell, dec!(5000)), dec!(4999.5));
    }

    #[test]
    fn fees_have_eight_decimals_and_round_half_up() {
        let settings = PaperSettings::default();
        let cases = [
            (Liquidity::Maker, dec!(100), dec!(0.16)),
            (Liquidity::Taker, dec!(100), dec!(0.26)),
            (Liquidity::Taker, dec!(0.00000250), dec!(0.00000001)),
            (Liquidity::Maker, dec!(0.00000312), dec!(0)),
            (Liquidity::Maker, dec!(0.000003125), dec!(0.00000001)),
        ];
        for (liquidity, notional, expected) in cases {
            assert_eq!(settings.fee(liquidity, notional), expected, "{notional}");
        }
    }

    #[test]
    fn the_allowance_is_rounded_down_to_the_quantity_step() {
        let settings = PaperSettings {
            quantity_step: dec!(0.01),
            ..PaperSettings::default()
        };
        assert_eq!(settings.allowance(dec!(1.99)), dec!(0.19));
        assert_eq!(settings.allowance(dec!(0.09)), dec!(0));
        assert!(settings.allowance(Decimal::MAX) > dec!(0));
    }
}
