//! The gate for a part of a sliced order. Count of positions, duplicates and capital were decided
//! with the whole, which keeps speaking for them; everything that may have changed since is decided
//! again.

use rust_decimal::Decimal;

use super::limits::{self, exposure};
use super::{Gate, Passed, Verdict, capital_of, worst_price};
use crate::core::order::OrderRequest;
use crate::core::quote::Quote;
use crate::core::state::State;
use crate::core::text::Symbol;
use crate::core::time::Time;

/// Passes a part of an entry through the rules. Prices of other symbols come from `price`.
pub fn part(
    state: &State,
    now: Time,
    request: &OrderRequest,
    quote: Option<Quote>,
    worth: Option<Decimal>,
    price: impl Fn(Symbol) -> Option<Decimal>,
) -> Verdict {
    let mut gate = Gate {
        checks: Vec::with_capacity(16),
    };
    let reference = quote.map_or(Decimal::ZERO, |q| q.last);
    let e = &state.settings.execution;
    let refusal = gate.part(state, now, request, quote, worth, price).err();
    let capital = match refusal {
        Some(_) => Decimal::ZERO,
        None => capital_of(
            request.quantity,
            worst_price(request, reference, e.expected_slippage),
            request.leverage,
            e.taker_fee,
        ),
    };
    Verdict {
        checks: gate.checks,
        capital,
        reference,
        refusal,
    }
}

impl Gate {
    fn part(
        &mut self,
        state: &State,
        now: Time,
        request: &OrderRequest,
        quote: Option<Quote>,
        worth: Option<Decimal>,
        price: impl Fn(Symbol) -> Option<Decimal>,
    ) -> Passed {
        let r = &state.settings.risk;
        self.state(state, request)?;
        self.sane(state, request)?;
        let quote = self.fresh(now, quote, r.max_quote_age_s)?;
        self.prices(state, request, &quote)?;
        self.orders(state, now, request)?;
        for (level, limits) in limits::levels(state, request) {
            let total = exposure(state, level, &price);
            self.rule(
                "RISK_EXPOSURE",
                total <= limits.max_exposure_usd,
                limits.max_exposure_usd,
                total.normalize(),
                "positions and entries together are worth too much by now",
                "close something, or cancel the order",
            )?;
        }
        let loss = state.account.day_start - worth.unwrap_or(state.account.equity);
        self.rule(
            "RISK_DAILY_LOSS",
            loss < r.daily_loss_usd && state.account.loss_day != Some(now.day()),
            r.daily_loss_usd,
            loss.round_dp(8).normalize(),
            "the day's loss is at its limit",
            "entries are possible again on the next UTC day, or with a higher limit",
        )
    }
}
