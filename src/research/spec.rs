//! What a run is asked to do.

use std::path::PathBuf;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde::{Deserialize, Serialize};

use super::gates::Limits;
use super::refused;
use crate::core::risk::MOST;
use crate::core::{Refusal, Symbol};
use crate::strategies::Definition;

/// Bytes that a specification may have.
pub const MOST_BYTES: usize = 64 * 1024;
/// Trials that a run may have.
pub const MOST_TRIALS: u32 = 100_000;
/// Candidates that a discovery may compose.
pub const MOST_CANDIDATES: u32 = 5_000;
/// Folds that there may be.
pub const MOST_FOLDS: u32 = 20;
/// Files and folders that may be named.
const MOST_PATHS: usize = 100;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Searches the parameters of a strategy.
    Optimise,
    /// Composes strategies and tries them.
    Discover,
    /// Tries one strategy with given parameters.
    Backtest,
}

/// How parameters are searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All combinations, thinned to what may be tried.
    Grid,
    /// Drawn blindly, none twice.
    Random,
    /// Drawn where it went well so far (tree-structured Parzen estimator).
    #[default]
    Tpe,
}

/// What a run is asked to do; with its data, all that decides its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// What it is for.
    pub kind: Kind,
    /// The strategy; none for a discovery, which composes its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
    /// Parameters that are fixed; a search leaves them alone.
    #[serde(default)]
    pub set: Vec<(String, Decimal)>,
    /// Files of candles, and folders of them.
    pub data: Vec<PathBuf>,
    /// Only this pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Symbol>,
    /// How parameters are searched.
    #[serde(default)]
    pub method: Method,
    /// Trials of an optimisation, shared out over its folds.
    #[serde(default = "default_trials")]
    pub trials: u32,
    /// Where all choices come from.
    #[serde(default)]
    pub seed: u64,
    /// Fee of every fill, a fraction of its value.
    #[serde(default = "default_fee")]
    pub fee: Decimal,
    /// What a market order loses on the price, a fraction.
    #[serde(default)]
    pub slippage: Decimal,
    /// What each trial begins with, quote currency.
    #[serde(default = "default_cash")]
    pub cash: Decimal,
    /// Walk-forward folds.
    #[serde(default = "default_folds")]
    pub folds: u32,
    /// Strategies that a discovery composes.
    #[serde(default = "default_candidates")]
    pub candidates: u32,
    /// Whether missing bars are taken as they are, and only reported.
    #[serde(default)]
    pub allow_gaps: bool,
    /// The two parameters that the map is of; none leaves the choice to their influence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<(String, String)>,
    /// The limits of the gates.
    #[serde(default)]
    pub gates: Limits,
}

fn default_trials() -> u32 {
    200
}

fn default_fee() -> Decimal {
    dec!(0.0026)
}

fn default_cash() -> Decimal {
    dec!(10000)
}

fn default_folds() -> u32 {
    4
}

fn default_candidates() -> u32 {
    50
}

impl RunSpec {
    /// A run of a kind, with the defaults for everything else.
    pub fn new(kind: Kind, definition: Option<Definition>, data: Vec<PathBuf>) -> Self {
        Self {
            kind,
            definition,
            set: Vec::new(),
            data,
            symbol: None,
            method: Method::default(),
            trials: default_trials(),
            seed: 0,
            fee: default_fee(),
            slippage: Decimal::ZERO,
            cash: default_cash(),
            folds: default_folds(),
            candidates: default_candidates(),
            allow_gaps: false,
            map: None,
            gates: Limits::default(),
        }
    }

    /// Reads and checks one.
    ///
    /// # Errors
    /// `RESEARCH_PARAMETER` where it is too long or not of the form, and those of [`RunSpec::check`].
    pub fn from_json(text: &str) -> Result<Self, Refusal> {
        if text.len() > MOST_BYTES {
            return Err(too_long(text.len()));
        }
        let spec: Self = serde_json::from_str(text).map_err(|error| {
            let message = format!("this is no specification of a run: {error}");
            refused::parameter(message, "kind, data and the run's other fields are allowed")
        })?;
        spec.check()?;
        Ok(spec)
    }

