//! Decisions on their way.

use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::ask::Ask;
use super::list::Seen;
use super::openapi::{AFTER, LIMIT as ROWS, SYMBOL, Words};
use super::routes::Given;
use super::{list, unknown};
use crate::core::id::CycleId;
use crate::core::{Command, Reply, Symbol};
use crate::engine::Lane;
use crate::snapshot::{CycleRow, Snapshot};

/// Rows by default, as the documents have it.
const LIMIT: usize = 20;

pub(super) const LIST: Words =
    Words::of("Trading cycles: running ones, then the latest that ended.")
        .query(&[SYMBOL, ROWS, AFTER])
        .gives_list::<CycleRow>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let symbol: Option<Symbol> = ask.parsed("symbol")?;
    let snapshot = ask.api.snapshot();
    let pass = |row: &CycleRow| symbol.is_none_or(|symbol| symbol == row.symbol);
    let known = symbol.is_none().then_some(snapshot.cycles.total);
    list::answer(ask, &snapshot.cycles, LIMIT, known, pass, |row| {
        row.id.to_string()
    })
}

pub(super) const ONE: Words = Words::of("One cycle, in full.").gives::<Seen<CycleRow>>();

pub(super) fn one(ask: &Ask<'_>) -> Given {
    let id: CycleId = ask.id("cycle")?;
    shown(&ask.api.snapshot(), id)
}

fn shown(snapshot: &Snapshot, id: CycleId) -> Given {
    let found = snapshot.cycles.items.iter().find(|row| row.id == id);
    let row = found.ok_or_else(|| unknown("cycle", &id.to_string()))?;
    Ok(list::one(snapshot, row))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CycleWish)]
struct Start {
    /// The pair it looks at; absent: the first.
    symbol: Option<Symbol>,
    /// The trading decision knows one strategy.
    #[serde(rename = "strategies")]
    _strategies: Option<Vec<String>>,
    /// Of the documents; the engine knows its own.
    #[serde(rename = "account_balance")]
    #[schema(value_type = Value)]
    _account_balance: Option<Box<RawValue>>,
    /// The same.
    #[serde(rename = "peak_balance")]
    #[schema(value_type = Value)]
    _peak_balance: Option<Box<RawValue>>,
}

pub(super) const START: Words = Words::of("Begins a trading cycle.")
    .takes::<Start>()
    .answers::<Seen<CycleRow>>(201);

pub(super) fn start(ask: &Ask<'_>) -> Given {
    let Start { symbol, .. } = ask.body()?;
    let outcome = ask.submit(Lane::Control, Command::StartCycle { symbol })?;
    let Reply::Cycle(id) = outcome.reply else {
        return Err(unknown("cycle", "opened"));
    };
    Ok(shown(&ask.api.shown(outcome.seq), id)?.and_status(201))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HaltReason)]
struct Reason {
    /// Why, for the audit.
    reason: Option<String>,
}

pub(super) const HALT: Words = Words::of("Halts a cycle.")
    .takes::<Reason>()
    .gives::<Seen<CycleRow>>();

pub(super) fn halt(ask: &Ask<'_>) -> Given {
    let id: CycleId = ask.id("cycle")?;
    let Reason { reason } = ask.body()?;
    let reason = reason.unwrap_or_else(|| "halted by hand".into());
    let seq = ask
        .submit(Lane::Control, Command::HaltCycle { id, reason })?
        .seq;
    shown(&ask.api.shown(seq), id)
}
