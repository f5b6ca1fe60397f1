//! Up to where the journal is durable, for whoever reads it behind the engine: threads wait on a
//! bell, and those without a thread watch.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Up to where the journal is durable; followers wait on it.
#[derive(Debug, Default)]
pub struct Durable {
    seq: AtomicU64,
    turn: Mutex<()>,
    bell: Condvar,
    shown: watch::Sender<Reached>,
}

/// How far the journal is, and whether any more will come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// The last durable record.
    pub seq: u64,
    /// The engine has ended: this is its last record.
    pub over: bool,
}

impl Durable {
    /// The last durable record.
    pub fn seq(&self) -> u64 {
        self.seq.load(Ordering::Acquire)
    }

    /// To be told of each commit without a thread that waits.
    pub fn watch(&self) -> watch::Receiver<Reached> {
        self.shown.subscribe()
    }

    pub(super) fn advance(&self, seq: u64) {
        self.seq.store(seq, Ordering::Release);
        self.bell.notify_all();
        self.shown.send_modify(|reached| reached.seq = seq);
    }

    /// Tells those who watch that no more comes.
    pub(super) fn close(&self) {
        self.shown.send_modify(|reached| reached.over = true);
    }

    pub(super) fn wait_past(&self, seq: u64, limit: Duration) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self
            .bell
            .wait_timeout_while(turn, limit, |()| self.seq() <= seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_watches_sees_how_far_it_is_and_that_it_is_over() {
        let durable = Durable::default();
        durable.advance(3);
        let mut watch = durable.watch();
        let seen = *watch.borrow_and_update();
        assert_eq!(
            seen,
            Reached {
                seq: 3,
                over: false
            }
        );
        durable.advance(7);
        durable.close();
        assert!(watch.has_changed().unwrap());
        let seen = *watch.borrow_and_update();
        assert_eq!(seen, Reached { seq: 7, over: true });
    }
}
