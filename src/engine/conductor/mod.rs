//! The conductor: computes research runs while the engine trades.
//!
//! It compares what the core says of the live runs with what its pool is at, and says in the agents'
//! names what follows: slots to be asked for, kept and given back, and how a run ended. What is computed
//! is on disk before the core hears of it, so that an end at any moment loses no more than steps that
//! are computed again to the same result. Nothing here reads files or computes on the engine's thread.

mod book;
mod charge;
mod desk;
mod ending;
mod job;
mod pace;
mod pool;
mod prepare;
mod progress;
mod store;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use charge::Charge;
use desk::Desk;
pub(super) use desk::Moment;
use job::{Answer, JobId};
use pool::Pool;
pub(super) use prepare::gates;
pub use prepare::prepare;
pub use progress::Progress;
use store::Store;

use super::commit::{engine_name, wall_now};
use crate::core::health::CONDUCTED;
use crate::core::id::RunId;
use crate::core::research::RunKind;
use crate::core::{Command, Name, State};

/// Answers of the pool that wait, at most: more than it is ever given at once.
const ANSWERS: usize = 4_096;
/// Runs whose data is in memory, at most.
const IN_HAND: usize = 4;
/// Longest time between two looks at runs that are live.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Computes the runs that are live.
pub(super) struct Conductor {
    pool: Pool<Answer>,
    store: Arc<Store>,
    answers: Receiver<Answer>,
    charges: BTreeMap<RunId, Charge>,
    last_job: JobId,
    looked: Option<(u64, Instant)>,
    progress: BTreeMap<RunId, Progress>,
    says: BTreeMap<Name, String>,
}

impl Conductor {
    /// With so many threads at most, that tell by `wake` when there is something to hear. None is
    /// started before there is work for it.
    pub fn new(state_dir: &Path, threads: usize, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let (sender, answers) = sync_channel(ANSWERS);
        let on_answer = move |answer| {
            // The receiver is gone where the engine has ended.
            let _ = sender.send(answer);
            wake();
        };
        Self {
            pool: Pool::new(threads, Arc::new(on_answer)),
            store: Arc::new(Store::new(state_dir)),
            answers,
            charges: BTreeMap::new(),
            last_job: 0,
            looked: None,
            progress: BTreeMap::new(),
            says: BTreeMap::new(),
        }
    }

    /// What the agents say now that the state is this: to be applied, and asked again after it, until
    /// there is nothing more.
    pub fn look(&mut self, state: &State, moment: Moment) -> Vec<(Name, Command)> {
        let mut heard = false;
        while let Ok(Answer { run, job, done }) = self.answers.try_recv() {
            heard = true;
            if let Some(charge) = self.charges.get_mut(&run) {
                charge.hear(job, done);
            }
        }
        let live = &state.research.live;
        if live.is_empty() && self.charges.is_empty() {
            return Vec::new();
        }
        let fresh = |(seq, at): (u64, Instant)| {
            seq == state.seq && moment.wall.saturating_duration_since(at) < LOOK_EVERY
        };
        if !heard && self.looked.is_some_and(fresh) {
            return Vec::new();
        }
        self.looked = Some((state.seq, moment.wall));
        self.charges.retain(|id, charge| {
            let kept = live.contains_key(id);
            if !kept {
                charge.stop();
            }
            kept
        });
        let mut desk = Desk {
            state,
            moment,
            pool: &mut self.pool,
            store: &self.store,
            last_job: &mut self.last_job,
            words: Vec::new(),
        };
        let first_discovery = live
            .values()
            .find(|run| run.request.kind == RunKind::Discover);
        let first_discovery = first_discovery.map(|run| run.id);
        let may = live
            .values()
            .filter(|run| run.request.kind != RunKind::Discover || first_discovery == Some(run.id));
        for run in may.take(IN_HAND) {
            let charge = self
                .charges
                .entry(run.id)
                .or_insert_with(|| Charge::new(run.request.kind));
            charge.look(run, &mut desk);
        }
        let words = desk.words;
        self.sum_up(state);
        words
    }

    fn sum_up(&mut self, state: &State) {
        let figures = self.charges.iter();
        let figures = figures.filter_map(|(id, charge)| Some((*id, charge.progress()?)));
        self.progress = figures.collect();
        self.says.clear();
        for id in self.charges.keys() {
            let Some(run) = state.research.live.get(id) else {
                continue;
            };
            let progress = self.progress.get(id).copied();
            let agent = self.says.entry(run.request.kind.agent());
            agent.or_insert_with(|| progress::words(state, run, progress));
        }
    }

    /// How far the runs in hand are.
    pub fn progress(&self) -> &BTreeMap<RunId, Progress> {
        &self.progress
    }

    /// What the agents are at, where they are at something.
    pub fn says(&self) -> &BTreeMap<Name, String> {
        &self.says
    }

    /// Each agent's last sign of life, milliseconds of wall time: of one at work that of the step that
    /// was silent for longest.
    pub fn beats(&self) -> impl Iterator<Item = (Name, i64)> {
        let now = wall_now().0;
        CONDUCTED.into_iter().map(engine_name).map(move |agent| {
            let own = self
                .charges
                .values()
                .filter(|charge| charge.agent() == agent);
            let oldest = own.filter_map(Charge::alive_ms).min();
            (agent, oldest.unwrap_or(now))
        })
    }

    /// Ends it: what is computed is given up, and nothing is written any more.
    pub fn stop(&mut self) {
        self.charges.values().for_each(Charge::stop);
        self.store.close();
        self.pool.stop();
    }
}

impl Drop for Conductor {
    fn drop(&mut self) {
        self.stop();
    }
}
