//! Cycles (Y1–Y5): one decision for one symbol, from analysis to protection. Only the supervisor
//! opens and moves one.

mod analysis;
mod data;
mod execution;
mod fold;
mod monitoring;
mod opening;
mod phases;

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::id::{CycleId, MessageId, OrderId};
use super::message::{TradingSignal, words};
use super::signal::Voices;
use super::text::{Name, Symbol};
use super::time::Time;

words!(
    /// Where a cycle stands.
    Phase {
        /// Before it begins.
        0 Idle = "idle",
        /// Are all needed agents well, and may we trade?
        1 Initializing = "initializing",
        /// The trading decision looks.
        2 StrategyAnalysis = "strategy_analysis",
        /// Risk sizes and the gate decides.
        3 RiskValidation = "risk_validation",
        /// Execution sends.
        4 Execution = "execution",
        /// Until its orders are terminal and its position is protected.
        5 Monitoring = "monitoring",
        /// Done.
        6 Completed = "completed",
        /// Stopped by somebody.
        7 Halted = "halted",
        /// Stopped by an error.
        8 Failed = "failed",
    }
);

impl Phase {
    /// Nothing follows.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Halted | Self::Failed)
    }

    /// The agent that answers it.
    pub fn agent(self) -> Option<&'static str> {
        match self {
            Self::StrategyAnalysis => Some("trading_decision"),
            Self::RiskValidation => Some("risk"),
            Self::Execution => Some("execution"),
            _ => None,
        }
    }
}

/// One phase that began.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct PhaseRun {
    /// Which.
    #[n(0)]
    pub phase: Phase,
    /// Who answers it.
    #[n(1)]
    pub agent: Option<Name>,
    /// When it began.
    #[n(2)]
    pub started_at: Time,
    /// When it ended.
    #[n(3)]
    pub ended_at: Option<Time>,
    /// What came of it.
    #[n(4)]
    pub result: Option<String>,
}

/// What a cycle has found out so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Encode, Decode)]
pub struct Findings {
    /// The signal, its confidence weighed.
    #[n(0)]
    pub signal: Option<TradingSignal>,
    /// Base quantity within every limit.
    #[cbor(n(1), with = "super::codec::dec", has_nil)]
    pub quantity: Option<Decimal>,
    /// Stop price.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub stop: Option<Decimal>,
    /// Target price.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub target: Option<Decimal>,
    /// The order it sent.
    #[n(4)]
    pub order: Option<OrderId>,
    /// What the others had said when the signal was weighed.
    #[n(5)]
    pub seen: Option<Box<Voices>>,
}

/// One cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Cycle {
    /// Its id.
    #[n(0)]
    pub id: CycleId,
    /// What it looks at.
    #[n(1)]
    pub symbol: Symbol,
    /// Where it stands.
    #[n(2)]
    pub phase: Phase,
    /// When it began.
    #[n(3)]
    pub started_at: Time,
    /// When it ended.
    #[n(4)]
    pub ended_at: Option<Time>,
    /// The phases that began.
    #[n(5)]
    pub phases: Vec<PhaseRun>,
    /// Why it was halted or what went wrong.
    #[n(6)]
    pub reason: Option<String>,
    /// What came of it.
    #[n(7)]
    pub result: Option<String>,
    /// The message it waits for an answer to.
    #[n(8)]
    pub waiting: Option<MessageId>,
    /// What it has found out.
    #[n(9)]
    pub found: Findings,
    /// What agents left for each other: JSON documents by key.
    #[n(10)]
    #[cbor(default)]
    pub data: BTreeMap<String, String>,
}

/// Cycles by id, the running ones and the latest that ended.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Cycles {
    /// Running.
    #[n(0)]
    pub live: BTreeMap<CycleId, Cycle>,
    /// Ended, oldest first, bounded.
    #[n(1)]
    pub past: VecDeque<Cycle>,
    /// Completed ever.
    #[n(2)]
    pub completed: u64,
    /// Halted ever.
    #[n(3)]
    pub halted: u64,
    /// Failed ever.
    #[n(4)]
    pub failed: u64,
}

impl Cycle {
    /// Who was asked last.
    pub fn asked(&self) -> Option<Name> {
        self.phases.last().and_then(|run| run.agent)
    }
}

impl Cycles {
    /// Ended ever.
    pub fn ended(&self) -> u64 {
        self.completed + self.halted + self.failed
    }

    pub(super) fn write(&mut self, id: CycleId, key: &str, value: &str) {
        let cycle = match self.live.get_mut(&id) {
            Some(cycle) => Some(cycle),
            None => self.past.iter_mut().rev().find(|c| c.id == id),
        };
        if let Some(cycle) = cycle {
            cycle.data.insert(key.to_owned(), value.to_owned());
        }
    }

    /// One cycle, running or remembered.
    pub fn get(&self, id: CycleId) -> Option<&Cycle> {
        self.live
            .get(&id)
            .or_else(|| self.past.iter().rev().find(|c| c.id == id))
    }
}
