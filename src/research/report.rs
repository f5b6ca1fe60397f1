//! What a run has come to.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::data::Gaps;
use super::figures::{Curve, Figures};
use super::gates::{GateResult, Verdict};
use super::plane::Plane;
use super::result::Values;
use super::spec::{Kind, Method};
use crate::core::{Symbol, Time};
use crate::strategies::Definition;

/// What it was done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// How parameters were searched.
    pub method: Method,
    /// Where all choices came from.
    pub seed: u64,
    /// Walk-forward folds.
    pub folds: u32,
    /// Fee of every fill, a fraction of its value.
    pub fee: Decimal,
    /// What a market order loses on the price, a fraction.
    pub slippage: Decimal,
    /// What each trial began with, quote currency.
    pub cash: Decimal,
    /// What was fixed.
    pub set: Values,
    /// The pair.
    pub symbol: Symbol,
    /// Bars there are.
    pub bars: u64,
    /// Length of a bar, milliseconds.
    pub interval_ms: i64,
    /// Where the first begins.
    pub first: Time,
    /// Where the last ends.
    pub last: Time,
    /// What is missing between them.
    pub gaps: Gaps,
}

/// The parameters that a run stands for, and what they came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Every parameter's value; of an optimisation the last fold's.
    pub parameters: Values,
    /// On the bars that chose them; none where nothing was chosen.
    pub in_sample: Option<Figures>,
    /// On bars that did not; of an optimisation the judged blocks of all folds.
    pub out_of_sample: Figures,
}

/// How much of a Sharpe ratio may be luck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deflated {
    /// How many were tried.
    pub tried: u64,
    /// Of how many it is the best: of an optimisation those of the last fold, on whose bars its ratio is.
    #[serde(default)]
    pub among: u64,
    /// The ratio that is judged, per year: of an optimisation the in-sample one of the last fold, of a
    /// discovery the out-of-sample one.
    pub sharpe: Option<Decimal>,
    /// The best ratio that so many give by luck alone, per year.
    pub by_luck: Option<Decimal>,
    /// The chance that it is better than luck, 0 to 1.
    pub probability: Option<Decimal>,
    /// The chance that the out-of-sample ratio is above 0, 0 to 1, as of one look.
    pub out_of_sample: Option<Decimal>,
}

/// A fold and its best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldReport {
    /// Which, from 1.
    pub fold: u32,
    /// Where the bars of its search begin.
    pub searched_from: Time,
    /// Where the bars that judge it begin.
    pub judged_from: Time,
    /// Where they end.
    pub judged_to: Time,
    /// How many were tried.
    pub trials: u64,
    /// Every parameter's value.
    pub parameters: Values,
    /// On the bars of its search.
    pub in_sample: Option<Figures>,
    /// On the bars that judge it.
    pub out_of_sample: Figures,
}

/// A composed strategy and how far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// SHA-256 of its composition, in hex.
    pub feature_hash: String,
    /// The whole of it; none where it was dropped at first look, or failed and ranks below the first 200.
    pub definition: Option<Definition>,
    /// At first look.
    pub first_look: Figures,
    /// On the bars before those that judge it.
    pub in_sample: Option<Figures>,
    /// On the bars that judge it.
    pub out_of_sample: Option<Figures>,
    /// The gates.
    pub gates: Vec<GateResult>,
    /// What they came to; failed where it was dropped at first look.
    pub status: Verdict,
    /// Deflated by the number of candidates.
    pub deflated: Option<Deflated>,
    /// Why it was dropped at first look.
    pub dropped: Option<String>,
}

/// What a run has come to. It holds no wall time: the same spec and data give the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What it was for.
    pub kind: Kind,
    /// The strategy; of a discovery the best one's name.
    pub strategy: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What the gates came to.
    pub status: Verdict,
    /// How many were tried.
    pub trials: u64,
    /// What the run stands for; none where a discovery has nothing left.
    pub best: Option<Best>,
    /// The gates, on out-of-sample figures.
    pub gates: Vec<GateResult>,
    /// Holding the out-of-sample bars.
    pub baseline: Option<Figures>,
    /// How much may be luck.
    pub deflated: Option<Deflated>,
    /// The folds of an optimisation.
    pub folds: Vec<FoldReport>,
    /// The candidates of a discovery: those judged by rank, then the dropped in their order.
    pub candidates: Vec<Candidate>,
    /// The map of an optimisation.
    pub plane: Option<Plane>,
    /// The equity of the best in sample, of an optimisation in the last fold.
    pub in_sample: Option<Curve>,
    /// Its equity out of sample.
    pub out_of_sample: Option<Curve>,
    /// The equity of holding the out-of-sample bars.
    pub held: Option<Curve>,
    /// What it was done with.
    pub terms: Terms,
    /// SHA-256 of the data, in hex.
    pub data_hash: String,
    /// Of the program.
    pub code_version: String,
    /// SHA-256 of the report with this field empty, as JSON with sorted keys, in hex.
    pub hash: String,
}
