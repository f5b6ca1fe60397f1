//! Backtests: a strategy on recorded data through the core that trades, with the same risk gate, orders,
//! positions and records. Nothing is journaled to disk; every record is encoded and enters the hash
//! chain, so that equal runs have equal hashes.
//!
//! [`Plan`] says what runs, [`run`] runs it and gives an [`Outcome`], a [`Watch`] looks on as it goes:
//! [`Report`] is one, and writes the report's files.
//!
//! Time is that of the data. A bar is known when it closes: prices are set, resting orders meet the
//! bar's path, time is ticked, strategies decide. The core is asked only where it can have something to
//! say: a tick that would decide nothing is left out, and that changes no record.
//!
//! What must not come in: the wall clock, screens, rules about trading.

mod answer;
mod desk;
mod effect;
mod error;
mod lane;
mod limits;
mod metrics;
mod outcome;
mod plan;
mod report;
mod run;
#[cfg(test)]
mod tests;
mod trade;
mod valuation;
mod watch;

pub use answer::document;
pub use error::BacktestError;
pub use limits::wide_open;
pub use metrics::{Daily, Metrics, daily_returns};
pub use outcome::{Outcome, Part};
pub use plan::{FillAt, Plan};
pub use report::Report;
pub use run::{run, run_rule};
pub use trade::Trade;
pub use valuation::Equity;
pub use watch::{Quiet, Watch};
