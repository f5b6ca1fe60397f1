//! Scheduled tasks (K3): which agent runs when, and what is running now.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::id::TaskId;
use super::text::{Name, Symbol};
use super::time::Time;

/// One schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Schedule {
    /// The task, and the agent that does it.
    #[n(0)]
    pub name: Name,
    /// Seconds of engine time between runs.
    #[n(1)]
    pub interval_s: u32,
    /// Whether it runs by itself.
    #[n(2)]
    pub enabled: bool,
    /// When it last began.
    #[n(3)]
    pub last_run: Option<Time>,
    /// When it is due.
    #[n(4)]
    pub next_run: Time,
    /// Runs ever, a symbol each.
    #[n(5)]
    pub runs: u64,
    /// Those that failed.
    #[n(6)]
    pub failures: u64,
}

/// One run of a task for one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Task {
    /// Its id.
    #[n(0)]
    pub id: TaskId,
    /// The schedule it belongs to.
    #[n(1)]
    pub name: Name,
    /// What it looks at.
    #[n(2)]
    pub symbol: Symbol,
    /// When it began.
    #[n(3)]
    pub started_at: Time,
}

/// All schedules, in the order in which they run, and what is running.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Schedules {
    /// In the order of the configuration.
    #[n(0)]
    pub rows: Vec<Schedule>,
    /// Running now.
    #[n(1)]
    pub running: BTreeMap<TaskId, Task>,
}

impl Schedules {
    /// A schedule by its name or the documents' name for it.
    pub fn find(&self, name: &str) -> Option<&Schedule> {
        let name = alias(name);
        self.rows.iter().find(|s| s.name.as_str() == name)
    }

    pub(super) fn find_mut(&mut self, name: Name) -> Option<&mut Schedule> {
        self.rows.iter_mut().find(|s| s.name == name)
    }

    /// When the next enabled one is due.
    pub fn next_due(&self) -> Option<Time> {
        self.rows
            .iter()
            .filter(|s| s.enabled)
            .map(|s| s.next_run)
            .min()
    }
}

/// The documents' names of tasks and agents, and ours.
const ALIASES: [(&str, &str); 5] = [
    ("ta_analysis", "technical_analysis"),
    ("portfolio_check", "portfolio_rebalance"),
    ("strategy", "trading_decision"),
    ("risk_management", "risk"),
    ("execution_manager", "execution"),
];

/// Our name for one of the documents'; any other stays as it is.
pub fn alias(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(theirs, _)| *theirs == name)
        .map_or(name, |(_, ours)| ours)
}

/// Every name of the same agent, ours first.
pub fn names_of(name: &str) -> Vec<&str> {
    let ours = alias(name);
    let theirs = ALIASES.iter().filter(|(_, of)| *of == ours);
    std::iter::once(ours)
        .chain(theirs.map(|(theirs, _)| *theirs))
        .collect()
}
