//! Lists: filtered, cut, counted.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::ask::Ask;
use super::routes::Given;
use crate::client::Problem;
use crate::snapshot::{List, Page, Snapshot};

/// Rows of a list, at most.
const MOST: usize = 1_000;

/// The rows that pass, from after `after` on and at most `limit`; `total` is how many there are in
/// all where that is known, and else how many of those in memory pass.
pub(super) fn answer<T: Serialize>(
    ask: &Ask<'_>,
    list: &List<T>,
    default_limit: usize,
    known: Option<u64>,
    pass: impl Fn(&T) -> bool,
    id: impl Fn(&T) -> String,
) -> Given {
    let limit = ask
        .parsed::<usize>("limit")?
        .unwrap_or(default_limit)
        .min(MOST);
    let after = ask.query("after");
    let passing: Vec<&T> = list.items.iter().filter(|row| pass(row)).collect();
    let total = known.unwrap_or(passing.len() as u64);
    let from = match after {
        Some(after) => passing
            .iter()
            .position(|row| id(row) == after)
            .map_or(passing.len(), |at| at + 1),
        None => 0,
    };
    let items: Vec<&T> = passing.into_iter().skip(from).take(limit).collect();
    Ok(Answer::ok(json!({
        "items": items,
        "seq": list.seq,
        "total": total,
    })))
}

/// Which rows of a list that the engine makes.
///
/// # Errors
/// A number or an id that is none.
pub(super) fn page<Id: FromStr<Err: Display>>(ask: &Ask<'_>) -> Result<Page<Id>, Problem> {
    Ok(Page {
        limit: ask.parsed("limit")?.unwrap_or(ALL).min(MOST),
        after: ask.parsed("after")?,
    })
}

/// One row, and the journal position that the snapshot shows it at.
pub(super) fn one(snapshot: &Snapshot, row: &impl Serialize) -> Answer {
    let mut answer = Answer::ok(row);
    answer.body["seq"] = snapshot.status.seq.into();
    answer
}

/// Rows that the caller has in hand already.
pub(super) fn whole(items: Vec<Value>, seq: u64) -> Answer {
    let total = items.len();
    Answer::ok(json!({ "items": items, "seq": seq, "total": total }))
}

/// How many rows a list has by default.
pub(super) const ALL: usize = MOST;
