//! Closes the gate when the core hangs, or when a sync does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Release},
};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::egress::{Closed, Gate};
use super::press::{How, Press};

/// How often it looks, as a part of the limit.
const LOOKS_A_LIMIT: u32 = 40;
const NO_SYNC: u64 = u64::MAX;

/// Milliseconds of a clock that never runs backwards; it stands still while the machine sleeps.
pub fn monotonic_ms() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
}

/// Signs of life, stamped with [`monotonic_ms`]. Unarmed, none is expected.
pub struct Heartbeat {
    core: AtomicU64,
    sync_started: AtomicU64,
    armed: AtomicBool,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self {
            core: AtomicU64::new(0),
            sync_started: AtomicU64::new(NO_SYNC),
            armed: AtomicBool::new(false),
        }
    }
}

impl Heartbeat {
    /// The engine is ready: from now on it must beat.
    pub fn arm(&self, now_ms: u64) {
        self.beat(now_ms);
        self.armed.store(true, Release);
    }

    /// The engine ends in order: nothing is expected any more.
    pub fn disarm(&self) {
        self.armed.store(false, Release);
    }

    /// The core went round once.
    pub fn beat(&self, now_ms: u64) {
        self.core.store(now_ms, Release);
    }

    /// A sync of the journal begins.
    pub fn sync_begins(&self, now_ms: u64) {
        self.sync_started.store(now_ms, Release);
    }

    /// The sync came back.
    pub fn sync_ends(&self) {
        self.sync_started.store(NO_SYNC, Release);
    }

    /// What hangs for longer than `limit_ms`, in words; none before the engine is ready.
    pub fn overdue(&self, now_ms: u64, limit_ms: u64) -> Option<String> {
        let over = |since: u64| Some(now_ms.saturating_sub(since)).filter(|age| *age > limit_ms);
        if !self.armed.load(Acquire) {
            return None;
        }
        // A sync that hangs holds up the core as well, so it is looked at first.
        if let Some(age) = over(self.sync_started.load(Acquire)) {
            return Some(format!("a sync runs for {age} ms > {limit_ms} ms"));
        }
        let age = over(self.core.load(Acquire))?;
        Some(format!("the core is silent for {age} ms > {limit_ms} ms"))
    }
}

/// The thread that looks. It ends when this is dropped.
pub struct Watchdog {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts it; silence over `limit` closes the gate.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn spawn(gate: &Gate, heartbeat: Arc<Heartbeat>, limit: Duration) -> io::Result<Self> {
        let mut look = Look::new(gate.clone(), heartbeat, limit, monotonic_ms);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || {
                while !stopped.load(Acquire) {
                    look.step();
                    thread::park_timeout(limit / LOOKS_A_LIMIT);
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop.store(true, Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

struct Look<Clock> {
    gate: Gate,
    heartbeat: Arc<Heartbeat>,
    limit_ms: u64,
    clock: Clock,
    barked: bool,
}

impl<Clock: Fn() -> u64> Look<Clock> {
    fn new(gate: Gate, heartbeat: Arc<Heartbeat>, limit: Duration, clock: Clock) -> Self {
        Self {
            gate,
            heartbeat,
            limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
            clock,
            barked: false,
        }
    }

    /// One look: presses the stop once for each silence, not once for each look at it.
    fn step(&mut self) -> Option<Closed> {
        let overdue = self.heartbeat.overdue((self.clock)(), self.limit_ms);
        let first = !std::mem::replace(&mut self.barked, overdue.is_some());
        let reason = overdue.filter(|_| first)?;
        Some(self.gate.close(Press {
            by: "watchdog".parse().expect("letters make a name"),
            how: How::Watchdog,
            reason,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        now: Arc<AtomicU64>,
        heartbeat: Arc<Heartbeat>,
        gate: Gate,
    }

    impl World {
        fn new() -> (Self, Look<impl Fn() -> u64>) {
            let world = Self {
                now: Arc::new(AtomicU64::new(0)),
                heartbeat: Arc::default(),
                gate: Gate::new(0, false),
            };
            let now = world.now.clone();
            let look = Look::new(
                world.gate.clone(),
                world.heartbeat.clone(),
                Duration::from_secs(10),
                move || now.load(Acquire),
            );
            (world, look)
        }

        fn at(&self, ms: u64) -> &Heartbeat {
            self.now.store(ms, Release);
            &self.heartbeat
        }

        fn why(&self) -> String {
            self.gate.take_presses().remove(0).reason
        }
    }

    #[test]
    fn a_core_silent_for_longer_than_the_limit_is_stopped_once() {
        let (world, mut look) = World::new();
        world.at(100).arm(100);
        world.at(10_100);
        assert_eq!(look.step(), None, "at the limit is not over it");
        world.at(10_101);
        assert_eq!(look.step().map(|c| (c.epoch, c.already)), Some((1, false)));
        assert_eq!(world.why(), "the core is silent for 10001 ms > 10000 ms");
        world.at(20_000);
        assert_eq!(look.step(), None, "one silence, one press");
        world.at(20_001).beat(20_001);
        assert_eq!(look.step(), None);
        world.at(40_000);
        assert_eq!(look.step().map(|c| (c.epoch, c.already)), Some((1, true)));
    }

    #[test]
    fn a_sync_that_hangs_is_stopped_and_named() {
        let (world, mut look) = World::new();
        world.at(0).arm(0);
        world.at(5_000).sync_begins(5_000);
        world.at(9_000).sync_ends();
        world.at(9_500).sync_begins(9_500);
        world.at(19_501).beat(19_501);
        assert!(look.step().is_some());
        assert_eq!(world.why(), "a sync runs for 10001 ms > 10000 ms");
    }

    #[test]
    fn nothing_is_expected_before_the_engine_is_ready_and_after_its_end() {
        let (world, mut look) = World::new();
        world.at(60_000).sync_begins(1);
        assert_eq!(look.step(), None, "recovery takes its time");
        world.at(60_000).arm(60_000);
        world.at(90_000).disarm();
        assert_eq!(look.step(), None);
        assert!(!world.gate.observe().closed);
    }

    #[test]
    fn it_goes_when_dropped() {
        let gate = Gate::new(0, false);
        let heartbeat = Arc::new(Heartbeat::default());
        heartbeat.arm(monotonic_ms());
        let watchdog = Watchdog::spawn(&gate, heartbeat.clone(), Duration::from_secs(60)).unwrap();
        drop(watchdog);
        assert_eq!(Arc::strong_count(&heartbeat), 1);
        assert!(!gate.observe().closed);
    }
}
