//! What a look at the runs has at hand: the state, the clocks, the pool, and the words for the core.

use std::sync::Arc;
use std::time::Instant;

use super::job::{Answer, Done, JobId};
use super::pool::{Job, Pool};
use super::store::Store;
use crate::core::id::{ReservationId, RunId};
use crate::core::{Command, Name, State, Time};
use crate::engine::clock::Speed;

/// Longest life that the core gives a reservation, seconds.
const LONGEST_S: u64 = 2_592_000;

/// Now, by both clocks, and how fast engine time goes.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Moment {
    pub now: Time,
    pub wall: Instant,
    pub speed: Speed,
}

impl Moment {
    /// The life of a slot that has to last so many wall seconds, seconds of engine time.
    pub(super) fn life_s(self, wall_s: u64) -> u64 {
        let life = match self.speed {
            Speed::Times(times) => wall_s.saturating_mul(u64::from(times)),
            Speed::Max => LONGEST_S,
        };
        life.clamp(1, LONGEST_S)
    }
}

/// One look.
pub(super) struct Desk<'a> {
    pub state: &'a State,
    pub moment: Moment,
    pub pool: &'a mut Pool<Answer>,
    pub store: &'a Arc<Store>,
    pub last_job: &'a mut JobId,
    pub words: Vec<(Name, Command)>,
}

impl Desk<'_> {
    /// Says something in an agent's name.
    pub fn say(&mut self, agent: Name, command: Command) {
        self.words.push((agent, command));
    }

    /// Gives the pool work; none where it takes no more now.
    pub fn give(
        &mut self,
        run: RunId,
        work: impl FnOnce(&Store) -> Done + Send + 'static,
    ) -> Option<JobId> {
        *self.last_job += 1;
        let job = *self.last_job;
        let store = Arc::clone(self.store);
        let answer = move |done| Answer { run, job, done };
        let given = self.pool.give(Job {
            work: Box::new(move || answer(work(&store))),
            panicked: Box::new(move |why| answer(Done::Broken(format!("it panicked: {why}")))),
        });
        given.then_some(job)
    }

    /// Lets a slot live on, where more than half of its life is over.
    pub fn renew(&mut self, agent: Name, slot: ReservationId) {
        let step_s = u64::from(self.state.settings.research.step_ttl_s.max(1));
        let ttl_s = self.moment.life_s(step_s);
        let expires_at = self.state.ledger.get(slot).and_then(|row| row.expires_at);
        let half_ms = i64::try_from(ttl_s * 500).unwrap_or(i64::MAX);
        if expires_at.is_some_and(|at| at - self.moment.now < half_ms) {
            self.say(agent, Command::Renew { id: slot, ttl_s });
        }
    }
}
