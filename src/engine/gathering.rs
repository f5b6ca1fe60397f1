//! Answers that come with the end of an allocation window, and the wall clock that ends it
//! (domain.md, Contention).

use std::time::{Duration, Instant};

use super::handle::{Outcome, Submission};
use super::reply::ReplyTo;
use super::world::World;
use crate::core::id::ReservationId;
use crate::core::{Command, Refusal, Reply};

/// Somebody who waits for the end of a window.
pub(super) struct Waiter {
    priority: u8,
    id: ReservationId,
    answer: ReplyTo<Outcome>,
}

/// Windows that are open, when each is to be closed, and who waits for it.
#[derive(Default)]
pub(super) struct Gathering {
    due: Vec<(u8, Instant)>,
    waiters: Vec<Waiter>,
}

impl World {
    /// A window was opened: it closes after its time. In lockstep one that nobody outside waits for
    /// closes at the end of the instant, so that the same recording gives the same journal; people
    /// and programs ask by the wall clock, however fast the feed runs.
    pub(super) fn window_opened(&mut self, priority: u8) {
        let window = u64::from(self.state.settings.resources.allocation_window_ms);
        let mut waiters = self.gathering.waiters.iter();
        let wait = if self.lockstep && !waiters.any(|w| w.priority == priority) {
            Duration::ZERO
        } else {
            Duration::from_millis(window)
        };
        self.gathering.due.push((priority, Instant::now() + wait));
    }

    /// Keeps an answer back until the window is closed.
    pub(super) fn answer_later(
        &mut self,
        priority: u8,
        ids: &[ReservationId],
        answer: ReplyTo<Outcome>,
    ) {
        if let Some(id) = ids.first()
            && answer.is_wanted()
        {
            self.gathering.waiters.push(Waiter {
                priority,
                id: *id,
                answer,
            });
        }
    }

    /// How long until the next window has to be closed.
    pub(super) fn until_window(&self) -> Duration {
        let now = Instant::now();
        let left = |at: &Instant| at.saturating_duration_since(now);
        let due = self.gathering.due.iter().map(|(_, at)| left(at));
        due.min().unwrap_or(Duration::MAX)
    }

    /// Closes the windows whose time is up.
    pub(super) fn close_windows(&mut self) -> bool {
        let now = Instant::now();
        let due: Vec<u8> = self
            .gathering
            .due
            .iter()
            .filter(|(_, at)| *at <= now)
            .map(|(priority, _)| *priority)
            .collect();
        self.gathering.due.retain(|(_, at)| *at > now);
        for priority in &due {
            let command = Command::CloseWindow {
                priority: *priority,
            };
            self.apply(0, Submission::internal("allocation", command));
        }
        !due.is_empty()
    }

    /// A window is closed: whoever waited for it gets its answer, once it is durable.
    pub(super) fn allocated(
        &mut self,
        priority: u8,
        answers: &[(ReservationId, Result<crate::core::Grant, Refusal>)],
    ) {
        let waiters = std::mem::take(&mut self.gathering.waiters);
        let (of_it, others) = waiters.into_iter().partition(|w| w.priority == priority);
        self.gathering.waiters = others;
        let of_it: Vec<Waiter> = of_it;
        for waiter in of_it {
            let found = answers.iter().find(|(id, _)| *id == waiter.id);
            let reply = match found {
                Some((_, Ok(grant))) => Reply::Reserved(vec![*grant]),
                Some((_, Err(refusal))) => Reply::Refused(refusal.clone()),
                None => Reply::Refused(Refusal::new(
                    "RESERVE_ENDED",
                    format!("{} ended before it was decided", waiter.id),
                    "`pilothouse explain ID` says how",
                )),
            };
            let outcome = Outcome {
                seq: self.state.seq,
                time: self.state.time,
                reply,
            };
            self.replies.push((waiter.answer, outcome));
        }
    }
}
