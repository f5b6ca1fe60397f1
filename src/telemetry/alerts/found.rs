//! What the engine finds by itself, and no record says.

use super::kind::{AlertKind, Severity};
use super::letter::Alert;
use crate::core::id::PositionId;
use crate::core::{Symbol, Time};

impl Alert {
    /// A position has lacked its stop for the deadline; `seq` is the last durable record.
    pub fn unprotected(id: PositionId, symbol: Symbol, seq: u64, time: Time) -> Self {
        Self {
            kind: AlertKind::UnprotectedPosition,
            severity: Severity::Critical,
            about: id.to_string(),
            title: format!("Position without a stop: {id}"),
            text: format!("{id} {symbol} has had no working stop for its deadline"),
            seq,
            time,
        }
    }

    /// A position whose lack was told has its stop again; `seq` is the last durable record.
    pub fn protected_again(id: PositionId, symbol: Symbol, seq: u64, time: Time) -> Self {
        Self {
            kind: AlertKind::Recovered,
            severity: Severity::Info,
            about: id.to_string(),
            title: format!("Protected again: {id}"),
            text: format!("{id} {symbol} has a working stop again"),
            seq,
            time,
        }
    }

    /// Nobody reads the journal for people any more; `seq` is the last durable record.
    pub fn watch_ended(why: &str, seq: u64, time: Time) -> Self {
        Self {
            kind: AlertKind::AgentUnhealthy,
            severity: Severity::Critical,
            about: "alerts".into(),
            title: "Alerts end here until the engine is started again".into(),
            text: format!("the follower stopped, and nothing it would tell arrives: {why}"),
            seq,
            time,
        }
    }
}
