//! Keys that are part of the interface and that nothing reads yet. Setting one is allowed and said
//! to have no effect: a limit that is written and not kept would be worse than none.

use super::load::Item;

/// Keys that are not in effect.
const KEYS: [&str; 15] = [
    "coordinator.on_live_start",
    "coordinator.consensus_bonus",
    "coordinator.consensus_penalty",
    "coordinator.conflict_confidence_gap",
    "coordinator.conflict_size_cut",
    "coordinator.clock_drift_s",
    "coordinator.clock_behind_s",
    "bus.command_ttl_s",
    "execution.telemetry_window_s",
    "execution.paper.seed",
    "portfolio.minimum_trade_usd",
    "portfolio.dca_threshold_usd",
    "portfolio.dca_batches",
    "portfolio.dca_interval_s",
    "portfolio.hodl_share",
];

/// Limits that one strategy or instrument may narrow; its others are not in effect.
const NARROWED: [&str; 16] = [
    "price_collar",
    "max_order_value_usd",
    "max_spread",
    "max_slippage",
    "max_leverage",
    "positions_per_symbol",
    "max_exposure_usd",
    "orders_per_minute",
    "orders_burst",
    "max_adverse_selection",
    "positions_total",
    "daily_loss_usd",
    "duplicate_window_s",
    "cooldown_s",
    "cooldown_window_s",
    "cooldown_max_s",
];

/// Whether nothing reads the key at `path` in this version.
pub(super) fn is_idle(path: &str) -> bool {
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    if section.starts_with("risk.strategy.") || section.starts_with("risk.instrument.") {
        return !NARROWED.contains(&name);
    }
    KEYS.contains(&path)
}

/// What is said of each key that was given another value than the default and is not in effect.
pub(super) fn warnings(items: &[Item], defaults: &[Item]) -> Vec<String> {
    items
        .iter()
        .filter(|item| is_idle(&item.key))
        .filter(|item| {
            let default = defaults.iter().find(|d| d.key == item.key);
            default.is_none_or(|default| default.value != item.value)
        })
        .map(|item| {
            let Item { key, value, origin } = item;
            format!("{key} = {value} ({origin}) has no effect in this version")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::settled::Settled;
    use super::*;

    #[test]
    fn what_is_listed_exists() {
        let items = Settled::defaults().items();
        for path in KEYS {
            assert!(items.iter().any(|item| item.key == path), "{path}");
        }
        for limit in NARROWED {
            assert!(!is_idle(&format!("risk.{limit}")), "{limit}");
        }
    }
}
