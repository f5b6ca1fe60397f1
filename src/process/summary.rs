//! What is said when the engine ends.

use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::core::{State, Time};

/// The summary of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The last record.
    pub seq: u64,
    /// Engine time.
    pub clock: Time,
    /// The state of trading.
    pub state: &'static str,
    /// Orders approved.
    pub orders: u64,
    /// Fills booked.
    pub fills: u64,
    /// Positions closed.
    pub positions_closed: u64,
    /// Positions that are still open, with what protects them.
    pub positions_open: Vec<String>,
    /// Cycles completed, halted, failed.
    pub cycles: [u64; 3],
    /// What the account was opened with.
    pub opening: Decimal,
    /// Its last mark.
    pub equity: Decimal,
    /// The hash chain over all records.
    pub journal_hash: Option<String>,
}

/// Sums a state up.
pub fn summary(state: &State, journal_hash: Option<String>) -> Summary {
    Summary {
        seq: state.seq,
        clock: state.time,
        state: state.mode().as_str(),
        orders: state.orders.approved,
        fills: state.statistics.fills,
        positions_closed: state.positions.closed_total,
        positions_open: state
            .positions
            .open
            .values()
            .map(|p| {
                let stop = match (p.stop, state.is_protected(p.id)) {
                    (Some(stop), true) => format!("stop {} rests", stop.normalize()),
                    (Some(stop), false) => format!("stop {} DOES NOT REST", stop.normalize()),
                    (None, _) => "no stop".into(),
                };
                format!(
                    "{} {} {} at {}, {stop}",
                    p.id,
                    p.symbol,
                    (p.quantity * p.side.sign()).normalize(),
                    p.entry().round_dp(8).normalize()
                )
            })
            .collect(),
        cycles: [
            state.cycles.completed,
            state.cycles.halted,
            state.cycles.failed,
        ],
        opening: state.account.opening.normalize(),
        equity: state.account.equity.normalize(),
        journal_hash,
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [completed, halted, failed] = self.cycles;
        writeln!(
            f,
            "{} records, engine time {}, trading {}",
            self.seq, self.clock, self.state
        )?;
        writeln!(
            f,
            "cycles   {completed} completed, {halted} halted, {failed} failed"
        )?;
        writeln!(
            f,
            "orders   {}, fills {}, positions closed {}, open {}",
            self.orders,
            self.fills,
            self.positions_closed,
            self.positions_open.len()
        )?;
        for position in &self.positions_open {
            writeln!(f, "         {position}")?;
        }
        write!(
            f,
            "equity   {} (opened with {})",
            self.equity.round_dp(8).normalize(),
            self.opening
        )?;
        if let Some(hash) = &self.journal_hash {
            write!(f, "\njournal  {hash}")?;
        }
        Ok(())
    }
}
