//! The gate itself.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::{Duration, Instant};

use super::consoles::Consoles;
use super::hooks::{Hook, Hooks};
use super::permit::Permit;
use super::press::{Press, PressSlots};
use super::table::{Counts, PermitRefused, Table, TableEntry};
use super::watchdog::monotonic_ms;
use super::word::{MAX_EPOCH, Observed};

/// The last check before anything leaves for an exchange. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    word: AtomicU64,
    presses: PressSlots,
    /// When the last press came, by [`monotonic_ms`]; 0 before the first.
    pressed_ms: AtomicU64,
    table: Table,
    hooks: Hooks,
    consoles: Consoles,
}

/// What a press did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// The epoch the gate is closed in.
    pub epoch: u64,
    /// Presses in the life of this process, this one included.
    pub presses: u64,
    /// Whether it was closed before.
    pub already: bool,
    /// Microseconds from the call until no entry could pass.
    pub gate_us: u64,
}

/// The gate stays closed: somebody pressed after the decision to open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stop was pressed after the decision to clear it; epoch {} holds", now.epoch)]
pub struct JustPressed {
    /// The gate now.
    pub now: Observed,
}

impl Gate {
    /// A gate that knows the last epoch of the journal or of a sentinel, whichever is higher.
    /// A gate made closed is closed in that epoch.
    pub fn new(epoch: u64, closed: bool) -> Self {
        let now = Observed {
            epoch,
            presses: 0,
            closed,
        };
        Self(Arc::new(Inner {
            word: AtomicU64::new(now.pack()),
            presses: PressSlots::new(),
            pressed_ms: AtomicU64::new(0),
            table: Table::default(),
            hooks: Hooks::default(),
            consoles: Consoles::default(),
        }))
    }

    /// Closes the gate: from here on no entry gets a permit. Then wakes the core, starts the
    /// cancels and hands the sentinel over, and waits for none of them. Pressing while closed
    /// keeps the epoch and is counted.
    pub fn close(&self, press: Press) -> Closed {
        self.close_at_least(press, 0)
    }

    /// As [`Gate::close`]; a new epoch is `at_least` the one a sentinel from outside names, so
    /// that clearing it clears that sentinel too.
    pub(super) fn close_at_least(&self, press: Press, at_least: u64) -> Closed {
        let start = Instant::now();
        // The text comes first, so that whoever sees the press finds who and why.
        self.0.presses.put(press);
        self.0.pressed_ms.store(monotonic_ms(), Ordering::SeqCst);
        let before = self
            .0
            .word
            .update(Ordering::SeqCst, Ordering::SeqCst, |word| {
                Observed::unpack(word).pressed(at_least).pack()
            });
        let gate_us = start.elapsed().as_micros() as u64;
        let before = Observed::unpack(before);
        let now = before.pressed(at_least);
        self.run_hooks();
        Closed {
            epoch: now.epoch,
            presses: now.presses,
            already: before.closed,
            gate_us,
        }
    }

    /// The gate at this moment: one load, for the core between any two commands.
    pub fn observe(&self) -> Observed {
        Observed::unpack(self.0.word.load(Ordering::Acquire))
    }

    /// Wall time since the last press of this process; `None` before the first.
    pub fn since_last_press(&self) -> Option<Duration> {
        match self.0.pressed_ms.load(Ordering::SeqCst) {
            0 => None,
            at => Some(Duration::from_millis(monotonic_ms().saturating_sub(at))),
        }
    }

    /// The consoles that watch this engine.
    pub fn consoles(&self) -> &Consoles {
        &self.0.consoles
    }

    /// Who pressed and why since last taken, oldest first, at most 64.
    pub fn take_presses(&self) -> Vec<Press> {
        self.0.presses.take()
    }

    /// Presses whose text was lost because 64 waited; the presses themselves count.
    pub fn dropped_presses(&self) -> u64 {
        self.0.presses.dropped()
    }

    /// Opens the gate after a clear of `epoch` is durable, where no press came since the decision
    /// saw `presses_seen`. Opening an open gate again is no error.
    ///
    /// # Errors
    /// A press came in between: it begins a new epoch, because the journal says the old one is
    /// cleared, and the gate stays closed in it.
    pub fn open(&self, epoch: u64, presses_seen: u64) -> Result<(), JustPressed> {
        let decided = Observed {
            epoch,
            presses: presses_seen,
            closed: true,
        };
        let opened = Observed {
            closed: false,
            ..decided
        };
        let mut now = self.observe();
        loop {
            let next = if now == decided {
                opened
            } else if now == opened {
                return Ok(());
            } else if now.closed && now.epoch == epoch {
                Observed {
                    epoch: (epoch + 1).min(MAX_EPOCH),
                    ..now
                }
            } else {
                return Err(JustPressed { now });
            };
            match self.0.word.compare_exchange(
                now.pack(),
                next.pack(),
                Ordering::SeqCst,
                Ordering::SeqCst,
            ) {
                Ok(_) if next.closed => {
                    self.run_hooks();
                    return Err(JustPressed { now: next });
                }
                Ok(_) => return Ok(()),
                Err(word) => now = Observed::unpack(word),
            }
        }
    }

