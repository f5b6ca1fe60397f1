//! Degradation (K2): how much of the crew is needed, a scale of its own beside the state of trading.

mod decide;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::message::words;
use super::time::Time;

words!(
    /// How much of the crew is needed.
    Level {
        /// All of it.
        0 Normal = "normal",
        /// Without sentiment.
        1 Reduced = "reduced",
        /// Without optional agents.
        2 Limited = "limited",
        /// The rules of risk alone: exits, no entry.
        3 Emergency = "emergency",
    }
);
words!(
    /// What fails together.
    Class {
        /// Technical analysis, regime, sentiment.
        0 Analysis = "analysis",
        /// Trading decision, risk, execution.
        1 Decision = "decision",
        /// Portfolio and agents outside the process.
        2 Optional = "optional",
        /// Language models.
        3 Models = "models",
    }
);

/// Where the scale stands.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Degradation {
    /// The step in force.
    #[n(0)]
    pub level: Level,
    /// Since when.
    #[n(1)]
    pub since: Time,
    /// Failures in a row by class.
    #[n(2)]
    pub streaks: BTreeMap<Class, u32>,
    /// The last failure of any.
    #[n(3)]
    pub failed_at: Option<Time>,
    /// Why it last moved.
    #[n(4)]
    pub reason: String,
}

impl Default for Degradation {
    fn default() -> Self {
        Self {
            level: Level::Normal,
            since: Time(0),
            streaks: BTreeMap::new(),
            failed_at: None,
            reason: String::new(),
        }
    }
}

impl Degradation {
    /// Failures in a row of a class.
    pub fn streak(&self, class: Class) -> u32 {
        self.streaks.get(&class).copied().unwrap_or_default()
    }

    /// An operation failed; only one that weighs makes the row longer.
    pub(super) fn fail(&mut self, class: Class, weighs: bool, at: Time) {
        self.failed_at = Some(at);
        if weighs {
            *self.streaks.entry(class).or_default() += 1;
        }
    }

    /// A row of failures is broken.
    pub(super) fn succeed(&mut self, class: Class) {
        self.streaks.remove(&class);
    }

    pub(super) fn move_to(&mut self, level: Level, reason: &str, at: Time) {
        self.level = level;
        self.since = at;
        reason.clone_into(&mut self.reason);
        self.streaks.clear();
    }
}
