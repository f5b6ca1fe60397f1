//! Curves as they are drawn: what falls into one column of the picture is kept as its range.

use std::fmt::Write as _;

use rust_decimal::prelude::ToPrimitive;

use crate::backtest::trade::Trade;
use crate::core::Time;
use crate::core::order::Side;

/// Columns of a picture.
const COLUMNS: usize = 900;
/// Its height.
const HEIGHT: f64 = 240.0;
/// Marks of one symbol, at most about twice as many.
const MARKS: usize = 300;

/// The range of a column.
#[derive(Debug, Clone, Copy)]
struct Column {
    at: usize,
    low: f64,
    high: f64,
    last: f64,
    /// The lowest share of the peak so far.
    fall: f64,
}

/// A curve over time, in columns.
#[derive(Debug)]
pub(super) struct Curve {
    from: Time,
    width_ms: i64,
    ends: Time,
    peak: f64,
    columns: Vec<Column>,
}

impl Curve {
    /// From one time to another; `start` is where its peak begins, NaN for nowhere.
    pub fn new(from: Time, to: Time, start: f64) -> Self {
        Self {
            from,
            width_ms: ((to - from) / COLUMNS as i64 + 1).max(1),
            ends: Time(i64::MIN),
            peak: start,
            columns: Vec::with_capacity(COLUMNS + 1),
        }
    }

    #[inline]
    pub fn push(&mut self, at: Time, value: f64) {
        self.peak = self.peak.max(value);
        let fall = 1.0 - value / self.peak;
        match self.columns.last_mut() {
            Some(column) if at < self.ends => {
                column.low = column.low.min(value);
                column.high = column.high.max(value);
                column.last = value;
                column.fall = column.fall.max(fall);
            }
            _ => {
                let nth = ((at - self.from) / self.width_ms).max(0);
                self.ends = self.from + (nth + 1).saturating_mul(self.width_ms);
                self.columns.push(Column {
                    at: nth as usize,
                    low: value,
                    high: value,
                    last: value,
                    fall,
                });
            }
        }
    }

    fn column(&self, at: Time) -> f64 {
        (at - self.from) as f64 / self.width_ms as f64
    }

    /// The curve itself, with its range at the side.
    pub fn draw(&self, class: &str, marks: Option<&Marks>) -> String {
        let low = self
            .columns
            .iter()
            .map(|c| c.low)
            .fold(f64::INFINITY, f64::min);
        let high = self
            .columns
            .iter()
            .map(|c| c.high)
            .fold(f64::NEG_INFINITY, f64::max);
        let frame = Frame::new(low, high);
        let mut path = String::new();
        for column in &self.columns {
            for value in [column.high, column.low, column.last] {
                frame.point(&mut path, column.at as f64, value);
            }
        }
        let marks = marks.map_or_else(String::new, |m| m.draw(self, &frame));
        frame.picture(class, &path, &marks, short)
    }

    /// How far it lies under its peak, downwards.
    pub fn draw_falls(&self) -> String {
        let most = self.columns.iter().map(|c| c.fall).fold(0.0, f64::max);
        let frame = Frame::new(-most, 0.0);
        let mut path = String::new();
        for column in &self.columns {
            frame.point(&mut path, column.at as f64, -column.fall);
        }
        frame.picture("fall", &path, "", |value| format!("{:.2} %", value * 100.0))
    }
}

/// Entries and exits, thinned out where there are many.
#[derive(Debug, Default)]
pub(super) struct Marks {
    every: usize,
    seen: usize,
    marks: Vec<(Time, f64, bool)>,
}

impl Marks {
    pub fn push(&mut self, trade: &Trade) {
        self.every = self.every.max(1);
        let taken = self.seen.is_multiple_of(self.every);
        self.seen += 1;
        if !taken {
            return;
        }
        let long = trade.side == Side::Buy;
        let entry = trade
            .entry_price
            .to_f64()
            .map(|p| (trade.entry_time, p, long));
        let exit = trade
            .exit_time
            .zip(trade.exit_price.and_then(|p| p.to_f64()));
        self.marks.extend(entry);
        self.marks
            .extend(exit.map(|(at, price)| (at, price, !long)));
        if self.marks.len() > 4 * MARKS {
            // Every second trade stays, and from now on every second one is taken.
            self.every *= 2;
            let mut nth = 0;
            self.marks.retain(|_| {
                nth += 1;
                nth % 4 < 2
            });
        }
    }

    /// Of how many trades one is shown.
    pub fn every(&self) -> usize {
        self.every.max(1)
    }

    fn draw(&self, curve: &Curve, frame: &Frame) -> String {
        let mut text = String::new();
        for (at, price, buy) in &self.marks {
            let (x, y) = (curve.column(*at), frame.y(*price));
            let (class, away) = if *buy { ("buy", 6.0) } else { ("sell", -6.0) };
            let _ = write!(
                text,
                "<path class=\"{class}\" d=\"M{x:.1} {y:.1}l-3 {away}h6z\"/>"
            );
        }
        text
    }
}

/// From values to places in a picture.
struct Frame {
    low: f64,
    high: f64,
}

impl Frame {
    fn new(low: f64, high: f64) -> Self {
        if low.is_finite() && high > low {
            return Self { low, high };
        }
        let middle = if low.is_finite() { low } else { 0.0 };
        Self {
            low: middle - 1.0,
            high: middle + 1.0,
        }
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - (value - self.low) / (self.high - self.low) * HEIGHT
    }

    fn point(&self, path: &mut String, x: f64, value: f64) {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{x:.0} {:.1}", self.y(value));
    }

    fn picture(
        &self,
        class: &str,
        path: &str,
        marks: &str,
        label: impl Fn(f64) -> String,
    ) -> String {
        let (width, height) = (COLUMNS, HEIGHT);
        let mut lines = String::new();
        for part in 0..=4 {
            let value = self.low + (self.high - self.low) * f64::from(part) / 4.0;
            let y = self.y(value);
            let _ = write!(
                lines,
                "<path class=\"grid\" d=\"M0 {y:.1}H{width}\"/><text x=\"{}\" y=\"{:.1}\">{}</text>",
                width + 6,
                y + 4.0,
                label(value)
            );
        }
        format!(
            "<svg viewBox=\"0 -8 {} {}\" role=\"img\">{lines}<path class=\"{class}\" d=\"{path}\"/>{marks}</svg>",
            width + 110,
            height + 16.0
        )
    }
}

/// A number with as many digits as a reader of an axis wants.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 1000.0 => 0,
        v if v >= 10.0 => 2,
        _ => 6,
    };
    format!("{value:.decimals$}")
}
