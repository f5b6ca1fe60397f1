//! How the rows of runs, versions and services follow from what the state knows.

use super::rows::*;
use crate::core::Time;
use crate::core::id::ServiceId;
use crate::core::research::{Run, Version};
use crate::core::service::{Left, Service};

impl From<&Run> for RunRow {
    fn from(r: &Run) -> Self {
        let asked = &r.request;
        let verdict = r.verdict.as_ref();
        Self {
            id: r.id,
            kind: asked.kind,
            strategy: asked.strategy,
            status: r.status,
            activity_id: r.activity,
            spec: asked.spec.clone(),
            data_hash: asked.data_hash.clone(),
            code_version: asked.code_version.clone(),
            seed: asked.seed.to_string(),
            trials: asked.trials,
            trials_done: r.trials_done,
            steps_done: r.steps_done,
            best: verdict.and_then(|v| v.best.clone()),
            gates: json(&verdict.map(|v| v.gates.as_slice()).unwrap_or_default()),
            hash: verdict.and_then(|v| v.hash.clone()),
            reason: verdict.map(|v| v.reason.clone()),
            asked_by: r.by,
            created_at: r.created_at,
            started_at: r.started_at,
            ended_at: r.ended_at,
        }
    }
}

impl VersionRow {
    /// A version, and when it was proved.
    pub fn of(v: &Version, at: Time) -> Self {
        Self {
            id: format!("{}@{}", v.strategy, v.version),
            strategy: v.strategy,
            version: v.version.clone(),
            definition: v.definition.clone(),
            parameters: json(&v.parameters),
            symbol: v.symbol,
            interval_ms: v.interval_ms,
            has_stop: v.has_stop,
            promise: v.promise.as_ref().map(json),
            run_id: v.run,
            feature_hash: v.feature_hash.clone(),
            proved_at: at,
        }
    }
}

impl From<&Service> for ServiceRow {
    fn from(s: &Service) -> Self {
        let version = &s.version;
        // What ended has left its last stage, and its figures with it.
        let book = match (&s.ended, s.left.last()) {
            (Some(_), Some(left)) => &left.book,
            _ => &s.book,
        };
        let ended = s.ended.as_ref();
        Self {
            id: s.id,
            kind: s.kind,
            strategy: version.strategy,
            version: version.version.clone(),
            symbol: version.symbol,
            interval_ms: version.interval_ms,
            feature_hash: version.feature_hash.clone(),
            stage: s.stage.to_string(),
            asked: s.asked.normalize(),
            capital: s.capital.normalize(),
            signals: book.signals,
            trades: book.trades,
            wins: book.wins,
            realised: book.realised.normalize(),
            sharpe: book.days.yearly(),
            baseline_sharpe: book.baseline.yearly(),
            max_drawdown: book.max_drawdown.normalize(),
            holding: book.holding.as_ref().map(json),
            holds: json(&s.holds),
            run_id: s.run,
            asked_by: s.by,
            replaces: s.replaces,
            created_at: s.created_at,
            staged_at: s.staged_at,
            began_at: s.began_at,
            ended_at: ended.map(|e| e.at),
            end_how: ended.map(|e| e.how),
            end_reason: ended.map(|e| e.reason.clone()),
        }
    }
}

impl StageRow {
    /// The figures with which a service left a stage.
    pub fn of(service: ServiceId, left: &Left) -> Self {
        let book = &left.book;
        Self {
            service_id: service,
            stage: left.stage.to_string(),
            left_at: left.at,
            capital: book.capital.normalize(),
            signals: book.signals,
            trades: book.trades,
            wins: book.wins,
            realised: book.realised.normalize(),
            sharpe: book.days.yearly(),
            baseline_sharpe: book.baseline.yearly(),
            max_drawdown: book.max_drawdown.normalize(),
            gates: json(&left.gates),
        }
    }
}
