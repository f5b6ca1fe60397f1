//! Moving averages.

use std::collections::VecDeque;

/// The mean of the last `period` values.
#[derive(Debug, Clone)]
pub struct Sma {
    period: usize,
    window: VecDeque<f64>,
}

impl Sma {
    /// Over `period` values.
    ///
    /// # Panics
    /// When the period is 0.
    pub fn new(period: usize) -> Self {
        assert!(period > 0, "a period is at least 1");
        Self {
            period,
            window: VecDeque::with_capacity(period),
        }
    }

    /// Takes the next value in.
    pub fn next(&mut self, value: f64) -> Option<f64> {
        if self.window.len() == self.period {
            self.window.pop_front();
        }
        self.window.push_back(value);
        // Summed anew each time: a running sum would gather rounding errors over the years.
        (self.window.len() == self.period)
            .then(|| self.window.iter().sum::<f64>() / self.period as f64)
    }
}

/// The exponential average: it starts with the mean of the first `period` values, then takes
/// 2 ÷ (period + 1) of each new one.
#[derive(Debug, Clone)]
pub struct Ema {
    period: usize,
    seen: usize,
    mean: f64,
}

impl Ema {
    /// Over `period` values.
    ///
    /// # Panics
    /// When the period is 0.
    pub fn new(period: usize) -> Self {
        assert!(period > 0, "a period is at least 1");
        Self {
            period,
            seen: 0,
            mean: 0.0,
        }
    }

    /// Takes the next value in.
    pub fn next(&mut self, value: f64) -> Option<f64> {
        let period = self.period as f64;
        self.seen = (self.seen + 1).min(self.period + 1);
        if self.seen <= self.period {
            self.mean += value / period;
        } else {
            self.mean += (value - self.mean) * 2.0 / (period + 1.0);
        }
        (self.seen >= self.period).then_some(self.mean)
    }
}
