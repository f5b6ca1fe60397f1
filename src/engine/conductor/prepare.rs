//! From what somebody wants searched to what the core is asked: checked, with its data read and its
//! backtests counted. It reads whole files: never on the engine's thread.

use std::path::PathBuf;

use rust_decimal_macros::dec;

use crate::core::research::{RunKind, RunRequest};
use crate::core::settings::ResearchSettings;
use crate::core::{Name, Refusal};
use crate::research::{Dataset, Kind, Limits, Plan, RunSpec, Step, Work};

/// Version of this program, which figures are of.
pub(super) const CODE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The gates as they are configured.
pub(in crate::engine) fn gates(settings: &ResearchSettings) -> Limits {
    Limits {
        sharpe: settings.min_sharpe,
        max_drawdown_pct: settings.max_drawdown * dec!(100),
        trades: u64::from(settings.min_trades),
        return_pct: dec!(0),
        over_baseline: settings.min_excess_sharpe,
    }
}

/// What the core is to be asked for a run. Its paths are those of this process's folder, and its gates
/// are the ones given, whatever the specification says; its pair is that of the data. The same specification, data and key give the
/// same request.
///
/// # Errors
/// Those of [`RunSpec::check`], [`Dataset::open`] and [`Plan::new`], each with its code.
pub fn prepare(spec: RunSpec, gates: Limits, key: Option<String>) -> Result<RunRequest, Refusal> {
    let data: Result<Vec<PathBuf>, Refusal> = spec.data.iter().map(absolute).collect();
    let spec = RunSpec {
        data: data?,
        gates,
        ..spec
    };
    spec.check()?;
    let strategy = spec.definition.as_ref().map(|d| name(&d.name));
    let strategy = strategy.transpose()?;
    let dataset = Dataset::open(&spec.data, spec.symbol)?;
    let data_hash = dataset.hash.clone();
    let spec = RunSpec {
        symbol: Some(dataset.tape.symbol),
        ..spec
    };
    let plan = Plan::new(spec, dataset)?;
    let spec = plan.spec();
    Ok(RunRequest {
        kind: match spec.kind {
            Kind::Optimise => RunKind::Optimise,
            Kind::Discover => RunKind::Discover,
            Kind::Backtest => RunKind::Backtest,
        },
        strategy,
        spec: serde_json::to_string(spec).expect("its keys are text"),
        data_hash,
        code_version: CODE_VERSION.to_owned(),
        seed: spec.seed,
        trials: plan.steps().iter().map(trials).sum(),
        key,
    })
}

/// What a step is counted as: what it tries, or looks at for the first time.
pub(super) fn trials(step: &Step) -> u64 {
    match &step.work {
        Work::Search { points, .. } => points.len() as u64,
        Work::Screen { candidates } => candidates.len() as u64,
        Work::Whole => 1,
        Work::Judge { .. } | Work::Cold { .. } => 0,
    }
}

fn absolute(path: &PathBuf) -> Result<PathBuf, Refusal> {
    std::fs::canonicalize(path).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Refusal::new(
            "RESEARCH_DATA",
            message,
            "--data names a file of candles, or a folder of them",
        )
    })
}

fn name(text: &str) -> Result<Name, Refusal> {
    text.parse().map_err(|error| {
        let message = format!("{text:?} is no name of a strategy: {error}");
        Refusal::new("RESEARCH_STRATEGY", message, "give it another name")
    })
}
