//! What is held.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::coordinator::confirmed;
use super::exact::Exact;
use super::list::Seen;
use super::openapi::{AFTER, LIMIT, Param, SYMBOL, Words};
use super::routes::Given;
use super::{list, orders, problem, unknown};
use crate::core::id::{OrderId, PositionId};
use crate::core::order::Purpose;
use crate::core::{Command, Reply, Symbol};
use crate::engine::Lane;
use crate::snapshot::{OrderRow, PositionRow, Snapshot};

pub(super) const LIST: Words = Words::of("Positions: open ones, then the latest that closed.")
    .query(&[
        SYMBOL,
        Param::one_of("status", &["open", "closed", "all"], "All by default."),
        LIMIT,
        AFTER,
    ])
    .gives_list::<PositionRow>();

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

pub(super) const ONE: Words = Words::of("A position.").gives::<Seen<PositionRow>>();

pub(super) fn one(ask: &Ask<'_>) -> Given {
    let id: PositionId = ask.id("position")?;
    shown(&ask.api.snapshot(), id)
}

fn shown(snapshot: &Snapshot, id: PositionId) -> Given {
    let found = snapshot.positions.items.iter().find(|row| row.id == id);
    let row = found.ok_or_else(|| unknown("position", &id.to_string()))?;
    Ok(list::one(snapshot, row))
}

/// What could be lost, USD.
#[derive(Serialize, ToSchema)]
struct Exposure {
    /// In all.
    total: Decimal,
    /// By pair.
    by_symbol: BTreeMap<String, Decimal>,
    /// By strategy; `none` is what belongs to none.
    by_strategy: BTreeMap<String, Decimal>,
    /// The most that is allowed.
    limit: Decimal,
    /// Journal position.
    seq: u64,
}

pub(super) const EXPOSURE: Words =
    Words::of("Notional of positions and live entries at the last prices.").gives::<Exposure>();

/// Notional of positions and live entries at the last prices, USD.
pub(super) fn exposure(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let mut by_symbol: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut by_strategy: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut add = |symbol: Symbol, strategy: Option<crate::core::Name>, value: Decimal| {
        let value = value * in_usd(&snapshot, symbol.quote(), 0);
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
    Ok(Answer::ok(Exposure {
        total: snapshot.account.exposure,
        by_symbol: plain(by_symbol),
        by_strategy: plain(by_strategy),
        limit: snapshot.account.exposure_limit,
        seq: snapshot.status.seq,
    }))
}

fn last(snapshot: &Snapshot, symbol: Symbol) -> Option<Decimal> {
    let mut prices = snapshot.prices.iter();
    let found = prices.find(|p| p.symbol == symbol);
    found.map(|p| p.quote.last)
}

/// What one of a quote currency is worth: through the pair it is the base of, and that pair's quote
/// currency in turn; what is only ever paid with counts 1.
fn in_usd(snapshot: &Snapshot, currency: &str, steps: u8) -> Decimal {
    let mut prices = snapshot.prices.iter();
    match prices.find(|p| p.symbol.base() == currency) {
        Some(pair) if steps < 3 => {
            pair.quote.last * in_usd(snapshot, pair.symbol.quote(), steps + 1)
        }
        _ => Decimal::ONE,
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Protection)]
struct Protection {
    /// Stop price.
    stop: Option<Exact>,
    /// Target price.
    target: Option<Exact>,
    /// Trailing distance, a fraction.
    trail: Option<Exact>,
}

pub(super) const PROTECT: Words =
    Words::of("Moves the stop, the target or the trail of a position; what is absent stays.")
        .takes::<Protection>()
        .gives::<Seen<PositionRow>>();

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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClosePosition)]
struct Closing {
    /// A limit; absent: at the market.
    exit_price: Option<Exact>,
    /// Why, for the audit.
    reason: Option<String>,
}

pub(super) const CLOSE: Words = Words::of(
    "Closes a position: 200 the closing order; 202 the position, where stop and target have to get out of the way first.",
)
.takes::<Closing>()
.gives::<Seen<OrderRow>>()
.answers::<Seen<PositionRow>>(202);

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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Flatten)]
struct Flattening {
    /// Why, for the audit.
    reason: String,
    /// The word `FLATTEN`.
    confirm: String,
}

/// What is closed.
#[derive(Serialize, ToSchema)]
struct Flattened {
    /// Positions that were open.
    positions: Vec<PositionId>,
    /// Closing orders that are on their way already.
    orders: Vec<OrderId>,
    /// The record.
    seq: u64,
}

pub(super) const FLATTEN: Words =
    Words::of("Closes every position; entries are refused until it is done.")
        .takes::<Flattening>()
        .gives::<Flattened>();

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
    Ok(Answer::ok(Flattened {
        orders: sent.map(|order| order.id).collect(),
        positions,
        seq: outcome.seq,
    }))
}
