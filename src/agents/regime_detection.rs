//! Regime detection: what kind of market it is, and how much may be risked in it.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::readings::{Readings, published, share};
use super::{Agent, Brief, Unable, Work};
use crate::core::Name;
use crate::core::message::{Payload, Regime, RegimeUpdate};

/// A path at least this straight is a trend.
const STRAIGHT: f64 = 0.26;
/// EMA 50 gains at least this much of a true range in 12 bars of a trend.
const STEEP: f64 = 0.5;
/// Wilder's index shows no trend below this.
const TREND: f64 = 15.0;
/// Volatility over its own mean, from which on sides no longer matter.
const WILD: f64 = 2.5;
/// The same where there is no trend.
const VOLATILE: f64 = 1.7;
/// Above this, what has no direction is noise.
const NOISY: f64 = 1.2;

/// Tells a market's regime from candles.
#[derive(Debug, Clone, Copy, Default)]
pub struct RegimeDetection;

impl Agent for RegimeDetection {
    fn name(&self) -> Name {
        "regime_detection".parse().expect("a built-in name")
    }

    fn run(&mut self, brief: &Brief, _: &Work) -> Result<Vec<Payload>, Unable> {
        let readings = Readings::of(brief)?;
        let regime = regime(&readings);
        Ok(vec![Payload::Regime(RegimeUpdate {
            symbol: brief.symbol,
            regime,
            confidence: published(confidence(regime, &readings)),
            position_size_multiplier: multiplier(regime),
            entry_strictness: matches!(regime, Regime::Choppy | Regime::Volatile),
        })])
    }
}

fn regime(readings: &Readings) -> Regime {
    let side = readings.efficiency.signum();
    let trends = readings.efficiency.abs() >= STRAIGHT
        && side * readings.slope >= STEEP
        && readings.direction.adx >= TREND;
    if readings.volatility >= WILD {
        Regime::Volatile
    } else if trends && side > 0.0 {
        Regime::TrendingBull
    } else if trends {
        Regime::TrendingBear
    } else if readings.volatility >= VOLATILE {
        Regime::Volatile
    } else if readings.volatility >= NOISY {
        Regime::Choppy
    } else {
        Regime::Ranging
    }
}

/// 0.5 at the threshold of a regime, more the further inside.
fn confidence(regime: Regime, readings: &Readings) -> f64 {
    let straight = readings.efficiency.abs();
    let inside = match regime {
        Regime::TrendingBull | Regime::TrendingBear => {
            0.6 * share(straight, STRAIGHT, 0.45) + 0.4 * share(readings.direction.adx, TREND, 40.0)
        }
        Regime::Ranging => share(STRAIGHT - straight, 0.0, STRAIGHT),
        Regime::Choppy => share(readings.volatility, NOISY, VOLATILE),
        Regime::Volatile => share(readings.volatility, VOLATILE, 2.0 * VOLATILE),
    };
    0.5 + 0.45 * inside
}

fn multiplier(regime: Regime) -> Decimal {
    match regime {
        Regime::TrendingBull | Regime::TrendingBear => Decimal::ONE,
        Regime::Ranging => dec!(0.75),
        Regime::Choppy | Regime::Volatile => dec!(0.5),
    }
}
