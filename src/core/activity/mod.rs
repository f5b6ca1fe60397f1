//! Activities (R7, R8, R9): who deploys, optimises, discovers or trades, and which of them gives way
//! to which.

mod decide;

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::id::ActivityId;
use super::message::words;
use super::text::Name;
use super::time::Time;

words!(
    /// What somebody is at.
    ActivityKind {
        /// Puts a strategy into service.
        0 Deployment = "deployment",
        /// Looks for better parameters.
        1 Optimisation = "optimisation",
        /// Looks for new strategies.
        2 Discovery = "discovery",
        /// Trades.
        3 LiveTrading = "live_trading",
        /// Stops everything else; the stop begins and ends it.
        4 Hardstop = "hardstop",
    }
);
words!(
    /// How an activity ended.
    ActivityEnd {
        /// It is done.
        0 Ended = "ended",
        /// HARDSTOP or its agent's death ended it.
        1 Cancelled = "cancelled",
    }
);
words!(
    /// What a running activity means for a new one.
    Verdict {
        /// Both run.
        0 Allow = "allow",
        /// The new one waits.
        1 Queue = "queue",
        /// The new one ends the running one.
        2 Cancel = "cancel",
        /// The new one is refused.
        3 Deny = "deny",
        /// The new one is the running one.
        4 Already = "already",
    }
);

/// Ended activities that are remembered.
const REMEMBERED: usize = 1_000;

/// One activity.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Activity {
    /// Its id.
    #[n(0)]
    pub id: ActivityId,
    /// What it is.
    #[n(1)]
    pub kind: ActivityKind,
    /// Whose.
    #[n(2)]
    pub agent: Name,
    /// Begun by a request of its own, not by a reservation: only a request ends it.
    #[n(3)]
    pub declared: bool,
    /// Waits for another one to end.
    #[n(4)]
    pub queued: bool,
    /// Since when.
    #[n(5)]
    pub since: Time,
    /// How it ended.
    #[n(6)]
    pub end: Option<(ActivityEnd, Time)>,
}

/// All activities: running, queued, and the latest that ended.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Activities {
    /// Running and queued.
    #[n(0)]
    pub live: BTreeMap<ActivityId, Activity>,
    /// Ended, oldest first, bounded.
    #[n(1)]
    pub past: VecDeque<Activity>,
}

impl ActivityKind {
    /// What a running activity of this kind means for a new one (domain.md, Activities).
    pub fn verdict(self, new: Self) -> Verdict {
        use ActivityKind::{Deployment, Discovery, Hardstop, Optimisation};
        match (self, new) {
            (Hardstop, Hardstop) => Verdict::Already,
            (Hardstop, _) => Verdict::Deny,
            (_, Hardstop) => Verdict::Cancel,
            (Deployment, Deployment | Optimisation | Discovery) | (Discovery, Discovery) => {
                Verdict::Queue
            }
            _ => Verdict::Allow,
        }
    }
}

impl Activities {
    /// Whether one of this kind runs.
    pub fn runs(&self, kind: ActivityKind) -> bool {
        self.live.values().any(|a| a.kind == kind && !a.queued)
    }

    pub(super) fn end(&mut self, id: ActivityId, how: ActivityEnd, at: Time) {
        if let Some(mut activity) = self.live.remove(&id) {
            activity.end = Some((how, at));
            self.past.push_back(activity);
            while self.past.len() > REMEMBERED {
                self.past.pop_front();
            }
        }
    }
}
