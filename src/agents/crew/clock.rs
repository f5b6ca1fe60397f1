//! The shell's sense of time. It is the wall's, never the market's.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the shell reads the time.
pub trait Clock: Send + Sync {
    /// Time that has run since some fixed moment; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Milliseconds since 1970-01-01T00:00:00Z, as the wall clock has it.
    fn wall_ms(&self) -> i64;
}

/// The machine's own clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        static BEGINNING: OnceLock<Instant> = OnceLock::new();
        BEGINNING.get_or_init(Instant::now).elapsed()
    }

    fn wall_ms(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            })
    }
}
