//! What a curve of daily equities says, by the definitions of the reference: simple daily returns, 365
//! periods a year, risk free 0.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::valuation::Equity;
use crate::core::Time;
use crate::core::time::DAY_MS;

/// Days in a year of these markets.
const YEAR: f64 = 365.0;

/// The equity at each UTC day's last bar.
#[derive(Debug, Clone)]
pub struct Daily {
    start: Decimal,
    days: Vec<Decimal>,
    day_ends: Time,
    last: Option<Equity>,
}

/// Ratios of a curve; none where there is nothing to divide by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metrics {
    /// Mean ÷ standard deviation (n − 1) × √365; none under two days.
    pub sharpe: Option<f64>,
    /// Mean ÷ √(mean of min(r, 0)²) × √365; none under two days.
    pub sortino: Option<f64>,
    /// Largest fall of the daily equities from their peak, the start being the first; a positive
    /// fraction.
    pub max_drawdown: f64,
}

impl Daily {
    /// From a starting equity.
    pub fn new(start: Decimal) -> Self {
        Self {
            start,
            days: Vec::new(),
            day_ends: Time(i64::MIN),
            last: None,
        }
    }

    /// A bar closed at `at`: it belongs to the day before where it closed with it.
    #[inline]
    pub fn close(&mut self, at: Time, equity: Equity) {
        if at > self.day_ends {
            if let Some(last) = self.last {
                self.days.push(last.decimal());
            }
            self.day_ends = Time((at + -1).day().saturating_add(1).saturating_mul(DAY_MS));
        }
        self.last = Some(equity);
    }

    /// The ratios, the last day included.
    pub fn metrics(mut self) -> Metrics {
        self.days.extend(self.last.map(Equity::decimal));
        Metrics::of(self.start, &self.days)
    }
}

impl Metrics {
    /// Of the equities at the ends of days that follow one another, from a starting equity.
    pub fn of(start: Decimal, days: &[Decimal]) -> Self {
        let returns = daily_returns(start, days);
        let mut peak = start;
        let mut fall = Decimal::ZERO;
        for day in days {
            peak = peak.max(*day);
            fall = fall.max((peak - day).checked_div(peak).unwrap_or_default());
        }
        Self {
            sharpe: sharpe(&returns),
            sortino: sortino(&returns),
            max_drawdown: fall.to_f64().unwrap_or(f64::NAN),
        }
    }
}

/// What each day has gained on the one before it, a fraction; the first on the start.
pub fn daily_returns(start: Decimal, days: &[Decimal]) -> Vec<f64> {
    let before = std::iter::once(&start).chain(days);
    before
        .zip(days)
        .filter_map(|(before, after)| {
            let change = (after - before).checked_div(*before)?;
            change.to_f64()
        })
        .collect()
}

fn mean(values: impl Iterator<Item = f64>, count: f64) -> f64 {
    values.sum::<f64>() / count
}

fn sharpe(returns: &[f64]) -> Option<f64> {
    let count = returns.len() as f64;
    let mean = mean(returns.iter().copied(), count);
    let squares: f64 = returns.iter().map(|r| (r - mean).powi(2)).sum();
    yearly(mean, (squares / (count - 1.0)).sqrt(), returns)
}

fn sortino(returns: &[f64]) -> Option<f64> {
    let count = returns.len() as f64;
    let below = mean(returns.iter().map(|r| r.min(0.0).powi(2)), count);
    yearly(mean(returns.iter().copied(), count), below.sqrt(), returns)
}

fn yearly(mean: f64, deviation: f64, returns: &[f64]) -> Option<f64> {
    (returns.len() >= 2 && deviation > 0.0).then(|| mean / deviation * YEAR.sqrt())
}
