//! How far prices swing.

use super::{Bar, Wilder};

/// The true range of a bar: its height, or its distance to the close before it.
pub(super) fn true_range(bar: Bar, before: f64) -> f64 {
    (bar.high - bar.low)
        .max((bar.high - before).abs())
        .max((bar.low - before).abs())
}

/// The average true range, in units of the price.
#[derive(Debug, Clone)]
pub struct Atr {
    before: Option<f64>,
    mean: Wilder,
}

impl Atr {
    /// Usually over 14 bars.
    ///
    /// # Panics
    /// When the period is 0.
    pub fn new(period: usize) -> Self {
        Self {
            before: None,
            mean: Wilder::new(period),
        }
    }

    /// Takes the next bar in; the first reading comes one bar after the period.
    pub fn next(&mut self, bar: Bar) -> Option<f64> {
        let before = self.before.replace(bar.close)?;
        self.mean.next(true_range(bar, before))
    }
}
