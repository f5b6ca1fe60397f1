//! Where the close stands within the last swing.

use std::collections::VecDeque;

use super::{Bar, Sma};

/// What the stochastic oscillator shows after a bar, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StochasticReading {
    /// The smoothed place of the close between lowest and highest price.
    pub k: f64,
    /// The mean of that.
    pub d: f64,
}

/// The slow stochastic oscillator.
#[derive(Debug, Clone)]
pub struct Stochastic {
    period: usize,
    window: VecDeque<Bar>,
    k: Sma,
    d: Sma,
}

impl Stochastic {
    /// Usually 14, 3 and 3.
    ///
    /// # Panics
    /// When a period is 0.
    pub fn new(period: usize, k: usize, d: usize) -> Self {
        assert!(period > 0, "a period is at least 1");
        Self {
            period,
            window: VecDeque::with_capacity(period),
            k: Sma::new(k),
            d: Sma::new(d),
        }
    }

    /// Takes the next bar in. Where nothing has moved at all the close stands in the middle.
    pub fn next(&mut self, bar: Bar) -> Option<StochasticReading> {
        if self.window.len() == self.period {
            self.window.pop_front();
        }
        self.window.push_back(bar);
        if self.window.len() < self.period {
            return None;
        }
        let bars = self.window.iter();
        let (low, high) = bars.fold((f64::MAX, f64::MIN), |(low, high), bar| {
            (low.min(bar.low), high.max(bar.high))
        });
        let place = if high > low {
            100.0 * (bar.close - low) / (high - low)
        } else {
            50.0
        };
        let k = self.k.next(place)?;
        let d = self.d.next(k)?;
        Some(StochasticReading { k, d })
    }
}
