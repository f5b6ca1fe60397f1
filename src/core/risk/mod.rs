//! The gate every entry passes, an operator's own too: one fixed order, the first refusal wins,
//! and the verdict names rule, limit and value (trading.md, Risk). Exits meet only sanity.
//!
//! `gate.rs` has the order of the rules, the other files the rules by what they look at.

mod capital;
mod check;
mod cooldown;
mod errors;
mod exposure;
mod gate;
mod guard;
mod limits;
mod loss;
mod memory;
mod prices;
mod rate;
mod sanity;
mod standing;
#[cfg(test)]
mod tests;

pub use capital::{capital_of, cut, rounded_up, worst_price};
pub use check::{Check, Code, Measure};
pub use exposure::exposure;
pub use limits::{Level, Limits, Narrower, limits_of};
pub use loss::{DayMark, Lost};
pub use memory::{Breach, Cooldown, LastRefusal, RiskMemory};
pub use sanity::{MOST, on_step, sanity};

use rust_decimal::Decimal;

use self::gate::Gate;
use super::order::{Order, OrderRequest};
use super::quote::Quote;
use super::refusal::Refusal;
use super::state::State;
use super::text::Symbol;
use super::time::Time;

/// Everything the gate looked at, and the first refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In the gate's order, up to the refusal.
    pub checks: Vec<Check>,
    /// What the order may cost at worst, USD: price, fee, leverage. 0 where it was refused before
    /// that was known.
    pub capital: Decimal,
    /// The reference price.
    pub reference: Decimal,
    /// Why not, if not.
    pub refusal: Option<Refusal>,
}

/// Passes an entry through every rule. Prices of other symbols come from `price`, the account's
/// worth in USD from `worth`.
pub fn entry(
    state: &State,
    now: Time,
    request: &OrderRequest,
    quote: Option<Quote>,
    worth: Option<Decimal>,
    price: impl Fn(Symbol) -> Option<Decimal>,
) -> Verdict {
    passed(Gate::new(state, now, request, None, &price), quote, worth)
}

/// Passes a part of a sliced order through every rule. Its exposure, its place among the positions
/// and its capital are its parent's, and are not counted a second time.
pub fn child(
    state: &State,
    now: Time,
    parent: &Order,
    request: &OrderRequest,
    quote: Option<Quote>,
    worth: Option<Decimal>,
    price: impl Fn(Symbol) -> Option<Decimal>,
) -> Verdict {
    passed(
        Gate::new(state, now, request, Some(parent), &price),
        quote,
        worth,
    )
}

fn passed(mut gate: Gate<'_>, quote: Option<Quote>, worth: Option<Decimal>) -> Verdict {
    let refusal = gate.all(quote, worth).err();
    Verdict {
        checks: gate.checks,
        capital: gate.capital,
        reference: quote.map_or(Decimal::ZERO, |q| q.last),
        refusal,
    }
}

/// The rules that a new price of a resting entry meets; answers what it may cost at worst, USD.
/// `more` is what the new price adds to the order's notional, in the quote currency.
///
/// # Errors
/// The first rule that refuses it.
pub fn amended(
    state: &State,
    now: Time,
    request: &OrderRequest,
    quote: Option<Quote>,
    more: Decimal,
    price: impl Fn(Symbol) -> Option<Decimal>,
) -> Result<Decimal, Refusal> {
    let mut gate = Gate::new(state, now, request, None, &price);
    gate.trading()?;
    let quote = gate.fresh(quote)?;
    let rate = gate.rate_of_quote()?;
    gate.prices(&quote, rate)?;
    if more > Decimal::ZERO {
        gate.exposure_with(more * rate)?;
    }
    Ok(gate.costs(&quote, rate))
}
