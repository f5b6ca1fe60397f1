//! What is worth telling somebody, and how much it matters.

use serde::Serialize;

use crate::config::{Alerts, Ring};

/// What happened, by the words of the interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlertKind {
    /// An entry is sent.
    Entry,
    /// An entry filled.
    EntryFill,
    /// An exit is sent.
    Exit,
    /// An exit, a stop or a target filled.
    ExitFill,
    /// HARDSTOP.
    Hardstop,
    /// A limit of risk.
    LimitBreach,
    /// A venue out of bounds.
    GuardBreach,
    /// Trading no longer runs.
    Halted,
    /// A circuit breaker.
    CircuitBreaker,
    /// Entries of a symbol are refused.
    SymbolPaused,
    /// A venue refused an order.
    ExecutionError,
    /// Less of the crew is at work.
    Degradation,
    /// An entry waits for the operator.
    ApprovalWaiting,
    /// Somebody gives way.
    Conflict,
    /// The account is not as the books have it.
    PortfolioWarning,
    /// Orders or positions are not as the venue has them.
    ReconcileMismatch,
    /// Nobody knows what became of an order, or whose it is.
    UnknownOrder,
    /// A position without its stop.
    UnprotectedPosition,
    /// An agent is not well.
    AgentUnhealthy,
    /// Something is well again.
    Recovered,
    /// Somebody tries a channel.
    Test,
}

impl AlertKind {
    /// As in documents and in `[alerts]`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// How loud it is.
    pub fn ring(self, config: &Alerts) -> Ring {
        match self {
            Self::Entry => config.entry,
            Self::EntryFill => config.entry_fill,
            Self::Exit => config.exit,
            Self::ExitFill => config.exit_fill,
            Self::Hardstop => config.hardstop,
            Self::LimitBreach => config.limit_breach,
            Self::GuardBreach => config.guard_breach,
            Self::Halted => config.halted,
            Self::CircuitBreaker => config.circuit_breaker,
            Self::SymbolPaused => config.symbol_paused,
            Self::ExecutionError => config.execution_error,
            Self::Degradation => config.degradation,
            Self::ApprovalWaiting => config.approval_waiting,
            Self::Conflict => config.conflict,
            Self::PortfolioWarning => config.portfolio_warning,
            Self::ReconcileMismatch => config.reconcile_mismatch,
            Self::UnknownOrder => config.unknown_order,
            Self::UnprotectedPosition => config.unprotected_position,
            Self::AgentUnhealthy => config.agent_unhealthy,
            Self::Recovered => config.recovered,
            Self::Test => Ring::On,
        }
    }
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Worth a look today.
    Warning,
    /// Worth waking up for.
    Critical,
}

impl Severity {
    /// As in documents.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
