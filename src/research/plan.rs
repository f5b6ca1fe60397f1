//! A run that has been checked against its data: its steps, which of them are ready, and how each is
//! computed. Nothing in here knows when or on how many cores.

mod checked;
mod ready;
mod summed;

pub use ready::Ready;

use sha2::{Digest, Sha256};

use super::data::Dataset;
use super::folds::Fold;
use super::random::Random;
use super::result::{Cold, Found, Judged, Results, Screened, StepResult, Trial, Values};
use super::search::{GENERATION, generation};
use super::space::{Point, Space};
use super::spec::RunSpec;
use super::steps::{Step, StepId, Work};
use super::trial::{Stopped, Window, tried};
use super::{figures::Figures, folds};
use crate::strategies::Chosen;
use rust_decimal::Decimal;

/// Fewer closed trades in a first look are hopeless.
const FEWEST: u64 = 5;
/// A drawdown of so many times the gate's limit is hopeless.
const DEEPER: u32 = 2;

/// What there is to do, by the kind of run.
#[derive(Debug, Clone)]
enum Task {
    Optimise {
        space: Space,
        folds: Vec<Fold>,
        /// Each fold's points, where they do not depend on what came of others.
        points: Option<Vec<Vec<Point>>>,
    },
    Discover {
        candidates: Vec<Chosen>,
    },
    Backtest {
        chosen: Chosen,
    },
}

/// A run and its steps.
#[derive(Debug, Clone)]
pub struct Plan {
    spec: RunSpec,
    data: Dataset,
    fingerprint: String,
    steps: Vec<Step>,
    task: Task,
}

impl Plan {
    /// What it was asked to do.
    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// On which bars.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// SHA-256 of all that decides its results, in hex; its step results carry it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// All steps, in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The steps that are not done and whose grounds are, in their order.
    pub fn ready(&self, done: &Results) -> Vec<StepId> {
        let mut ready = Vec::new();
        let (mut group, mut missing) = (0, None);
        for step in &self.steps {
            if step.group != group {
                (group, missing) = (step.group, None);
            }
            if done.contains(step.id) {
                continue;
            }
            let first = *missing.get_or_insert(step.id.0);
            if step.after <= first {
                ready.push(step.id);
            }
        }
        ready
    }

    /// What a step is computed from, of all that is done.
    pub fn grounds(&self, step: StepId, done: &Results) -> Results {
        let step = self.steps.get(step.0 as usize);
        step.map_or_else(Results::default, |step| {
            done.between(StepId(step.group), StepId(step.after))
        })
    }

    /// Computes a step from the results of those before it. `stop` is asked every few thousand bars.
    ///
    /// # Errors
    /// `stop` said so; the step's grounds are missing; or the backtest cannot be carried out.
    pub fn compute(
        &self,
        step: StepId,
        so_far: &Results,
        stop: &dyn Fn() -> bool,
    ) -> Result<StepResult, Stopped> {
        let step = self.steps.get(step.0 as usize).ok_or(Stopped::NotReady)?;
        let found = match &step.work {
            Work::Search {
                fold,
                generation,
                points,
            } => {
                let points = self
                    .points(step, *fold, *generation, so_far)?
                    .get(points.start..)
                    .map(|rest| rest[..rest.len().min(points.len())].to_vec());
                Found::Tried(self.search(*fold, &points.unwrap_or_default(), stop)?)
            }
            Work::Judge { fold } => {
                let history = self.history(step, so_far)?;
                Found::Judged(Box::new(self.judge(*fold, &history, stop)?))
            }
            Work::Screen { candidates } => {
                let looks = candidates.clone().map(|nth| self.screen(nth, stop));
                Found::Screened(looks.collect::<Result<_, _>>()?)
            }
            Work::Cold { .. } => {
                let before = StepId(step.id.0.saturating_sub(1));
                let Some(Found::Screened(looks)) = so_far.found(before) else {
                    return Err(Stopped::NotReady);
                };
                let left = looks.iter().filter(|look| look.dropped.is_none());
                let judged = left.map(|look| self.cold(look.candidate as usize, stop));
                Found::Cold(judged.collect::<Result<_, _>>()?)
            }
            Work::Whole => {
                let Task::Backtest { chosen } = &self.task else {
                    return Err(Stopped::NotReady);
                };
                Found::Judged(Box::new(Judged {
                    parameters: values(chosen),
                    in_sample: None,
                    out_of_sample: self.tried(chosen, 0..self.data.bars(), stop)?,
                }))
            }
        };
        Ok(StepResult {
            plan: self.fingerprint.clone(),
            step: step.id,
            found,
        })
    }

    /// Reads a line that was written for this plan; none where it is torn, of another plan, or not what
    /// its step finds: that step is computed again.
    pub fn admit(&self, line: &str) -> Option<StepResult> {
        let result: StepResult = serde_json::from_str(line).ok()?;
        let step = self.steps.get(result.step.0 as usize)?;
        let fits = match (&step.work, &result.found) {
            (Work::Search { points, .. }, Found::Tried(trials)) => {
                let known = |trial: &Trial| self.space()?.point(&trial.parameters);
                trials.len() <= points.len() && trials.iter().all(|t| known(t).is_some())
            }
            (Work::Judge { .. } | Work::Whole, Found::Judged(_)) => true,
            (Work::Screen { candidates }, Found::Screened(looks)) => {
                let nth = looks.iter().map(|look| look.candidate as usize);
                nth.eq(candidates.clone())
            }
            (Work::Cold { candidates }, Found::Cold(judged)) => {
                let mut nth = judged.iter().map(|j| j.candidate as usize);
                nth.all(|nth| candidates.contains(&nth))
            }
            _ => false,
        };
        (fits && result.plan == self.fingerprint).then_some(result)
    }

