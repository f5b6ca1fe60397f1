//! How far runs are, in figures and in words.

use super::pace;
use crate::core::State;
use crate::core::research::Run;
use crate::snapshot::run_waits;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Backtests computed.
    pub done: u64,
    /// Backtests planned.
    pub of: u64,
    /// Seconds of wall time until the last is computed, at the pace so far; none where nothing is
    /// computed now, or nothing was yet.
    pub eta_s: Option<u64>,
}

/// What the agent of a run is at: `run_12: 340 of 1000 trials, 2 min left`.
pub(super) fn words(state: &State, run: &Run, progress: Option<Progress>) -> String {
    let id = run.id;
    let Some(Progress { done, of, eta_s }) = progress else {
        return format!("{id}: reading its data");
    };
    let left = match (eta_s, run_waits(state, run)) {
        (_, Some(why)) => format!(", waits: {why}"),
        (Some(seconds), None) => format!(", {} left", pace::words(seconds)),
        (None, None) => String::new(),
    };
    format!("{id}: {done} of {of} trials{left}")
}
