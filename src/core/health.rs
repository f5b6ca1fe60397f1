//! The agents and how they are (H1, H2). Heartbeats and response times are samples of the wall
//! clock and stay outside; what they change is an event.

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;

use super::command::Registration;
use super::settings::HealthSettings;
use super::text::Name;
use super::time::Time;

/// The built-in crew.
pub const CREW: [&str; 11] = [
    "technical_analysis",
    "regime_detection",
    "sentiment_analysis",
    "trading_decision",
    "risk",
    "execution",
    "portfolio_rebalance",
    "deployer",
    "optimizer",
    "discoverer",
    "trader",
];

/// Those that work in this version; the others' requests are accepted, but nobody acts in their
/// name.
pub const AT_WORK: [&str; 9] = [
    "technical_analysis",
    "regime_detection",
    "trading_decision",
    "risk",
    "execution",
    "deployer",
    "optimizer",
    "discoverer",
    "trader",
];

/// Those whose whole work is research: the engine's conductor does it beside the trading, and beats for
/// them. The discoverer judges its candidates too, and sits with the crew.
pub const CONDUCTED: [&str; 1] = ["optimizer"];

/// Those a cycle cannot do without.
pub const NEEDED: [&str; 3] = ["trading_decision", "risk", "execution"];

/// One agent's record.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct AgentHealth {
    /// The latest operations, true where they succeeded.
    #[n(0)]
    pub window: VecDeque<bool>,
    /// Succeeded ever.
    #[n(1)]
    pub successes: u64,
    /// Failed ever.
    #[n(2)]
    pub errors: u64,
    /// No heartbeat within the time-out.
    #[n(3)]
    pub stale: bool,
    /// Too many errors in the window.
    #[n(4)]
    pub unhealthy: bool,
    /// When it last failed.
    #[n(6)]
    pub failed_at: Option<Time>,
    /// What it last said or what was last said of it.
    #[n(5)]
    pub status_message: Option<String>,
    /// What it registered as, where it works outside the process.
    #[n(7)]
    pub outside: Option<Registration>,
    /// When it last became stale, unhealthy, or well again.
    #[n(8)]
    pub changed_at: Option<Time>,
}

impl AgentHealth {
    /// Share of errors in the window.
    pub fn error_rate(&self) -> Decimal {
        let errors = self.window.iter().filter(|ok| !**ok).count();
        Decimal::from(errors)
            .checked_div(Decimal::from(self.window.len()))
            .unwrap_or_default()
            .round_dp(4)
    }

    /// What the window says by these settings.
    pub fn judged(&self, settings: &HealthSettings) -> bool {
        self.window.len() >= settings.minimum as usize
            && self.error_rate() > settings.unhealthy_error_rate
    }

    pub(super) fn count(&mut self, at: Time, ok: bool, window: u32) {
        self.window.push_back(ok);
        while self.window.len() > window as usize {
            self.window.pop_front();
        }
        if ok {
            self.successes += 1;
        } else {
            self.errors += 1;
            self.failed_at = Some(at);
        }
    }
}

/// All agents by name.
pub type Agents = BTreeMap<Name, AgentHealth>;
