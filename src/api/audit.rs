//! The journal, readable: one line an event.

use std::collections::VecDeque;
use std::path::Path;

use serde_json::json;

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::{Param, Words};
use super::problem::{self, unreadable};
use super::routes::Given;
use crate::client::Problem;
use crate::core::Time;
use crate::core::record::RecordBody;
use crate::journal::{JournalError, Reader};
use crate::snapshot::AuditLine;

/// Lines at most, in one answer.
const MOST: usize = 10_000;
/// Lines by default.
const LIMIT: usize = 1_000;

/// From where on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Since {
    Seq(u64),
    Time(Time),
}

pub(super) const LIST: Words = Words::of("The journal, readable: an event a line.")
    .query(&[
        Param::text(
            "since",
            "From this record or this RFC 3339 time on; else the latest.",
        ),
        Param::number("limit", (0, 10_000), "Lines, at most."),
        Param::text("kind", "Only events of this name."),
        Param::text("actor", "Only what this one did."),
    ])
    .gives_lines::<AuditLine>()
    .refuses(&[409]);

/// From a record or a time on, else the latest; `kind` is an event's name.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    let since = ask.query("since").map(since).transpose()?;
    let limit = ask.parsed::<usize>("limit")?.unwrap_or(LIMIT).min(MOST);
    let kind = ask.query("kind");
    let actor = ask.query("actor");
    let upto = ask.api.snapshot().status.seq;
    let from = match since {
        Some(Since::Seq(seq)) => seq.max(1),
        // Each record has at least one line.
        None if kind.is_none() && actor.is_none() => upto.saturating_sub(limit as u64).max(1),
        _ => 1,
    };
    let mut lines = VecDeque::new();
    let mut total = 0_u64;
    each(&ask.api.journal_dir(), from, upto, |seq, time, body| {
        if matches!(since, Some(Since::Time(start)) if time < start)
            || actor.is_some_and(|actor| actor != body.actor.as_str())
        {
            return true;
        }
        for line in lines_of(seq, time, body) {
            if kind.is_some_and(|kind| kind != line.kind) {
                continue;
            }
            total += 1;
            if lines.len() == limit {
                if since.is_some() {
                    return false;
                }
                lines.pop_front();
            }
            lines.push_back(line);
        }
        true
    })?;
    Ok(Answer::ok(
        json!({ "items": lines, "seq": upto, "total": total }),
    ))
}

fn since(text: &str) -> Result<Since, Problem> {
    if let Ok(seq) = text.parse() {
        return Ok(Since::Seq(seq));
    }
    serde_json::from_value(text.into())
        .map(Since::Time)
        .map_err(|_| {
            problem::invalid(
                "since",
                format!("{text:?} is no record and no RFC 3339 time"),
            )
        })
}

fn lines_of(seq: u64, time: Time, body: &RecordBody) -> impl Iterator<Item = AuditLine> + '_ {
    body.events.iter().map(move |event| AuditLine {
        seq,
        time,
        kind: event.name().to_owned(),
        actor: body.actor,
        cause: (body.cause != 0).then_some(body.cause),
        data: json!(event),
    })
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
