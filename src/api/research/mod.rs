//! Research runs: asked for, looked at, stopped.

mod wish;

use std::fs::File;
use std::io::{self, Read};
use std::sync::TryLockError;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::list::Seen;
use super::openapi::{AFTER, LIMIT, Param, STRATEGY, Words};
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::{list, problem, unknown};
use crate::client::Problem;
use crate::core::id::RunId;
use crate::core::{Command, Reply};
use crate::engine::Lane;
use crate::snapshot::{Query, RunFilter, RunRow};

/// Bytes of the largest report that is shown.
const LARGEST: u64 = 16 << 20;

pub(super) const LIST: Words =
    Words::of("Research runs: those that are not over, then the latest that ended.")
        .query(&[
            Param::one_of(
                "kind",
                &["optimise", "discover", "backtest"],
                "Only for this.",
            ),
            STRATEGY,
            Param::one_of(
                "status",
                &[
                    "all",
                    "live",
                    "queued",
                    "running",
                    "passed",
                    "failed",
                    "not_judged",
                    "cancelled",
                ],
                "Only those that stand there; `live` ones are not over.",
            ),
            LIMIT,
            AFTER,
        ])
        .gives_list::<RunRow>();

/// Those that are not over, then the latest that ended.
pub(super) fn list(ask: &Ask<'_>) -> Stepped {
    let status = ask.query("status").filter(|status| *status != "all");
    let live = status == Some("live");
    let filter = RunFilter {
        kind: one_of(ask.query("kind"), "kind", "optimise, discover and backtest")?,
        strategy: ask.parsed("strategy")?,
        status: one_of(
            status.filter(|_| !live),
            "status",
            "queued, running, passed, failed, not_judged, cancelled, live and all",
        )?,
        live,
    };
    Step::look(Query::Runs(filter, list::page(ask)?), |rows| {
        Step::done(Answer::ok(rows))
    })
}

/// What a word of the query stands for.
fn one_of<T: DeserializeOwned>(
    word: Option<&str>,
    field: &str,
    known: &str,
) -> Result<Option<T>, Problem> {
    let read = word.map(|word| serde_json::from_value(word.into()));
    let read = read.transpose();
    read.map_err(|_| problem::invalid(field, format!("{known} there are")))
}

pub(super) const ONE: Words = Words::of("A research run.").gives::<Seen<RunRow>>();

pub(super) fn one(ask: &Ask<'_>) -> Stepped {
    let id: RunId = ask.id("run")?;
    Step::show(Query::Run(id), "run", id.to_string())
}

pub(super) const BEGIN: Words = Words::of("Begins a research run on data of the engine's machine.")
    .takes::<wish::Wish>()
    .answers::<Seen<RunRow>>(202)
    .refuses(&[404]);

/// The specification is checked and its data read here; then the core is asked.
pub(super) fn begin(ask: &Ask<'_>) -> Given {
    let wish: wish::Wish = ask.body()?;
    let spec = wish.spec(ask)?;
    // A key is its caller's: the core knows it beyond the end of the process.
    let key = ask.request.key.map(|key| format!("{}/{key}", ask.actor()));
    let request = {
        let _one = match ask.api.reading.try_lock() {
            Ok(one) => one,
            // It guards memory, not data: a panic leaves nothing behind.
            Err(TryLockError::Poisoned(one)) => one.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(busy()),
        };
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

fn busy() -> Problem {
    Problem::new(
        429,
        "RESEARCH_BUSY",
        "the data of another run is being read",
        "ask again in a moment",
    )
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StopRunReason)]
struct Reason {
    /// Why, for the audit.
    #[serde(default)]
    reason: String,
}

pub(super) const STOP: Words = Words::of("Stops a research run.")
    .takes::<Reason>()
    .gives::<Seen<RunRow>>();

pub(super) fn stop(ask: &Ask<'_>) -> Stepped {
    let run: RunId = ask.id("run")?;
    let Reason { reason } = ask.body()?;
    let command = Command::StopRun { run, reason };
    Step::submit(Lane::Control, command, move |_| {
        Step::show(Query::Run(run), "run", run.to_string())
    })
}

pub(super) const REPORT: Words = Words::of("The report of a run that has one, as it was written.")
    .gives_any()
    .refuses(&[409]);

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
