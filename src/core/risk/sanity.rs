//! The rules that even an exit meets: sizes and prices that make sense.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::gate::{Gate, Passed};
use crate::core::order::{Kind, OrderRequest};
use crate::core::state::State;

/// Prices and quantities lie below it, so that every product of two can be counted.
pub const MOST: Decimal = dec!(1000000000000);

/// Whether a number is a whole multiple of a step.
pub fn on_step(value: Decimal, step: Decimal) -> bool {
    step.is_zero() || (value % step).is_zero()
}

/// Size and prices of any order, an exit's too.
///
/// # Errors
/// `RISK_SIZE` or `RISK_PRICE`: not above 0, absurdly large, or not on the venue's steps; a price
/// that its type needs is absent.
pub fn sanity(state: &State, request: &OrderRequest) -> Passed {
    Gate::new(state, state.time, request, None, &|_| None).sane()
}

impl Gate<'_> {
    pub(super) fn sane(&mut self) -> Passed {
        let e = &self.state.settings.execution;
        let request = self.request;
        let quantity = request.quantity;
        self.rule(
            "RISK_SIZE",
            quantity > Decimal::ZERO && quantity < MOST,
            "> 0",
            quantity,
            "the quantity must lie above 0",
            "give a quantity in the base currency",
        )?;
        self.rule(
            "RISK_SIZE",
            on_step(quantity, e.quantity_step),
            e.quantity_step,
            quantity,
            "the quantity is not a multiple of the step",
            "round it to the step",
        )?;
        let needs = match request.kind {
            Kind::Market => None,
            Kind::Limit => Some(("limit", request.price)),
            Kind::StopLoss | Kind::TakeProfit => Some(("trigger", request.stop_price)),
        };
        if let Some((what, price)) = needs {
            self.rule(
                "RISK_PRICE",
                price.is_some(),
                "a price",
                price.map_or("none", |_| "a price"),
                format_args!("this type of order needs a {what} price"),
                "--price for a limit, --stop-price for a stop-loss or take-profit",
            )?;
        }
        for price in [
            request.price,
            request.stop_price,
            request.stop,
            request.target,
        ]
        .into_iter()
        .flatten()
        {
            self.rule(
                "RISK_PRICE",
                price > Decimal::ZERO && price < MOST && on_step(price, e.price_step),
                format!("> 0, step {}", e.price_step),
                price,
                "a price must lie above 0, on the venue's step",
                "round it to the step",
            )?;
        }
        Ok(())
    }
}
