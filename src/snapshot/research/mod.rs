//! The documents of research: runs, the strategy versions they have proved, and the services those do.

mod alarms;
mod lists;
mod runs;
mod services;
#[cfg(test)]
mod tests;
mod texts;
mod versions;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub(super) use alarms::alarms;
pub use lists::{Page, RunFilter, ServiceFilter};
pub(super) use lists::{runs as run_list, services as service_list};
pub(super) use runs::run;
pub use runs::run_waits;
pub(super) use services::service;
pub use texts::RunTexts;
pub use versions::described;
pub(super) use versions::{version, versions};

use super::samples::Samples;
use crate::core::id::{ReservationId, RunId, ServiceId};
use crate::core::research::{GateResult, RunKind, RunStatus};
use crate::core::service::{End, Kind};
use crate::core::{Name, State, Symbol, Time};

/// Rows of each list, at most.
const ROWS: usize = 100;

/// What is searched, and what is at work.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ResearchDocument {
    /// Live ones, then the latest that ended; at most 100.
    pub runs: Vec<RunRow>,
    /// How many are remembered.
    pub runs_total: u64,
    /// Live ones, then the latest that ended; at most 100.
    pub services: Vec<ServiceRow>,
    /// How many are remembered.
    pub services_total: u64,
    /// Shares of its capital that a deployment goes through, 0 to 1, before it is in service.
    #[serde(default)]
    pub shares: Vec<Decimal>,
}

/// A research run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// What it is for.
    pub kind: RunKind,
    /// The strategy it searches; none: it composes its own.
    pub strategy: Option<Name>,
    /// The pair, where one was named.
    pub symbol: Option<Symbol>,
    /// `grid`, `random`, `tpe`; none where nothing is searched.
    pub method: Option<String>,
    /// Where it stands.
    pub status: RunStatus,
    /// Share of it that is computed, 0 to 1.
    pub progress: f64,
    /// Seconds of wall time it may still take.
    pub eta_s: Option<u64>,
    /// Backtests, as planned.
    pub trials: u64,
    /// Backtests done.
    pub trials_done: u64,
    /// Steps that hold a compute slot.
    pub steps_running: u32,
    /// Steps that wait for one.
    pub steps_waiting: u32,
    /// What it found, once it is over: `parameters`, `in_sample`, `out_of_sample`.
    pub best: Option<Value>,
    /// What it was judged by.
    pub gates: Vec<GateResult>,
    /// What came of it, in words.
    pub reason: Option<String>,
    /// SHA-256 of the data, in hex.
    pub data_hash: String,
    /// Version of the program whose figures it shows.
    pub code_version: String,
    /// What chance is drawn from.
    pub seed: u64,
    /// SHA-256 of its report, in hex.
    pub hash: Option<String>,
    /// Who asked.
    pub by: Name,
    /// When.
    pub created_at: Time,
    /// When its first step began.
    pub started_at: Option<Time>,
    /// When it was over.
    pub ended_at: Option<Time>,
    /// What it waits for, in words.
    pub waits_for: Option<String>,
}

