//! Runs: what is searched, how far it is, and what came of it.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, Rows, gates, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::research::RunStatus;
use crate::core::time::DAY_MS;
use crate::snapshot::{RunRow, Snapshot};

/// The pane.
pub struct Runs;

const COLUMNS: &[Column] = &[
    Column::whole("run", 6, 10),
    Column::whole("kind", 8, 5),
    Column::whole("strategy", 10, 8),
    Column::whole("status", 12, 9),
    Column::whole("progress", 15, 7),
    Column::number("left", 6, 6),
    Column::number("trials", 11, 4),
    Column::number("gates", 5, 6),
    Column::words("waits for, or why", 10, 3),
    Column::whole("pair", 8, 2),
    Column::whole("method", 6, 1),
    Column::number("ended", 5, 0),
];

/// Cells of a bar.
const BAR: usize = 10;
/// For how long what came to nothing stands first, milliseconds.
const RECENT: i64 = DAY_MS;

/// A run of that id.
pub fn of<'a>(id: &str, snapshot: &'a Snapshot) -> Option<&'a RunRow> {
    let mut runs = snapshot.research.runs.iter();
    runs.find(|run| run.id.to_string() == id)
}

/// A status in words.
pub fn word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::NotJudged => "not judged",
        status => status.as_str(),
    }
}

/// A status in words, with its shape.
pub fn status(run: &RunRow) -> Cell {
    let word = word(run.status);
    match run.status {
        RunStatus::Failed => Cell::of(Role::Bad, format!("X {word}")),
        RunStatus::NotJudged => Cell::of(Role::Warn, format!("! {word}")),
        RunStatus::Running if run.waits_for.is_some() => Cell::of(Role::Warn, "! held up"),
        RunStatus::Queued => Cell::of(Role::Warn, format!("! {word}")),
        RunStatus::Passed => Cell::of(Role::Good, format!("+ {word}")),
        RunStatus::Running => Cell::from(format!("> {word}")),
        RunStatus::Cancelled => Cell::from(format!("- {word}")),
    }
}

/// How far a run is, in whole percent.
pub fn percent(run: &RunRow) -> u32 {
    // What is not quite done does not read as done.
    (run.progress.clamp(0.0, 1.0) * 100.0).floor() as u32
}

/// How far a run is, as a question has it.
pub fn how_far(run: &RunRow) -> String {
    let left = eta(run).map_or_else(String::new, |left| format!(", {left} left"));
    format!(
        "{} of {} trials done{left}",
        figures::count(run.trials_done),
        figures::count(run.trials)
    )
}

/// Wall time that is left, coarse enough not to tick: `<1m`, `25m`, `3h`, `2d`.
pub fn eta(run: &RunRow) -> Option<String> {
    run.eta_s.map(figures::about)
}

/// What an operator should see first: what came to nothing of late, then what runs, then what waits.
fn rank(run: &RunRow, clock: Time) -> u8 {
    let recent = run.ended_at.is_some_and(|at| clock - at < RECENT);
    match run.status {
        RunStatus::Failed | RunStatus::NotJudged if recent => 0,
        RunStatus::Running => 1,
        RunStatus::Queued => 2,
        _ => 3,
    }
}

impl Rows for Runs {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let runs = &snapshot.research.runs;
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_by_key(|i| rank(&runs[*i], snapshot.status.clock));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.research.runs[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let run = &snapshot.research.runs[index];
        let over = run.status.is_over();
        let clock = snapshot.status.clock;
        Row {
            cells: vec![
                run.id.to_string().into(),
                run.kind.as_str().into(),
                strategy(run).into(),
                status(run),
                progress(run).into(),
                match over {
                    true => "-".into(),
                    false => eta(run).unwrap_or_else(|| "?".to_owned()),
                }
                .into(),
                trials(run).into(),
                gates::passed(&run.gates).into(),
                why(run).into(),
                run.symbol.map_or("-".into(), |s| s.to_string()).into(),
                run.method.as_deref().unwrap_or("-").into(),
                run.ended_at
                    .map_or("-".into(), |at| figures::span(clock - at) + " ago")
                    .into(),
            ],
            quiet: rank(run, clock) == 3,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.research.runs[index])
    }
}

/// What it waits for, the gates it was stopped by, or what else came of it.
fn why(run: &RunRow) -> String {
    let stopped = gates::stopped(&run.gates);
    let reason = || run.reason.clone().unwrap_or_default();
    match run.status {
        RunStatus::Passed => String::new(),
        RunStatus::Failed | RunStatus::NotJudged if !stopped.is_empty() => stopped,
        _ => run.waits_for.clone().unwrap_or_else(reason),
    }
}

/// What it searches.
pub fn strategy(run: &RunRow) -> String {
    run.strategy
        .map_or("new ones".to_owned(), |name| name.to_string())
}

/// How much of it is computed; what is over has none left to show.
fn progress(run: &RunRow) -> String {
    match run.status {
        RunStatus::Passed | RunStatus::Failed | RunStatus::NotJudged => String::new(),
        _ => bar(run, BAR),
    }
}

/// A bar and whole percent.
pub fn bar(run: &RunRow, width: usize) -> String {
    let done = Decimal::from(percent(run));
    let bar = figures::bar(&[(done, '█')], Decimal::ONE_HUNDRED, width);
    format!("{bar} {:>3}%", percent(run))
}

/// Done, of those planned.
fn trials(run: &RunRow) -> String {
    let all = figures::count(run.trials);
    if run.status.is_over() && run.trials_done == run.trials {
        return all;
    }
    format!("{}/{all}", figures::count(run.trials_done))
}

/// How many are at work, wait, and came to nothing of late.
pub fn summary(snapshot: &Snapshot) -> String {
    let clock = snapshot.status.clock;
    let runs = &snapshot.research.runs;
    let count = |of: u8| runs.iter().filter(|r| rank(r, clock) == of).count();
    let mut parts = vec![format!("{} running", count(1))];
    for (of, word) in [(2, "queued"), (0, "failed or not judged")] {
        if count(of) > 0 {
            parts.push(format!("{} {word}", count(of)));
        }
    }
    let hidden = snapshot
        .research
        .runs_total
        .saturating_sub(runs.len() as u64);
    if hidden > 0 {
        parts.push(format!("{hidden} older not shown"));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn what_came_to_nothing_of_late_stands_first_and_then_what_runs() {
        let snapshot = fixture::snapshot();
        let words: Vec<&str> = Runs
            .order(&snapshot)
            .iter()
            .map(|i| word(snapshot.research.runs[*i].status))
            .collect();
        assert_eq!(
            words,
            [
                "failed",
                "not judged",
                "running",
                "running",
                "queued",
                "passed",
                "failed",
                "cancelled"
            ]
        );
    }

    #[test]
    fn a_run_that_is_nearly_done_does_not_read_as_done() {
        let mut run = fixture::snapshot().research.runs[0].clone();
        run.progress = 0.999;
        assert_eq!(percent(&run), 99);
        run.progress = f64::NAN;
        assert_eq!(percent(&run), 0);
    }
}
