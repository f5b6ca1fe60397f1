//! Alerts in the log: every one, but no flood of them.

use std::time::Instant;

use super::kind::Severity;
use super::letter::Alert;
use super::pace::Pace;

/// Lines a minute.
const PER_MINUTE: u64 = 120;

/// The log's pace.
pub struct AlertLog {
    pace: Pace,
    born: Instant,
    left_out: u64,
}

impl Default for AlertLog {
    fn default() -> Self {
        Self {
            pace: Pace::per_minute(PER_MINUTE),
            born: Instant::now(),
            left_out: 0,
        }
    }
}

impl AlertLog {
    /// Writes a line, or counts what is left out.
    pub fn write(&mut self, alert: &Alert) {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        // What is worth waking up for is never left out.
        if alert.severity < Severity::Critical && self.pace.take(now).is_err() {
            self.left_out += 1;
            return;
        }
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0 {
            tracing::warn!("{left_out} alerts are not in the log: more came than it takes");
        }
        let (kind, seq, about) = (alert.kind.as_str(), alert.seq, &alert.about);
        let (title, text) = (&alert.title, &alert.text);
        match alert.severity {
            Severity::Info => tracing::info!(kind, seq, about, "{title}: {text}"),
            Severity::Warning => tracing::warn!(kind, seq, about, "{title}: {text}"),
            Severity::Critical => tracing::error!(kind, seq, about, "{title}: {text}"),
        }
    }
}
