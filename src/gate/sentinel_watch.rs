//! The thread that writes sentinels, and looks for those that others left.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::egress::Gate;
use super::press::{How, Press};
use super::sentinel::Sentinel;

/// How often it looks for a sentinel from outside.
const EVERY: Duration = Duration::from_millis(100);

/// Keeps gate and sentinels the same: a closed gate gets its sentinel, and a sentinel that this
/// process did not leave closes the gate. The thread ends when this is dropped, after a last look.
pub struct SentinelWatch {
    stop: Arc<AtomicBool>,
    durable: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl SentinelWatch {
    /// Starts the thread and sets the gate's sentinel hook. Sentinels up to the gate's epoch are
    /// taken as known; one above it closes the gate.
    ///
    /// # Errors
    /// The folder cannot be read, or no thread be had.
    ///
    /// # Panics
    /// Where the gate has a watch already.
    pub fn spawn(gate: &Gate, sentinel: Sentinel) -> io::Result<Self> {
        let mut look = Look::new(gate.clone(), sentinel)?;
        let durable = look.durable.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::Builder::new()
            .name("sentinel".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Acquire) {
                    look.step();
                    thread::park_timeout(EVERY);
                }
                look.step();
            })?;
        let handle = thread.thread().clone();
        gate.set_sentinel(Arc::new(move || handle.unpark()));
        Ok(Self {
            stop,
            durable,
            thread: Some(thread),
        })
    }

    /// The last epoch whose sentinel is known to be durable, 0 for none. Lower than the epoch of
    /// a closed gate it says that the disk does not take the sentinel.
    pub fn durable_epoch(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }
}

impl Drop for SentinelWatch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

struct Look {
    gate: Gate,
    sentinel: Sentinel,
    known: BTreeSet<u64>,
    durable: Arc<AtomicU64>,
}

impl Look {
    fn new(gate: Gate, sentinel: Sentinel) -> io::Result<Self> {
        let epoch = gate.observe().epoch;
        let known = sentinel.list()?.into_iter().filter(|e| *e <= epoch);
        Ok(Self {
            known: known.collect(),
            gate,
            sentinel,
            durable: Arc::default(),
        })
    }

    /// One look. What fails is tried again at the next one; the gate is closed meanwhile.
    fn step(&mut self) {
        if let Ok(present) = self.sentinel.list() {
            self.known.retain(|epoch| present.contains(epoch));
            for epoch in present {
                if self.known.insert(epoch) {
                    self.gate.close_at_least(left_outside(epoch), epoch);
                }
            }
        }
        let now = self.gate.observe();
        if now.closed && self.hold(now.epoch) {
            self.absorb(now.epoch);
        }
        if !self.sentinel.is_ready() {
            // On a full disk it stays away until there is space, or until the next clear.
            let _ = self.sentinel.make_ready(now.epoch);
        }
    }

    /// Whether the epoch has its durable sentinel, made where it was missing.
    fn hold(&mut self, epoch: u64) -> bool {
        let held = self.durable.load(Ordering::Relaxed) == epoch && self.known.contains(&epoch);
        if held {
            return true;
        }
        // Known before it is there, so that a failure half-way never passes for another's press.
        self.known.insert(epoch);
        let engaged = self.sentinel.engage(epoch).is_ok();
        if engaged {
            self.durable.store(epoch, Ordering::Release);
        }
        engaged
    }

    /// While one sentinel holds, the others say nothing more, and must not outlive its clear.
    fn absorb(&mut self, epoch: u64) {
        let others: Vec<_> = self.known.iter().copied().filter(|e| *e != epoch).collect();
        for other in others {
            if self.sentinel.remove(other).is_ok() {
                self.known.remove(&other);
            }
        }
    }
}

