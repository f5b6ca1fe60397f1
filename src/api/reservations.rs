//! Who holds what.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::exact::Exact;
use super::routes::{Ask, Given};
use super::{list, unknown};
use crate::client::Problem;
use crate::core::id::ReservationId;
use crate::core::reservation::{Class, Resource, ReserveItem, Standing};
use crate::core::{Command, Name, Released, Reply};
use crate::engine::Lane;
use crate::snapshot::ReservationRow;

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let agent: Option<Name> = ask.parsed("agent")?;
    let status = ask.query("status");
    let snapshot = ask.api.snapshot();
    let pass = |row: &ReservationRow| {
        agent.is_none_or(|agent| agent == row.agent)
            && match status {
                None | Some("all") => true,
                Some("live") => !row.status.is_terminal(),
                Some(other) => json!(row.status) == other,
            }
    };
    let filtered = agent.is_some() || status.is_some_and(|s| s != "all");
    list::answer(ask, &snapshot.reservations, list::ALL, filtered, pass, |row| {
        row.id.to_string()
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    resource: Resource,
    amount: Exact,
    class: Option<Class>,
    #[serde(default)]
    purpose: String,
    ttl_s: Option<u64>,
    agent: Option<Name>,
    strategy: Option<Name>,
    /// Weighs where several want the same; requests are decided as they come, so it never does.
    #[serde(rename = "sharpe")]
    _sharpe: Option<Exact>,
    /// Nothing waits in this version: what does not fit is refused.
    #[serde(rename = "wait", default)]
    _wait: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wishes {
    items: Vec<Wish>,
}

pub(super) fn reserve(ask: &Ask<'_>) -> Given {
    let several = is_several(ask.request.body);
    let wishes = if several {
        ask.body::<Wishes>()?.items
    } else {
        vec![ask.body()?]
    };
    let items = wishes
        .into_iter()
        .map(|wish| {
            Ok(ReserveItem {
                resource: wish.resource,
                class: wish.class,
                amount: wish.amount.0,
                purpose: wish.purpose,
                ttl_s: wish.ttl_s,
                agent: ask.acting(wish.agent)?,
                strategy: wish.strategy,
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    let wanted: Vec<Resource> = items.iter().map(|item| item.resource).collect();
    let key = ask.request.key.map(str::to_owned);
    let outcome = ask.submit(Lane::Normal, Command::Reserve { items, key })?;
    let Reply::Reserved(ids) = outcome.reply else {
        return Err(unknown("reservation", "granted"));
    };
    let shown = ask.api.shown(outcome.seq);
    let rows: Vec<Value> = ids
        .iter()
        .zip(wanted)
        .map(|(id, resource)| {
            let row = shown.reservations.items.iter().find(|row| row.id == *id);
            granted(*id, resource, row, outcome.seq)
        })
        .collect();
    let waits = rows.iter().any(|row| row["status"] == json!(Standing::Queued));
    let status = if waits { 202 } else { 201 };
    Ok(Answer::with(
        status,
        match rows {
            rows if several => json!({ "items": rows, "seq": outcome.seq }),
            mut rows => rows.pop().unwrap_or_default(),
        },
    ))
}

/// Whether the body asks for several at once.
fn is_several(body: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, Value>>(body)
        .is_ok_and(|fields| fields.contains_key("items"))
}

/// The answer to a grant. A row that is no longer shown, because a repeat came late, has nothing
/// to say but its id.
fn granted(
    id: ReservationId,
    resource: Resource,
    row: Option<&ReservationRow>,
    seq: u64,
) -> Value {
    json!({
        "reservation_id": id,
        "status": row.map(|row| row.status),
        "resource": resource,
        "amount": row.map(|row| row.amount),
        "asked": row.map(|row| row.asked),
        "priority": row.map(|row| row.priority),
        "expires_at": row.and_then(|row| row.expires_at),
        "seq": seq,
    })
}

pub(super) fn release(ask: &Ask<'_>) -> Given {
    let id: ReservationId = ask.id("reservation")?;
    let outcome = ask.submit(Lane::Normal, Command::Release { id })?;
    match outcome.reply {
        Reply::Released(result) if result != Released::Unknown => Ok(Answer::ok(json!({
            "reservation_id": id,
            "result": result,
            "seq": outcome.seq,
        }))),
        _ => Err(unknown("reservation", ask.part(0))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewal {
    ttl_s: u64,
}

pub(super) fn renew(ask: &Ask<'_>) -> Given {
    let id: ReservationId = ask.id("reservation")?;
    let Renewal { ttl_s } = ask.body()?;
    let seq = ask.submit(Lane::Normal, Command::Renew { id, ttl_s })?.seq;
    let shown = ask.api.shown(seq);
    let row = shown.reservations.items.iter().find(|row| row.id == id);
    let row = row.ok_or_else(|| unknown("reservation", ask.part(0)))?;
    Ok(Answer::ok(row))
}
