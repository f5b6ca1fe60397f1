//! Geometric random walks that change between trends and ranges every few hours.

use crate::core::Symbol;

use super::random::{Random, as_share, mixed};

/// Deviation of one step's return where the market ranges: 55 % a year.
const NOISE: f64 = 1.385e-4;
/// Within a trend the noise is weaker.
const TREND_NOISE: f64 = 0.7 * NOISE;
/// A trend's drift a step: about 1 % an hour.
const DRIFT: f64 = 5.5e-6;
/// How strongly a range pulls back to where it began, a step: half of the way in 15 minutes.
const PULL: f64 = 1.5e-3;
/// The part of each return that all symbols share; the squares of both parts sum to 1.
const SHARED: f64 = 0.5;
const OWN: f64 = 0.866;
/// Steps of a regime: 2 to 8 hours.
const SHORTEST: f64 = 3_600.0;
const LONGEST: f64 = 14_400.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Regime {
    Bull,
    Bear,
    Ranging,
}

/// All walks, moved together.
#[derive(Debug)]
pub(super) struct Market {
    shared: Random,
    pub(super) walks: Vec<Walk>,
}

impl Market {
    pub(super) fn new(seed: u64, symbols: &[Symbol]) -> Self {
        Self {
            shared: Random::new(seed),
            walks: symbols.iter().map(|s| Walk::new(seed, *s)).collect(),
        }
    }

    /// Moves every walk by one step.
    pub(super) fn step(&mut self) {
        let shared = SHARED * self.shared.normal();
        for walk in &mut self.walks {
            walk.step(shared);
        }
    }
}

/// The logarithm of one symbol's price.
#[derive(Debug)]
pub(super) struct Walk {
    random: Random,
    /// What the sizes of trades hang on, beside the step.
    salt: u64,
    level: f64,
    regime: Regime,
    /// Where the regime began.
    anchor: f64,
    /// Steps until it ends.
    left: u32,
}

impl Walk {
    fn new(seed: u64, symbol: Symbol) -> Self {
        let name = symbol.as_str().bytes();
        let salt = name.fold(mixed(seed), |salt, byte| {
            mixed(salt.rotate_left(8) ^ u64::from(byte))
        });
        let mut walk = Self {
            random: Random::new(salt),
            salt,
            level: 0.0,
            regime: Regime::Ranging,
            anchor: 0.0,
            left: 0,
        };
        walk.change();
        walk
    }

    /// The logarithm of the price, over that of the path's beginning.
    pub(super) fn level(&self) -> f64 {
        self.level
    }

    /// Evenly from 0 up to 1, for one step only.
    pub(super) fn share(&self, step: i64) -> f64 {
        as_share(mixed(self.salt ^ mixed(step as u64)))
    }

    fn step(&mut self, shared: f64) {
        if self.left == 0 {
            self.change();
        }
        self.left -= 1;
        let chance = shared + OWN * self.random.normal();
        self.level += match self.regime {
            Regime::Bull => DRIFT + TREND_NOISE * chance,
            Regime::Bear => -DRIFT + TREND_NOISE * chance,
            Regime::Ranging => PULL * (self.anchor - self.level) + NOISE * chance,
        };
    }

    /// Begins the next regime, never the same again. The further the price has gone, the likelier a
    /// trend leads back, so that it stays sensible for months.
    fn change(&mut self) {
        let bull = (0.5 - 2.5 * self.level).clamp(0.1, 0.9);
        let trend = if self.random.share() < bull {
            Regime::Bull
        } else {
            Regime::Bear
        };
        let ranging = self.random.share() < 0.4;
        self.regime = if self.regime != Regime::Ranging && (ranging || trend == self.regime) {
            Regime::Ranging
        } else {
            trend
        };
        self.anchor = self.level;
        let length = SHORTEST + (LONGEST - SHORTEST) * self.random.share();
        self.left = length as u32;
    }
}
