//! Each limit of the gate, its use and its last refusal.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ask::Ask;
use super::list;
use super::routes::Given;
use crate::core::order::Purpose;
use crate::snapshot::Snapshot;

/// The window of the order rate, milliseconds of engine time.
const MINUTE_MS: i64 = 60_000;

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let risk = &ask.api.settings.risk;
    let account = &snapshot.account;
    let number = |n: u32| Decimal::from(n);
    let open = snapshot
        .positions
        .items
        .iter()
        .filter(|p| p.status == "open");
    let mut by_symbol: BTreeMap<_, u32> = BTreeMap::new();
    for position in open {
        *by_symbol.entry(position.symbol).or_default() += 1;
    }
    let all: u32 = by_symbol.values().sum();
    let most = by_symbol.values().copied().max().unwrap_or(0);
    let drawdown = (account.peak - account.equity)
        .max(Decimal::ZERO)
        .checked_div(account.peak)
        .unwrap_or_default()
        .round_dp(6);
    let loss = (-account.day_pnl).max(Decimal::ZERO);
    let rows: [(&str, &str, Decimal, Option<Decimal>); 15] = [
        (
            "RISK_EXPOSURE",
            "USD",
            risk.max_exposure_usd,
            Some(account.exposure),
        ),
        ("RISK_DAILY_LOSS", "USD", risk.daily_loss_usd, Some(loss)),
        (
            "RISK_DRAWDOWN",
            "fraction",
            risk.max_drawdown,
            Some(drawdown),
        ),
        (
            "RISK_POSITIONS_TOTAL",
            "count",
            number(risk.positions_total),
            Some(number(all)),
        ),
        (
            "RISK_POSITIONS_SYMBOL",
            "count",
            number(risk.positions_per_symbol),
            Some(number(most)),
        ),
        (
            "RISK_ORDER_RATE",
            "count",
            number(risk.orders_per_minute),
            Some(recent(&snapshot)),
        ),
        ("RISK_ORDER_VALUE", "USD", risk.max_order_value_usd, None),
        ("RISK_PRICE_COLLAR", "fraction", risk.price_collar, None),
        ("RISK_SPREAD", "fraction", risk.max_spread, None),
        ("RISK_SLIPPAGE", "fraction", risk.max_slippage, None),
        ("RISK_LEVERAGE", "factor", risk.max_leverage, None),
        (
            "RISK_STALE_PRICE",
            "seconds",
            number(risk.max_quote_age_s),
            None,
        ),
        (
            "RISK_DUPLICATE",
            "seconds",
            number(risk.duplicate_window_s),
            None,
        ),
        (
            "RISK_STOPS_IN_ROW",
            "count",
            number(risk.max_stops_in_row),
            None,
        ),
        ("RISK_CONFIDENCE", "fraction", risk.minimum_confidence, None),
    ];
    let items = rows
        .into_iter()
        .map(|(rule, unit, limit, used)| {
            json!({
                "rule": rule,
                "unit": unit,
                "limit": limit.normalize(),
                "used": used.map(|used| used.normalize()),
                "refusals": snapshot.status.statistics.trades_rejected.get(rule).copied().unwrap_or(0),
                "last_refusal": last_refusal(&snapshot, rule),
            })
        })
        .collect();
    Ok(list::whole(items, snapshot.status.seq))
}

/// Entries approved within the last minute.
fn recent(snapshot: &Snapshot) -> Decimal {
    let since = snapshot.status.clock + -MINUTE_MS;
    let entries = snapshot
        .orders
        .items
        .iter()
        .filter(|order| order.purpose == Purpose::Entry && order.created_at > since);
    Decimal::from(entries.count())
}

/// The last refusal among the latest events.
fn last_refusal(snapshot: &Snapshot, rule: &str) -> Value {
    let found = snapshot
        .audit
        .iter()
        .rev()
        .find(|line| line.kind == "refused" && line.data["refusal"]["code"] == rule);
    found.map_or(Value::Null, |line| {
        json!({
            "seq": line.seq,
            "time": line.time,
            "limit": line.data["refusal"]["limit"],
            "value": line.data["refusal"]["value"],
        })
    })
}
