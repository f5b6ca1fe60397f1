//! The outcome as the document that programs read.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::outcome::{Outcome, Part};

/// Decimals of a ratio.
const DECIMALS: usize = 12;

/// The document; `symbol` is null where there are several, and `symbols` has each.
pub fn document(outcome: &Outcome, took: Duration) -> Value {
    let total = outcome.total();
    let symbol = match &outcome.parts[..] {
        [one] => Some(one.symbol),
        _ => None,
    };
    let metrics = &outcome.metrics;
    json!({
        "symbol": symbol,
        "bars": total.bars,
        "from": outcome.from,
        "to": outcome.to,
        "trades": total.score.trades,
        "fills": total.fills,
        "cash": exact(outcome.cash),
        "equity": exact(outcome.equity),
        "return_pct": outcome.return_pct().map(ratio),
        "sharpe": metrics.sharpe.map(ratio_of),
        "sortino": metrics.sortino.map(ratio_of),
        "max_drawdown_pct": ratio_of(metrics.max_drawdown * 100.0),
        "profit_factor": total.score.profit_factor().map(ratio),
        "win_rate_pct": total.score.win_rate_pct().map(ratio),
        "exposure_pct": total.exposure_pct().map(ratio),
        "fees": exact(total.fees),
        "refusals": outcome.refusals,
        "symbols": outcome.parts.iter().map(part).collect::<Vec<_>>(),
        "records": outcome.records,
        "journal_hash": outcome.journal_hash,
        "elapsed_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}

fn part(part: &Part) -> Value {
    json!({
        "symbol": part.symbol,
        "bars": part.bars,
        "trades": part.score.trades,
        "fills": part.fills,
        "equity": exact(part.equity),
        "profit_factor": part.score.profit_factor().map(ratio),
        "win_rate_pct": part.score.win_rate_pct().map(ratio),
        "exposure_pct": part.exposure_pct().map(ratio),
        "fees": exact(part.fees),
    })
}

/// An amount, unrounded.
pub(super) fn exact(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// A ratio with all the decimals a reader may want.
pub(super) fn ratio(value: Decimal) -> String {
    format!("{:.DECIMALS$}", value.round_dp(DECIMALS as u32))
}

fn ratio_of(value: f64) -> String {
    format!("{value:.DECIMALS$}")
}
