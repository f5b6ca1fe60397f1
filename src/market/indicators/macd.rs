//! The distance between two averages.

use super::Ema;

/// What MACD shows after a close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MacdReading {
    /// Fast less slow average.
    pub macd: f64,
    /// The average of that.
    pub signal: f64,
    /// MACD less signal.
    pub histogram: f64,
}

/// Moving average convergence and divergence.
#[derive(Debug, Clone)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    /// Closes until the fast average starts, so that both give their first value at once.
    wait: usize,
}

impl Macd {
    /// Usually 12, 26 and 9.
    ///
    /// # Panics
    /// When a period is 0 or the slow one is shorter than the fast one.
    pub fn new(fast: usize, slow: usize, signal: usize) -> Self {
        assert!(fast <= slow, "the slow average is the longer one");
        Self {
            fast: Ema::new(fast),
            slow: Ema::new(slow),
            signal: Ema::new(signal),
            wait: slow - fast,
        }
    }

    /// Takes the next close in.
    pub fn next(&mut self, close: f64) -> Option<MacdReading> {
        let slow = self.slow.next(close);
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        let macd = self.fast.next(close)? - slow?;
        let signal = self.signal.next(macd)?;
        Some(MacdReading {
            macd,
            signal,
            histogram: macd - signal,
        })
    }
}
