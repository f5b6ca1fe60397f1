//! What is held.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;
use super::ask::Ask;
use super::coordinator::confirmed;
use super::exact::Exact;
use super::routes::Given;
use super::{list, orders, problem, unknown};
use crate::core::id::PositionId;
use crate::core::order::Purpose;
use crate::core::{Command, Reply, Symbol};
use crate::engine::Lane;
use crate::snapshot::{PositionRow, Snapshot};

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let symbol: Option<Symbol> = ask.parsed("symbol")?;
    let status = ask.query("status").unwrap_or("all");
    if !["open", "closed", "all"].contains(&status) {
        return Err(problem::invalid(
            "status",
            format!("{status:?} is none of open, closed, all"),
        ));
    }
    let snapshot = ask.api.snapshot();
    let pass = |row: &PositionRow| {
        symbol.is_none_or(|symbol| symbol == row.symbol)
            && (status == "all" || status == row.status)
    };
    let filtered = symbol.is_some() || status != "all";
    let known = (!filtered).then_some(snapshot.positions.total);
    list::answer(ask, &snapshot.positions, list::ALL, known, pass, |row| {
        row.id.to_string()
    })
}

pub(super) fn one(ask: &Ask<'_>) -> Given {
    let id: PositionId = ask.id("position")?;
    shown(&ask.api.snapshot(), id)
}

fn shown(snapshot: &Snapshot, id: PositionId) -> Given {
    let found = snapshot.positions.items.iter().find(|row| row.id == id);
    let row = found.ok_or_else(|| unknown("position", &id.to_string()))?;
    Ok(list::one(snapshot, row))
}

/// Notional of positions and live entries at the last prices, USD.
pub(super) fn exposure(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let mut by_symbol: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut by_strategy: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut add = |symbol: Symbol, strategy: Option<crate::core::Name>, value: Decimal| {
        let value = value * in_usd(&snapshot, symbol.quote());
        *by_symbol.entry(symbol.to_string()).or_default() += value;
        let strategy = strategy.map_or_else(|| "none".to_owned(), |name| name.to_string());
        *by_strategy.entry(strategy).or_default() += value;
    };
    for p in snapshot
        .positions
        .items
        .iter()
        .filter(|p| p.status == "open")
    {
        add(
            p.symbol,
            p.strategy,
            p.quantity * p.price.unwrap_or(p.entry),
        );
    }
    let live = snapshot
        .orders
        .items
        .iter()
        .filter(|o| !o.status.is_terminal());
    // What a sliced order still has to fill covers its slices.
    let whole = live.filter(|o| o.purpose == Purpose::Entry && o.parent_id.is_none());
    for o in whole {
        let price = o.price.or(last(&snapshot, o.symbol)).unwrap_or_default();
        add(o.symbol, o.strategy, (o.quantity - o.filled) * price);
    }
    let plain = |sums: BTreeMap<String, Decimal>| -> BTreeMap<String, Decimal> {
        sums.into_iter()
            .map(|(name, value)| (name, value.normalize()))
            .collect()
    };
    Ok(Answer::ok(json!({
        "total": snapshot.account.exposure,
        "by_symbol": plain(by_symbol),
        "by_strategy": plain(by_strategy),
        "limit": snapshot.account.exposure_limit,
        "seq": snapshot.status.seq,
    })))
}

fn last(snapshot: &Snapshot, symbol: Symbol) -> Option<Decimal> {
    let mut prices = snapshot.prices.iter();
    let found = prices.find(|p| p.symbol == symbol);
    found.map(|p| p.quote.last)
}

/// What one of a quote currency is worth: by the pair it is the base of, else 1.
fn in_usd(snapshot: &Snapshot, currency: &str) -> Decimal {
    let mut prices = snapshot.prices.iter();
    let pair = prices.find(|p| p.symbol.base() == currency);
    pair.map_or(Decimal::ONE, |p| p.quote.last)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Protection {
    stop: Option<Exact>,
    target: Option<Exact>,
    trail: Option<Exact>,
}

pub(super) fn protect(ask: &Ask<'_>) -> Given {
    let position: PositionId = ask.id("position")?;
    let Protection {
        stop,
        target,
        trail,
    } = ask.body()?;
    if stop.is_none() && target.is_none() && trail.is_none() {
        return Err(problem::invalid(
            "stop",
            "a stop, a target or a trail is needed",
        ));
    }
    let command = Command::Protect {
        position,
        stop: stop.map(|exact| exact.0),
        target: target.map(|exact| exact.0),
        trail: trail.map(|exact| exact.0),
    };
    let seq = ask.submit(Lane::Exit, command)?.seq;
    shown(&ask.api.shown(seq), position)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    exit_price: Option<Exact>,
    reason: Option<String>,
}

/// The closing order; 202 and the position where stop and target have to get out of the way first.
pub(super) fn close(ask: &Ask<'_>) -> Given {
    let position: PositionId = ask.id("position")?;
    let Closing { exit_price, reason } = ask.body()?;
    let command = Command::Close {
        position,
        limit: exit_price.map(|exact| exact.0),
        reason: reason.unwrap_or_else(|| "closed by hand".into()),
    };
    let outcome = ask.submit(Lane::Exit, command)?;
    let snapshot = ask.api.shown(outcome.seq);
    match outcome.reply {
        Reply::Closing(_, Some(order)) => orders::shown(&snapshot, order),
        _ => Ok(shown(&snapshot, position)?.and_status(202)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flattening {
    reason: String,
    confirm: String,
}

pub(super) fn flatten(ask: &Ask<'_>) -> Given {
    let Flattening { reason, confirm } = ask.body()?;
    confirmed(&confirm, "FLATTEN")?;
    let outcome = ask.submit(Lane::Exit, Command::Flatten { reason })?;
    let positions = match outcome.reply {
        Reply::Flattening(positions) => positions,
        _ => Vec::new(),
    };
    let shown = ask.api.shown(outcome.seq);
    let sent = shown.orders.items.iter().filter(|order| {
        !order.status.is_terminal()
            && order.purpose == Purpose::Exit
            && order.position_id.is_some_and(|id| positions.contains(&id))
    });
    let orders: Vec<_> = sent.map(|order| order.id).collect();
    Ok(Answer::ok(json!({
        "positions": positions,
        "orders": orders,
        "seq": outcome.seq,
    })))
}
