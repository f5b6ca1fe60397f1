//! How well orders were carried out, read from the journal.

use serde_json::Value;

use super::answer::Answer;
use super::ask::Ask;
use super::executed::Executed;
use super::routes::Given;
use super::{audit, problem};
use crate::client::Problem;

/// Seconds of engine time looked back on where nobody says otherwise, and at most.
const DAY_S: i64 = 86_400;
const MOST_S: i64 = 30 * DAY_S;
/// Records read, at most: the latest.
const RECORDS: u64 = 1_000_000;

/// Fill efficiency, confidence, slippage and edge decay over `window` seconds.
pub(super) fn summary(ask: &Ask<'_>) -> Given {
    told(ask, Executed::telemetry)
}

/// How orders ended over `window` seconds, and what they cost.
pub(super) fn execution(ask: &Ask<'_>) -> Given {
    told(ask, Executed::execution)
}

fn told(ask: &Ask<'_>, document: fn(&Executed, i64) -> Value) -> Given {
    let window_s = window(ask)?;
    let snapshot = ask.api.snapshot();
    let upto = snapshot.status.seq;
    let mut executed = Executed::since(snapshot.status.clock.plus_s(-window_s));
    let from = upto.saturating_sub(RECORDS) + 1;
    audit::each(&ask.api.journal_dir(), from, upto, |_, time, body| {
        executed.take(time, body);
        true
    })?;
    let mut told = document(&executed, window_s);
    told["seq"] = upto.into();
    Ok(Answer::ok(told))
}

fn window(ask: &Ask<'_>) -> Result<i64, Problem> {
    let window_s = ask.parsed::<i64>("window")?.unwrap_or(DAY_S);
    if (1..=MOST_S).contains(&window_s) {
        return Ok(window_s);
    }
    let why = format!("{window_s} is not within 1 and {MOST_S} seconds");
    Err(problem::invalid("window", why))
}
