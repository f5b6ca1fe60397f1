//! The steps of a run: bounded pieces of work in a fixed order, and what each of them builds on.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::search::GENERATION;
use super::spec::Method;

/// Trials, or candidates, of a step.
pub(super) const GROUP: usize = 8;

/// A step, by its place in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Tries points of a fold's generation, counted within it.
    Search {
        /// Which fold, from 0.
        fold: usize,
        /// Which generation of the fold, from 0.
        generation: usize,
        /// Which of the generation's points.
        points: Range<usize>,
    },
    /// Judges the best of a fold.
    Judge {
        /// Which fold, from 0.
        fold: usize,
    },
    /// Looks at candidates for the first time.
    Screen {
        /// Which, from 0.
        candidates: Range<usize>,
    },
    /// Judges those of the candidates that were not dropped.
    Cold {
        /// Which, from 0.
        candidates: Range<usize>,
    },
    /// Tries the one strategy on all bars.
    Whole,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its place.
    pub id: StepId,
    /// What it does.
    pub work: Work,
    /// The first step of its group: what it builds on lies between this one and `after`.
    pub(super) group: u32,
    /// All steps of the group before this one must be done.
    pub(super) after: u32,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.work {
            Work::Search {
                fold,
                generation,
                points,
            } => {
                let (first, last) = (points.start + 1, points.end);
                write!(
                    f,
                    "fold {}, generation {}, trials {first} to {last}",
                    fold + 1,
                    generation + 1
                )
            }
            Work::Judge { fold } => write!(f, "judging fold {}", fold + 1),
            Work::Screen { candidates } => {
                write!(
                    f,
                    "a first look at candidates {} to {}",
                    candidates.start + 1,
                    candidates.end
                )
            }
            Work::Cold { candidates } => {
                write!(
                    f,
                    "judging candidates {} to {}",
                    candidates.start + 1,
                    candidates.end
                )
            }
            Work::Whole => f.write_str("one strategy on all bars"),
        }
    }
}

/// Appends steps in their order.
#[derive(Debug, Default)]
struct Order(Vec<Step>);

impl Order {
    fn next(&self) -> u32 {
        self.0.len() as u32
    }

    fn push(&mut self, work: Work, group: u32, after: u32) {
        let id = StepId(self.next());
        self.0.push(Step {
            id,
            work,
            group,
            after,
        });
    }
}

/// The steps of an optimisation; `trials` are those of each fold.
pub(super) fn optimise(method: Method, trials: &[usize]) -> Vec<Step> {
    let mut order = Order::default();
    for (fold, trials) in trials.iter().enumerate() {
        let group = order.next();
        let size = match method {
            Method::Tpe => GENERATION,
            Method::Grid | Method::Random => (*trials).max(1),
        };
        for generation in 0..trials.div_ceil(size) {
            let after = order.next();
            let points = (*trials - generation * size).min(size);
            for from in (0..points).step_by(GROUP) {
                let points = from..(from + GROUP).min(points);
                let work = Work::Search {
                    fold,
                    generation,
                    points,
                };
                order.push(work, group, after);
            }
        }
        order.push(Work::Judge { fold }, group, order.next());
    }
    order.0
}

/// The steps of a discovery.
pub(super) fn discover(candidates: usize) -> Vec<Step> {
    let mut order = Order::default();
    for from in (0..candidates).step_by(GROUP) {
        let candidates = from..(from + GROUP).min(candidates);
        let group = order.next();
        let screen = Work::Screen {
            candidates: candidates.clone(),
        };
        order.push(screen, group, group);
        order.push(Work::Cold { candidates }, group, group + 1);
    }
    order.0
}

/// The one step of a backtest.
pub(super) fn whole() -> Vec<Step> {
    let mut order = Order::default();
    order.push(Work::Whole, 0, 0);
    order.0
}
