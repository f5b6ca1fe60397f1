//! Limits at three levels: the instrument's, the strategy's and the organisation's (G1). What holds
//! for one order is the narrowest; what is counted or summed is counted at its own level.

use std::collections::BTreeMap;
use std::fmt;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::core::order::OrderRequest;
use crate::core::settings::{RiskSettings, Settings};
use crate::core::text::{Name, Symbol};

/// Limits of a level; an instrument's and a strategy's are never wider than the organisation's.
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
    /// Its open positions of one symbol.
    #[n(5)]
    pub positions_per_symbol: u32,
    /// Notional of its positions and entries, USD.
    #[cbor(n(6), with = "crate::core::codec::dec", has_nil)]
    pub max_exposure_usd: Decimal,
    /// Its entries a minute.
    #[n(7)]
    pub orders_per_minute: u32,
    /// Its entries at once.
    #[n(8)]
    #[cbor(default)]
    pub orders_burst: u32,
    /// Worst adverse selection, a fraction.
    #[cbor(n(9), with = "crate::core::codec::dec", has_nil)]
    #[cbor(default)]
    pub max_adverse_selection: Decimal,
    /// Its open positions in all.
    #[n(10)]
    #[cbor(default)]
    pub positions_total: u32,
    /// Its loss of a UTC day, USD.
    #[cbor(n(11), with = "crate::core::codec::dec", has_nil)]
    #[cbor(default)]
    pub daily_loss_usd: Decimal,
    /// The same order again within these seconds is refused.
    #[n(12)]
    #[cbor(default)]
    pub duplicate_window_s: u32,
    /// First wait after a trip, seconds.
    #[n(13)]
    #[cbor(default)]
    pub cooldown_s: u32,
    /// A trip within these seconds of the last wait doubles it.
    #[n(14)]
    #[cbor(default)]
    pub cooldown_window_s: u32,
    /// Longest wait, seconds.
    #[n(15)]
    #[cbor(default)]
    pub cooldown_max_s: u32,
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

impl Narrower {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.instrument.is_empty() && self.strategy.is_empty()
    }

    /// Each level with limits of its own, instruments first.
    pub fn iter(&self) -> impl Iterator<Item = (Level, &Limits)> {
        let instruments = self.instrument.iter();
        let strategies = self.strategy.iter();
        instruments
            .map(|(symbol, limits)| (Level::Instrument(*symbol), limits))
            .chain(strategies.map(|(name, limits)| (Level::Strategy(*name), limits)))
    }
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
            orders_burst: r.orders_burst,
            max_adverse_selection: r.max_adverse_selection,
            positions_total: r.positions_total,
            daily_loss_usd: r.daily_loss_usd,
            duplicate_window_s: r.duplicate_window_s,
            cooldown_s: r.cooldown_s,
            cooldown_window_s: r.cooldown_window_s,
            cooldown_max_s: r.cooldown_max_s,
        }
    }
}

impl Limits {
    /// The narrower of both, limit by limit.
    fn narrow(&mut self, other: &Self) {
        self.price_collar = self.price_collar.min(other.price_collar);
        self.max_order_value_usd = self.max_order_value_usd.min(other.max_order_value_usd);
        self.max_spread = self.max_spread.min(other.max_spread);
        self.max_slippage = self.max_slippage.min(other.max_slippage);
        self.max_leverage = self.max_leverage.min(other.max_leverage);
        self.positions_per_symbol = self.positions_per_symbol.min(other.positions_per_symbol);
        self.max_exposure_usd = self.max_exposure_usd.min(other.max_exposure_usd);
        self.orders_per_minute = self.orders_per_minute.min(other.orders_per_minute);
        self.orders_burst = self.orders_burst.min(other.orders_burst);
        self.max_adverse_selection = self.max_adverse_selection.min(other.max_adverse_selection);
        self.positions_total = self.positions_total.min(other.positions_total);
        self.daily_loss_usd = self.daily_loss_usd.min(other.daily_loss_usd);
        // Of a wait the longer one is the narrower.
        self.duplicate_window_s = self.duplicate_window_s.max(other.duplicate_window_s);
        self.cooldown_s = self.cooldown_s.max(other.cooldown_s);
        self.cooldown_window_s = self.cooldown_window_s.max(other.cooldown_window_s);
        self.cooldown_max_s = self.cooldown_max_s.max(other.cooldown_max_s);
    }
}

/// Whose orders and positions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Everybody's.
    #[n(0)]
    Organisation,
    /// One symbol's.
    #[n(1)]
    Instrument(#[n(0)] Symbol),
    /// One strategy's.
    #[n(2)]
    Strategy(#[n(0)] Name),
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

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organisation => f.write_str("organisation"),
            Self::Instrument(symbol) => write!(f, "instrument {symbol}"),
            Self::Strategy(name) => write!(f, "strategy {name}"),
        }
    }
}

/// The levels an order belongs to that have limits of their own, the organisation last.
pub(super) fn levels(settings: &Settings, request: &OrderRequest) -> Vec<(Level, Limits)> {
    let mut levels = Vec::with_capacity(3);
    if let Some(limits) = settings.narrower.instrument.get(&request.symbol) {
        levels.push((Level::Instrument(request.symbol), limits.clone()));
    }
    if let Some(strategy) = request.strategy
        && let Some(limits) = settings.narrower.strategy.get(&strategy)
    {
        levels.push((Level::Strategy(strategy), limits.clone()));
    }
    levels.push((Level::Organisation, Limits::from(&settings.risk)));
    levels
}

/// The narrowest limits of an order.
pub fn limits_of(settings: &Settings, request: &OrderRequest) -> Limits {
    narrowest(&levels(settings, request))
}

/// What holds for one order of these levels.
pub(super) fn narrowest(levels: &[(Level, Limits)]) -> Limits {
    let mut all = levels.iter().map(|(_, limits)| limits);
    let mut least = all.next().expect("the organisation is a level").clone();
    for limits in all {
        least.narrow(limits);
    }
    least
}
