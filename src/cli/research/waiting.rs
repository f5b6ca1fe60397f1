//! Until a run is over: how far it is, for whoever looks on.

use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::tell;
use crate::cli::harmless;
use crate::cli::picture::{bar, speaks_utf8};
use crate::cli::session::{Session, Shown};
use crate::client::{Call, Problem, UNREACHABLE};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);
/// Cells of the bar.
const WIDTH: usize = 24;
/// Lines are written where so many percent are done since the last one.
const STEP: u64 = 10;

/// Whether nothing follows.
pub fn is_over(run: &Value) -> bool {
    !matches!(run["status"].as_str(), Some("queued" | "running"))
}

/// Looks at a run until it is over, and shows how far it is: on stderr, and nothing with `--json`.
/// It ends with the run, with the engine, or with the signal that ends this process; the run goes on.
///
/// # Errors
/// What the engine says, or that it answers no more: a state folder without one never gets further.
pub fn until_over(session: &Session, mut run: Value) -> Shown {
    let id = run["id"].as_str().unwrap_or_default().to_owned();
    let mut onlooker = Onlooker::new(session.globals.json);
    while !is_over(&run) {
        onlooker.see(&run);
        thread::sleep(LOOK);
        match session.change(&Call::get(format!("research/runs/{id}"))) {
            Ok(newer) => run = newer,
            Err(problem) if may_pass(&problem) => {}
            Err(problem) if problem.code == UNREACHABLE => return Err(left_alone(problem, &id)),
            Err(problem) => return Err(problem),
        }
    }
    Ok(run)
}

/// The engine is there, and had no time to answer.
fn may_pass(problem: &Problem) -> bool {
    matches!(problem.code.as_str(), "ENGINE_BUSY" | "ENGINE_TIMEOUT")
}

/// The engine has gone before the run was over.
fn left_alone(problem: Problem, id: &str) -> Problem {
    Problem {
        message: format!("{}; {id} was not over", problem.message),
        hint: format!(
            "`pilothouse run` starts the engine; `pilothouse research show {id}` shows what became of it"
        ),
        ..problem
    }
}

/// Whoever looks on.
struct Onlooker {
    shows: Shows,
    /// What the last line said, without its numbers.
    last: Option<(u64, String)>,
}

enum Shows {
    /// One line, drawn anew each time.
    Bar,
    /// A line where something has changed.
    Lines,
    Nothing,
}

impl Onlooker {
    fn new(as_json: bool) -> Self {
        let shows = match (as_json, io::stderr().is_terminal()) {
            (true, _) => Shows::Nothing,
            (false, true) => Shows::Bar,
            (false, false) => Shows::Lines,
        };
        Self { shows, last: None }
    }

    fn see(&mut self, run: &Value) {
        match self.shows {
            Shows::Nothing => {}
            Shows::Lines => {
                if let Some(line) = self.news(run) {
                    eprintln!("{}", harmless::line(&line));
                }
            }
            Shows::Bar => {
                let share = run["progress"].as_f64().unwrap_or(0.0);
                let drawn = bar(share, WIDTH, !speaks_utf8());
                let mut out = io::stderr().lock();
                // A terminal that has gone sees nothing more; the run goes on.
                let _ = write!(out, "\r\x1b[K{drawn} {}", harmless::line(&line(run)));
                let _ = out.flush();
                self.last = Some((0, String::new()));
            }
        }
    }

    /// A line, where the last one is no longer true enough.
    fn news(&mut self, run: &Value) -> Option<String> {
        let percent = run["progress"].as_f64().unwrap_or(0.0) * 100.0;
        let reached = percent as u64 / STEP;
        let waits = run["waits_for"].as_str().unwrap_or_default();
        let now = (reached, format!("{} {waits}", run["status"]));
        if self.last.as_ref() == Some(&now) {
            return None;
        }
        self.last = Some(now);
        Some(line(run))
    }
}

impl Drop for Onlooker {
    fn drop(&mut self) {
        if matches!(self.shows, Shows::Bar) && self.last.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// How far it is, in words.
fn line(run: &Value) -> String {
    let status = run["status"].as_str().unwrap_or_default();
    let mut text = format!(
        "{status} {}, {} of {} trials",
        tell::percent(&run["progress"]),
        tell::short(&run["trials_done"]),
        tell::short(&run["trials"]),
    );
    if let Some(left) = run["eta_s"].as_u64() {
        text.push_str(&format!(", {} left", tell::span(left)));
    }
    if let Some(waits) = run["waits_for"].as_str() {
        text.push_str(&format!(", waits: {waits}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(progress: f64, waits: Option<&str>) -> Value {
        json!({"status": "running", "progress": progress, "trials": 200, "trials_done": 84,
               "eta_s": 75, "waits_for": waits})
    }

    #[test]
    fn a_line_comes_where_something_has_changed() {
        let mut onlooker = Onlooker {
            shows: Shows::Nothing,
            last: None,
        };
        let mut news = |progress, waits| onlooker.news(&run(progress, waits));
        assert_eq!(
            news(0.42, None).unwrap(),
            "running 42 %, 84 of 200 trials, 1 min 15 s left"
        );
        assert_eq!(news(0.43, None), None);
        assert!(
            news(0.43, Some("for its turn"))
                .unwrap()
                .ends_with("waits: for its turn")
        );
        assert!(news(0.51, None).unwrap().starts_with("running 51 %"));
    }
}
