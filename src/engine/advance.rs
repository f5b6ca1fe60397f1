//! How time passes: from instant to instant, each decided whole before the next (domain.md, Time
//! and Lockstep).

use std::time::{Duration, Instant};

use super::clock::Speed;
use super::handle::Submission;
use super::world::World;
use crate::core::{Command, Time};
use crate::market::FeedKind;

/// How long a moment is that came to nothing, milliseconds of engine time.
const AGAIN_MS: i64 = 1_000;
/// Longest stretch before commands and the gate get their turn.
const STRETCH: Duration = Duration::from_millis(5);

impl World {
    /// The next moment at which something is due: a price, a timer, the venue.
    pub(super) fn next_instant(&self) -> Option<Time> {
        // What was due and came to nothing is looked at again a moment later, not without end.
        let due = self.state.next_due();
        let due = due.map(|at| self.fruitless.map_or(at, |since| at.max(since + AGAIN_MS)));
        let now = self.clock.now();
        [
            self.feed.peek(),
            due,
            self.desk.wakes_at(now),
            self.next_renewal(),
            self.next_judgement(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Lets time pass as far as it may. True when something was due.
    pub(super) fn advance(&mut self) -> bool {
        let began = Instant::now();
        let mut moved = false;
        while self.failed.is_none() {
            self.look_at_gate();
            if !self.effects.is_empty() {
                // What was decided at this moment is carried out at it, before time goes on.
                self.settle();
            }
            if self.lockstep && !self.given.is_empty() || self.clearing {
                break;
            }
            if self.feed_is_over() && self.fixed.exit_at_end && self.next_order_due().is_none() {
                break;
            }
            if self.clock.speed() == Speed::Max && self.feed_is_over() {
                self.clock.set_speed(Speed::Times(1), began);
            }
            let horizon = self.clock.horizon(began);
            match self.next_instant() {
                Some(at) if horizon.is_none_or(|h| at <= h) => {
                    self.step(at);
                    moved = true;
                }
                _ => {
                    if let Some(horizon) = horizon {
                        self.clock.reach(horizon);
                    }
                    break;
                }
            }
            if !self.effects.is_empty() || !self.batch.is_empty() {
                self.settle();
            }
            if began.elapsed() >= STRETCH {
                break;
            }
        }
        moved
    }

    fn feed_is_over(&self) -> bool {
        self.feed.info().kind == FeedKind::Recorded && self.feed.peek().is_none()
    }

    fn next_order_due(&self) -> Option<Time> {
        self.desk.wakes_at(self.clock.now())
    }

    /// Everything that is due at one instant: prices first, then the venue, then time itself.
    fn step(&mut self, at: Time) {
        self.clock.reach(at);
        let now = self.clock.now();
        while self.feed.peek().is_some_and(|next| next <= now) {
            let Some(instant) = self.feed.next() else {
                break;
            };
            self.market.apply(&instant);
            self.desk.on_market(&instant);
        }
        self.market.advance(now);
        let moment = self.moment();
        self.desk.advance(&self.state, moment);
        self.judge_venue();
        self.take_reports();
        while let Some((cause, submission)) = self.internal.pop_front() {
            self.apply(cause, submission);
        }
        let before = self.state.seq;
        self.apply(0, Submission::internal("clock", Command::Tick));
        let again = self.state.next_due().is_some_and(|due| due <= now);
        self.fruitless = (again && self.state.seq == before).then_some(now);
        self.watch_services();
    }
}
