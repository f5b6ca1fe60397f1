//! What is counted of the engine's work while it runs, for whoever graphs it. Nothing of it decides,
//! and nothing of it is journaled.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// Counts that go up as long as the process lives; clones count together.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Commands that were decided.
    pub decisions: Counter,
    /// What one write and sync of the journal took, seconds.
    pub commits: Histogram,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            decisions: Counter::default(),
            // From 50 microseconds to 13 seconds.
            commits: Histogram::new(exponential_buckets(0.000_05, 4.0, 10)),
        }
    }
}

impl Figures {
    /// A commit took so long.
    pub(super) fn committed(&self, took: Duration) {
        self.commits.observe(took.as_secs_f64());
    }
}
