//! Where commands wait for the core: `exit` before `control` before `normal`. HARDSTOP waits in
//! none of them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which lane a command waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// What can only reduce risk.
    Exit,
    /// Operators and the engine's own.
    Control,
    /// Everything else.
    Normal,
}

/// Bounded queues and the one bell that wakes the engine.
#[derive(Debug)]
pub struct Lanes<T> {
    inner: Mutex<Inner<T>>,
    bell: Condvar,
    room: usize,
}

#[derive(Debug)]
struct Inner<T> {
    queues: [VecDeque<T>; 3],
    rung: bool,
    overflowed: u64,
    closed: bool,
}

/// The lane is full or the engine is gone: the command comes back.
#[derive(Debug)]
pub enum Push<T> {
    /// Full.
    Full(T),
    /// Nobody listens any more.
    Closed(T),
}

impl<T> Lanes<T> {
    /// Lanes with room for so many commands each.
    pub fn new(room: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                queues: [VecDeque::new(), VecDeque::new(), VecDeque::new()],
                rung: false,
                overflowed: 0,
                closed: false,
            }),
            bell: Condvar::new(),
            room,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // A panic while pushing or popping leaves whole queues behind.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a command into its lane.
    ///
    /// # Errors
    /// The lane is full, or closed.
    pub fn push(&self, lane: Lane, command: T) -> Result<(), Push<T>> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(Push::Closed(command));
        }
        if inner.queues[lane as usize].len() >= self.room {
            inner.overflowed += 1;
            return Err(Push::Full(command));
        }
        inner.queues[lane as usize].push_back(command);
        drop(inner);
        self.bell.notify_one();
        Ok(())
    }

    /// The first command of the first lane that has one.
    pub fn pop(&self) -> Option<T> {
        let mut inner = self.lock();
        inner.queues.iter_mut().find_map(VecDeque::pop_front)
    }

    /// Wakes the engine without a command.
    pub fn ring(&self) {
        self.lock().rung = true;
        self.bell.notify_one();
    }

    /// Waits until there is a command, a ring, or the time is over.
    pub fn wait(&self, limit: Duration) {
        let inner = self.lock();
        let (mut inner, _) = self
            .bell
            .wait_timeout_while(inner, limit, |i| {
                !i.rung && i.queues.iter().all(VecDeque::is_empty)
            })
            .unwrap_or_else(PoisonError::into_inner);
        inner.rung = false;
    }

    /// Waiting in each lane, and refused for lack of room.
    pub fn depth(&self) -> ([u64; 3], u64) {
        let inner = self.lock();
        (
            std::array::from_fn(|i| inner.queues[i].len() as u64),
            inner.overflowed,
        )
    }

    /// Takes no more, and gives back what waited.
    pub fn close(&self) -> Vec<T> {
        let mut inner = self.lock();
        inner.closed = true;
        inner.queues.iter_mut().flat_map(std::mem::take).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_overtake_and_full_lanes_say_so() {
        let lanes = Lanes::new(2);
        lanes.push(Lane::Normal, 1).unwrap();
        lanes.push(Lane::Normal, 2).unwrap();
        assert!(matches!(lanes.push(Lane::Normal, 3), Err(Push::Full(3))));
        lanes.push(Lane::Control, 4).unwrap();
        lanes.push(Lane::Exit, 5).unwrap();
        assert_eq!(lanes.depth(), ([1, 1, 2], 1));
        let order: Vec<_> = std::iter::from_fn(|| lanes.pop()).collect();
        assert_eq!(order, [5, 4, 1, 2]);
        lanes.push(Lane::Exit, 6).unwrap();
        assert_eq!(lanes.close(), [6]);
        assert!(matches!(lanes.push(Lane::Exit, 7), Err(Push::Closed(7))));
    }
}
