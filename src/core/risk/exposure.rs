//! How much is at risk: positions and entries together, by number, leverage and worth. A sliced
//! order counts by what of it is not filled yet; its parts are that order's, and count no second
//! time.

use rust_decimal::Decimal;

use super::Level;
use super::gate::{Gate, Passed, Prices};
use crate::core::order::{Order, Purpose};
use crate::core::position::worth_of;
use crate::core::quote::Quote;
use crate::core::state::State;
use crate::core::text::Symbol;

impl Order {
    /// Whether it counts by itself as an entry that may still fill: a part of a sliced order is
    /// counted by that order.
    pub fn counts(&self) -> bool {
        self.purpose == Purpose::Entry && self.parent.is_none()
    }
}

impl State {
    /// USD of one of a currency, through the pairs it is the base of; what is only ever paid with
    /// counts 1. None where a price is missing.
    pub fn usd_of(
        &self,
        currency: &str,
        price: &dyn Fn(Symbol) -> Option<Decimal>,
    ) -> Option<Decimal> {
        worth_of(currency, price, &self.settings.symbols, 0)
    }
}

/// Notional of a level's positions and live entries, USD. A symbol without a price counts by its
/// entry, a currency without one as a dollar.
pub fn exposure(state: &State, level: Level, price: impl Fn(Symbol) -> Option<Decimal>) -> Decimal {
    let counted = |symbol: Symbol, value: Decimal| {
        let rate = state.usd_of(symbol.quote(), &price);
        Some(value.saturating_mul(rate.unwrap_or(Decimal::ONE)))
    };
    summed(state, level, &price, counted).unwrap_or_default()
}

/// The same; none where a currency's worth is not known.
pub(super) fn exposed(state: &State, level: Level, price: Prices<'_>) -> Option<Decimal> {
    summed(state, level, price, |symbol, value| {
        Some(value.saturating_mul(state.usd_of(symbol.quote(), price)?))
    })
}

fn summed(
    state: &State,
    level: Level,
    price: Prices<'_>,
    counted: impl Fn(Symbol, Decimal) -> Option<Decimal>,
) -> Option<Decimal> {
    let mut sum = Decimal::ZERO;
    for p in state.positions.open.values() {
        if level.holds(p.symbol, p.strategy) {
            let price = price(p.symbol).unwrap_or_else(|| p.entry());
            sum = sum.saturating_add(counted(p.symbol, p.quantity * price)?);
        }
    }
    for o in state.orders.live.values().filter(|o| o.counts()) {
        let symbol = o.request.symbol;
        if level.holds(symbol, o.request.strategy) {
            let price = o.price.unwrap_or(o.decision_price);
            sum = sum.saturating_add(counted(symbol, o.remaining() * price)?);
        }
    }
    Some(sum)
}

impl Gate<'_> {
    /// Positions and entries that may become one, and whether this one may.
    pub(super) fn positions(&mut self) -> Passed {
        let symbol = self.request.symbol;
        for i in 0..self.levels.len() {
            let (level, limits) = &self.levels[i];
            let (level, most) = (*level, limits.positions_per_symbol);
            let count = self.places(level, Some(symbol)) + 1;
            self.rule(
                "RISK_POSITIONS_SYMBOL",
                count <= most as usize,
                most,
                count,
                format_args!("too many positions of {symbol} in the {level}"),
                "close one first",
            )?;
        }
        for i in 0..self.levels.len() {
            let (level, limits) = &self.levels[i];
            let (level, most) = (*level, limits.positions_total);
            let count = self.places(level, None) + 1;
            self.rule(
                "RISK_POSITIONS_TOTAL",
                count <= most as usize,
                most,
                count,
                format_args!("too many positions in the {level}"),
                "close one first",
            )?;
        }
        Ok(())
    }

    /// Positions of others, and entries of others that have none yet.
    fn places(&self, level: Level, symbol: Option<Symbol>) -> usize {
        let own = self.parent.map(|p| p.id);
        let place = self.parent.and_then(|p| p.position);
        let of = |s: Symbol, strategy| symbol.is_none_or(|of| of == s) && level.holds(s, strategy);
        let open = &self.state.positions.open;
        let positions = open
            .values()
            .filter(|p| of(p.symbol, p.strategy) && Some(p.id) != place);
        let entries = self.state.orders.live.values().filter(|o| {
            o.counts()
                && Some(o.id) != own
                && of(o.request.symbol, o.request.strategy)
                && o.position.is_none_or(|p| !open.contains_key(&p))
        });
        positions.count() + entries.count()
    }

    pub(super) fn leverage(&mut self) -> Passed {
        let (leverage, most) = (self.request.leverage, self.limits.max_leverage);
        self.rule(
            "RISK_LEVERAGE",
            leverage >= Decimal::ONE && leverage <= most,
            most,
            leverage,
            "the leverage is out of range",
            "1 up to the limit",
        )
    }

    /// What would be at risk with it, at each level. A part of a sliced order is in it already.
    pub(super) fn exposure(&mut self, quote: &Quote, rate: Decimal) -> Passed {
        let value = match self.parent {
            Some(_) => Decimal::ZERO,
            None => self.request.quantity * self.request.price.unwrap_or(quote.last) * rate,
        };
        self.exposure_with(value)
    }

    /// What would be at risk with so much more, USD.
    pub(super) fn exposure_with(&mut self, more: Decimal) -> Passed {
        for i in 0..self.levels.len() {
            let (level, limits) = &self.levels[i];
            let (level, most) = (*level, limits.max_exposure_usd);
            let total = exposed(self.state, level, self.price).map(|sum| sum.saturating_add(more));
            self.rule(
                "RISK_EXPOSURE",
                total.is_some_and(|total| total <= most),
                most,
                total.map_or_else(
                    || "no price".into(),
                    |t| super::Measure::from(t.normalize()),
                ),
                format_args!("positions and entries of the {level} would be worth too much"),
                "close something, or ask for less",
            )?;
        }
        Ok(())
    }
}
