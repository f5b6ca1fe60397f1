//! A run's row.

use super::RunRow;
use crate::core::State;
use crate::core::research::{Run, RunKind, RunStatus};
use crate::core::reservation::Standing;
use crate::snapshot::contention::{Running, waits_for};
use crate::snapshot::samples::{RunSample, Samples};

/// A run's document.
pub(in crate::snapshot) fn run(state: &State, samples: &Samples, r: &Run) -> RunRow {
    let said = samples.texts.of(r);
    let verdict = r.verdict.as_ref();
    let progress = samples.research.get(&r.id);
    let running = running(state, r);
    RunRow {
        id: r.id,
        kind: r.request.kind,
        strategy: r.request.strategy,
        symbol: said.symbol,
        method: match r.request.kind {
            RunKind::Optimise => said.method.clone(),
            RunKind::Discover | RunKind::Backtest => None,
        },
        status: r.status,
        progress: share(r, progress),
        eta_s: progress
            .and_then(|p| p.eta_s)
            .filter(|_| !r.status.is_over()),
        trials: r.request.trials,
        trials_done: done(r),
        steps_running: u32::try_from(running).unwrap_or(u32::MAX),
        steps_waiting: u32::try_from(r.steps.len() - running).unwrap_or(u32::MAX),
        best: said.best.clone(),
        gates: verdict.map(|v| v.gates.clone()).unwrap_or_default(),
        reason: verdict.map(|v| v.reason.clone()),
        data_hash: r.request.data_hash.clone(),
        code_version: r.request.code_version.clone(),
        seed: r.request.seed,
        hash: verdict.and_then(|v| v.hash.clone()),
        by: r.by,
        created_at: r.created_at,
        started_at: r.started_at,
        ended_at: r.ended_at,
        waits_for: run_waits(state, r),
    }
}

/// Steps that hold a compute slot.
fn running(state: &State, r: &Run) -> usize {
    let held = r.steps.values().filter(|slot| {
        let row = state.ledger.get(**slot);
        row.is_some_and(|row| row.standing == Standing::Held)
    });
    held.count()
}

/// Backtests done. A step that was computed as its slot was lost is never told of, and a report is of all
/// of them.
fn done(r: &Run) -> u64 {
    let reported = r.verdict.as_ref().is_some_and(|v| v.hash.is_some());
    if reported {
        r.request.trials
    } else {
        r.trials_done
    }
}

/// As whoever computes it counts, else by the steps that are done.
fn share(r: &Run, progress: Option<&RunSample>) -> f64 {
    if r.status.is_over() && r.status != RunStatus::Cancelled {
        return 1.0;
    }
    let (done, of) = match progress {
        Some(p) => (p.done, p.of),
        None => (r.trials_done, r.request.trials),
    };
    if of == 0 {
        return 0.0;
    }
    (done as f64 / of as f64).min(1.0)
}

/// What keeps a run from going on, in words: what runs before it, or its compute slots.
pub fn run_waits(state: &State, r: &Run) -> Option<String> {
    if r.status.is_over() || running(state, r) > 0 {
        return None;
    }
    if !state.mode().reserves() {
        return Some("for trading to go on".into());
    }
    let Some(activity) = r.activity.and_then(|id| state.activities.live.get(&id)) else {
        return Some("for its turn".into());
    };
    let first = Running::of(state);
    if let Some(other) = first.holding(activity).or_else(|| first.before(activity)) {
        let kind = state.activities.live.get(&other).map(|a| a.kind.as_str());
        return Some(format!("for {other}, a {}, to end", kind.unwrap_or("part")));
    }
    let rows = r.steps.values().filter_map(|slot| state.ledger.get(*slot));
    let words = rows.filter_map(waits_for).next()?;
    Some(format!("a compute slot: {words}"))
}
