//! Limits at three levels: the organisation's, the instrument's and the strategy's (G1). What holds
//! for one order is the narrowest; what is summed is summed at its own level.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::core::order::{OrderRequest, Purpose};
use crate::core::settings::RiskSettings;
use crate::core::state::State;
use crate::core::text::{Name, Symbol};

/// Limits of an instrument or a strategy; never wider than the organisation's.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Limits {
    /// Largest distance of a limit price from the reference, a fraction.
    #[cbor(n(0), with = "crate::core::codec::dec", has_nil)]
    pub price_collar: Decimal,
    /// Largest notional of an order, USD.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub max_order_value_usd: Decimal,
    /// Widest spread, a fraction.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub max_spread: Decimal,
    /// Largest expected slippage, a fraction.
    #[cbor(n(3), with = "crate::core::codec::dec", has_nil)]
    pub max_slippage: Decimal,
    /// Highest leverage.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    pub max_leverage: Decimal,
    /// Open positions of one symbol.
    #[n(5)]
    pub positions_per_symbol: u32,
    /// Notional of its positions and entries, USD.
    #[cbor(n(6), with = "crate::core::codec::dec", has_nil)]
    pub max_exposure_usd: Decimal,
    /// Its orders a minute.
    #[n(7)]
    pub orders_per_minute: u32,
}

/// The narrower limits, by what they are for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Encode, Decode)]
pub struct Narrower {
    /// Of an instrument.
    #[n(0)]
    pub instrument: BTreeMap<Symbol, Limits>,
    /// Of a strategy.
    #[n(1)]
    pub strategy: BTreeMap<Name, Limits>,
}

impl From<&RiskSettings> for Limits {
    fn from(r: &RiskSettings) -> Self {
        Self {
            price_collar: r.price_collar,
            max_order_value_usd: r.max_order_value_usd,
            max_spread: r.max_spread,
            max_slippage: r.max_slippage,
            max_leverage: r.max_leverage,
            positions_per_symbol: r.positions_per_symbol,
            max_exposure_usd: r.max_exposure_usd,
            orders_per_minute: r.orders_per_minute,
        }
    }
}

impl Limits {
    fn narrow(&mut self, other: &Self) {
        self.price_collar = self.price_collar.min(other.price_collar);
        self.max_order_value_usd = self.max_order_value_usd.min(other.max_order_value_usd);
        self.max_spread = self.max_spread.min(other.max_spread);
        self.max_slippage = self.max_slippage.min(other.max_slippage);
        self.max_leverage = self.max_leverage.min(other.max_leverage);
        self.positions_per_symbol = self.positions_per_symbol.min(other.positions_per_symbol);
        self.max_exposure_usd = self.max_exposure_usd.min(other.max_exposure_usd);
        self.orders_per_minute = self.orders_per_minute.min(other.orders_per_minute);
    }
}

/// Whose orders and positions a level sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Everybody's.
    Organisation,
    /// One symbol's.
    Instrument(Symbol),
    /// One strategy's.
    Strategy(Name),
}

impl Level {
    /// Whether something of this symbol and strategy belongs to it.
    pub fn holds(self, symbol: Symbol, strategy: Option<Name>) -> bool {
        match self {
            Self::Organisation => true,
            Self::Instrument(of) => of == symbol,
            Self::Strategy(of) => strategy == Some(of),
        }
    }
}

/// The narrowest limits of an order.
pub fn of_order(state: &State, request: &OrderRequest) -> Limits {
    let mut limits = Limits::from(&state.settings.risk);
    for (_, other) in levels(state, request).into_iter().skip(1) {
        limits.narrow(&other);
    }
    limits
}

/// The levels an order belongs to that have limits of their own, the organisation first.
pub fn levels(state: &State, request: &OrderRequest) -> Vec<(Level, Limits)> {
    let settings = &state.settings;
    let mut levels = vec![(Level::Organisation, Limits::from(&settings.risk))];
    if let Some(limits) = settings.narrower.instrument.get(&request.symbol) {
        levels.push((Level::Instrument(request.symbol), limits.clone()));
    }
    if let Some(strategy) = request.strategy
        && let Some(limits) = settings.narrower.strategy.get(&strategy)
    {
        levels.push((Level::Strategy(strategy), limits.clone()));
    }
    levels
}

/// Notional of a level's positions and live entries, USD.
pub fn exposure(state: &State, level: Level, price: impl Fn(Symbol) -> Option<Decimal>) -> Decimal {
    let positions: Decimal = state
        .positions
        .open
        .values()
        .filter(|p| level.holds(p.symbol, p.strategy))
        .map(|p| p.quantity * price(p.symbol).unwrap_or_else(|| p.entry()))
        .sum();
    let entries: Decimal = state
        .orders
        .live
        .values()
        .filter(|o| {
            // The whole speaks for its parts.
            o.purpose == Purpose::Entry
                && o.parent.is_none()
                && level.holds(o.request.symbol, o.request.strategy)
        })
        .map(|o| o.remaining() * o.request.price.unwrap_or(o.decision_price))
        .sum();
    positions + entries
}
