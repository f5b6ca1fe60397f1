//! What is known of a run that was opened: its plan, what is computed of it, and what may be next.

use std::sync::Arc;

use super::prepare::trials;
use super::progress::Progress;
use crate::research::{Plan, Ready, Results, StepId, StepResult};

/// A run's plan and how far it is.
pub(super) struct Book {
    pub plan: Arc<Plan>,
    pub results: Results,
    pub ready: Ready,
    pub progress: Progress,
}

impl Book {
    pub fn new(plan: Plan, results: Results) -> Self {
        let all = plan.steps().iter();
        let done = all.clone().filter(|step| results.contains(step.id));
        let progress = Progress {
            done: done.map(trials).sum(),
            of: all.map(trials).sum(),
            eta_s: None,
        };
        Self {
            ready: Ready::of(&plan, &results),
            plan: Arc::new(plan),
            results,
            progress,
        }
    }

    /// Whether a step is computed.
    pub fn has(&self, step: u32) -> bool {
        self.results.contains(StepId(step))
    }

    /// Whether all are.
    pub fn is_full(&self) -> bool {
        self.results.len() == self.plan.steps().len()
    }

    /// Backtests that a step is counted as.
    pub fn trials(&self, step: u32) -> u64 {
        self.plan.steps().get(step as usize).map_or(0, trials)
    }

    /// Takes a result in: the backtests it is counted as.
    pub fn add(&mut self, result: StepResult) -> u64 {
        let step = result.step;
        if self.results.contains(step) {
            return 0;
        }
        self.results.insert(result);
        self.ready.take(&self.plan, step, &self.results);
        let trials = self.trials(step.0);
        self.progress.done += trials;
        trials
    }
}
