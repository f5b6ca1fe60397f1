//! A line that follows a trend at a distance.

use super::{Atr, Bar};

/// What Supertrend shows after a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupertrendReading {
    /// The line: below the price in an upward trend, above it in a downward one.
    pub line: f64,
    /// Whether the trend goes up.
    pub up: bool,
}

/// Supertrend: the middle of the bar, some average true ranges aside, only ever drawn closer until
/// the close crosses it.
#[derive(Debug, Clone)]
pub struct Supertrend {
    atr: Atr,
    distance: f64,
    before: Option<Before>,
}

#[derive(Debug, Clone, Copy)]
struct Before {
    upper: f64,
    lower: f64,
    close: f64,
    up: bool,
}

impl Supertrend {
    /// Usually over 10 bars, at a distance of 3.
    ///
    /// # Panics
    /// When the period is 0.
    pub fn new(period: usize, distance: f64) -> Self {
        Self {
            atr: Atr::new(period),
            distance,
            before: None,
        }
    }

    /// Takes the next bar in. The first trend is the side of the bar's middle on which it closed.
    pub fn next(&mut self, bar: Bar) -> Option<SupertrendReading> {
        let aside = self.distance * self.atr.next(bar)?;
        let middle = f64::midpoint(bar.high, bar.low);
        let (mut upper, mut lower) = (middle + aside, middle - aside);
        let up = match self.before {
            None => bar.close >= middle,
            Some(before) => {
                if before.close <= before.upper {
                    upper = upper.min(before.upper);
                }
                if before.close >= before.lower {
                    lower = lower.max(before.lower);
                }
                if before.up {
                    bar.close >= lower
                } else {
                    bar.close > upper
                }
            }
        };
        self.before = Some(Before {
            upper,
            lower,
            close: bar.close,
            up,
        });
        let line = if up { lower } else { upper };
        Some(SupertrendReading { line, up })
    }
}
