//! How strong a trend is, and which way it goes.

use super::range::true_range;
use super::{Bar, Wilder};

/// What the directional index shows after a bar, each 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// Strength of the trend, whichever its side.
    pub adx: f64,
    /// Strength of the upward moves.
    pub plus_di: f64,
    /// Strength of the downward moves.
    pub minus_di: f64,
}

/// Wilder's average directional index.
#[derive(Debug, Clone)]
pub struct Adx {
    period: usize,
    before: Option<Bar>,
    seen: usize,
    plus: f64,
    minus: f64,
    range: f64,
    mean: Wilder,
}

impl Adx {
    /// Usually over 14 bars.
    ///
    /// # Panics
    /// When the period is 0.
    pub fn new(period: usize) -> Self {
        Self {
            period,
            before: None,
            seen: 0,
            plus: 0.0,
            minus: 0.0,
            range: 0.0,
            mean: Wilder::new(period),
        }
    }

    /// Takes the next bar in; the first reading comes after two periods.
    pub fn next(&mut self, bar: Bar) -> Option<Direction> {
        let before = self.before.replace(bar)?;
        let up = bar.high - before.high;
        let down = before.low - bar.low;
        // Sums gather through period − 1 bars, and fade by their mean from the next one on.
        self.seen = (self.seen + 1).min(self.period);
        let started = self.seen == self.period;
        let kept = if started {
            1.0 - 1.0 / self.period as f64
        } else {
            1.0
        };
        let plus = if up > down && up > 0.0 { up } else { 0.0 };
        let minus = if down > up && down > 0.0 { down } else { 0.0 };
        self.plus = self.plus * kept + plus;
        self.minus = self.minus * kept + minus;
        self.range = self.range * kept + true_range(bar, before.close);
        if !started {
            return None;
        }
        let part = |moves: f64, whole: f64| {
            if whole == 0.0 {
                0.0
            } else {
                100.0 * moves / whole
            }
        };
        let plus_di = part(self.plus, self.range);
        let minus_di = part(self.minus, self.range);
        let apart = part((plus_di - minus_di).abs(), plus_di + minus_di);
        Some(Direction {
            adx: self.mean.next(apart)?,
            plus_di,
            minus_di,
        })
    }
}