fn left_outside(epoch: u64) -> Press {
    Press {
        by: "sentinel".parse().expect("letters make a name"),
        how: How::Sentinel,
        reason: format!("stop/{epoch} was left by another process"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::sentinel::latched_above;
    use super::*;

    fn by_key() -> Press {
        Press {
            by: "operator".parse().unwrap(),
            how: How::Key,
            reason: String::new(),
        }
    }

    fn look(dir: &Path, gate: &Gate) -> Look {
        let sentinel = Sentinel::prepare(dir, gate.observe().epoch).unwrap();
        Look::new(gate.clone(), sentinel).unwrap()
    }

    fn leave_outside(dir: &Path) {
        let outsider = Sentinel::at(dir);
        outsider.engage(outsider.next_epoch(0).unwrap()).unwrap();
    }

    #[test]
    fn a_sentinel_from_outside_closes_the_gate_in_its_epoch() {
        let dir = tempfile::tempdir().unwrap();
        let gate = Gate::new(3, false);
        let mut look = look(dir.path(), &gate);
        look.step();
        assert!(!gate.observe().closed);
        leave_outside(dir.path());
        look.step();
        look.step();
        let now = gate.observe();
        assert_eq!((now.epoch, now.presses, now.closed), (4, 1, true));
        assert_eq!(gate.take_presses()[0].how, How::Sentinel);
        assert_eq!(look.sentinel.list().unwrap(), [4]);
        assert!(look.sentinel.is_ready(), "for the next stop");
    }

    #[test]
    fn a_sentinel_left_while_latched_is_one_more_press_and_does_not_outlive_the_clear() {
        let dir = tempfile::tempdir().unwrap();
        let gate = Gate::new(0, false);
        let mut look = look(dir.path(), &gate);
        gate.close(by_key());
        look.step();
        leave_outside(dir.path());
        look.step();
        assert_eq!((gate.observe().epoch, gate.observe().presses), (1, 2));
        gate.open(1, 2).unwrap();
        look.sentinel.remove(1).unwrap();
        look.step();
        assert!(!gate.observe().closed);
        assert_eq!(latched_above(dir.path(), 0).unwrap(), None);
    }

    #[test]
    fn one_left_by_a_process_that_knew_no_better_still_stops() {
        let dir = tempfile::tempdir().unwrap();
        let gate = Gate::new(9, false);
        let mut look = look(dir.path(), &gate);
        look.sentinel.engage(2).unwrap();
        look.step();
        assert_eq!((gate.observe().epoch, gate.observe().closed), (10, true));
        assert_eq!(
            look.sentinel.list().unwrap(),
            [10],
            "and outlives a restart"
        );
    }

    #[test]
    fn a_press_after_the_decision_to_clear_gets_a_sentinel_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let gate = Gate::new(0, false);
        let mut look = look(dir.path(), &gate);
        gate.close(by_key());
        look.step();
        gate.close(by_key());
        gate.open(1, 1).unwrap_err();
        look.step();
        assert_eq!(latched_above(dir.path(), 1).unwrap(), Some(2));
    }

    #[test]
    fn a_start_takes_what_is_cleared_as_known_and_what_is_above_as_a_press() {
        let dir = tempfile::tempdir().unwrap();
        let before = Sentinel::prepare(dir.path(), 5).unwrap();
        before.engage(5).unwrap();
        let gate = Gate::new(5, false);
        let mut look = look(dir.path(), &gate);
        look.step();
        assert!(!gate.observe().closed, "its removal was cut short");
        before.engage(6).unwrap();
        let gate = Gate::new(5, false);
        Look::new(gate.clone(), before).unwrap().step();
        assert!(gate.observe().closed);
    }

    #[test]
    fn the_thread_writes_what_the_gate_hands_over() {
        let dir = tempfile::tempdir().unwrap();
        let gate = Gate::new(0, false);
        let sentinel = Sentinel::prepare(dir.path(), 0).unwrap();
        let watch = SentinelWatch::spawn(&gate, sentinel).unwrap();
        let closed = gate.close(by_key());
        drop(watch);
        assert_eq!(latched_above(dir.path(), 0).unwrap(), Some(closed.epoch));
    }

    #[test]
    fn a_sentinel_taken_away_while_latched_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let gate = Gate::new(0, false);
        let mut look = look(dir.path(), &gate);
        gate.close(by_key());
        look.step();
        std::fs::remove_file(dir.path().join("stop/1")).unwrap();
        look.step();
        assert_eq!(latched_above(dir.path(), 0).unwrap(), Some(1));
    }
}
