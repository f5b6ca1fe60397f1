//! From a report to what the core is told: the verdict, and the versions that may go on.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Map, Value, json};

use crate::core::id::RunId;
use crate::core::research::{GateResult, Promise, RunStatus, Setting, Verdict, Version};
use crate::research::{self, Best, Figures, Kind, Plan, Report, Values};
use crate::strategies::Definition;

/// How a run ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ending {
    pub verdict: Verdict,
    pub found: Vec<Version>,
}

/// A run that could not be carried out: nothing was judged.
pub(super) fn broken(why: &str) -> Ending {
    Ending {
        verdict: Verdict {
            status: RunStatus::NotJudged,
            best: None,
            gates: Vec::new(),
            hash: None,
            reason: why.to_owned(),
        },
        found: Vec::new(),
    }
}

/// How a run with this report ends.
pub(super) fn ending(run: RunId, plan: &Plan, report: &Report) -> Ending {
    let status = match report.status {
        research::Verdict::Passed => RunStatus::Passed,
        research::Verdict::Failed => RunStatus::Failed,
        research::Verdict::NotJudged => RunStatus::NotJudged,
    };
    let gates: Vec<GateResult> = report.gates.iter().map(gate).collect();
    let best = report.best.as_ref();
    Ending {
        verdict: Verdict {
            status,
            best: best.map(|best| document(best).to_string()),
            reason: reason(report),
            gates,
            hash: Some(report.hash.clone()),
        },
        found: found(run, plan, report),
    }
}

fn gate(gate: &research::GateResult) -> GateResult {
    GateResult {
        gate: gate.gate.clone(),
        limit: gate.limit.clone(),
        value: gate.value.clone(),
        passed: gate.passed,
    }
}

fn document(best: &Best) -> Value {
    let value = |(name, value): &(String, Decimal)| (name.clone(), json!(value));
    json!({
        "parameters": best.parameters.iter().map(value).collect::<Map<_, _>>(),
        "in_sample": best.in_sample,
        "out_of_sample": best.out_of_sample,
    })
}

/// The gates that decided it, in words.
fn reason(report: &Report) -> String {
    let of = |passed: Option<bool>| {
        let gates = report.gates.iter().filter(|g| g.passed == passed);
        let words = gates.map(|g| {
            let value = g.value.as_deref().unwrap_or("none");
            format!("{} {value}, wanted {}", g.gate, g.limit)
        });
        words.collect::<Vec<_>>().join("; ")
    };
    match report.status {
        research::Verdict::Passed => "every gate was passed".to_owned(),
        _ if report.gates.is_empty() => "nothing was left to be judged".to_owned(),
        research::Verdict::Failed => of(Some(false)),
        research::Verdict::NotJudged => {
            let short = of(Some(false));
            let what = if short.is_empty() { of(None) } else { short };
            format!("too little to judge by: {what}")
        }
    }
}

/// What passed: of a discovery every candidate that did, of an optimisation the strategy with the values
/// it has found. A backtest judges and shows: its values may have been chosen on the very bars it is
/// judged on, so that it proves nothing.
fn found(run: RunId, plan: &Plan, report: &Report) -> Vec<Version> {
    let passed = |status| status == research::Verdict::Passed;
    match report.kind {
        Kind::Backtest => Vec::new(),
        Kind::Discover => {
            let candidates = report.candidates.iter().filter(|c| passed(c.status));
            let versions = candidates.filter_map(|c| {
                let (definition, figures) = (c.definition.as_ref()?, c.out_of_sample.as_ref()?);
                version(run, report, definition, &Vec::new(), figures)
            });
            versions.collect()
        }
        Kind::Optimise => {
            let best = report.best.as_ref().filter(|_| passed(report.status));
            let definition = plan.spec().definition.as_ref();
            let only = best.zip(definition).and_then(|(best, definition)| {
                version(
                    run,
                    report,
                    definition,
                    &best.parameters,
                    &best.out_of_sample,
                )
            });
            only.into_iter().collect()
        }
    }
}

/// A version is called after the one it came from and the run that found it.
fn version(
    run: RunId,
    report: &Report,
    definition: &Definition,
    values: &Values,
    figures: &Figures,
) -> Option<Version> {
    let chosen = Arc::new(definition.clone()).with(values).ok()?;
    let setting = |(name, value): (&str, Decimal)| Setting {
        name: name.to_owned(),
        value,
    };
    Some(Version {
        strategy: definition.name.parse().ok()?,
        version: format!("{}-{run}", definition.version),
        definition: definition.to_json(),
        parameters: chosen.parameters.iter().map(setting).collect(),
        symbol: report.terms.symbol,
        interval_ms: report.terms.interval_ms,
        has_stop: chosen.has_stop(),
        promise: Some(promise(figures)),
        run: Some(run),
        feature_hash: definition.feature_hash(),
    })
}

fn promise(figures: &Figures) -> Promise {
    Promise {
        sharpe: figures.sharpe,
        max_drawdown: figures.max_drawdown_pct / dec!(100),
        trades: figures.trades,
        mean_trade: figures.mean_trade_pct.map(|share| share / dec!(100)),
        deviation: figures.trade_deviation_pct.map(|share| share / dec!(100)),
        gained: figures.return_pct / dec!(100),
    }
}
