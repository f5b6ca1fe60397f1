//! Tells those who wait for it that a press is durable in the journal.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::word::Observed;

/// From the engine, after a commit, to those who pressed. Clones are the same notifier.
#[derive(Clone, Default)]
pub struct Journaled(Arc<(Mutex<Option<Mark>>, Condvar)>);

#[derive(Clone, Copy)]
struct Mark {
    seen: Observed,
    seq: u64,
}

impl Journaled {
    /// To be called after each commit that journaled a difference between gate and core: all that
    /// `seen` shows is durable at `seq`.
    pub fn journaled(&self, seen: Observed, seq: u64) {
        let (mark, changed) = &*self.0;
        *mark.lock().unwrap_or_else(PoisonError::into_inner) = Some(Mark { seen, seq });
        changed.notify_all();
    }

    /// Waits until the press of this number (of [`super::Closed`]) is durable; the sequence then,
    /// or `None` after `limit`.
    pub fn wait(&self, presses: u64, limit: Duration) -> Option<u64> {
        let (mark, changed) = &*self.0;
        let missing = |mark: &mut Option<Mark>| mark.is_none_or(|m| m.seen.presses < presses);
        let mark = mark.lock().unwrap_or_else(PoisonError::into_inner);
        let (mark, waited) = changed
            .wait_timeout_while(mark, limit, missing)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return None;
        }
        mark.map(|mark| mark.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(presses: u64) -> Observed {
        Observed {
            epoch: 1,
            presses,
            closed: true,
        }
    }

    #[test]
    fn a_press_is_durable_only_by_a_commit_that_saw_it() {
        let journaled = Journaled::default();
        assert_eq!(journaled.wait(1, Duration::ZERO), None);
        journaled.journaled(seen(1), 40);
        assert_eq!(journaled.wait(1, Duration::ZERO), Some(40));
        assert_eq!(
            journaled.wait(2, Duration::ZERO),
            None,
            "that commit saw the press before this one"
        );
    }

    #[test]
    fn who_waits_is_woken() {
        let journaled = Journaled::default();
        let waiter = journaled.clone();
        let waiting = std::thread::spawn(move || waiter.wait(3, Duration::from_secs(60)));
        journaled.journaled(seen(3), 7);
        assert_eq!(waiting.join().unwrap(), Some(7));
    }
}
