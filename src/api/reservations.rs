//! Who holds what.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::ask::Ask;
use super::exact::Exact;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::{list, unknown};
use crate::client::Problem;
use crate::core::id::ReservationId;
use crate::core::reservation::{Class, ReserveItem, Resource, Standing};
use crate::core::{Command, Grant, Name, Released, Reply};
use crate::engine::Lane;
use crate::snapshot::{Query, ReservationRow};

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let agent: Option<Name> = ask.parsed("agent")?;
    let status = ask.query("status");
    let class = ask.query("class");
    let snapshot = ask.api.snapshot();
    let pass = |row: &ReservationRow| {
        agent.is_none_or(|agent| agent == row.agent)
            && class.is_none_or(|class| class == row.class.as_str())
            && match status {
                None | Some("all") => true,
                Some("live") => !row.status.is_terminal(),
                Some(other) => json!(row.status) == other,
            }
    };
    let known = match status {
        _ if agent.is_some() || class.is_some() => None,
        None | Some("all") => Some(snapshot.reservations.total),
        Some("live") => Some(snapshot.status.reservations_total),
        Some(_) => None,
    };
    list::answer(ask, &snapshot.reservations, list::ALL, known, pass, |row| {
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
    /// Weighs where several want the same.
    sharpe: Option<Exact>,
    /// Whether it waits where it does not fit now; of several, one word counts for all.
    #[serde(default)]
    wait: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wishes {
    items: Vec<Wish>,
    #[serde(default)]
    wait: bool,
}

pub(super) fn reserve(ask: &Ask<'_>) -> Stepped {
    let several = is_several(ask.request.body);
    let Wishes { items, wait } = if several {
        ask.body()?
    } else {
        Wishes {
            items: vec![ask.body()?],
            wait: false,
        }
    };
    let wait = wait || items.iter().any(|wish| wish.wait);
    let items = items
        .into_iter()
        .map(|wish| {
            Ok(ReserveItem {
                resource: wish.resource,
                class: wish.class,
                amount: wish.amount.0,
                purpose: wish.purpose,
                ttl_s: wish.ttl_s,
                agent: ask.acting(wish.agent)?.or_else(|| ask.agent()),
                strategy: wish.strategy,
                sharpe: wish.sharpe.map(|s| s.0),
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    let key = ask.request.key.map(str::to_owned);
    let command = Command::Reserve { items, key, wait };
    Step::submit(Lane::Normal, command, move |outcome| {
        let Reply::Reserved(grants) = outcome.reply else {
            return Err(unknown("reservation", "granted"));
        };
        let queued = grants.iter().any(|g| g.standing == Standing::Queued);
        let mut rows: Vec<Value> = grants.iter().map(|g| granted(g, outcome.seq)).collect();
        let document = if several {
            json!({ "items": rows, "seq": outcome.seq })
        } else {
            rows.pop().unwrap_or_default()
        };
        Step::done(Answer::with(if queued { 202 } else { 201 }, document))
    })
}

/// Whether the body asks for several at once.
fn is_several(body: &str) -> bool {
    // Most bodies do not even have the word.
    body.contains("\"items\"")
        && serde_json::from_str::<serde_json::Map<String, Value>>(body)
            .is_ok_and(|fields| fields.contains_key("items"))
}

/// The answer to a request: it is told without waiting for a snapshot.
fn granted(grant: &Grant, seq: u64) -> Value {
    json!({
        "reservation_id": grant.id,
        "status": grant.standing,
        "resource": grant.resource,
        "amount": grant.amount.normalize(),
        "asked": grant.asked.normalize(),
        "priority": grant.class.priority(),
        "expires_at": grant.expires_at,
        "seq": seq,
    })
}

/// The reservation that is spoken of: an agent speaks of its own, which the id names.
fn own(ask: &Ask<'_>) -> Result<ReservationId, Problem> {
    let id: ReservationId = ask.id("reservation")?;
    ask.acting(Some(id.agent))?;
    Ok(id)
}

pub(super) fn release(ask: &Ask<'_>) -> Stepped {
    let id = own(ask)?;
    Step::submit(
        Lane::Normal,
        Command::Release { id },
        move |outcome| match outcome.reply {
            Reply::Released(result) if result != Released::Unknown => {
                Step::done(Answer::ok(json!({
                    "reservation_id": id,
                    "result": result,
                    "seq": outcome.seq,
                })))
            }
            _ => Err(unknown("reservation", &id.to_string())),
        },
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewal {
    ttl_s: u64,
}

pub(super) fn renew(ask: &Ask<'_>) -> Stepped {
    let id = own(ask)?;
    let Renewal { ttl_s } = ask.body()?;
    let command = Command::Renew { id, ttl_s };
    Step::submit(Lane::Normal, command, move |_| {
        Step::show(Query::Reservation(id), "reservation", id.to_string())
    })
}
