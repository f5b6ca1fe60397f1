//! The limits of a backtest: wide open, save those that the file of `--config` sets. Other files and the
//! environment have no say, so that a backtest gives the same wherever it runs.

use std::path::{Path, PathBuf};

use crate::backtest::wide_open;
use crate::client::Problem;
use crate::config::{Loaded, Origin, Sources, load};
use crate::core::risk::Limits;
use crate::core::{Settings, Symbol};
use crate::engine;
use crate::venue::paper::PaperSettings;
use rust_decimal::Decimal;

type Settle = fn(&mut Settings, &Settings);
type Narrow = fn(&mut Limits, &Limits);

/// Each key, and what takes the field it stands for from one to the other.
macro_rules! copied {
    ($($key:literal => $($field:ident).+,)*) => {
        &[$(($key, |to, from| to.$($field).+ = from.$($field).+)),*]
    };
}

/// Settings that a key of the file sets.
const SETTLES: &[(&str, Settle)] = copied! {
    "risk.risk_per_trade" => risk.risk_per_trade,
    "risk.minimum_confidence" => risk.minimum_confidence,
    "risk.price_collar" => risk.price_collar,
    "risk.max_order_value_usd" => risk.max_order_value_usd,
    "risk.max_spread" => risk.max_spread,
    "risk.max_slippage" => risk.max_slippage,
    "risk.orders_per_minute" => risk.orders_per_minute,
    "risk.orders_burst" => risk.orders_burst,
    "risk.max_adverse_selection" => risk.max_adverse_selection,
    "risk.cooldown_s" => risk.cooldown_s,
    "risk.cooldown_window_s" => risk.cooldown_window_s,
    "risk.cooldown_max_s" => risk.cooldown_max_s,
    "coordinator.pause_symbol_after" => pause_symbol_after,
    "risk.positions_per_symbol" => risk.positions_per_symbol,
    "risk.positions_total" => risk.positions_total,
    "risk.max_leverage" => risk.max_leverage,
    "risk.max_exposure_usd" => risk.max_exposure_usd,
    "risk.daily_loss_usd" => risk.daily_loss_usd,
    "risk.duplicate_window_s" => risk.duplicate_window_s,
    "guard.max_quote_age_s" => risk.max_quote_age_s,
    "coordinator.max_drawdown" => risk.max_drawdown,
    "coordinator.max_stops_in_row" => risk.max_stops_in_row,
    "coordinator.on_circuit_breaker" => close_on_breaker,
    "execution.position_snapshot_s" => execution.position_snapshot_s,
    "execution.history_in_memory" => execution.history_in_memory,
    "resources.capital_pool_usd" => resources.capital_pool_usd,
    "resources.pool_mark_s" => resources.pool_mark_s,
};

/// Limits that are measured against what everything is worth as time goes: they want it marked.
const VALUED: [&str; 2] = ["risk.daily_loss_usd", "coordinator.max_drawdown"];

/// The keys of an instrument's or a strategy's own limits.
const NARROWS: &[(&str, Narrow)] = copied! {
    "price_collar" => price_collar,
    "max_order_value_usd" => max_order_value_usd,
    "max_spread" => max_spread,
    "max_slippage" => max_slippage,
    "max_leverage" => max_leverage,
    "positions_per_symbol" => positions_per_symbol,
    "max_exposure_usd" => max_exposure_usd,
    "orders_per_minute" => orders_per_minute,
    "orders_burst" => orders_burst,
    "max_adverse_selection" => max_adverse_selection,
    "positions_total" => positions_total,
    "daily_loss_usd" => daily_loss_usd,
    "duplicate_window_s" => duplicate_window_s,
    "cooldown_s" => cooldown_s,
    "cooldown_window_s" => cooldown_window_s,
    "cooldown_max_s" => cooldown_max_s,
};

/// What a backtest runs under.
pub struct Terms {
    /// The limits.
    pub settings: Settings,
    /// What the venue charges and allows.
    pub paper: PaperSettings,
    /// What the file sets and a backtest cannot honour, one sentence each.
    pub idle: Vec<String>,
}

/// What a backtest of these symbols runs with, and what its venue charges.
///
/// # Errors
/// All that is wrong with the file.
pub fn of(file: Option<&Path>, symbols: &[Symbol]) -> Result<Terms, Problem> {
    let off = PaperSettings {
        slippage: Decimal::ZERO,
        spread: Decimal::ZERO,
        latency_ms: 0,
        participation: Decimal::ONE,
        ..PaperSettings::default()
    };
    let Some(file) = file else {
        return Ok(Terms {
            settings: wide_open(symbols),
            paper: off,
            idle: Vec::new(),
        });
    };
    let sources = Sources {
        explicit: Some(file.to_owned()),
        cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        ..Sources::default()
    };
    let loaded = load(&sources).map_err(|errors| crate::cli::config::invalid(&errors))?;
    Ok(Terms {
        settings: settings(&loaded, symbols),
        paper: paper(&loaded, off),
        idle: idle(&loaded),
    })
}

fn idle(loaded: &Loaded) -> Vec<String> {
    let is_latency = |key: &str| key == "execution.paper.latency_ms";
    let sets = |holds: &dyn Fn(&str) -> bool| {
        let mut items = loaded.items.iter();
        items.any(|item| item.origin != Origin::Default && holds(&item.key))
    };
    let mut idle = Vec::new();
    if sets(&is_latency) && loaded.config.execution.paper.latency_ms != 0 {
        let words = "execution.paper.latency_ms delays only orders that rest: a market order fills at the \
                     close it was decided on, or at the next price (--fill)";
        idle.push(words.to_owned());
    }
    if sets(&|key| key.starts_with("execution.rate.")) {
        let words = "[execution.rate] has no effect: recorded data answers every request";
        idle.push(words.to_owned());
    }
    idle
}