    fn space(&self) -> Option<&Space> {
        match &self.task {
            Task::Optimise { space, .. } => Some(space),
            Task::Discover { .. } | Task::Backtest { .. } => None,
        }
    }

    /// The points of a step's generation.
    fn points(
        &self,
        step: &Step,
        fold: usize,
        nth: usize,
        so_far: &Results,
    ) -> Result<Vec<Point>, Stopped> {
        let Task::Optimise { space, points, .. } = &self.task else {
            return Err(Stopped::NotReady);
        };
        if let Some(points) = points {
            return points.get(fold).cloned().ok_or(Stopped::NotReady);
        }
        let history = self.history(step, so_far)?;
        let purpose = [fold as u64, nth as u64];
        let random = Random::of(self.spec.seed, &purpose);
        Ok(generation(space, &history, GENERATION, random))
    }

    /// What was tried in the steps that a step builds on, in their order.
    fn history(&self, step: &Step, so_far: &Results) -> Result<Vec<(Point, Option<f64>)>, Stopped> {
        let space = self.space().ok_or(Stopped::NotReady)?;
        let mut history = Vec::new();
        for before in step.group..step.after {
            let Some(Found::Tried(trials)) = so_far.found(StepId(before)) else {
                return Err(Stopped::NotReady);
            };
            for trial in trials {
                let point = space.point(&trial.parameters).ok_or(Stopped::NotReady)?;
                history.push((point, trial.figures.sharpe_f64()));
            }
        }
        Ok(history)
    }

    fn search(
        &self,
        fold: usize,
        points: &[Point],
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<Trial>, Stopped> {
        let Task::Optimise { space, folds, .. } = &self.task else {
            return Err(Stopped::NotReady);
        };
        let rows = &folds[fold].search;
        let trial = |point: &Point| {
            let chosen = space.chosen(point).ok_or(Stopped::NotReady)?;
            Ok(Trial {
                parameters: space.values(point),
                figures: self.tried(&chosen, rows.clone(), stop)?.figures(),
            })
        };
        points.iter().map(trial).collect()
    }

    fn judge(
        &self,
        fold: usize,
        history: &[(Point, Option<f64>)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Judged, Stopped> {
        let Task::Optimise { space, folds, .. } = &self.task else {
            return Err(Stopped::NotReady);
        };
        // Of equals the earlier: the order of trials is that of the plan.
        let worth = |sharpe: &Option<f64>| sharpe.unwrap_or(f64::NEG_INFINITY);
        let best = history.iter().reduce(|best, next| {
            if worth(&next.1) > worth(&best.1) {
                next
            } else {
                best
            }
        });
        let (point, _) = best.ok_or(Stopped::NotReady)?;
        let chosen = space.chosen(point).ok_or(Stopped::NotReady)?;
        let Fold { search, judge } = &folds[fold];
        Ok(Judged {
            parameters: values(&chosen),
            in_sample: Some(self.tried(&chosen, search.clone(), stop)?),
            out_of_sample: self.tried(&chosen, judge.clone(), stop)?,
        })
    }

    fn candidate(&self, nth: usize) -> Result<&Chosen, Stopped> {
        match &self.task {
            Task::Discover { candidates } => candidates.get(nth).ok_or(Stopped::NotReady),
            Task::Optimise { .. } | Task::Backtest { .. } => Err(Stopped::NotReady),
        }
    }

    fn screen(&self, nth: usize, stop: &dyn Fn() -> bool) -> Result<Screened, Stopped> {
        let rows = folds::first_look(self.data.bars(), self.spec.folds as usize);
        let figures = self.tried(self.candidate(nth)?, rows, stop)?.figures();
        Ok(Screened {
            candidate: nth as u32,
            dropped: self.hopeless(&figures),
            figures,
        })
    }

    /// Why a first look is enough, where it is.
    fn hopeless(&self, figures: &Figures) -> Option<String> {
        let deepest = self.spec.gates.max_drawdown_pct * Decimal::from(DEEPER);
        if figures.trades < FEWEST {
            return Some(format!(
                "{} trades at first look, at least {FEWEST}",
                figures.trades
            ));
        }
        if figures.max_drawdown_pct > deepest {
            let fell = figures.max_drawdown_pct.round_dp(2);
            return Some(format!("fell {fell} % at first look, at most {deepest} %"));
        }
        match figures.sharpe {
            Some(sharpe) if sharpe > Decimal::ZERO => None,
            Some(sharpe) => Some(format!(
                "a Sharpe of {} at first look, above 0",
                sharpe.round_dp(2)
            )),
            None => Some("no Sharpe at first look".to_owned()),
        }
    }

    fn cold(&self, nth: usize, stop: &dyn Fn() -> bool) -> Result<Cold, Stopped> {
        let judged = folds::judged(self.data.bars(), self.spec.folds as usize);
        let chosen = self.candidate(nth)?;
        Ok(Cold {
            candidate: nth as u32,
            in_sample: self.tried(chosen, 0..judged.start, stop)?,
            out_of_sample: self.tried(chosen, judged, stop)?,
        })
    }

    fn tried(
        &self,
        chosen: &Chosen,
        rows: std::ops::Range<usize>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Window, Stopped> {
        tried(&self.spec, &self.data, chosen, rows, stop)
    }
}

/// The value of every parameter.
fn values(chosen: &Chosen) -> Values {
    let all = chosen.parameters.iter();
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// SHA-256 of a text, in hex.
fn hashed(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
