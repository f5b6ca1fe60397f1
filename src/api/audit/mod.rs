//! The journal, readable: one line an event.

mod filter;

use std::collections::VecDeque;
use std::path::Path;

use serde_json::json;

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::{Param, Words};
use super::problem::unreadable;
use super::routes::Given;
use crate::client::Problem;
use crate::core::record::RecordBody;
use crate::core::{Event, Time};
use crate::journal::{JournalError, Reader};
use crate::snapshot::AuditLine;
pub(super) use filter::{Filter, Mark};

/// Lines at most, in one answer.
const MOST: usize = 10_000;
/// Lines by default.
const LIMIT: usize = 1_000;

pub(super) const LIST: Words = Words::of("The journal, readable: an event a line.")
    .query(&[
        Param::text(
            "since",
            "From this record or this RFC 3339 time on; else the latest.",
        ),
        Param::text("until", "Up to this record or this RFC 3339 time."),
        Param::number("limit", (0, 10_000), "Lines, at most."),
        Param::text("kind", "Only events of this name."),
        Param::text("actor", "Only what this one did."),
        Param::text(
            "from",
            "Only what was asked from there, such as `unix:1000`; `engine` is the engine itself.",
        ),
    ])
    .gives_lines::<AuditLine>()
    .refuses(&[409]);

/// From a record or a time on, else the latest; `kind` is an event's name.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    let filter = Filter::read(|name| ask.query(name))?;
    let limit = ask.parsed::<usize>("limit")?.unwrap_or(LIMIT).min(MOST);
    let upto = ask.api.snapshot().status.seq;
    let from = match filter.since {
        Some(Mark::Seq(seq)) => seq.max(1),
        // Each record has at least one line.
        None if filter.is_open() && filter.until.is_none() => {
            upto.saturating_sub(limit as u64).max(1)
        }
        _ => 1,
    };
    let mut lines = VecDeque::new();
    let mut total = 0_u64;
    each(&ask.api.journal_dir(), from, upto, |seq, time, body| {
        if !filter.takes(seq, time, body) {
            return !filter.until.is_some_and(|mark| mark.is_before(seq, time));
        }
        // From a place on, a record is never cut: who reads on goes on with the next.
        if filter.since.is_some() && lines.len() >= limit {
            return false;
        }
        for event in body.events.iter().filter(|event| filter.shows(event)) {
            total += 1;
            if filter.since.is_none() && lines.len() == limit {
                lines.pop_front();
            }
            lines.push_back(line(seq, time, body, event));
        }
        true
    })?;
    Ok(Answer::ok(
        json!({ "items": lines, "seq": upto, "total": total }),
    ))
}

/// An event of a record as the audit has it.
pub(super) fn line(seq: u64, time: Time, body: &RecordBody, event: &Event) -> AuditLine {
    AuditLine {
        seq,
        time,
        kind: event.name().to_owned(),
        actor: body.actor,
        origin: body.origin,
        cause: (body.cause != 0).then_some(body.cause),
        data: json!(event),
    }
}

/// Shows every record from `from` to `upto`, until `show` has seen enough.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn each(
    dir: &Path,
    from: u64,
    upto: u64,
    mut show: impl FnMut(u64, Time, &RecordBody) -> bool,
) -> Result<(), Problem> {
    if upto == 0 {
        // A folder that never held an engine has no journal.
        return Ok(());
    }
    let opened = match Reader::open_dir(dir, from) {
        Err(JournalError::Archived { first, .. }) => Reader::open_dir(dir, first),
        opened => opened,
    };
    let mut reader = opened.map_err(unreadable)?;
    reader.set_limit(upto);
    while let Some(record) = reader.next_record().map_err(unreadable)? {
        let body = RecordBody::decode(record.body).map_err(unreadable)?;
        if !show(record.seq, record.time, &body) {
            break;
        }
    }
    Ok(())
}
