//! What somebody wants to see exactly, without a snapshot of everything: looked up on the engine's
//! own thread, between commits.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::reply::ReplyTo;
use super::world::World;
use crate::snapshot::{Beside, Query, answer};

/// Questions that wait, at most.
const ROOM: usize = 4_096;
/// Questions answered in one turn, at most.
const TURN: usize = 256;

/// A question and where its answer goes.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) query: Query,
    pub(super) answer: ReplyTo<Value>,
}

/// The questions that wait, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    queue: VecDeque<Question>,
    closed: bool,
}

/// Why a question is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// Too many wait.
    Full,
    /// Nobody will answer any more.
    Closed,
}

impl Questions {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Whole questions are put in and taken out: a panic leaves none in halves.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, question: Question) -> Result<(), NotTaken> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(NotTaken::Closed);
        }
        if waiting.queue.len() >= ROOM {
            return Err(NotTaken::Full);
        }
        waiting.queue.push_back(question);
        Ok(())
    }

    /// The next ones, and whether more wait.
    fn take(&self) -> (Vec<Question>, bool) {
        let mut waiting = self.lock();
        let some = waiting.queue.len().min(TURN);
        let taken = waiting.queue.drain(..some).collect();
        (taken, !waiting.queue.is_empty())
    }

    /// Takes no more; whoever waits is told that there will be no answer.
    pub(super) fn close(&self) {
        let dropped = {
            let mut waiting = self.lock();
            waiting.closed = true;
            std::mem::take(&mut waiting.queue)
        };
        drop(dropped);
    }
}

impl World {
    /// Answers what was asked by now, after a commit, so that nothing is seen that is not durable;
    /// whether there is more. What is measured is measured once for all of them.
    pub(super) fn answer_questions(&mut self) -> bool {
        if self.failed.is_some() {
            return false;
        }
        let (questions, more) = self.handle.inner().questions.take();
        if questions.is_empty() {
            return more;
        }
        // Commits may be gathered.
        self.commit();
        if self.failed.is_some() {
            return false;
        }
        self.sampling.texts.refresh(&self.state);
        let measured = OnceCell::new();
        let beside = Beside {
            now: self.clock.now(),
            quotes: &self.market.quotes,
            samples: &|| measured.get_or_init(|| self.measured()),
        };
        for Question { query, answer: to } in questions {
            to.tell(answer(&self.state, &query, &beside));
        }
        more
    }
}
