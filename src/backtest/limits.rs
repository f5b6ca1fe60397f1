//! Limits that do not bind.

use rust_decimal::Decimal;

use crate::core::{Settings, Symbol};

/// No order, position or loss comes near it, and its products can still be counted.
const WIDE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Settings for these symbols with every limit of the risk gate and every circuit breaker wide open, no
/// schedules, and no snapshots of positions: a backtest values its equity at every close by itself.
pub fn wide_open(symbols: &[Symbol]) -> Settings {
    let mut settings = Settings::of(symbols);
    settings.schedules.clear();
    settings.guide = false;
    settings.recorded = true;
    settings.resources.pool_mark_s = u32::MAX;
    settings.execution.position_snapshot_s = u32::MAX;
    let risk = &mut settings.risk;
    risk.price_collar = WIDE;
    risk.max_order_value_usd = WIDE * WIDE;
    risk.max_spread = WIDE;
    risk.max_slippage = WIDE;
    risk.orders_per_minute = u32::MAX;
    risk.orders_burst = u32::MAX;
    risk.max_adverse_selection = WIDE;
    risk.cooldown_s = 0;
    risk.positions_per_symbol = u32::MAX;
    risk.positions_total = u32::MAX;
    risk.max_leverage = WIDE;
    risk.max_exposure_usd = WIDE * WIDE;
    risk.daily_loss_usd = WIDE * WIDE;
    risk.duplicate_window_s = 0;
    risk.max_quote_age_s = u32::MAX;
    risk.max_drawdown = WIDE;
    risk.max_stops_in_row = u32::MAX;
    settings.pause_symbol_after = u32::MAX;
    settings
}
