//! Indicators as they stream. A reading that is not ready is not a number; no comparison with it holds,
//! and nothing is decided before all are ready.

use super::slots::{Slot, Slots};
use super::window::{Highest, Moments, Ring};
use super::{float, whole};
use crate::strategies::indicator::{Indicator, Source};
use crate::strategies::parameters::Parameters;

/// An indicator at work.
#[derive(Debug)]
pub(super) enum Streaming {
    Ema(Slot, Ema),
    Mean(Slot, Moments),
    Deviation(Slot, Moments),
    Score(Slot, Moments),
    /// The mean and so many deviations, below it where they are negative.
    Band(Slot, Moments, f64),
    Strength(Slot, Strength),
    Range(Range),
    Highest(Slot, Highest),
    /// The highest of the numbers with their signs turned.
    Lowest(Slot, Highest),
    Change(Slot, Ring),
}

impl Streaming {
    pub fn new(indicator: &Indicator, parameters: &Parameters) -> Self {
        let length = whole(indicator.length().of(parameters));
        let width = indicator.width().map_or(0.0, |w| float(w.of(parameters)));
        let slot = |of: &Source| Slots::source(*of);
        match indicator {
            Indicator::Ema { of, .. } => Self::Ema(slot(of), Ema::new(length)),
            Indicator::Sma { of, .. } => Self::Mean(slot(of), Moments::new(length)),
            Indicator::Stddev { of, .. } => Self::Deviation(slot(of), Moments::new(length)),
            Indicator::Zscore { of, .. } => Self::Score(slot(of), Moments::new(length)),
            Indicator::UpperBand { of, .. } => Self::Band(slot(of), Moments::new(length), width),
            Indicator::LowerBand { of, .. } => Self::Band(slot(of), Moments::new(length), -width),
            Indicator::Rsi { of, .. } => Self::Strength(slot(of), Strength::new(length)),
            Indicator::Atr { .. } => Self::Range(Range::new(length)),
            Indicator::Highest { of, .. } => Self::Highest(slot(of), Highest::new(length)),
            Indicator::Lowest { of, .. } => Self::Lowest(slot(of), Highest::new(length)),
            Indicator::Roc { of, .. } => Self::Change(slot(of), Ring::new(length)),
        }
    }

    /// Takes a bar in and gives the reading.
    #[inline]
    pub fn next(&mut self, now: &Slots) -> f64 {
        match self {
            Self::Ema(of, ema) => ema.next(now[*of]),
            Self::Mean(of, moments) => read(moments, now[*of], Moments::mean),
            Self::Deviation(of, moments) => read(moments, now[*of], Moments::deviation),
            Self::Score(of, moments) => {
                let value = now[*of];
                read(moments, value, |m| match m.deviation() {
                    0.0 => 0.0,
                    deviation => (value - m.mean()) / deviation,
                })
            }
            Self::Band(of, moments, width) => {
                read(moments, now[*of], |m| m.mean() + *width * m.deviation())
            }
            Self::Strength(of, strength) => strength.next(now[*of]),
            Self::Range(range) => range.next(now),
            Self::Highest(of, highest) => {
                let reading = highest.reading().unwrap_or(f64::NAN);
                highest.push(now[*of]);
                reading
            }
            Self::Lowest(of, highest) => {
                let reading = highest.reading().map_or(f64::NAN, |highest| -highest);
                highest.push(-now[*of]);
                reading
            }
            Self::Change(of, ring) => match ring.push(now[*of]) {
                None => f64::NAN,
                Some(0.0) => 0.0,
                Some(then) => (now[*of] / then - 1.0) * 100.0,
            },
        }
    }
}

#[inline]
fn read(moments: &mut Moments, value: f64, reading: impl FnOnce(&Moments) -> f64) -> f64 {
    moments.push(value);
    if moments.is_ready() {
        reading(moments)
    } else {
        f64::NAN
    }
}

/// An average that starts with the first value: each new one counts 2 ÷ (length + 1).
#[derive(Debug)]
pub(super) struct Ema {
    weight: f64,
    value: Option<f64>,
}

impl Ema {
    fn new(length: u32) -> Self {
        Self {
            weight: 2.0 / (f64::from(length) + 1.0),
            value: None,
        }
    }

    #[inline]
    fn next(&mut self, value: f64) -> f64 {
        let next = match self.value {
            None => value,
            Some(before) => before + (value - before) * self.weight,
        };
        self.value = Some(next);
        next
    }
}

/// Wilder's average: the mean of the first values, then 1 ÷ length of each new one.
#[derive(Debug)]
struct Wilder {
    length: f64,
    missing: u32,
    mean: f64,
}

impl Wilder {
    fn new(length: u32) -> Self {
        Self {
            length: length.into(),
            missing: length,
            mean: 0.0,
        }
    }

    fn next(&mut self, value: f64) -> f64 {
        if self.missing == 0 {
            self.mean += (value - self.mean) / self.length;
            return self.mean;
        }
        self.missing -= 1;
        self.mean += value / self.length;
        if self.missing == 0 {
            self.mean
        } else {
            f64::NAN
        }
    }
}

/// Relative strength: the share of gains in all moves, percent.
#[derive(Debug)]
pub(super) struct Strength {
    before: Option<f64>,
    gain: Wilder,
    loss: Wilder,
}

impl Strength {
    fn new(length: u32) -> Self {
        Self {
            before: None,
            gain: Wilder::new(length),
            loss: Wilder::new(length),
        }
    }

    fn next(&mut self, value: f64) -> f64 {
        let Some(before) = self.before.replace(value) else {
            return f64::NAN;
        };
        let change = value - before;
        let gain = self.gain.next(change.max(0.0));
        let moved = gain + self.loss.next((-change).max(0.0));
        if moved == 0.0 {
            // Neither side is stronger.
            50.0
        } else {
            100.0 * gain / moved
        }
    }
}

/// The average true range: a bar's height, or its distance to the close before it.
#[derive(Debug)]
pub(super) struct Range {
    before: Option<f64>,
    mean: Wilder,
}

impl Range {
    fn new(length: u32) -> Self {
        Self {
            before: None,
            mean: Wilder::new(length),
        }
    }

    fn next(&mut self, now: &Slots) -> f64 {
        let [high, low, close] =
            [Source::High, Source::Low, Source::Close].map(|source| now[Slots::source(source)]);
        let Some(before) = self.before.replace(close) else {
            return f64::NAN;
        };
        let reach = (high - before).abs().max((low - before).abs());
        self.mean.next((high - low).max(reach))
    }
}
