//! One trial: a strategy over some of the bars, through the core that trades.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::data::Dataset;
use super::figures::{Curve, Days, Figures, Tally};
use super::spec::RunSpec;
use crate::backtest::{BacktestError, FillAt, Plan, run, wide_open};
use crate::core::Time;
use crate::strategies::Chosen;
use crate::venue::paper::PaperSettings;
use rust_decimal::Decimal;

/// Why a step did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Whoever asked for it wants it no more.
    #[error("stopped")]
    Asked,
    /// What it builds on is not done yet, or there is no such step.
    #[error("what the step builds on is not there")]
    NotReady,
    /// The backtest itself cannot be carried out.
    #[error("{0}")]
    Broken(String),
}

/// What a strategy came to over some of the bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Where its first bar begins.
    pub from: Time,
    /// Where its last bar ends.
    pub to: Time,
    /// What was counted.
    pub tally: Tally,
    /// The equity, day by day.
    pub curve: Curve,
}

impl Window {
    /// Its figures.
    pub fn figures(&self) -> Figures {
        Figures::of(&self.tally, &self.curve)
    }

    /// Goes on with one that follows it.
    pub(super) fn stitch(&mut self, next: &Self) {
        self.to = next.to;
        self.tally.add(&next.tally);
        self.curve.stitch(&next.curve);
    }
}

/// Runs a strategy over some bars. It has seen as many bars before them as it needs to signal, and
/// traded on none of those.
pub(super) fn tried(
    spec: &RunSpec,
    data: &Dataset,
    chosen: &Chosen,
    rows: Range<usize>,
    stop: &dyn Fn() -> bool,
) -> Result<Window, Stopped> {
    let tape = data.tape.slice(rows, chosen.warm_up() as usize);
    let (from, to) = (
        tape.first().unwrap_or_default(),
        tape.last().unwrap_or_default(),
    );
    let plan = Plan {
        settings: wide_open(&[tape.symbol]),
        tapes: vec![tape],
        data_hash: data.hash.clone(),
        strategy: chosen.clone(),
        cash: spec.cash,
        fill: FillAt::Close,
        paper: PaperSettings {
            maker_fee: spec.fee,
            taker_fee: spec.fee,
            slippage: spec.slippage,
            spread: Decimal::ZERO,
            latency_ms: 0,
            participation: Decimal::ONE,
            ..PaperSettings::default()
        },
    };
    let mut days = Days::new(stop);
    let outcome = run(&plan, &mut days).map_err(|error| match error {
        BacktestError::Interrupted => Stopped::Asked,
        other => Stopped::Broken(other.to_string()),
    })?;
    // A short run is over before it looks.
    if stop() {
        return Err(Stopped::Asked);
    }
    let (tally, curve) = days.sum(&outcome, spec.cash);
    Ok(Window {
        from,
        to,
        tally,
        curve,
    })
}

/// Holding the bars from the first open to the last close, without a fee.
pub(super) fn held(data: &Dataset, rows: Range<usize>, cash: Decimal) -> Curve {
    let tape = data.tape.slice(rows, 0);
    let slice = Dataset {
        tape,
        ..data.clone()
    };
    let bars = slice.candles();
    let first = bars.get(0).map(|bar| Decimal::from(bar.open()));
    let mut curve = Curve {
        start: cash,
        days: Vec::new(),
    };
    let Some(first) = first else {
        return curve;
    };
    let mut last: Option<(i64, crate::market::Fixed)> = None;
    let worth = |close| {
        let share = Decimal::from(close).checked_div(first).unwrap_or_default();
        share
            .checked_mul(cash)
            .unwrap_or_default()
            .round_dp(10)
            .normalize()
    };
    for bar in bars.iter() {
        let day = (bar.open_time() + (slice.tape.interval_ms - 1)).day();
        if let Some((before, close)) = last.filter(|(before, _)| *before != day) {
            curve.days.push((before, worth(close)));
        }
        last = Some((day, bar.close()));
    }
    curve
        .days
        .extend(last.map(|(day, close)| (day, worth(close))));
    curve
}
