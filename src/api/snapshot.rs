//! Everything a screen shows, for consoles in other processes.

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::{Param, Words};
use super::routes::Given;
use crate::client::Problem;
use crate::snapshot::Snapshot;

/// Tells one snapshot from the next: journal position and wall time of the building.
pub(crate) fn tag(snapshot: &Snapshot) -> String {
    format!("{}.{}", snapshot.status.seq, snapshot.built_at.0)
}

pub(super) const WHOLE: Words = Words::of(
    "Everything a screen shows, at one journal position; 204 where the asker has it already.",
)
.query(&[
    Param::text(
        "after",
        "The one the asker has: its `status.seq`, a dot, its `built_at` in milliseconds.",
    ),
    Param::text("seq", "As it was after this record."),
])
.gives::<Snapshot>()
.nothing(204)
.refuses(&[404, 409]);

/// The newest one; 204 where the asker has it already (`after` is its [`tag`]). With `seq`, as it
/// was after that record: prices are those the decisions looked at, and what only a running engine
/// measures is not in it.
pub(super) fn whole(ask: &Ask<'_>) -> Given {
    if ask.api.desk().has_ended() {
        return Err(Problem::unreachable("the engine has ended"));
    }
    let snapshot = ask.api.snapshot();
    if let Some(seq) = ask.parsed::<u64>("seq")? {
        let last = snapshot.status.seq;
        if !(1..=last).contains(&seq) {
            return Err(Problem::new(
                404,
                "SEQ_UNKNOWN",
                format!("there is no record {seq}"),
                format!("the journal has 1 to {last}"),
            ));
        }
        let past = ask.api.past.at(&ask.api.journal_dir(), seq, &snapshot)?;
        return Ok(Answer::ok(past));
    }
    if ask.query("after") == Some(tag(&snapshot).as_str()) {
        return Ok(Answer::with(204, ()));
    }
    Ok(Answer::ok(&*snapshot))
}
