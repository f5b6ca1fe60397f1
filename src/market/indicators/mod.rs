//! Trend, momentum and volatility out of candles, bar by bar.
//!
//! Each indicator is a small value: `next` takes a bar or a close and gives the reading, or none while
//! too few bars have come. Values agree with TA-Lib's, whose warm-up rules are kept. These are
//! statistics in `f64` and touch no money. Periods are at least 1.

mod average;
mod bands;
mod direction;
mod macd;
mod range;
mod rsi;
mod stochastic;
mod supertrend;

pub use average::{Ema, Sma};
pub use bands::{Bands, Bollinger};
pub use direction::{Adx, Direction};
pub use macd::{Macd, MacdReading};
pub use range::Atr;
pub use rsi::Rsi;
pub use stochastic::{Stochastic, StochasticReading};
pub use supertrend::{Supertrend, SupertrendReading};

use rust_decimal::prelude::ToPrimitive;

use super::Candle;

/// What indicators read of a candle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
}

impl From<&Candle> for Bar {
    fn from(candle: &Candle) -> Self {
        let float = |price: rust_decimal::Decimal| price.to_f64().unwrap_or(f64::NAN);
        Self {
            high: float(candle.high),
            low: float(candle.low),
            close: float(candle.close),
        }
    }
}

/// Wilder's average: a first value, then 1 ÷ period of each new one.
#[derive(Debug, Clone)]
struct Wilder {
    period: usize,
    seen: usize,
    mean: f64,
}

impl Wilder {
    fn new(period: usize) -> Self {
        assert!(period > 0, "a period is at least 1");
        Self {
            period,
            seen: 0,
            mean: 0.0,
        }
    }

    /// The mean of the first `period` values, smoothed from then on.
    fn next(&mut self, value: f64) -> Option<f64> {
        self.seen = (self.seen + 1).min(self.period + 1);
        let period = self.period as f64;
        if self.seen <= self.period {
            self.mean += value / period;
        } else {
            self.mean += (value - self.mean) / period;
        }
        (self.seen >= self.period).then_some(self.mean)
    }
}

#[cfg(test)]
mod tests;
