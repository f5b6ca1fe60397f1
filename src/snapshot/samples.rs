//! What was measured beside the state: it is shown and never decides.

use std::collections::{BTreeMap, VecDeque};

use super::RunTexts;
use super::alarms::Alarm;
use super::document::{AuditLine, EngineRow, GuardRow, JournalRow};
use super::measures::{ClosesSample, MeasuresRow};
use super::portfolio::Targets;
use crate::core::approval::ApprovalId;
use crate::core::id::{PositionId, RunId};
use crate::core::position::Lack;
use crate::core::{Name, Quotes, Time};

/// What was measured beside the state: it is shown and never decides.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// The last prices.
    pub quotes: Quotes,
    /// Closes of the latest bars by symbol.
    pub closes: BTreeMap<crate::core::Symbol, ClosesSample>,
    /// The last sign of life of each agent.
    pub beats: BTreeMap<Name, BeatSample>,
    /// What agents are at, in words, that is not worth a record.
    pub says: BTreeMap<Name, String>,
    /// Heartbeat age in milliseconds from which an agent counts as laggy; 0: none does.
    pub laggy_ms: i64,
    /// The same for its mean response, in lifetime means; 0: none does.
    pub laggy_factor: f64,
    /// Engine time.
    pub clock: Option<Time>,
    /// Wall time.
    pub wall: Time,
    /// Wall time of the start.
    pub started_at: Time,
    /// The process.
    pub pid: u32,
    /// `paper` or `live`.
    pub mode: String,
    /// Engine seconds a wall second.
    pub speed: String,
    /// What the engine says of itself.
    pub engine: EngineRow,
    /// The journal's size.
    pub journal: JournalRow,
    /// Equity each minute.
    pub curve: VecDeque<f64>,
    /// The latest events.
    pub audit: VecDeque<AuditLine>,
    /// How the channels fare that alerts go to.
    pub channels: Vec<super::document::AlertChannelRow>,
    /// Alarms of the engine itself: disk, views, clock.
    pub alarms: Vec<Alarm>,
    /// Messages handed over and not acknowledged yet, by agent.
    pub in_flight: BTreeMap<Name, u64>,
    /// How far the research runs are that are computed.
    pub research: BTreeMap<RunId, RunSample>,
    /// What the texts of research runs say, as far as they were read before.
    pub texts: RunTexts,
    /// When approvals lapse, wall time.
    pub lapses: BTreeMap<ApprovalId, Time>,
    /// What the live guard measures of each venue.
    pub guard: Vec<GuardRow>,
    /// The venue's last word on all orders.
    pub statement: Option<StatementSample>,
    /// Positions that have lacked their stop, or its fill, for longer than they may.
    pub lacks: Vec<LackSample>,
    /// The shares the account should be kept at; none are known where no engine runs.
    pub targets: Targets,
    /// How quick the engine has been and how full its queues were.
    pub measures: MeasuresRow,
    /// Whether an engine runs.
    pub running: bool,
}

/// How far a research run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunSample {
    /// Backtests computed.
    pub done: u64,
    /// Backtests planned.
    pub of: u64,
    /// Seconds of wall time until the last is computed; none where nobody can say.
    pub eta_s: Option<u64>,
}

/// A venue's word on all orders and balances, whatever came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementSample {
    /// When it was heard, engine time.
    pub at: Time,
    /// Orders of ours that it could be compared with.
    pub orders: u32,
}

/// A position that lacks something for longer than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LackSample {
    /// Which.
    pub position: PositionId,
    /// What it lacks.
    pub lack: Lack,
    /// Since when, engine time.
    pub since: Time,
}

/// An agent's last sign of life, and how quickly it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeatSample {
    /// When, wall time.
    pub at: Time,
    /// Mean response time of its latest operations, milliseconds.
    pub mean_ms: Option<f64>,
    /// Mean response time of all of them, milliseconds.
    pub lifetime_mean_ms: Option<f64>,
}

impl Samples {
    /// Late with its heartbeat, or slower than it used to be: shown, blocks nothing.
    pub(super) fn is_laggy(&self, beat: &BeatSample) -> bool {
        let late = self.laggy_ms > 0 && self.wall - beat.at > self.laggy_ms;
        let slow = self.laggy_factor > 0.0
            && beat
                .mean_ms
                .zip(beat.lifetime_mean_ms)
                .is_some_and(|(mean, lifetime)| mean > self.laggy_factor * lifetime);
        late || slow
    }
}
