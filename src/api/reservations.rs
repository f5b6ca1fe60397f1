//! Who holds what.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::exact::Exact;
use super::routes::{Ask, Given};
use super::{list, unknown};
use crate::client::Problem;
use crate::core::id::ReservationId;
use crate::core::reservation::{Class, ReserveItem, Resource, Standing};
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
    list::answer(
        ask,
        &snapshot.reservations,
        list::ALL,
        filtered,
        pass,
        |row| row.id.to_string(),
    )
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
    let key = ask.request.key.map(str::to_owned);
    let command = Command::Reserve {
        items: items.clone(),
        key,
    };
    let outcome = ask.submit(Lane::Normal, command)?;
    let Reply::Reserved(ids) = outcome.reply else {
        return Err(unknown("reservation", "granted"));
    };
    let default_ttl_s = u64::from(ask.api.settings.resources.default_ttl_s);
    let grants = ids.iter().zip(&items);
    let mut rows: Vec<Value> = grants
        .map(|(id, item)| granted(*id, item, default_ttl_s, outcome.seq))
        .collect();
    Ok(Answer::created(if several {
        json!({ "items": rows, "seq": outcome.seq })
    } else {
        rows.pop().unwrap_or_default()
    }))
}

/// Whether the body asks for several at once.
fn is_several(body: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, Value>>(body)
        .is_ok_and(|fields| fields.contains_key("items"))
}

/// The answer to a grant, which is whole or not at all. It is told without waiting for a snapshot;
/// a repeat under the same key is told the same.
fn granted(id: ReservationId, item: &ReserveItem, default_ttl_s: u64, seq: u64) -> Value {
    let class = item
        .class
        .unwrap_or_else(|| Class::of_purpose(&item.purpose).0);
    let ttl_s = item.ttl_s.unwrap_or(default_ttl_s);
    let amount = item.amount.normalize();
    json!({
        "reservation_id": id,
        "status": Standing::Held,
        "resource": item.resource,
        "amount": amount,
        "asked": amount,
        "priority": class.priority(),
        "expires_at": id.at.plus_s(i64::try_from(ttl_s).unwrap_or(i64::MAX)),
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
