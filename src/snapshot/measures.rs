//! How quick the engine has been and how full its queues were over the last minutes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::{Name, Time};

/// Figures of the last minutes, measured beside the state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeasuresRow {
    /// Wall seconds between two points.
    pub every_s: u32,
    /// What is measured of the engine, in the order in which it is shown.
    pub series: Vec<Series>,
    /// Mean response of each agent, milliseconds, oldest first.
    pub agents: BTreeMap<Name, Vec<f64>>,
}

/// One figure over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Series {
    /// Its stable name.
    pub name: String,
    /// `us`, `count`.
    pub unit: String,
    /// Oldest first.
    pub values: Vec<f64>,
}

/// The closes of the latest bars of a symbol.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClosesSample {
    /// Oldest first.
    pub values: Vec<f64>,
    /// Length of a bar, engine milliseconds.
    pub bar_ms: i64,
    /// When the last bar closed; none without any.
    pub closed_at: Option<Time>,
}
