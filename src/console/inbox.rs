//! What waits for the console's loop, in the order in which it is taken: signals, then keys, then
//! answers. Everything in it is bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crossterm::event::Event;

use super::message::Msg;
use crate::client::{Problem, Stopped};

/// Keys that may wait; more come only from a paste into nowhere, or from a cat on the keyboard.
const KEYS: usize = 1_024;
/// Answers that may wait.
const ANSWERS: usize = 64;

/// What has come.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The process was told to end.
    pub terminate: bool,
    /// The terminal has gone.
    pub hangup: bool,
    /// The stop was pressed outside.
    pub pressed: bool,
    /// Keys, pastes and new sizes, oldest first.
    pub keys: VecDeque<Event>,
    /// Answers, oldest first.
    pub answers: VecDeque<Msg>,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        !(self.terminate || self.hangup || self.pressed)
            && self.keys.is_empty()
            && self.answers.is_empty()
    }
}

/// The inbox; its clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Inbox {
    inner: Arc<(Mutex<Waiting>, Condvar)>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what waits, and wakes the loop.
    pub fn put(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut self.lock());
        self.inner.1.notify_all();
    }

    /// Adds a key; false where too many wait.
    pub fn key(&self, event: Event) -> bool {
        let mut kept = false;
        self.put(|waiting| {
            kept = waiting.keys.len() < KEYS;
            if kept {
                waiting.keys.push_back(event);
            }
        });
        kept
    }

    /// Adds an answer; beyond the bound the oldest goes, and a snapshot shows what it would have
    /// said.
    pub fn answer(&self, msg: Msg) {
        self.put(|waiting| {
            if waiting.answers.len() >= ANSWERS {
                waiting.answers.pop_front();
            }
            waiting.answers.push_back(msg);
        });
    }

    /// Takes all that waits, at the latest at `deadline`.
    pub fn take(&self, deadline: Instant) -> Waiting {
        let mut waiting = self.lock();
        while waiting.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let result = self.inner.1.wait_timeout(waiting, left);
            waiting = result.unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::take(&mut *waiting)
    }
}

/// Where the process's signal thread tells the console what it took. Clones tell the same console.
#[derive(Debug, Clone, Default)]
pub struct ConsoleSignals {
    pub(super) inbox: Inbox,
}

impl ConsoleSignals {
    /// SIGQUIT: the stop is engaged by whoever took the signal; the screen shows it and is drawn
    /// anew.
    pub fn stop_pressed(&self) {
        self.inbox.put(|w| w.pressed = true);
    }

    /// What came of a stop that was pressed.
    pub fn stop_answered(&self, answer: Result<Stopped, Problem>) {
        self.inbox.answer(Msg::Stopped(answer));
    }

    /// SIGHUP: the terminal has gone.
    pub fn hangup(&self) {
        self.inbox.put(|w| w.hangup = true);
    }

    /// Something that the operator must read.
    pub fn say(&self, words: impl Into<String>) {
        self.inbox.answer(Msg::Told(words.into()));
    }

    /// SIGTERM: the process ends.
    pub fn terminate(&self) {
        self.inbox.put(|w| w.terminate = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_never_lost_behind_a_flood_of_keys() {
        let signals = ConsoleSignals::default();
        for _ in 0..KEYS {
            assert!(signals.inbox.key(Event::FocusGained));
        }
        assert!(!signals.inbox.key(Event::FocusGained));
        signals.stop_pressed();
        signals.terminate();
        let waiting = signals.inbox.take(Instant::now());
        assert!(waiting.pressed && waiting.terminate && !waiting.hangup);
        assert_eq!(waiting.keys.len(), KEYS);
        assert!(signals.inbox.take(Instant::now()).is_empty());
    }
}
