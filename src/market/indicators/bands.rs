//! Bollinger bands.

use std::collections::VecDeque;

/// A mean with a band on each side of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bands {
    /// Mean plus the width.
    pub upper: f64,
    /// The mean of the closes.
    pub middle: f64,
    /// Mean less the width.
    pub lower: f64,
}

/// The mean of the last `period` closes, and `width` standard deviations (of the whole, ÷ n) beside it.
#[derive(Debug, Clone)]
pub struct Bollinger {
    period: usize,
    width: f64,
    window: VecDeque<f64>,
}

impl Bollinger {
    /// Usually 20 and 2.
    ///
    /// # Panics
    /// When the period is 0.
    pub fn new(period: usize, width: f64) -> Self {
        assert!(period > 0, "a period is at least 1");
        Self {
            period,
            width,
            window: VecDeque::with_capacity(period),
        }
    }

    /// Takes the next close in.
    pub fn next(&mut self, close: f64) -> Option<Bands> {
        if self.window.len() == self.period {
            self.window.pop_front();
        }
        self.window.push_back(close);
        if self.window.len() < self.period {
            return None;
        }
        let count = self.period as f64;
        let middle = self.window.iter().sum::<f64>() / count;
        let squares: f64 = self.window.iter().map(|c| (c - middle).powi(2)).sum();
        let width = self.width * (squares / count).sqrt();
        Some(Bands {
            upper: middle + width,
            middle,
            lower: middle - width,
        })
    }
}
