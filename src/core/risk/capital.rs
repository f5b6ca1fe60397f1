//! What an order binds at worst, whether that is free, and the largest size that is within every
//! limit that shrinks.

use rust_decimal::Decimal;

use super::exposure::exposed;
use super::gate::{Gate, Passed};
use super::limits;
use crate::core::id::ReservationId;
use crate::core::order::{Kind, OrderRequest, Side};
use crate::core::quote::Quote;
use crate::core::reservation::Class;
use crate::core::state::State;
use crate::core::text::Symbol;

/// The price an order may be filled at, at worst.
pub fn worst_price(request: &OrderRequest, reference: Decimal, slippage: Decimal) -> Decimal {
    match (request.kind, request.price, request.stop_price) {
        (Kind::Limit, Some(price), _) if request.side == Side::Buy => price,
        // A sell fills at its limit or better, which is worth more.
        (Kind::Limit, Some(price), _) => price.max(reference),
        (Kind::StopLoss | Kind::TakeProfit, _, Some(trigger)) => {
            trigger.max(reference) * (Decimal::ONE + slippage)
        }
        _ => reference * (Decimal::ONE + slippage),
    }
}

/// What an order of this size binds, in the currency of its price: quantity × worst price ÷
/// leverage + taker fee.
pub fn capital_of(quantity: Decimal, worst: Decimal, leverage: Decimal, fee: Decimal) -> Decimal {
    let notional = quantity * worst;
    rounded_up(notional / leverage + notional * fee)
}

/// Rounded up to the eighth decimal: what is bound is never less than what it covers.
pub fn rounded_up(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(8, rust_decimal::RoundingStrategy::AwayFromZero)
}

impl Gate<'_> {
    /// What it may cost at worst, USD.
    pub(super) fn costs(&self, quote: &Quote, rate: Decimal) -> Decimal {
        let e = &self.state.settings.execution;
        let request = self.request;
        let worst = worst_price(request, quote.last, e.expected_slippage);
        let leverage = request.leverage.max(Decimal::ONE);
        rounded_up(capital_of(request.quantity, worst, leverage, e.taker_fee) * rate)
    }

    /// The capital for it can be had: an entry may take what lower priorities hold, or what is left
    /// of the reservation it draws on; a part of a sliced order has what that order holds.
    pub(super) fn covered(&mut self) -> Passed {
        let ledger = &self.state.ledger;
        let held = self
            .parent
            .and_then(|p| ledger.get(p.reservation?))
            .map_or(Decimal::ZERO, |row| row.amount);
        let free = reachable(self.state, self.request) + held;
        let capital = self.capital;
        let (message, hint) = match source(self.state, self.request) {
            Some(_) => (
                "the reservation it draws on has less left",
                "ask for less, or draw on another: `pilothouse reservations` shows what is left",
            ),
            None => (
                "the capital for it is not free",
                "`pilothouse reservations` shows who holds it",
            ),
        };
        self.rule(
            "RISK_CAPITAL",
            capital <= free,
            free.normalize(),
            capital.normalize(),
            message,
            hint,
        )
    }
}

/// The reservation that an entry draws on, as long as that is held.
fn source(state: &State, request: &OrderRequest) -> Option<ReservationId> {
    request.draws.filter(|id| state.lends(*id))
}

/// USD that an entry may bind: what is left of the reservation it draws on, else what is free of the
/// pool and what lower priorities hold.
fn reachable(state: &State, request: &OrderRequest) -> Decimal {
    source(state, request).map_or_else(
        || state.ledger.reachable_capital(Class::Live.priority()),
        |id| state.drawable(id),
    )
}

/// The largest size within every limit that shrinks, base currency, on the venue's step. 0 where a
/// price is missing.
pub fn cut(
    state: &State,
    request: &OrderRequest,
    quote: &Quote,
    price: impl Fn(Symbol) -> Option<Decimal>,
) -> Decimal {
    let Some(rate) = state.usd_of(request.symbol.quote(), &price) else {
        return Decimal::ZERO;
    };
    let e = &state.settings.execution;
    let at = request.price.unwrap_or(quote.last) * rate;
    let worst = worst_price(request, quote.last, e.expected_slippage) * rate;
    let levels = limits::levels(&state.settings, request);
    let room = levels
        .iter()
        .map(|(level, limits)| {
            exposed(state, *level, &price)
                .map_or(Decimal::ZERO, |used| limits.max_exposure_usd - used)
        })
        .min()
        .unwrap_or_default()
        .max(Decimal::ZERO);
    let value = limits::narrowest(&levels).max_order_value_usd.min(room);
    let each = worst / request.leverage + worst * e.taker_fee;
    let by_capital = reachable(state, request).checked_div(each);
    let most = value
        .checked_div(at)
        .unwrap_or_default()
        .min(by_capital.unwrap_or_default())
        .min(request.quantity);
    if e.quantity_step.is_zero() {
        return most;
    }
    ((most / e.quantity_step).floor() * e.quantity_step).normalize()
}
