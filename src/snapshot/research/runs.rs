//! A run's row.

use serde::Deserialize;

use super::RunRow;
use crate::core::research::{Run, RunStatus};
use crate::core::reservation::Standing;
use crate::core::{State, Symbol};
use crate::snapshot::contention::{Running, waits_for};
use crate::snapshot::samples::{RunSample, Samples};

/// What a row shows of what was asked; the core only keeps it.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    symbol: Option<Symbol>,
    #[serde(default)]
    method: Option<String>,
}

/// A run's document.
pub(in crate::snapshot) fn run(state: &State, samples: &Samples, r: &Run) -> RunRow {
    let asked: Asked = serde_json::from_str(&r.request.spec).unwrap_or_default();
    let verdict = r.verdict.as_ref();
    let progress = samples.research.get(&r.id);
    let held = r.steps.values().filter(|slot| {
        let row = state.ledger.get(**slot);
        row.is_some_and(|row| row.standing == Standing::Held)
    });
    let running = held.count();
    RunRow {
        id: r.id,
        kind: r.request.kind,
        strategy: r.request.strategy,
        symbol: asked.symbol,
        method: asked.method,
        status: r.status,
        progress: share(r, progress),
        eta_s: progress
            .and_then(|p| p.eta_s)
            .filter(|_| !r.status.is_over()),
        trials: r.request.trials,
        trials_done: r.trials_done,
        steps_running: u32::try_from(running).unwrap_or(u32::MAX),
        steps_waiting: u32::try_from(r.steps.len() - running).unwrap_or(u32::MAX),
        best: verdict
            .and_then(|v| v.best.as_deref())
            .and_then(|best| serde_json::from_str(best).ok()),
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
        waits_for: waits(state, r, running),
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

/// What keeps it from going on: what runs before it, or its compute slots.
fn waits(state: &State, r: &Run, running: usize) -> Option<String> {
    if r.status.is_over() || running > 0 {
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
