//! What a state folder says when nobody runs on it.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::api::{Api, Folder};
use crate::client::Problem;
use crate::core::{Event, State, Time};
use crate::engine::{journal_dir, read_state};
use crate::gate::latched_above;
use crate::snapshot::{JournalRow, Samples};

/// The API of a folder: reads answer, changes do not.
///
/// # Errors
/// The journal cannot be read.
pub fn api(state_dir: &Path) -> Result<Api, Problem> {
    let state = state(state_dir)?;
    let live = state
        .identity
        .as_ref()
        .is_some_and(|identity| !identity.account.starts_with("paper"));
    let samples = Samples {
        wall: wall(),
        mode: if live { "live" } else { "paper" }.into(),
        journal: JournalRow {
            bytes: bytes(state_dir),
            ..JournalRow::default()
        },
        running: false,
        ..Samples::default()
    };
    Ok(Api::new(Folder::new(state, samples), state_dir))
}

/// The fold of the journal, and of the sentinels that a start would find.
///
/// # Errors
/// The journal cannot be read.
pub fn state(state_dir: &Path) -> Result<State, Problem> {
    if !state_dir.is_dir() {
        return Err(Problem::unreachable(format!(
            "there is no state folder {}, and no engine",
            state_dir.display()
        )));
    }
    let mut state = if journal_dir(state_dir).is_dir() {
        read_state(state_dir).map_err(unreadable)?
    } else {
        State::default()
    };
    if state.trading.hardstop.is_none()
        && let Some(epoch) = latched_above(state_dir, state.trading.cleared).map_err(unreadable)?
    {
        let at = state.time;
        let engaged = Event::HardstopEngaged {
            epoch,
            presses: state.trading.presses,
            by: "gate".parse().expect("a built-in name"),
            how: "sentinel".into(),
            reason: "a sentinel was left; the next start journals it".into(),
            entries: 0,
        };
        state.evolve(at, &engaged);
    }
    Ok(state)
}

fn unreadable(error: impl std::fmt::Display) -> Problem {
    Problem::new(
        0,
        "JOURNAL_UNREADABLE",
        error.to_string(),
        "`pilothouse journal verify` says where and what",
    )
}

fn bytes(state_dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(journal_dir(state_dir)) else {
        return 0;
    };
    let lengths = entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()));
    lengths.sum()
}

/// Wall time.
pub fn wall() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Time(since.map_or(0, |s| i64::try_from(s.as_millis()).unwrap_or(i64::MAX)))
}
