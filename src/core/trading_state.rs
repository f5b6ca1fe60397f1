//! May we trade? Causes are independent; the state shown is the strictest of them (domain.md,
//! Trading state).

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::id::PositionId;
use super::text::{Name, Symbol};
use super::time::Time;

/// The state of trading, strictest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Mode {
    /// The stop is engaged: exits only, until an operator clears it.
    #[n(0)]
    Hardstopped,
    /// Reconciling after a start.
    #[n(1)]
    Recovering,
    /// A circuit breaker: exits only, no schedules.
    #[n(2)]
    Halted,
    /// No entries; schedules and analysis go on.
    #[n(3)]
    ReduceOnly,
    /// Signals are recorded and ignored.
    #[n(4)]
    Paused,
    /// All goes.
    #[n(5)]
    Running,
}

impl Mode {
    /// Whether scheduled tasks run.
    pub fn schedules(self) -> bool {
        self >= Self::ReduceOnly
    }

    /// Whether a position may be opened.
    pub fn entries(self) -> bool {
        self == Self::Running
    }

    /// Whether resting entries are cancelled.
    pub fn cancels_entries(self) -> bool {
        self <= Self::ReduceOnly && self != Self::Recovering
    }

    /// Whether anything but exits may be reserved.
    pub fn reserves(self) -> bool {
        self >= Self::ReduceOnly
    }

    /// As in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hardstopped => "hardstopped",
            Self::Recovering => "recovering",
            Self::Halted => "halted",
            Self::ReduceOnly => "reduce_only",
            Self::Paused => "paused",
            Self::Running => "running",
        }
    }
}

/// Why it is not simply running.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Cause {
    /// The start has not reconciled yet.
    #[n(0)]
    Recovering,
    /// The account fell too far from its peak.
    #[n(1)]
    Drawdown,
    /// Too many stops in a row.
    #[n(2)]
    StopsInRow,
    /// Risk said so.
    #[n(3)]
    RiskAlert,
    /// HARDSTOP was cleared; a second step resumes.
    #[n(4)]
    AfterClear,
    /// The disk is nearly full.
    #[n(5)]
    DiskLow,
    /// A part of the journal was given up.
    #[n(6)]
    LossAccepted,
    /// An operator paused.
    #[n(7)]
    Pause,
    /// The engine is shutting down.
    #[n(8)]
    Shutdown,
    /// A strategy lost too much today.
    #[n(9)]
    StrategyLoss,
}

impl Cause {
    /// What it does.
    pub fn mode(self) -> Mode {
        match self {
            Self::Recovering => Mode::Recovering,
            Self::Drawdown | Self::StopsInRow | Self::RiskAlert | Self::StrategyLoss => {
                Mode::Halted
            }
            Self::AfterClear | Self::DiskLow | Self::LossAccepted | Self::Shutdown => {
                Mode::ReduceOnly
            }
            Self::Pause => Mode::Paused,
        }
    }

    /// Whether `resume` lifts it; the others lift themselves when they are gone.
    pub fn yields_to_resume(self) -> bool {
        !matches!(
            self,
            Self::Recovering | Self::DiskLow | Self::Shutdown | Self::StrategyLoss
        )
    }

    /// Whether lifting it takes a reason.
    pub fn wants_reason(self) -> bool {
        matches!(self, Self::Drawdown | Self::StopsInRow | Self::RiskAlert)
    }

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recovering => "recovering",
            Self::Drawdown => "drawdown from the peak",
            Self::StopsInRow => "stops in a row",
            Self::RiskAlert => "risk alert",
            Self::AfterClear => "HARDSTOP was cleared",
            Self::DiskLow => "disk nearly full",
            Self::LossAccepted => "a part of the journal was given up",
            Self::Pause => "paused",
            Self::Shutdown => "shutting down",
            Self::StrategyLoss => "a strategy's daily loss",
        }
    }
}

/// Who did it, why and when.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Given {
    /// Who.
    #[n(0)]
    pub by: Name,
    /// Why.
    #[n(1)]
    pub reason: String,
    /// When.
    #[n(2)]
    pub at: Time,
}

/// The stop, while it is engaged.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Hardstop {
    /// Which one, counted from 1.
    #[n(0)]
    pub epoch: u64,
    /// Who, why, when.
    #[n(1)]
    pub given: Given,
    /// Entries that were open.
    #[n(2)]
    pub cancels_total: u32,
}

/// Everything that says whether we may trade.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Trading {
    /// The stop, while it is engaged.
    #[n(0)]
    pub hardstop: Option<Hardstop>,
    /// The last epoch that was engaged.
    #[n(1)]
    pub epoch: u64,
    /// The last epoch that was cleared.
    #[n(2)]
    pub cleared: u64,
    /// Presses of the stop that the journal knows, of this process.
    #[n(3)]
    pub presses: u64,
    /// The stop has not yet ended all that it must.
    #[n(6)]
    pub sweeping: bool,
    /// The other causes.
    #[n(4)]
    pub causes: BTreeMap<Cause, Given>,
    /// Symbols whose entries are refused.
    #[n(5)]
    pub paused_symbols: BTreeMap<Symbol, Given>,
    /// Everything is being closed.
    #[n(7)]
    pub flattening: Option<Flattening>,
    /// Execution errors in a row of each symbol.
    #[n(8)]
    #[cbor(default)]
    pub errors: BTreeMap<Symbol, u32>,
}

/// A flatten that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Flattening {
    /// Who, why, when.
    #[n(0)]
    pub given: Given,
    /// What was open at the call and has not been closed yet.
    #[n(1)]
    pub positions: Vec<PositionId>,
}

impl Trading {
    /// The strictest of the causes.
    pub fn mode(&self) -> Mode {
        if self.hardstop.is_some() {
            return Mode::Hardstopped;
        }
        self.causes
            .keys()
            .map(|c| c.mode())
            .min()
            .unwrap_or(Mode::Running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_cause_is_shown_and_says_what_goes() {
        let given = || Given {
            by: "operator".parse().unwrap(),
            reason: String::new(),
            at: Time(0),
        };
        let mut trading = Trading::default();
        assert_eq!(trading.mode(), Mode::Running);
        trading.causes.insert(Cause::Pause, given());
        assert_eq!(trading.mode(), Mode::Paused);
        trading.causes.insert(Cause::AfterClear, given());
        assert_eq!(trading.mode(), Mode::ReduceOnly);
        trading.causes.insert(Cause::Drawdown, given());
        assert_eq!(trading.mode(), Mode::Halted);
        // domain.md's table, row by row: schedules, entries, entries cancelled, reservations.
        for (mode, row) in [
            (Mode::Hardstopped, (false, false, true, false)),
            (Mode::Recovering, (false, false, false, false)),
            (Mode::Halted, (false, false, true, false)),
            (Mode::ReduceOnly, (true, false, true, true)),
            (Mode::Paused, (true, false, false, true)),
            (Mode::Running, (true, true, false, true)),
        ] {
            let found = (
                mode.schedules(),
                mode.entries(),
                mode.cancels_entries(),
                mode.reserves(),
            );
            assert_eq!(found, row, "{mode:?}");
        }
    }
}
