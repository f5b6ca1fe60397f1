//! Research runs (S5): what was asked, how far it is, which compute slots its steps hold, and what came
//! of it. What is computed lies with the edges; here is who may compute when, and what counts.

mod decide;
mod fold;

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::activity::ActivityKind;
use super::id::{ActivityId, ReservationId, RunId};
use super::reservation::Class;
use super::text::{Name, Symbol};
use super::time::Time;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum RunKind {
    /// Searches the parameters of a strategy.
    #[n(0)]
    Optimise,
    /// Composes new strategies.
    #[n(1)]
    Discover,
    /// Judges one strategy as it is.
    #[n(2)]
    Backtest,
}

impl RunKind {
    /// As in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Optimise => "optimise",
            Self::Discover => "discover",
            Self::Backtest => "backtest",
        }
    }

    /// The agent that does it.
    pub fn agent(self) -> Name {
        let name = match self {
            Self::Optimise | Self::Backtest => "optimizer",
            Self::Discover => "discoverer",
        };
        name.parse().expect("a built-in name")
    }

    /// What it is among the activities.
    pub fn activity(self) -> ActivityKind {
        match self {
            Self::Optimise | Self::Backtest => ActivityKind::Optimisation,
            Self::Discover => ActivityKind::Discovery,
        }
    }

    /// What its compute slots are reserved for.
    pub fn class(self) -> Class {
        match self {
            Self::Optimise | Self::Backtest => Class::Backtest,
            Self::Discover => Class::Research,
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum RunStatus {
    /// Waits for its first step.
    #[n(0)]
    Queued,
    /// At work.
    #[n(1)]
    Running,
    /// Every gate was passed.
    #[n(2)]
    Passed,
    /// A gate was not.
    #[n(3)]
    Failed,
    /// A gate had nothing to judge by.
    #[n(4)]
    NotJudged,
    /// Stopped by somebody, or by HARDSTOP.
    #[n(5)]
    Cancelled,
}

impl RunStatus {
    /// As in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotJudged => "not_judged",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing follows.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// One gate, and what stood before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct GateResult {
    /// Its name: sharpe, drawdown, trades, return, baseline …
    #[n(0)]
    pub gate: String,
    /// What is asked.
    #[n(1)]
    pub limit: String,
    /// What was found; none where nothing could be.
    #[n(2)]
    pub value: Option<String>,
    /// Whether it is passed; none: not judged, which is not passed.
    #[n(3)]
    pub passed: Option<bool>,
}

/// What a strategy version has shown where it was not chosen: what its service is measured against.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Promise {
    /// Sharpe ratio of the daily returns, a year.
    #[cbor(n(0), with = "super::codec::dec", has_nil)]
    pub sharpe: Option<Decimal>,
    /// Largest fall from a peak, a positive fraction.
    #[cbor(n(1), with = "super::codec::dec", has_nil)]
    pub max_drawdown: Decimal,
    /// Closed trades.
    #[n(2)]
    pub trades: u64,
    /// Mean return of a trade on what it cost, after fees.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub mean_trade: Option<Decimal>,
    /// Standard deviation (n − 1) of those returns.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub deviation: Option<Decimal>,
    /// Share of the capital gained.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub gained: Decimal,
}

/// A strategy version that may be put into service: its rule with values for its parameters, and
/// what it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Version {
    /// The strategy.
    #[n(0)]
    pub strategy: Name,
    /// Which version of it.
    #[n(1)]
    pub version: String,
    /// The rule, as JSON.
    #[n(2)]
    pub definition: String,
    /// A value for every parameter.
    #[n(3)]
    pub parameters: Vec<Setting>,
    /// The pair it was judged on.
    #[n(4)]
    pub symbol: Symbol,
    /// Length of its bars, milliseconds.
    #[n(5)]
    pub interval_ms: i64,
    /// Whether it gives each position a stop.
    #[n(6)]
    pub has_stop: bool,
    /// What it has shown; none: nobody has judged it.
    #[n(7)]
    pub promise: Option<Promise>,
    /// The run that judged it.
    #[n(8)]
    pub run: Option<RunId>,
    /// SHA-256 of its composition, in hex.
    #[n(9)]
    pub feature_hash: String,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Setting {
    /// Which.
    #[n(0)]
    pub name: String,
    /// What it is set to.
    #[cbor(n(1), with = "super::codec::dec", has_nil)]
    pub value: Decimal,
}

/// A run somebody asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct RunRequest {
    /// What for.
    #[n(0)]
    pub kind: RunKind,
    /// Of which strategy; none: it composes its own.
    #[n(1)]
    pub strategy: Option<Name>,
    /// Everything that decides how it ends, as JSON; the core only keeps it.
    #[n(2)]
    pub spec: String,
    /// SHA-256 of the data, in hex.
    #[n(3)]
    pub data_hash: String,
    /// Version of the program whose figures it will be.
    #[n(4)]
    pub code_version: String,
    /// What chance is drawn from.
    #[n(5)]
    pub seed: u64,
    /// Backtests, as planned.
    #[n(6)]
    pub trials: u64,
    /// The same key again is the same run.
    #[n(7)]
    pub key: Option<String>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Verdict {
    /// Passed, failed or not judged.
    #[n(0)]
    pub status: RunStatus,
    /// The best it found, as JSON: parameters, in-sample and out-of-sample figures.
    #[n(1)]
    pub best: Option<String>,
    /// What it was judged by.
    #[n(2)]
    pub gates: Vec<GateResult>,
    /// SHA-256 of its report, in hex: the same for the same request.
    #[n(3)]
    pub hash: Option<String>,
    /// In words.
    #[n(4)]
    pub reason: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Run {
    /// Ours.
    #[n(0)]
    pub id: RunId,
    /// What was asked.
    #[n(1)]
    pub request: RunRequest,
    /// Who asked.
    #[n(2)]
    pub by: Name,
    /// Where it stands.
    #[n(3)]
    pub status: RunStatus,
    /// What it is among the activities, once it has begun.
    #[n(4)]
    pub activity: Option<ActivityId>,
    /// Steps under way or waiting, with the compute slot of each.
    #[n(5)]
    pub steps: BTreeMap<u32, ReservationId>,
    /// Steps done.
    #[n(6)]
    pub steps_done: u32,
    /// Backtests done.
    #[n(7)]
    pub trials_done: u64,
    /// What came of it.
    #[n(8)]
    pub verdict: Option<Verdict>,
    /// When it was asked for.
    #[n(9)]
    pub created_at: Time,
    /// When its first step began.
    #[n(10)]
    pub started_at: Option<Time>,
    /// When it was over.
    #[n(11)]
    pub ended_at: Option<Time>,
}

/// All runs and the versions they have proved.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Research {
    /// Those that are not over.
    #[n(0)]
    pub live: BTreeMap<RunId, Run>,
    /// Those that are, oldest first, bounded.
    #[n(1)]
    pub past: VecDeque<Run>,
    /// Steps by their compute slot.
    #[n(2)]
    slots: BTreeMap<ReservationId, (RunId, u32)>,
    /// Versions that may be put into service, oldest first, bounded.
    #[n(3)]
    pub versions: VecDeque<Version>,
}

impl Research {
    /// A run, over or not.
    pub fn get(&self, id: RunId) -> Option<&Run> {
        self.live
            .get(&id)
            .or_else(|| self.past.iter().find(|run| run.id == id))
    }

    /// The step that a compute slot is for.
    pub fn step_of(&self, slot: ReservationId) -> Option<(RunId, u32)> {
        self.slots.get(&slot).copied()
    }

    /// A version that may be put into service; the latest of its name.
    pub fn version(&self, strategy: Name, version: &str) -> Option<&Version> {
        let mut all = self.versions.iter().rev();
        all.find(|v| v.strategy == strategy && v.version == version)
    }
}
