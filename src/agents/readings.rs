//! What is read out of a brief's candles, once for all who look at them. Distances are counted in
//! average true ranges, so that a minute of one pair and an hour of another read alike.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::{Brief, Unable};
use crate::market::indicators::{Adx, Atr, Bar, Direction, Ema, Macd, Rsi, Supertrend};

/// Candles without which nothing is said.
const NEEDED: usize = 60;
/// Bars that efficiency looks back on.
const PATH: usize = 60;
/// Bars over which the slope is taken.
const SLOPE: usize = 12;
/// Bars over which volatility is realised.
const STRETCH: usize = 30;

/// The state of a market after its last closed bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Readings {
    /// EMA 12 over EMA 26, in true ranges.
    pub(super) spread: f64,
    /// The close over EMA 50, in true ranges.
    pub(super) place: f64,
    /// What EMA 50 gained in the last 12 bars, in true ranges.
    pub(super) slope: f64,
    /// RSI 14, 0 to 100.
    pub(super) rsi: f64,
    /// The histogram of MACD (12, 26, 9), in true ranges.
    pub(super) histogram: f64,
    /// ADX 14 and its sides.
    pub(super) direction: Direction,
    /// Whether Supertrend (10, 3) goes up.
    pub(super) up: bool,
    /// ATR 14 as a share of the price.
    pub(super) atr: f64,
    /// How straight the path of the last 60 bars was: −1 straight down, 1 straight up.
    pub(super) efficiency: f64,
    /// Volatility of the last 30 bars over the mean of the stretches before them.
    pub(super) volatility: f64,
}

impl Readings {
    /// Reads the candles of a brief.
    ///
    /// # Errors
    /// What it waits for:     /// Too few candles, more than half of the last ones missing, or prices that say nothing.
    pub(super) fn of(brief: &Brief) -> Result<Self, Unable> {
        enough(brief)?;
        whole(brief)?;
        let bars: Vec<Bar> = brief.candles.iter().map(Bar::from).collect();
        Self::read(&bars).ok_or_else(|| Unable::Waits("for prices that move".to_owned()))
    }

    fn read(bars: &[Bar]) -> Option<Self> {
        let close = bars.last()?.close;
        let mut fast = Ema::new(12);
        let mut slow = Ema::new(26);
        let mut long = Ema::new(50);
        let mut rsi = Rsi::new(14);
        let mut macd = Macd::new(12, 26, 9);
        let mut adx = Adx::new(14);
        let mut atr = Atr::new(14);
        let mut trend = Supertrend::new(10, 3.0);
        let mut spread = None;
        let mut rest = None;
        let mut ranges = None;
        let mut means = Vec::with_capacity(bars.len());
        for bar in bars {
            spread = fast.next(bar.close).zip(slow.next(bar.close));
            means.extend(long.next(bar.close));
            ranges = atr.next(*bar).zip(adx.next(*bar)).zip(trend.next(*bar));
            rest = rsi.next(bar.close).zip(macd.next(bar.close));
        }
        let (fast, slow) = spread?;
        let ((atr, direction), trend) = ranges?;
        let (rsi, macd) = rest?;
        let mean = *means.last()?;
        let before = means[means.len().saturating_sub(SLOPE + 1)];
        let readings = Self {
            spread: (fast - slow) / atr,
            place: (close - mean) / atr,
            slope: (mean - before) / atr,
            rsi,
            histogram: macd.histogram / atr,
            direction,
            up: trend.up,
            atr: atr / close,
            efficiency: efficiency(bars),
            volatility: volatility(bars),
        };
        readings.is_finite().then_some(readings)
    }

    fn is_finite(&self) -> bool {
        [
            self.spread,
            self.place,
            self.slope,
            self.histogram,
            self.atr,
            self.efficiency,
            self.volatility,
        ]
        .iter()
        .all(|value| value.is_finite())
    }

    /// Which side the directional index speaks for, −1 to 1.
    pub(super) fn side(&self) -> f64 {
        let Direction {
            plus_di, minus_di, ..
        } = self.direction;
        let both = plus_di + minus_di;
        if both == 0.0 {
            0.0
        } else {
            (plus_di - minus_di) / both
        }
    }
}

/// Waits until there are candles enough.
///
/// # Errors
/// How many of how many there are.
pub(super) fn enough(brief: &Brief) -> Result<(), Unable> {
    let count = brief.candles.len();
    if count < NEEDED {
        return Err(Unable::Waits(format!("{count} of {NEEDED} candles")));
    }
    Ok(())
}

/// Refuses candles of which more than half are missing between the first of the last 60 and now.
fn whole(brief: &Brief) -> Result<(), Unable> {
    let first = brief.candles[brief.candles.len() - NEEDED].open_time;
    let expected = (brief.now - first) / brief.interval_ms.max(1);
    if expected > 2 * NEEDED as i64 {
        return Err(Unable::Waits(format!(
            "{NEEDED} of the last {expected} candles; more than half are missing"
        )));
    }
    Ok(())
}

/// The way gained over the way gone, with the sign of the gain.
fn efficiency(bars: &[Bar]) -> f64 {
    let path = &bars[bars.len().saturating_sub(PATH + 1)..];
    let gone: f64 = path
        .windows(2)
        .map(|pair| (pair[1].close - pair[0].close).abs())
        .sum();
    let gained = path[path.len() - 1].close - path[0].close;
    if gone == 0.0 { 0.0 } else { gained / gone }
}

/// The last stretch's volatility over the mean of those before it; 1 where there is none to compare.
fn volatility(bars: &[Bar]) -> f64 {
    let moves: Vec<f64> = bars
        .windows(2)
        .map(|pair| (pair[1].close / pair[0].close).ln())
        .collect();
    let realised = |stretch: &[f64]| {
        (stretch.iter().map(|m| m * m).sum::<f64>() / stretch.len() as f64).sqrt()
    };
    let mut stretches = moves.rchunks_exact(STRETCH).map(realised);
    let Some(last) = stretches.next() else {
        return 1.0;
    };
    let earlier: Vec<f64> = stretches.collect();
    let mean = earlier.iter().sum::<f64>() / earlier.len() as f64;
    if mean > 0.0 { last / mean } else { 1.0 }
}

/// A statistic as it is published: four decimals.
pub(super) fn published(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap_or_default().round_dp(4)
}

/// How far a value has come from `low` to `high`, 0 to 1.
pub(super) fn share(value: f64, low: f64, high: f64) -> f64 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}
