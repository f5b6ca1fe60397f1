//! From a specification and its data to a plan, or to why there is none.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::{Plan, Task, hashed};
use crate::core::Refusal;
use crate::research::compose::compose;
use crate::research::data::Dataset;
use crate::research::random::Random;
use crate::research::refused;
use crate::research::result::Values;
use crate::research::search::{all_of, grid, random};
use crate::research::space::Space;
use crate::research::spec::{Kind, Method, RunSpec};
use crate::research::trial::tried;
use crate::research::{folds, steps};
use crate::strategies::{Chosen, Definition, Term};
use rust_decimal::Decimal;

/// Bars that a block has at least.
const SHORTEST_BLOCK: usize = 30;
/// Points whose warm-up is looked at.
const LOOKED_AT: usize = 64;

impl Plan {
    /// Checks a run against its data and lays out its steps.
    ///
    /// # Errors
    /// Those of [`RunSpec::check`]; `RESEARCH_DATA_GAP` where bars are missing and that is not allowed;
    /// `RESEARCH_DATA_SHORT` where there are too few for the folds and the strategy's warm-up;
    /// `RESEARCH_PARAMETER` where there is nothing to search; `RESEARCH_DATA` where the core cannot start
    /// on it.
    pub fn new(spec: RunSpec, data: Dataset) -> Result<Self, Refusal> {
        spec.check()?;
        if !spec.allow_gaps {
            data.whole()?;
        }
        let fingerprint = hashed(&format!(
            "{}\n{}\n{}",
            env!("CARGO_PKG_VERSION"),
            data.hash,
            json!(RunSpec {
                data: Vec::<PathBuf>::new(),
                ..spec.clone()
            }),
        ));
        let (task, steps) = match spec.kind {
            Kind::Optimise => optimise(&spec, &data)?,
            Kind::Discover => discover(&spec, &data)?,
            Kind::Backtest => backtest(&spec, &data)?,
        };
        let plan = Self {
            spec,
            data,
            fingerprint,
            steps,
            task,
        };
        plan.can_start()?;
        Ok(plan)
    }

    /// Whether the core takes data and terms as they are, tried on the first bars.
    fn can_start(&self) -> Result<(), Refusal> {
        let chosen = match &self.task {
            Task::Optimise { space, .. } => {
                let point = random(space, 1, Random::of(0, &[])).pop();
                point.and_then(|point| space.chosen(&point))
            }
            Task::Discover { candidates } => candidates.first().cloned(),
            Task::Backtest { chosen } => Some(chosen.clone()),
        };
        let Some(chosen) = chosen else {
            return Ok(());
        };
        let began = tried(&self.spec, &self.data, &chosen, 0..2, &|| false);
        began
            .map(|_| ())
            .map_err(|error| refused::data(error.to_string(), "name other files with --data"))
    }
}

/// The strategy of a run, and what is fixed of it: what was set, and a quantity of 0 where none was, so
/// that it is sized by its share of the cash.
fn fixed(spec: &RunSpec) -> Result<(Arc<Definition>, Values), Refusal> {
    let definition = spec.definition.clone();
    let definition = definition.ok_or_else(|| refused::strategy("the run names no strategy"))?;
    let mut fixed = spec.set.clone();
    if let Term::Parameter(name) = &definition.size.quantity
        && !fixed.iter().any(|(known, _)| known == name)
        && definition
            .parameter(name)
            .is_some_and(|p| p.holds(Decimal::ZERO))
    {
        fixed.push((name.clone(), Decimal::ZERO));
    }
    Ok((Arc::new(definition), fixed))
}

fn optimise(spec: &RunSpec, data: &Dataset) -> Result<(Task, Vec<steps::Step>), Refusal> {
    let (definition, fixed) = fixed(spec)?;
    let name = definition.name.clone();
    let space = Space::new(definition, &fixed)?;
    if space.axes().is_empty() {
        let message = format!("{name} has no parameter to search");
        let hint = "give a parameter a search range, or leave one out of --set";
        return Err(refused::parameter(message, hint));
    }
    let samples = random(&space, LOOKED_AT, Random::of(0, &[0x3a]));
    let last = space.nth(space.size() - 1);
    let chosen = samples
        .iter()
        .chain([&last])
        .filter_map(|p| space.chosen(p));
    let Some(warm_up) = chosen.map(|c| c.warm_up()).max() else {
        let message = format!("no values of {name} meet its requirements");
        return Err(refused::parameter(
            message,
            "mend its search ranges, or what is --set",
        ));
    };
    long_enough(data, spec, warm_up)?;
    let count = spec.folds as usize;
    let budget = spec.trials as usize;
    let shares: Vec<usize> = (0..count)
        .map(|fold| budget / count + usize::from(fold < budget % count))
        .collect();
    let most = shares.first().copied().unwrap_or(0) as u64 * 4;
    let points = match spec.method {
        Method::Grid => Some(shares.iter().map(|n| grid(&space, *n)).collect::<Vec<_>>()),
        Method::Random => {
            let seeds = (0u64..).map(|fold| Random::of(spec.seed, &[fold]));
            let folds = shares.iter().zip(seeds);
            Some(folds.map(|(n, seed)| random(&space, *n, seed)).collect())
        }
        Method::Tpe => None,
    };
    let trials: Vec<usize> = match &points {
        Some(points) => points.iter().map(Vec::len).collect(),
        None => {
            let there = all_of(&space, most).map_or(usize::MAX, |all| all.len());
            shares.iter().map(|share| there.min(*share)).collect()
        }
    };
    let steps = steps::optimise(spec.method, &trials);
    let folds = folds::folds(data.bars(), count);
    Ok((
        Task::Optimise {
            space,
            folds,
            points,
        },
        steps,
    ))
}

fn discover(spec: &RunSpec, data: &Dataset) -> Result<(Task, Vec<steps::Step>), Refusal> {
    let composed = compose(spec.seed, spec.candidates as usize);
    let candidates: Vec<Chosen> = composed
        .into_iter()
        .filter_map(|definition| Arc::new(definition).with(&[]).ok())
        .collect();
    let warm_up = candidates.iter().map(Chosen::warm_up).max().unwrap_or(0);
    long_enough(data, spec, warm_up)?;
    let steps = steps::discover(candidates.len());
    Ok((Task::Discover { candidates }, steps))
}

fn backtest(spec: &RunSpec, data: &Dataset) -> Result<(Task, Vec<steps::Step>), Refusal> {
    let (definition, fixed) = fixed(spec)?;
    let chosen = definition
        .with(&fixed)
        .map_err(|error| refused::parameter(error.to_string(), "choose other values with --set"))?;
    let needed = chosen.warm_up() as usize + SHORTEST_BLOCK;
    enough(data, needed)?;
    Ok((Task::Backtest { chosen }, steps::whole()))
}

/// A block is long enough, and so are three of them for twice the warm-up.
fn long_enough(data: &Dataset, spec: &RunSpec, warm_up: u32) -> Result<(), Refusal> {
    let block = SHORTEST_BLOCK.max((2 * warm_up as usize).div_ceil(3));
    enough(data, block * (3 + spec.folds as usize))
}

fn enough(data: &Dataset, needed: usize) -> Result<(), Refusal> {
    let there = data.bars();
    if there >= needed {
        return Ok(());
    }
    let message = format!(
        "{} has {there} bars, the run needs {needed}",
        data.tape.symbol
    );
    Err(refused::short(message).measured(needed, there))
}
