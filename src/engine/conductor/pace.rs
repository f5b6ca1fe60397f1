//! How quickly a run goes, by the wall clock.

use std::time::{Duration, Instant};

/// Backtests and the time they took, while something was computed.
#[derive(Debug, Default)]
pub(super) struct Pace {
    since: Option<Instant>,
    busy: Duration,
    trials: u64,
}

impl Pace {
    /// So many backtests were computed.
    pub fn count(&mut self, trials: u64) {
        self.trials += trials;
    }

    /// From now on something is computed, or nothing.
    pub fn look(&mut self, now: Instant, busy: bool) {
        if let Some(since) = self.since.take() {
            self.busy += now.saturating_duration_since(since);
        }
        self.since = busy.then_some(now);
    }

    /// Seconds until so many more are computed; none where nothing is, or too little was.
    pub fn left(&self, more: u64) -> Option<u64> {
        self.since?;
        let per_trial = self.busy.as_secs_f64() / self.trials as f64;
        let left = per_trial * more as f64;
        (self.trials > 0 && left.is_finite()).then(|| left.ceil() as u64)
    }
}

/// A time in words: `40 s`, `2 min`, `3 h`.
pub(super) fn words(seconds: u64) -> String {
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_nothing_is_computed_does_not_count() {
        let mut pace = Pace::default();
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        pace.look(at(0), true);
        assert_eq!(pace.left(10), None);
        pace.look(at(10), false);
        pace.count(5);
        assert_eq!(pace.left(10), None, "nothing is under way");
        pace.look(at(1_000), true);
        pace.look(at(1_010), true);
        pace.count(5);
        assert_eq!(pace.left(10), Some(20));
        assert_eq!(
            (words(90), words(91), words(7_200)),
            ("90 s".into(), "2 min".into(), "2 h".into())
        );
    }
}