    /// Whether it can be carried out, as far as that is known without the data.
    ///
    /// # Errors
    /// `RESEARCH_STRATEGY`: none where one is needed, or one that does not hold together.
    /// `RESEARCH_PARAMETER`: a number out of its range, or a parameter that the strategy does not have.
    /// `RESEARCH_DATA`: no path.
    pub fn check(&self) -> Result<(), Refusal> {
        self.strategy()?;
        for (name, value, most) in [
            ("trials", self.trials, MOST_TRIALS),
            ("candidates", self.candidates, MOST_CANDIDATES),
            ("folds", self.folds, MOST_FOLDS),
        ] {
            if value < 1 || value > most {
                let message = format!("{name} = {value} is out of range: 1 to {most} is allowed");
                let refusal = refused::parameter(message, "choose a number in the range");
                return Err(refusal.measured(most, value));
            }
        }
        if self.kind == Kind::Optimise && self.trials < self.folds {
            let message = format!(
                "{} trials leave some of {} folds without a search",
                self.trials, self.folds
            );
            let refusal = refused::parameter(message, "take more trials, or fewer folds");
            return Err(refusal.measured(self.folds, self.trials));
        }
        for (name, value) in [("fee", self.fee), ("slippage", self.slippage)] {
            if value < Decimal::ZERO || value >= Decimal::ONE {
                let message = format!("{name} = {value} is out of range: 0 up to below 1");
                return Err(refused::parameter(
                    message,
                    "it is a fraction: 0.0026 is 0.26 %",
                ));
            }
        }
        if self.cash <= Decimal::ZERO || self.cash >= MOST {
            let message = format!(
                "cash = {} is out of range: above 0, below {MOST}",
                self.cash
            );
            return Err(refused::parameter(message, "choose an amount in the range"));
        }
        if self.data.is_empty() || self.data.len() > MOST_PATHS {
            let message = format!(
                "{} paths of data: 1 to {MOST_PATHS} are allowed",
                self.data.len()
            );
            return Err(refused::data(
                message,
                "--data names a file of candles, or a folder",
            ));
        }
        let length = serde_json::to_string(self).map_or(usize::MAX, |text| text.len());
        if length > MOST_BYTES {
            return Err(too_long(length));
        }
        Ok(())
    }

    /// The strategy and its parameters.
    fn strategy(&self) -> Result<(), Refusal> {
        let Some(definition) = &self.definition else {
            if self.kind != Kind::Discover {
                return Err(refused::strategy("the run names no strategy"));
            }
            if let Some((name, _)) = self.set.first() {
                let message = format!("{name} is set, and a discovery has no strategy of its own");
                return Err(refused::parameter(message, "leave --set out"));
            }
            return Ok(());
        };
        if self.kind == Kind::Discover {
            let message = format!(
                "{} is named, and a discovery composes its own",
                definition.name
            );
            return Err(refused::strategy(message));
        }
        definition
            .check()
            .map_err(|error| refused::strategy(error.to_string()))?;
        for (name, value) in &self.set {
            let Some(parameter) = definition.parameter(name) else {
                let known: Vec<_> = definition
                    .parameters
                    .iter()
                    .map(|p| p.name.as_str())
                    .collect();
                let message = format!("{} has no parameter {name:?}", definition.name);
                let hint = format!("it has {}", known.join(", "));
                return Err(refused::parameter(message, &hint));
            };
            if !parameter.holds(*value) {
                let allowed = parameter.words();
                let message = format!("{name} = {value} is out of range: {allowed} is allowed");
                let refusal = refused::parameter(message, "choose a value in the range");
                return Err(refusal.measured(allowed, value));
            }
        }
        let mut names: Vec<_> = self.set.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if let Some(two) = names.windows(2).find(|two| two[0] == two[1]) {
            let message = format!("{} is set twice", two[0]);
            return Err(refused::parameter(message, "set it once"));
        }
        let named = self.map.iter().flat_map(|(one, other)| [one, other]);
        for name in named {
            if definition.parameter(name).is_none() {
                let message = format!("{} has no parameter {name:?} to map", definition.name);
                return Err(refused::parameter(message, "map two of its parameters"));
            }
        }
        Ok(())
    }
}

fn too_long(bytes: usize) -> Refusal {
    let message = format!("the run's specification has {bytes} bytes: at most {MOST_BYTES}");
    refused::parameter(message, "name folders instead of files").measured(MOST_BYTES, bytes)
}
