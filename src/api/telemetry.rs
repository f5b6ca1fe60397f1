//! How well orders were carried out, read from the journal.

use super::answer::Answer;
use super::ask::Ask;
use super::executed::{Executed, Execution, Summary};
use super::openapi::{Param, Words};
use super::routes::Given;
use super::{audit, problem};
use crate::client::Problem;

/// Seconds of engine time looked back on where nobody says otherwise, and at most.
const DAY_S: i64 = 86_400;
const MOST_S: i64 = 30 * DAY_S;
/// Records read, at most: the latest.
const RECORDS: u64 = 1_000_000;

/// How far back it looks.
const WINDOW: &[Param] = &[Param::number(
    "window",
    (1, 30 * 86_400),
    "Seconds of engine time looked back on; a day where nobody says.",
)];

pub(super) const SUMMARY: Words =
    Words::of("Fill efficiency, confidence, slippage and what the price did after the fills.")
        .query(WINDOW)
        .gives::<Summary>()
        .refuses(&[409]);
pub(super) const EXECUTION: Words = Words::of("How orders ended, and what they cost.")
    .query(WINDOW)
    .gives::<Execution>()
    .refuses(&[409]);

pub(super) fn summary(ask: &Ask<'_>) -> Given {
    let (executed, window_s, seq) = executed(ask)?;
    Ok(Answer::ok(executed.telemetry(window_s, seq)))
}

pub(super) fn execution(ask: &Ask<'_>) -> Given {
    let (executed, window_s, seq) = executed(ask)?;
    Ok(Answer::ok(executed.execution(window_s, seq)))
}

/// What the journal tells of orders, over how many seconds, and up to which record.
fn executed(ask: &Ask<'_>) -> Result<(Executed, i64, u64), Problem> {
    let window_s = window(ask)?;
    let snapshot = ask.api.snapshot();
    let upto = snapshot.status.seq;
    let mut executed = Executed::since(snapshot.status.clock.plus_s(-window_s));
    let from = upto.saturating_sub(RECORDS) + 1;
    audit::each(&ask.api.journal_dir(), from, upto, |_, time, body| {
        executed.take(time, body);
        true
    })?;
    Ok((executed, window_s, upto))
}

fn window(ask: &Ask<'_>) -> Result<i64, Problem> {
    let window_s = ask.parsed::<i64>("window")?.unwrap_or(DAY_S);
    if (1..=MOST_S).contains(&window_s) {
        return Ok(window_s);
    }
    let why = format!("{window_s} is not within 1 and {MOST_S} seconds");
    Err(problem::invalid("window", why))
}