    /// Lets an entry out that was decided in `epoch_seen`, and puts it in the table.
    ///
    /// # Errors
    /// The gate is closed, or was since; the table is full or holds the id. The order is unsent.
    pub fn permit(&self, client_id: &str, epoch_seen: u64) -> Result<Permit, PermitRefused> {
        self.permit_weighed(client_id, epoch_seen, 0)
    }

    /// As [`Gate::permit`], with what the order puts at risk in cents: the stop cancels the
    /// riskiest first.
    ///
    /// # Errors
    /// As [`Gate::permit`].
    pub fn permit_weighed(
        &self,
        client_id: &str,
        epoch_seen: u64,
        risk_cents: u64,
    ) -> Result<Permit, PermitRefused> {
        let epoch = self.0.table.permit(client_id, risk_cents, || {
            let now = Observed::unpack(self.0.word.load(Ordering::SeqCst));
            match now {
                Observed {
                    closed: true,
                    epoch,
                    ..
                } => Err(PermitRefused::Closed { epoch }),
                Observed { epoch, .. } if epoch != epoch_seen => Err(PermitRefused::Stale {
                    seen: epoch_seen,
                    epoch,
                }),
                Observed { epoch, .. } => Ok(epoch),
            }
        })?;
        Ok(Permit {
            gate: self.clone(),
            client_id: client_id.to_owned(),
            epoch,
        })
    }

    /// Lets an exit out. It is recorded and never refused.
    pub fn exit_pass(&self, client_id: &str) {
        self.0.table.exit(client_id, self.observe().epoch);
    }

    /// Puts an entry in the table that rests at a venue from before this start, so that it can be
    /// cancelled without the core. Whether the gate is open does not matter.
    ///
    /// # Errors
    /// The table is full or holds the id.
    pub fn adopt(&self, client_id: &str, risk_cents: u64) -> Result<(), PermitRefused> {
        self.0
            .table
            .adopt(client_id, risk_cents, self.observe().epoch)
    }

    /// Records that the order was written to its connection. False where the table has no such id.
    pub fn mark_written(&self, client_id: &str) -> bool {
        self.0.table.written(client_id)
    }

    /// Takes the order out of the table where it was not written; see [`Permit::kill`].
    pub(super) fn kill(&self, client_id: &str) -> bool {
        self.0.table.kill(client_id)
    }

    /// Takes the order out of the table: there is terminal evidence. False where it is not in it.
    pub fn mark_terminal(&self, client_id: &str) -> bool {
        self.0.table.terminal(client_id)
    }

    /// The entries to cancel: all without terminal evidence, riskiest first, then oldest.
    pub fn open_entries(&self) -> Vec<TableEntry> {
        self.0.table.open_entries()
    }

    /// The exits without terminal evidence, oldest first; the stop leaves them.
    pub fn open_exits(&self) -> Vec<TableEntry> {
        self.0.table.open_exits()
    }

    /// What passed since the start, and what did not.
    pub fn counts(&self) -> Counts {
        self.0.table.counts()
    }

    /// Sets what wakes the core. It runs at once where the gate is closed already.
    ///
    /// # Panics
    /// Where it is set twice, as with the other hooks.
    pub fn set_waker(&self, hook: Hook) {
        self.set_hook(&self.0.hooks.waker, hook);
    }

    /// Sets what starts the cancels of [`Gate::open_entries`]. It runs at once where the gate is
    /// closed already.
    ///
    /// # Panics
    /// Where it is set twice.
    pub fn set_cancels(&self, hook: Hook) {
        self.set_hook(&self.0.hooks.cancels, hook);
    }

    pub(super) fn set_sentinel(&self, hook: Hook) {
        self.set_hook(&self.0.hooks.sentinel, hook);
    }

    fn set_hook(&self, slot: &OnceLock<Hook>, hook: Hook) {
        assert!(
            slot.set(hook.clone()).is_ok(),
            "a hook of the gate is set once"
        );
        // With the fence in `run_hooks`: a press that came too early to find the hook is seen here.
        fence(Ordering::SeqCst);
        if self.observe().closed {
            hook();
        }
    }