fn settings(loaded: &Loaded, symbols: &[Symbol]) -> Settings {
    let from = engine::settings(&loaded.config, symbols);
    let mut to = wide_open(symbols);
    let set = |key: &str| is_set(loaded, key);
    for (key, settle) in SETTLES {
        if set(key) {
            settle(&mut to, &from);
        }
    }
    if VALUED.iter().any(|key| set(key)) {
        to.resources.pool_mark_s = from.resources.pool_mark_s;
    }
    let wide = Limits::from(&to.risk);
    let narrowed = |scope: String, own: &Limits| {
        let mut limits = wide.clone();
        for (key, narrow) in NARROWS {
            if set(&format!("{scope}.{key}")) {
                narrow(&mut limits, own);
            }
        }
        limits
    };
    let narrower = &from.narrower;
    to.narrower.instrument = narrower
        .instrument
        .iter()
        .map(|(s, own)| (*s, narrowed(format!("risk.instrument.\"{s}\""), own)))
        .collect();
    to.narrower.strategy = narrower
        .strategy
        .iter()
        .map(|(s, own)| (*s, narrowed(format!("risk.strategy.\"{s}\""), own)))
        .collect();
    to
}

fn paper(loaded: &Loaded, off: PaperSettings) -> PaperSettings {
    let from = &loaded.config.execution.paper;
    let set = |key: &str| is_set(loaded, &format!("execution.paper.{key}"));
    let or = |key: &str, value: Decimal, off: Decimal| if set(key) { value } else { off };
    PaperSettings {
        maker_fee: from.maker_fee,
        taker_fee: from.taker_fee,
        slippage: or("slippage", from.slippage, off.slippage),
        latency_ms: match u64::try_from(from.latency_ms) {
            Ok(latency) if set("latency_ms") => latency,
            _ => off.latency_ms,
        },
        participation: or("participation", from.participation, off.participation),
        spread: or("spread", from.spread, off.spread),
        quantity_step: from.quantity_step,
        price_step: from.price_step,
        minimum_value: from.minimum_value,
    }
}

fn is_set(loaded: &Loaded, key: &str) -> bool {
    let mut items = loaded.items.iter();
    items.any(|item| item.key == key && item.origin != Origin::Default)
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;

    fn with(text: &str) -> Terms {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("own.toml");
        std::fs::write(&file, text).unwrap();
        of(Some(&file), &["BTC/USD".parse().unwrap()]).unwrap()
    }

    #[test]
    fn what_the_file_does_not_set_is_off() {
        let Terms {
            settings,
            paper,
            idle,
        } = with(
            "[risk]\nmax_exposure_usd = \"500\"\n[risk.strategy.\"ema_cross\"]\nmax_leverage = \"2\"\n\
             [execution.paper]\nspread = \"0.001\"\n",
        );
        let wide = wide_open(&["BTC/USD".parse().unwrap()]);
        assert_eq!(settings.risk.max_exposure_usd, dec!(500));
        assert_eq!(
            settings.risk.max_order_value_usd,
            wide.risk.max_order_value_usd
        );
        let own = &settings.narrower.strategy[&"ema_cross".parse().unwrap()];
        assert_eq!(
            (own.max_leverage, own.max_exposure_usd),
            (dec!(2), dec!(500))
        );
        assert_eq!(own.orders_per_minute, u32::MAX);
        assert_eq!((paper.spread, paper.slippage), (dec!(0.001), dec!(0)));
        assert_eq!(settings.resources.pool_mark_s, u32::MAX);
        assert!(idle.is_empty(), "{idle:?}");
        let valued = with("[coordinator]\nmax_drawdown = \"0.2\"\n").settings;
        assert_eq!(valued.resources.pool_mark_s, 60);
    }

    #[test]
    fn what_cannot_be_honoured_is_said() {
        let idle = |text: &str| with(text).idle.join("\n");
        assert_eq!(idle("[execution.paper]\nlatency_ms = 0\n"), "");
        let said = idle("[execution.paper]\nlatency_ms = 9\n");
        assert!(
            said.contains("latency_ms") && !said.contains("rate"),
            "{said}"
        );
        let said = idle("[execution.rate]\ncalls_per_minute = 9\n");
        assert!(said.contains("[execution.rate]"), "{said}");
    }

    #[test]
    fn every_limit_that_the_core_keeps_can_be_set() {
        let loaded = load(&Sources::default()).unwrap();
        let known = |key: &str| SETTLES.iter().any(|(known, _)| *known == key);
        for item in &loaded.items {
            let is_limit = item.key.starts_with("risk.") || item.key.starts_with("guard.");
            let key = item.key.as_str();
            assert!(
                !is_limit || known(key) || NOT_IN_THE_CORE.contains(&key),
                "{key}"
            );
        }
    }

    /// Limits of what a recorded venue does: it refuses nothing and answers at once.
    const NOT_IN_THE_CORE: [&str; 5] = [
        "guard.window_s",
        "guard.minimum_samples",
        "guard.max_rejection_rate",
        "guard.max_p95_latency_ms",
        "guard.clear_after_s",
    ];
}