/// A strategy version at work: a candidate or a deployment. Figures are those of its stage; of one that
/// ended, those of its last.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServiceRow {
    /// Its id.
    pub id: ServiceId,
    /// How it came to work.
    pub kind: Kind,
    /// The strategy.
    pub strategy: Name,
    /// Which version of it.
    pub version: String,
    /// The pair it trades.
    pub symbol: Symbol,
    /// Length of its bars, seconds.
    pub interval_s: i64,
    /// `warm`, `limited`, `stage_1` …, `in_service`.
    pub stage: String,
    /// Share of its capital that it may use in this stage, 0 to 1.
    pub share: Decimal,
    /// `waiting`, `running`, `ended`.
    pub status: String,
    /// What it waits for, in words.
    pub waits_for: Option<String>,
    /// USD it was given; 0 while it waits.
    pub capital: Decimal,
    /// USD asked for.
    pub asked: Decimal,
    /// Signals it has given.
    pub signals: u64,
    /// Closed trades.
    pub trades: u64,
    /// Those with a gain.
    pub wins: u64,
    /// Their share, percent.
    pub win_rate_pct: Option<Decimal>,
    /// All that it has gained, what is open included, USD.
    pub pnl: Decimal,
    /// The part of it that is open, USD.
    pub unrealised: Decimal,
    /// `pnl` of what it may use, percent.
    pub return_pct: Option<Decimal>,
    /// Sharpe ratio of its days, a year.
    pub sharpe: Option<Decimal>,
    /// The same of holding its symbol.
    pub baseline_sharpe: Option<Decimal>,
    /// Largest fall from a peak, percent.
    pub max_drawdown_pct: Decimal,
    /// The fall that ends it, percent.
    #[serde(default)]
    pub allowed_drawdown_pct: Option<Decimal>,
    /// What its research has shown.
    pub promise: Option<PromiseRow>,
    /// What it was judged by at last.
    pub gates: Vec<GateResult>,
    /// The stages it has left, oldest first.
    pub stages: Vec<StageRow>,
    /// The run that found or judged it.
    pub run: Option<RunId>,
    /// Who asked for it.
    pub by: Name,
    /// When.
    pub created_at: Time,
    /// When it came to its stage.
    pub stage_since: Time,
    /// Seconds of engine time before its stage can be left; 0: it is judged as soon as it can be.
    pub time_left_s: Option<u64>,
    /// What it holds or waits for.
    pub holds: Vec<ReservationId>,
    /// The service whose place it takes.
    pub replaces: Option<ServiceId>,
    /// How it ended.
    pub end: Option<EndRow>,
}

/// What a strategy version has shown where it was not chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PromiseRow {
    /// Sharpe ratio, a year.
    pub sharpe: Option<Decimal>,
    /// Largest fall from a peak, percent.
    pub max_drawdown_pct: Decimal,
    /// Closed trades.
    pub trades: u64,
    /// Mean return of a trade, percent.
    pub mean_trade_pct: Option<Decimal>,
    /// Share of the capital gained, percent.
    pub return_pct: Decimal,
}

/// The figures with which a stage was left.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StageRow {
    /// Which.
    pub stage: String,
    /// When.
    pub left_at: Time,
    /// Closed trades.
    pub trades: u64,
    /// What they gained, USD.
    pub pnl: Decimal,
    /// Sharpe ratio of its days, a year.
    pub sharpe: Option<Decimal>,
    /// Largest fall from a peak, percent.
    pub max_drawdown_pct: Decimal,
    /// What it was judged by.
    pub gates: Vec<GateResult>,
}

/// How a service ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndRow {
    /// How.
    pub how: End,
    /// When.
    pub at: Time,
    /// Why.
    pub reason: String,
}

/// A strategy version that there is: built in, or proved by a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyRow {
    /// Its name.
    pub name: String,
    /// Which version.
    pub version: String,
    /// What it does, in a sentence.
    pub about: String,
    /// SHA-256 of its composition, in hex.
    pub feature_hash: String,
    /// `built_in`, `found`, `optimised`.
    pub origin: String,
    /// The pair it was judged on; none: it is for any.
    pub symbol: Option<Symbol>,
    /// The run that judged it.
    pub run: Option<RunId>,
    /// What it has shown.
    pub promise: Option<PromiseRow>,
    /// The deployment it is at work in.
    pub in_service: Option<ServiceId>,
}

/// The newest of both, those that are not over first.
pub(super) fn document(state: &State, samples: &Samples, now: Time) -> ResearchDocument {
    let (all, services) = (&state.research, &state.services);
    let live = all.live.values().rev();
    let runs = live.chain(all.past.iter().rev()).take(ROWS);
    let working = services.live.values().rev();
    let working = working.chain(services.past.iter().rev()).take(ROWS);
    ResearchDocument {
        runs: runs.map(|r| run(state, samples, r)).collect(),
        runs_total: (all.live.len() + all.past.len()) as u64,
        services: working
            .map(|s| service(state, &samples.quotes, now, s))
            .collect(),
        services_total: (services.live.len() + services.past.len()) as u64,
        shares: shares(state),
    }
}

fn shares(state: &State) -> Vec<Decimal> {
    let stages = state.settings.research.stages.iter();
    stages.map(|share| share.0.normalize()).collect()
}
