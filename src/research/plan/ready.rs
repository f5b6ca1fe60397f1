//! Which steps may be computed now, kept result by result: a plan has too many to look at all of them
//! each time.

use std::collections::BTreeSet;

use super::Plan;
use crate::research::result::Results;
use crate::research::steps::StepId;

/// The steps that are not done and whose grounds are, in their order.
#[derive(Debug, Clone)]
pub struct Ready(BTreeSet<StepId>);

impl Ready {
    /// Of what is done so far.
    pub fn of(plan: &Plan, done: &Results) -> Self {
        Self(plan.ready(done).into_iter().collect())
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = StepId> {
        self.0.iter().copied()
    }

    /// A step was done; `done` has it.
    pub fn take(&mut self, plan: &Plan, step: StepId, done: &Results) {
        let Some(this) = plan.steps.get(step.0 as usize) else {
            return;
        };
        // The first step of a group that is not done is always ready: others build on it.
        let mut earlier = self.0.range(StepId(this.group)..step);
        let is_first = earlier.next().is_none();
        if self.0.remove(&step) && is_first {
            self.0.extend(freed(plan, step, done));
        }
    }
}

/// What the first missing step of its group has held up, now that it is done.
fn freed(plan: &Plan, step: StepId, done: &Results) -> Vec<StepId> {
    let group = plan.steps[step.0 as usize].group;
    let end = plan.steps.partition_point(|s| s.group <= group);
    let rest = &plan.steps[step.0 as usize + 1..end];
    let Some(first) = rest.iter().find(|s| !done.contains(s.id)) else {
        return Vec::new();
    };
    // What builds on less was ready before.
    let from = rest.partition_point(|s| s.after <= step.0);
    let to = rest.partition_point(|s| s.after <= first.id.0);
    let freed = rest.get(from..to).unwrap_or_default().iter();
    let freed = freed.filter(|s| !done.contains(s.id));
    freed.map(|s| s.id).collect()
}
