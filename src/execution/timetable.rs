//! When the venue is asked for everything it works and holds: on the start, every so often, after a
//! reconnect, and more often while the stream of executions is down (trading.md, Orders).

use super::desk::{Moment, Wall};
use crate::core::Time;

#[derive(Debug)]
pub(super) struct Timetable {
    /// Milliseconds of engine time between two statements.
    every: i64,
    /// Milliseconds of wall time between two while the stream is down.
    poll: i64,
    next: Option<Time>,
    next_poll: Option<Wall>,
    /// Asked for by somebody, or by the start.
    wanted: bool,
    up: bool,
}

impl Timetable {
    pub fn new(every: i64, poll: i64) -> Self {
        Self {
            every,
            poll,
            next: None,
            next_poll: None,
            wanted: false,
            up: true,
        }
    }

    /// Other spans from now on; what is waited for comes no later than they say.
    pub fn set_pace(&mut self, every: i64, poll: i64, now: Time) {
        self.every = every;
        self.poll = poll;
        self.next = self.next.map(|at| at.min(now + every));
    }

    /// As soon as possible.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// The stream broke off.
    pub fn down(&mut self, wall: Wall) {
        if std::mem::replace(&mut self.up, false) {
            self.next_poll = Some(wall);
        }
    }

    /// It is back: what was missed is asked for.
    pub fn up(&mut self) {
        self.up = true;
        self.next_poll = None;
        self.wanted = true;
    }

    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Whether it is time to ask.
    pub fn is_due(&mut self, at: Moment) -> bool {
        let timed = self.next.is_some_and(|next| next <= at.now);
        let polled = self.next_poll.is_some_and(|next| next <= at.wall);
        if !(self.wanted || timed || polled) {
            return false;
        }
        self.wanted = false;
        self.next = Some(at.now + self.every);
        if !self.up {
            self.next_poll = Some(at.wall.plus(self.poll));
        }
        true
    }

    /// The wall clock was set back: nothing waits for a time that lies far ahead.
    pub fn heed(&mut self, wall: Wall) {
        self.next_poll = self.next_poll.map(|at| at.min(wall.plus(self.poll)));
    }

    pub fn wall_wakes_at(&self) -> Option<Wall> {
        self.next_poll
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(now: i64, wall: i64) -> Moment {
        Moment {
            now: Time(now),
            wall: Wall(wall),
        }
    }

    #[test]
    fn on_the_start_every_thirty_seconds_and_each_five_while_the_stream_is_down() {
        let mut timetable = Timetable::new(30_000, 5_000);
        assert!(!timetable.is_due(at(0, 0)));
        timetable.want();
        assert!(timetable.is_due(at(0, 0)));
        assert!(!timetable.is_due(at(29_999, 29_999)));
        assert!(timetable.is_due(at(30_000, 30_000)));
        timetable.down(Wall(31_000));
        assert!(timetable.is_due(at(31_000, 31_000)));
        assert!(!timetable.is_due(at(35_999, 35_999)));
        assert!(timetable.is_due(at(36_000, 36_000)));
        timetable.up();
        assert!(timetable.is_due(at(36_001, 36_001)), "after a reconnect");
        assert!(!timetable.is_due(at(41_000, 41_000)));
    }
}
