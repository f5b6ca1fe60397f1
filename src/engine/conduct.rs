//! The conductor's words become commands in the agents' names.

use std::time::Instant;

use super::conductor::Moment;
use super::handle::Submission;
use super::reply::ReplyTo;
use super::world::World;

/// Times that one turn asks what follows from what it has just decided.
const ROUNDS: usize = 8;

impl World {
    /// Lets research go on. What is handed to the pool follows from what is decided; what the pool
    /// answers is on disk. True when something was decided.
    pub(super) fn conduct(&mut self) -> bool {
        for round in 0..ROUNDS {
            if self.failed.is_some() || self.clearing || self.ending.is_some() {
                return round > 0;
            }
            let moment = Moment {
                now: self.clock.now(),
                wall: Instant::now(),
                speed: self.clock.speed(),
            };
            let words = self.conductor.look(&self.state, moment);
            if words.is_empty() {
                return round > 0;
            }
            for (actor, command) in words {
                let submission = Submission {
                    actor,
                    origin: None,
                    command,
                    answer: ReplyTo::Nobody,
                };
                self.apply(0, submission);
                self.look_at_gate();
            }
            self.settle();
        }
        true
    }
}
