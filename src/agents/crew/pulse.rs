//! How quickly an agent answers, and when it last gave a sign of life.

use std::collections::VecDeque;
use std::time::Duration;

/// Runs that the rolling mean looks back on.
const WINDOW: usize = 50;

/// Response times and the last beat.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    pub(super) at_ms: i64,
    recent: VecDeque<f64>,
    total_ms: f64,
    runs: u64,
}

impl Pulse {
    /// Counts a run that took so long.
    pub(super) fn count(&mut self, took: Duration) {
        let ms = took.as_secs_f64() * 1_000.0;
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(ms);
        self.total_ms += ms;
        self.runs += 1;
    }

    /// Mean of the last 50 runs, milliseconds.
    pub(super) fn mean_ms(&self) -> Option<f64> {
        (!self.recent.is_empty())
            .then(|| self.recent.iter().sum::<f64>() / self.recent.len() as f64)
    }

    /// Mean of all runs, milliseconds.
    pub(super) fn lifetime_mean_ms(&self) -> Option<f64> {
        (self.runs > 0).then(|| self.total_ms / self.runs as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rolling_mean_forgets_what_the_lifetime_remembers() {
        let mut pulse = Pulse::default();
        assert_eq!((pulse.mean_ms(), pulse.lifetime_mean_ms()), (None, None));
        for _ in 0..50 {
            pulse.count(Duration::from_millis(10));
        }
        for _ in 0..50 {
            pulse.count(Duration::from_millis(30));
        }
        assert_eq!(pulse.mean_ms(), Some(30.0));
        assert_eq!(pulse.lifetime_mean_ms(), Some(20.0));
    }
}