    fn run_hooks(&self) {
        fence(Ordering::SeqCst);
        self.0.hooks.run();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use super::super::press::How;
    use super::*;

    fn press(reason: &str) -> Press {
        Press {
            by: "tester".parse().unwrap(),
            how: How::Key,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn closing_is_idempotent_in_epoch_and_counts_presses() {
        let gate = Gate::new(4, false);
        let first = gate.close(press("first"));
        let second = gate.close(press("second"));
        assert_eq!((first.epoch, first.presses, first.already), (5, 1, false));
        assert_eq!((second.epoch, second.presses, second.already), (5, 2, true));
        let reasons: Vec<_> = gate.take_presses().into_iter().map(|p| p.reason).collect();
        assert_eq!(reasons, ["first", "second"]);
    }

    #[test]
    fn the_last_press_is_as_young_as_the_latest_one() {
        let gate = Gate::new(1, true);
        assert_eq!(gate.since_last_press(), None, "no press of this process");
        gate.close(press("why"));
        let first = gate.since_last_press().unwrap();
        assert!(first < Duration::from_secs(60));
        gate.0.pressed_ms.fetch_sub(7_000, Ordering::SeqCst);
        assert!(gate.since_last_press().unwrap() >= Duration::from_secs(7));
        gate.close(press("again"));
        assert!(gate.since_last_press().unwrap() < Duration::from_secs(7));
    }

    #[test]
    fn a_press_after_the_decision_to_open_begins_a_new_epoch() {
        let gate = Gate::new(0, false);
        let decided = gate.close(press("why"));
        gate.close(press("again"));
        let refused = gate.open(decided.epoch, decided.presses).unwrap_err();
        assert_eq!(refused.now, gate.observe());
        assert_eq!(
            gate.observe(),
            Observed {
                epoch: 2,
                presses: 2,
                closed: true
            }
        );
        assert!(gate.open(1, 2).is_err(), "the old epoch opens nothing");
        assert!(gate.observe().closed);
        assert!(gate.open(2, 2).is_ok() && gate.open(2, 2).is_ok());
        assert!(!gate.observe().closed);
    }

    #[test]
    fn an_entry_decided_before_a_stop_stays_in_after_it() {
        let gate = Gate::new(0, false);
        let permit = gate.permit("early", 0).unwrap();
        assert!(permit.is_current());
        let closed = gate.close(press("why"));
        assert_eq!(
            gate.permit("late", 0).err(),
            Some(PermitRefused::Closed { epoch: 1 })
        );
        gate.open(closed.epoch, closed.presses).unwrap();
        assert_eq!(
            gate.permit("late", 0).err(),
            Some(PermitRefused::Stale { seen: 0, epoch: 1 })
        );
        assert!(!permit.is_current() && permit.kill());
        assert_eq!(gate.counts().killed, 3);
        assert!(gate.open_entries().is_empty());
    }

    #[test]
    fn exits_pass_a_closed_gate() {
        let gate = Gate::new(1, true);
        gate.exit_pass("stop-loss");
        assert!(gate.mark_written("stop-loss"));
        assert_eq!(gate.open_exits().len(), 1);
        assert!(gate.open_entries().is_empty(), "the stop leaves exits");
        assert_eq!((gate.counts().exits, gate.counts().sent), (1, 1));
    }

    #[test]
    fn gate_then_core_then_cancels_then_sentinel_and_a_panic_stops_none() {
        let gate = Gate::new(0, false);
        let ran = Arc::new(Mutex::new(Vec::new()));
        let hook = |name: &'static str| -> Hook {
            let (gate, ran) = (gate.clone(), ran.clone());
            Arc::new(move || {
                assert!(gate.observe().closed, "the gate closes first");
                ran.lock().unwrap().push(name);
                assert!(name != "core", "a core that cannot be woken");
            })
        };
        gate.set_sentinel(hook("sentinel"));
        gate.set_waker(hook("core"));
        gate.set_cancels(hook("cancels"));
        gate.close(press("why"));
        assert_eq!(*ran.lock().unwrap(), ["core", "cancels", "sentinel"]);
    }

    #[test]
    fn a_hook_that_comes_after_the_press_runs_at_once() {
        let gate = Gate::new(0, false);
        gate.close(press("before the engine was ready"));
        let ran = Arc::new(AtomicBool::new(false));
        let flag = ran.clone();
        gate.set_cancels(Arc::new(move || flag.store(true, Ordering::SeqCst)));
        assert!(ran.load(Ordering::SeqCst));
    }
}
