//! Lists: filtered, cut, counted.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

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

/// A row, and the journal position that it shows.
#[derive(Serialize)]
pub(super) struct Seen<T> {
    #[serde(flatten)]
    pub(super) row: T,
    pub(super) seq: u64,
}

impl<T: ToSchema> PartialSchema for Seen<T> {
    fn schema() -> RefOr<Schema> {
        let seq = ObjectBuilder::new()
            .property("seq", u64::schema())
            .required("seq");
        AllOfBuilder::new()
            .item(Ref::from_schema_name(T::name()))
            .item(seq)
            .description(Some("With the journal position that it shows."))
            .into()
    }
}

impl<T: ToSchema> ToSchema for Seen<T> {
    fn name() -> Cow<'static, str> {
        format!("Seen_{}", T::name()).into()
    }

    fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
        all.push((T::name().into_owned(), T::schema()));
        T::schemas(all);
    }
}

/// One row, and the journal position that the snapshot shows it at.
pub(super) fn one(snapshot: &Snapshot, row: &impl Serialize) -> Answer {
    let seq = snapshot.status.seq;
    Answer::ok(Seen { row, seq })
}

/// Rows that the caller has in hand already.
pub(super) fn whole(items: Vec<Value>, seq: u64) -> Answer {
    let total = items.len();
    Answer::ok(json!({ "items": items, "seq": seq, "total": total }))
}

/// How many rows a list has by default.
pub(super) const ALL: usize = MOST;
