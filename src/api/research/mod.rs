//! Research runs: asked for, looked at, stopped.

mod wish;

use std::fs::File;
use std::io::{self, Read};
use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::ask::Ask;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::{list, problem, unknown};
use crate::client::Problem;
use crate::core::id::RunId;
use crate::core::research::RunKind;
use crate::core::{Command, Name, Reply};
use crate::engine::Lane;
use crate::snapshot::{List, Query, RunRow};

/// Bytes of the largest report that is shown.
const LARGEST: u64 = 16 << 20;

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let kind = ask.query("kind");
    let kinds = [RunKind::Optimise, RunKind::Discover, RunKind::Backtest];
    if kind.is_some_and(|kind| kinds.iter().all(|known| known.as_str() != kind)) {
        return Err(problem::invalid(
            "kind",
            "optimise, discover and backtest there are",
        ));
    }
    let strategy: Option<Name> = ask.parsed("strategy")?;
    let status = ask.query("status").filter(|status| *status != "all");
    let snapshot = ask.api.snapshot();
    let rows: List<&RunRow> = List {
        items: snapshot.research.runs.iter().collect(),
        seq: snapshot.status.seq,
        total: snapshot.research.runs_total,
    };
    let pass = |row: &&RunRow| {
        kind.is_none_or(|kind| kind == row.kind.as_str())
            && strategy.is_none_or(|strategy| row.strategy == Some(strategy))
            && match status {
                None => true,
                Some("live") => !row.status.is_over(),
                Some(status) => status == row.status.as_str(),
            }
    };
    let filtered = kind.is_some() || strategy.is_some() || status.is_some();
    let known = (!filtered).then_some(rows.total);
    list::answer(ask, &rows, list::ALL, known, pass, |row| row.id.to_string())
}

pub(super) fn one(ask: &Ask<'_>) -> Stepped {
    let id: RunId = ask.id("run")?;
    Step::show(Query::Run(id), "run", id.to_string())
}

/// The specification is checked and its data read here; then the core is asked.
pub(super) fn begin(ask: &Ask<'_>) -> Given {
    let wish: wish::Wish = ask.body()?;
    let spec = wish.spec(ask)?;
    let key = ask.request.key.map(str::to_owned);
    let request = {
        let reading = &ask.api.reading;
        // It guards memory, not data: a panic leaves nothing behind.
        let _one = reading.lock().unwrap_or_else(PoisonError::into_inner);
        let prepared = ask.api.desk.prepare_run(spec, key);
        prepared.map_err(|error| problem::silent(&error))?
    };
    let request = request.map_err(problem::refused)?;
    let outcome = ask.submit(Lane::Normal, Command::AskRun(Box::new(request)))?;
    let Reply::Run(id) = outcome.reply else {
        return Err(unknown("run", "begun"));
    };
    Ok(Answer::with(202, ask.look(Query::Run(id))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    #[serde(default)]
    reason: String,
}

pub(super) fn stop(ask: &Ask<'_>) -> Stepped {
    let run: RunId = ask.id("run")?;
    let Reason { reason } = ask.body()?;
    let command = Command::StopRun { run, reason };
    Step::submit(Lane::Control, command, move |_| {
        Step::show(Query::Run(run), "run", run.to_string())
    })
}

/// The report as it was written, of a run that has one.
pub(super) fn report(ask: &Ask<'_>) -> Given {
    let id: RunId = ask.id("run")?;
    let folder = ask.api.state_dir.join("research").join(id.to_string());
    let text = match read(&folder.join("report.json")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(without(ask, id)?),
        Err(error) => return Err(unreadable(id, &error)),
    };
    match serde_json::from_str::<Value>(&text) {
        Ok(body) => Ok(Answer {
            status: 200,
            body,
            written: Some(text),
        }),
        Err(error) => Err(unreadable(id, &error)),
    }
}

fn read(path: &std::path::Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "it is larger than {LARGEST} bytes"
        )));
    }
    Ok(text)
}

/// Why a run has no report.
fn without(ask: &Ask<'_>, id: RunId) -> Result<Problem, Problem> {
    let run = ask.look(Query::Run(id))?;
    if run.is_null() {
        return Ok(unknown("run", &id.to_string()));
    }
    let status = run["status"].as_str().unwrap_or_default();
    Ok(Problem {
        rule: Some("report".into()),
        value: Some(status.to_owned()),
        ..Problem::new(
            409,
            "RESEARCH_NO_REPORT",
            format!("{id} is {status} and has no report"),
            "a report is written as a run passes, fails or cannot be judged",
        )
    })
}

fn unreadable(id: RunId, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        409,
        "RESEARCH_UNREADABLE",
        format!("the report of {id}: {why}"),
        "the run again gives the same report: `pilothouse research run`",
    )
}
