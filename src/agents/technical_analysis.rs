//! Technical analysis: where the trend goes, and whether momentum goes with it.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::readings::{Readings, published, share};
use super::{Agent, Brief, Unable, Work};
use crate::core::message::{Bias, Payload, TaSignal};
use crate::core::{Name, Symbol};

/// A trend is one from this score on.
const TREND: f64 = 0.4;
/// Momentum that goes this far against a trend takes its bias away.
const AGAINST: f64 = -0.4;

/// Reads trend and momentum out of candles.
#[derive(Debug, Clone, Copy, Default)]
pub struct TechnicalAnalysis;

impl Agent for TechnicalAnalysis {
    fn name(&self) -> Name {
        "technical_analysis".parse().expect("a built-in name")
    }

    fn run(&mut self, brief: &Brief, _: &Work) -> Result<Vec<Payload>, Unable> {
        let readings = Readings::of(brief)?;
        Ok(vec![Payload::Ta(signal(brief.symbol, &readings))])
    }
}

fn signal(symbol: Symbol, readings: &Readings) -> TaSignal {
    let trend = trend(readings);
    let momentum = momentum(readings);
    let side = trend.signum();
    let trends = trend.abs() >= TREND;
    let bias = match (trends && side * momentum > AGAINST, trend > 0.0) {
        (false, _) => Bias::Neutral,
        (true, true) => Bias::Bullish,
        (true, false) => Bias::Bearish,
    };
    let direction = match (trends, trend > 0.0) {
        (false, _) => "flat",
        (true, true) => "up",
        (true, false) => "down",
    };
    TaSignal {
        symbol,
        trend_direction: direction.to_owned(),
        trend_strength: published(trend.abs()),
        bias,
        confidence: published(confidence(bias, trend, momentum, readings)),
        momentum_score: Some(published(momentum)),
        // A minute's range is a thousandth of the price: four decimals would lose it.
        atr_pct: Decimal::from_f64(readings.atr).map(|atr| atr.round_dp(6)),
    }
}

/// −1 to 1: averages, Supertrend and the directional index, each with its weight.
fn trend(readings: &Readings) -> f64 {
    let follows = if readings.up { 1.0 } else { -1.0 };
    let strength = share(readings.direction.adx, 0.0, 30.0);
    0.25 * readings.spread.clamp(-1.0, 1.0)
        + 0.15 * (readings.place / 2.0).clamp(-1.0, 1.0)
        + 0.25 * (readings.slope / 1.5).clamp(-1.0, 1.0)
        + 0.2 * follows
        + 0.15 * (2.0 * readings.side()).clamp(-1.0, 1.0) * strength
}

/// −1 to 1: RSI around 50 and MACD's histogram.
fn momentum(readings: &Readings) -> f64 {
    0.6 * ((readings.rsi - 50.0) / 20.0).clamp(-1.0, 1.0)
        + 0.4 * (readings.histogram / 0.3).clamp(-1.0, 1.0)
}

/// A clear trend on a straight path is worth 0.6 and more; a crooked one is not.
fn confidence(bias: Bias, trend: f64, momentum: f64, readings: &Readings) -> f64 {
    if bias == Bias::Neutral {
        return 0.5 * (1.0 - trend.abs());
    }
    let side = trend.signum();
    0.35 + 0.25 * share(trend.abs(), TREND, 0.9)
        + 0.25 * share(side * readings.efficiency, 0.05, 0.35)
        + 0.1 * share(side * momentum, 0.0, 0.6)
}
