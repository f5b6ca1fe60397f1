//! A run as somebody asks for it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::api::ask::Ask;
use crate::api::exact::Exact;
use crate::api::problem;
use crate::api::strategies::nowhere;
use crate::client::Problem;
use crate::core::research::RunKind;
use crate::core::{Name, Symbol};
use crate::research::{Kind, Method, RunSpec};
use crate::snapshot::Query;
use crate::strategies::{Definition, named};

/// The body; what is absent is the run's default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResearchWish)]
pub(super) struct Wish {
    #[schema(value_type = RunKind)]
    kind: Kind,
    /// A built-in one, or one that a run has proved.
    strategy: Option<String>,
    /// Which version of it; the newest where none is named.
    version: Option<String>,
    /// One of the caller's own, in full.
    #[schema(value_type = Option<Value>)]
    definition: Option<Box<RawValue>>,
    /// Files of recorded data, on the engine's machine.
    #[schema(value_type = Vec<String>)]
    data: Vec<PathBuf>,
    /// The pair, where the data does not say it.
    symbol: Option<Symbol>,
    /// How parameters are searched.
    #[schema(value_type = Option<MethodWord>)]
    method: Option<Method>,
    /// Backtests, at most.
    trials: Option<u32>,
    /// What chance is drawn from.
    seed: Option<u64>,
    /// Values of parameters.
    #[serde(default)]
    set: BTreeMap<String, Exact>,
    /// Of each trade's value, a fraction.
    fee: Option<Exact>,
    /// Of each trade's price, a fraction.
    slippage: Option<Exact>,
    /// USD to begin with.
    cash: Option<Exact>,
    /// Parts the data is cut into.
    folds: Option<u32>,
    /// Candidates that a discovery may open.
    candidates: Option<u32>,
    /// Whether bars may be missing.
    #[serde(default)]
    allow_gaps: bool,
    /// The two parameters that the map is of.
    #[schema(value_type = Option<[String; 2]>)]
    map: Option<(String, String)>,
}

/// How parameters are searched.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its words are looked at")]
#[schema(as = SearchMethod)]
#[serde(rename_all = "snake_case")]
enum MethodWord {
    /// All combinations, thinned to what may be tried.
    Grid,
    /// Drawn blindly, none twice.
    Random,
    /// Drawn where it went well so far.
    Tpe,
}

impl Wish {
    /// What is to be computed.
    ///
    /// # Errors
    /// 404 no such strategy, 422 a definition that does not hold together.
    pub(super) fn spec(self, ask: &Ask<'_>) -> Result<RunSpec, Problem> {
        let (definition, proved) = self.definition(ask)?;
        // A proved version is judged as it is, but for what is said otherwise.
        let mut set = match self.kind {
            Kind::Backtest => proved,
            Kind::Optimise | Kind::Discover => BTreeMap::new(),
        };
        set.extend(self.set.into_iter().map(|(name, value)| (name, value.0)));
        let spec = RunSpec::new(self.kind, definition, self.data);
        let or = |given: Option<Exact>, default| given.map_or(default, |exact| exact.0);
        Ok(RunSpec {
            set: set.into_iter().collect(),
            symbol: self.symbol,
            method: self.method.unwrap_or(spec.method),
            trials: self.trials.unwrap_or(spec.trials),
            seed: self.seed.unwrap_or(spec.seed),
            fee: or(self.fee, spec.fee),
            slippage: or(self.slippage, spec.slippage),
            cash: or(self.cash, spec.cash),
            folds: self.folds.unwrap_or(spec.folds),
            candidates: self.candidates.unwrap_or(spec.candidates),
            allow_gaps: self.allow_gaps,
            map: self.map,
            ..spec
        })
    }

    /// The rule, and where a run has proved it the values that it has proved.
    fn definition(
        &self,
        ask: &Ask<'_>,
    ) -> Result<(Option<Definition>, BTreeMap<String, Decimal>), Problem> {
        let none = BTreeMap::new();
        match (&self.strategy, &self.definition) {
            (Some(_), Some(_)) => Err(problem::invalid(
                "definition",
                "a strategy is named already: one of the two",
            )),
            (None, Some(own)) => {
                let read = Definition::from_json(own.get());
                let definition = read.map_err(|error| problem::invalid("definition", error))?;
                Ok((Some(definition), none))
            }
            (None, None) => Ok((None, none)),
            (Some(name), None) => match named(name) {
                Ok(built_in) if self.version.as_ref().is_none_or(|v| *v == built_in.version) => {
                    Ok((Some((*built_in).clone()), none))
                }
                _ => self.proved(ask, name),
            },
        }
    }

    fn proved(
        &self,
        ask: &Ask<'_>,
        name: &str,
    ) -> Result<(Option<Definition>, BTreeMap<String, Decimal>), Problem> {
        let strategy: Name = name.parse().map_err(|_| nowhere(name))?;
        let version = self.version.clone();
        let found = ask.look(Query::Version { strategy, version })?;
        if found.is_null() {
            return Err(nowhere(name));
        }
        let text = found["definition"].as_str().unwrap_or_default();
        let read = Definition::from_json(text);
        let definition = read.map_err(|error| problem::invalid("strategy", error))?;
        let values = found["parameters"].as_array().into_iter().flatten();
        let values = values.filter_map(|setting| {
            let name = setting["name"].as_str()?;
            Some((name.to_owned(), value(&setting["value"])?))
        });
        Ok((Some(definition), values.collect()))
    }
}

fn value(setting: &Value) -> Option<Decimal> {
    serde_json::from_value(setting.clone()).ok()
}
