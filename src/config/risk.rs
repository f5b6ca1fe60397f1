//! The limits of entries: the organisation's, and narrower ones.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::key::{Get, Key, Narrower, Section, section};
use super::kind::{Kind, SECONDS, USD, count};
use super::value::Field;
use crate::core::{Name, Symbol};

section! {
    /// What an entry must pass.
    Limits in "risk" {
        /// Equity that one trade may lose at its stop.
        risk_per_trade: Decimal = Kind::Share, "0.01";
        /// Least confidence of a signal.
        minimum_confidence: Decimal = Kind::Share, "0.55", Higher;
        /// Distance of an order's price from the reference, a fraction of it.
        price_collar: Decimal = Kind::Share, "0.02";
        /// Value of one order.
        max_order_value_usd: Decimal = USD, "2500";
        /// Distance of bid and ask, a fraction of the price.
        max_spread: Decimal = Kind::Share, "0.01";
        /// Adverse selection, a fraction of the price.
        max_adverse_selection: Decimal = Kind::Share, "0.005";
        /// Expected slippage, a fraction of the price.
        max_slippage: Decimal = Kind::Share, "0.005";
        /// Entries, refilled evenly; what exceeds them is refused.
        orders_per_minute: u64 = count("orders"), "30";
        /// Entries at once.
        orders_burst: u64 = count("orders"), "5";
        /// Rest of a strategy after a refusal for rate, spread or adverse selection.
        cooldown_s: i64 = SECONDS, "30", Higher;
        /// A further refusal within this time doubles the rest.
        cooldown_window_s: i64 = SECONDS, "600", Higher;
        /// Longest rest.
        cooldown_max_s: i64 = SECONDS, "3600", Higher;
        /// Open positions of one symbol.
        positions_per_symbol: u64 = count("positions"), "2";
        /// Open positions in all.
        positions_total: u64 = count("positions"), "5";
        /// Leverage of an order.
        max_leverage: Decimal = Kind::Factor { min: 1, max: 100 }, "5";
        /// Value of all open positions and entries.
        max_exposure_usd: Decimal = USD, "8000";
        /// Loss of one UTC day that engages HARDSTOP; a strategy's own halts.
        daily_loss_usd: Decimal = USD, "500";
        /// Time within which the same symbol, side and size is a duplicate.
        duplicate_window_s: i64 = SECONDS, "2", Higher;
    }
}

/// What an entry must pass: its strategy's, its instrument's and the organisation's limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Risk {
    /// The limits of all together: the keys of `[risk]` itself.
    #[serde(flatten)]
    pub organisation: Limits,
    /// Limits of `[risk.strategy."NAME"]`, whole: what it leaves out is the organisation's.
    pub strategy: BTreeMap<Name, Limits>,
    /// Limits of `[risk.instrument."BTC/USD"]`, whole: what it leaves out is the organisation's.
    pub instrument: BTreeMap<Symbol, Limits>,
}

impl Risk {
    /// A strategy's limits; the organisation's where it has none of its own.
    pub fn of_strategy(&self, name: &Name) -> &Limits {
        self.strategy.get(name).unwrap_or(&self.organisation)
    }

    /// An instrument's limits; the organisation's where it has none of its own.
    pub fn of_instrument(&self, symbol: &Symbol) -> &Limits {
        self.instrument.get(symbol).unwrap_or(&self.organisation)
    }
}

/// The key of a limit, by its name.
pub(super) fn limit(name: &str) -> Option<&'static Key> {
    Limits::KEYS.iter().find(|key| key.name == name)
}
