//! What an operator must see, and that somebody has taken note of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::{AFTER, LIMIT, Param, Words};
use super::routes::Given;
use super::{list, problem, unknown};
use crate::client::Problem;
use crate::core::{Command, Time};
use crate::engine::Lane;
use crate::snapshot::{Alarm, List};

/// Alarms that one request may acknowledge.
const AT_ONCE: usize = 1_000;

pub(super) const LIST: Words = Words::of("What an operator must see: the most urgent first.")
    .query(&[
        Param::text("kind", "Only of this kind."),
        Param::flag(
            "acked",
            "Only those that somebody has taken note of, or that nobody has.",
        ),
        LIMIT,
        AFTER,
    ])
    .gives_list::<Alarm>();

/// Those that stand, the most urgent first; of one `kind`, or only those that are `acked` or not.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    let kind = ask.query("kind");
    let acked: Option<bool> = ask.parsed("acked")?;
    let snapshot = ask.api.snapshot();
    let rows = List {
        items: snapshot.alarms.clone(),
        seq: snapshot.status.seq,
        total: snapshot.alarms.len() as u64,
    };
    let pass = |alarm: &Alarm| {
        kind.is_none_or(|kind| alarm.kind.to_string() == kind)
            && acked.is_none_or(|acked| alarm.acked.is_some() == acked)
    };
    list::answer(ask, &rows, list::ALL, None, pass, |alarm| alarm.id.clone())
}

/// Which standing of the alarm is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Standing {
    /// Since when it stands, as the caller has seen it; none: as it stands now.
    since: Option<Time>,
}

pub(super) const ACK: Words =
    Words::of("Takes note of an alarm; in its id `/` may be written `_`.")
        .takes::<Standing>()
        .gives::<Alarm>()
        .refuses(&[404]);

/// Takes note of one. In its id `/` may be written `_`, as a path needs it.
pub(super) fn ack(ask: &Ask<'_>) -> Given {
    let Standing { since } = ask.body()?;
    let name = ask.part(0);
    let alarm = found(&ask.api.snapshot().alarms, name).ok_or_else(|| unknown("alarm", name))?;
    let command = Command::AckAlarm {
        id: alarm.id.clone(),
        since: since.unwrap_or(alarm.since),
    };
    let seq = ask.submit(Lane::Control, command)?.seq;
    let snapshot = ask.api.shown(seq);
    // It may have gone meanwhile: then what was acknowledged is said.
    let shown = found(&snapshot.alarms, &alarm.id).unwrap_or(alarm);
    Ok(list::one(&snapshot, &shown))
}

fn found(alarms: &[Alarm], name: &str) -> Option<Alarm> {
    let same = |alarm: &&Alarm| alarm.id == name || alarm.id.replace('/', "_") == name;
    alarms.iter().find(same).cloned()
}

/// Which alarms are meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Several {
    /// All that stand and nobody has taken note of.
    #[serde(default)]
    all: bool,
    /// Or these.
    #[serde(default)]
    items: Vec<Seen>,
}

/// An alarm as the caller has seen it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeenAlarm)]
struct Seen {
    /// Its id.
    id: String,
    /// Since when it stands.
    since: Time,
}

/// How many were acknowledged.
#[derive(Serialize, ToSchema)]
#[schema(as = AckedAlarms)]
struct Acked {
    /// So many.
    acked: usize,
    /// The journal position that shows it.
    seq: u64,
}

pub(super) const ACK_SEVERAL: Words =
    Words::of("Takes note of several alarms: of all that stand, or of those that were seen.")
        .takes::<Several>()
        .gives::<Acked>();

/// Takes note of several: of all that stand, or of those the caller has seen.
pub(super) fn ack_several(ask: &Ask<'_>) -> Given {
    let Several { all, items } = ask.body()?;
    check(all, &items)?;
    let seen = if all {
        let snapshot = ask.api.snapshot();
        let open = snapshot.alarms.iter().filter(|a| a.acked.is_none());
        let seen = open.map(|a| Seen {
            id: a.id.clone(),
            since: a.since,
        });
        seen.take(AT_ONCE).collect()
    } else {
        items
    };
    let mut seq = ask.api.desk().latest().status.seq;
    let acked = seen.len();
    for Seen { id, since } in seen {
        let command = Command::AckAlarm { id, since };
        seq = ask.submit(Lane::Control, command)?.seq;
    }
    ask.api.shown(seq);
    Ok(Answer::ok(Acked { acked, seq }))
}

fn check(all: bool, items: &[Seen]) -> Result<(), Problem> {
    match (all, items.len()) {
        (true, 0) | (false, 1..=AT_ONCE) => Ok(()),
        (true, _) => Err(problem::invalid("all", "name items or say all, not both")),
        (false, 0) => Err(problem::invalid("items", "name items, or say all")),
        (false, _) => Err(problem::invalid(
            "items",
            format!("at most {AT_ONCE} at once"),
        )),
    }
}
