//! The gate at work on one order, and its order of rules.

use std::fmt::Display;

use rust_decimal::Decimal;

use super::limits::{self, Level, Limits};
use super::{Check, Code, Measure};
use crate::core::order::{Order, OrderRequest};
use crate::core::quote::Quote;
use crate::core::refusal::Refusal;
use crate::core::state::State;
use crate::core::text::Symbol;
use crate::core::time::Time;

pub(super) type Passed = Result<(), Refusal>;

/// Prices of symbols, as far as they are known.
pub(super) type Prices<'a> = &'a dyn Fn(Symbol) -> Option<Decimal>;

/// Everything the rules look at.
pub(super) struct Gate<'a> {
    pub(super) state: &'a State,
    pub(super) now: Time,
    pub(super) request: &'a OrderRequest,
    /// The sliced order it is a part of, whose exposure, place and capital cover it.
    pub(super) parent: Option<&'a Order>,
    pub(super) price: Prices<'a>,
    /// The levels it counts at, the organisation last.
    pub(super) levels: Vec<(Level, Limits)>,
    /// The narrowest of their limits.
    pub(super) limits: Limits,
    pub(super) checks: Vec<Check>,
    /// What it may cost at worst, USD; 0 before its prices are known to be sane.
    pub(super) capital: Decimal,
}

impl<'a> Gate<'a> {
    pub(super) fn new(
        state: &'a State,
        now: Time,
        request: &'a OrderRequest,
        parent: Option<&'a Order>,
        price: Prices<'a>,
    ) -> Self {
        let levels = limits::levels(&state.settings, request);
        Self {
            state,
            now,
            request,
            parent,
            price,
            limits: limits::narrowest(&levels),
            levels,
            checks: Vec::with_capacity(28),
            capital: Decimal::ZERO,
        }
    }

    /// Every rule, in the order of trading.md; the first refusal wins.
    pub(super) fn all(&mut self, quote: Option<Quote>, worth: Option<Decimal>) -> Passed {
        self.trading()?;
        self.symbol()?;
        self.sane()?;
        let quote = self.fresh(quote)?;
        let rate = self.rate_of_quote()?;
        self.prices(&quote, rate)?;
        self.capital = self.costs(&quote, rate);
        self.order_rate()?;
        self.cooldown()?;
        self.positions()?;
        self.leverage()?;
        self.exposure(&quote, rate)?;
        self.daily_loss(worth)?;
        self.duplicate()?;
        self.venue()?;
        self.opposing()?;
        self.covered()
    }

    /// Looks at one rule: writes it down, and refuses where it did not pass.
    pub(super) fn rule(
        &mut self,
        code: &str,
        passed: bool,
        limit: impl Into<Measure>,
        value: impl Into<Measure>,
        message: impl Display,
        hint: impl Display,
    ) -> Passed {
        let (limit, value) = (limit.into(), value.into());
        self.checks.push(Check {
            rule: Code::new(code).expect("every rule's code is short"),
            limit,
            value,
            passed,
        });
        if passed {
            return Ok(());
        }
        Err(Refusal::new(code, message.to_string(), hint.to_string()).measured(limit, value))
    }
}
