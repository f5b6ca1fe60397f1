//! The crew: a small trait and one file each. Analysis is a pure function of its brief; the shell
//! around it catches panics, keeps time and counts.

mod crew;
mod deployer;
mod discoverer;
mod execution;
mod judging;
mod readings;
mod regime_detection;
mod risk;
mod service;
mod technical_analysis;
mod trader;
mod trading_decision;

pub use crew::{Beat, Clock, Crew, CrewAnswer, Maker, OnAnswer, Refused, SystemClock, WorkDone};
pub use deployer::Deployer;
pub use discoverer::Discoverer;
pub use execution::Execution;
pub use regime_detection::RegimeDetection;
pub use risk::Risk;
pub use service::{Acted, BarBrief, StageBrief, Verdict};
pub use technical_analysis::TechnicalAnalysis;
pub use trader::Trader;
pub use trading_decision::TradingDecision;

use crate::core::Time;
use crate::core::id::{MessageId, TaskId};
use crate::core::message::{Payload, RegimeUpdate, SentimentUpdate, TaSignal};
use crate::core::{Name, Quote, Symbol};
use crate::market::Candle;

/// Everything an agent may look at for one piece of work on a symbol.
#[derive(Debug, Clone)]
pub struct Brief {
    /// Engine time.
    pub now: Time,
    /// What it is about.
    pub symbol: Symbol,
    /// Length of a bar, milliseconds.
    pub interval_ms: i64,
    /// Closed bars, oldest first, at most 500.
    pub candles: Vec<Candle>,
    /// The last price.
    pub quote: Option<Quote>,
    /// The latest word of technical analysis that is not too old.
    pub ta: Option<TaSignal>,
    /// The latest regime that is not too old.
    pub regime: Option<RegimeUpdate>,
    /// The latest sentiment that is not too old.
    pub sentiment: Option<SentimentUpdate>,
    /// Whether a position of the symbol is open.
    pub position_open: bool,
}

impl Brief {
    /// One of nothing but the time, for work that brings its own.
    pub fn bare(now: Time, symbol: Symbol) -> Self {
        Self {
            now,
            symbol,
            interval_ms: 0,
            candles: Vec::new(),
            quote: None,
            ta: None,
            regime: None,
            sentiment: None,
            position_open: false,
        }
    }
}

/// A piece of work.
#[derive(Debug, Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "most work is a phase, and few pieces live at a time"
)]
pub enum Work {
    /// A scheduled task.
    Task(TaskId),
    /// A phase of a cycle: the message that asks, and what it asks.
    Phase(MessageId, Payload),
    /// Stop and acknowledge.
    Halt(MessageId),
    /// A bar of a service has closed.
    Bar(BarBrief),
    /// A service's stage is to be judged.
    Judge(StageBrief),
}

/// An agent. It looks only at its brief, so that equal briefs get equal answers.
pub trait Agent: Send {
    /// Its name.
    fn name(&self) -> Name;

    /// What it makes of the brief: words to publish, or the answer to a phase.
    ///
    /// # Errors
    /// Why it could not: a failure counts against its health, waiting for data does not.
    fn run(&mut self, brief: &Brief, work: &Work) -> Result<Vec<Payload>, Unable>;

    /// What a service's rule wants at the close of a bar.
    ///
    /// # Errors
    /// Why it could not say.
    fn act(&mut self, brief: &BarBrief) -> Result<Acted, Unable> {
        Err(format!("{} does not trade for {}", self.name(), brief.service).into())
    }

    /// What a service's stage comes to by now; none: it goes on.
    ///
    /// # Errors
    /// Why it could not say.
    fn judge(&mut self, brief: &StageBrief) -> Result<Option<Verdict>, Unable> {
        Err(format!("{} does not judge {}", self.name(), brief.service.id).into())
    }
}

/// Why an agent has nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unable {
    /// It lacks data that will come, in words: `12 of 60 candles`. Nobody's failure.
    #[error("{0}")]
    Waits(String),
    /// What went wrong.
    #[error("{0}")]
    Failed(String),
}

impl From<String> for Unable {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

impl From<&str> for Unable {
    fn from(why: &str) -> Self {
        Self::Failed(why.to_owned())
    }
}

#[cfg(test)]
mod tests;
