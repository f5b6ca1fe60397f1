//! What each event of a run changes.

use super::{Research, Run, RunStatus};
use crate::core::event::Event;
use crate::core::id::{ReservationId, RunId};
use crate::core::state::State;
use crate::core::time::Time;

/// Versions that may be put into service, at most; the oldest are forgotten first.
const VERSIONS: usize = 1_000;

impl Research {
    /// A compute slot ended: whoever worked in it has to ask again.
    pub(in crate::core) fn lose(&mut self, slot: ReservationId) {
        if let Some((run, step)) = self.slots.remove(&slot)
            && let Some(run) = self.live.get_mut(&run)
        {
            run.steps.remove(&step);
        }
    }

    fn end(&mut self, id: RunId, keep: usize, f: impl FnOnce(&mut Run)) {
        let Some(mut run) = self.live.remove(&id) else {
            return;
        };
        for slot in std::mem::take(&mut run.steps).into_values() {
            self.slots.remove(&slot);
        }
        f(&mut run);
        self.past.push_back(run);
        while self.past.len() > keep {
            self.past.pop_front();
        }
    }
}

impl State {
    pub(in crate::core) fn fold_research(&mut self, at: Time, event: &Event, keep: usize) {
        let research = &mut self.research;
        match event {
            Event::RunAsked { run } => {
                self.last_id = self.last_id.max(run.id.0);
                research.live.insert(run.id, (**run).clone());
            }
            Event::RunBegan { id, activity } => {
                if let Some(run) = research.live.get_mut(id) {
                    run.status = RunStatus::Running;
                    run.activity = Some(*activity);
                    run.started_at = Some(at);
                }
            }
            Event::StepTaken { run, step, slot } => {
                if let Some(row) = research.live.get_mut(run) {
                    row.steps.insert(*step, *slot);
                    research.slots.insert(*slot, (*run, *step));
                }
            }
            Event::StepEnded { run, step, trials } => {
                if let Some(row) = research.live.get_mut(run) {
                    row.steps_done += 1;
                    row.trials_done += trials;
                    if let Some(slot) = row.steps.remove(step) {
                        research.slots.remove(&slot);
                    }
                }
            }
            Event::RunEnded { id, verdict } => research.end(*id, keep, |run| {
                run.status = verdict.status;
                run.verdict = Some((**verdict).clone());
                run.ended_at = Some(at);
            }),
            Event::VersionProved { version } => {
                let same = |v: &super::Version| {
                    v.strategy == version.strategy && v.version == version.version
                };
                research.versions.retain(|v| !same(v));
                research.versions.push_back((**version).clone());
                while research.versions.len() > VERSIONS {
                    research.versions.pop_front();
                }
            }
            _ => {}
        }
    }
}
