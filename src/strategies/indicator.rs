//! Indicators as a definition names them; how they are computed is [`super::rule`]'s.

use serde::{Deserialize, Serialize};

use super::definition::Term;

/// A number of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The first price.
    Open,
    /// The highest price.
    High,
    /// The lowest price.
    Low,
    /// The last price.
    Close,
    /// What was traded, base currency.
    Volume,
}

impl Source {
    /// How many there are.
    pub(super) const COUNT: usize = 5;

    fn close() -> Self {
        Self::Close
    }

    fn high() -> Self {
        Self::High
    }

    fn low() -> Self {
        Self::Low
    }
}

/// A statistic that streams. Lengths are counted in bars; `of` is the close where nobody says
/// otherwise, of `highest` the high and of `lowest` the low.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Indicator {
    /// The exponential average: it starts with the first value, and each new one counts
    /// 2 ÷ (length + 1).
    Ema {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many bars.
        length: Term,
    },
    /// The mean.
    Sma {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many bars.
        length: Term,
    },
    /// Wilder's relative strength, 0 to 100; 50 where nothing has moved.
    Rsi {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many changes.
        length: Term,
    },
    /// Wilder's average true range, in units of the price.
    Atr {
        /// Over how many bars.
        length: Term,
    },
    /// The highest of the bars before this one.
    Highest {
        /// Of what.
        #[serde(default = "Source::high")]
        of: Source,
        /// Over how many bars.
        length: Term,
    },
    /// The lowest of the bars before this one.
    Lowest {
        /// Of what.
        #[serde(default = "Source::low")]
        of: Source,
        /// Over how many bars.
        length: Term,
    },
    /// The standard deviation (of the whole, ÷ n).
    Stddev {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many bars.
        length: Term,
    },
    /// Standard deviations (÷ n) that the last value lies above the mean; 0 where all are alike.
    Zscore {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many bars.
        length: Term,
    },
    /// The change since so many bars ago, percent; 0 where there was nothing to change.
    Roc {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many bars.
        length: Term,
    },
    /// The mean and so many standard deviations (÷ n) above it.
    UpperBand {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many bars.
        length: Term,
        /// Standard deviations.
        width: Term,
    },
    /// The mean less so many standard deviations (÷ n).
    LowerBand {
        /// Of what.
        #[serde(default = "Source::close")]
        of: Source,
        /// Over how many bars.
        length: Term,
        /// Standard deviations.
        width: Term,
    },
}

impl Indicator {
    /// Over how many bars it looks.
    pub fn length(&self) -> &Term {
        match self {
            Self::Ema { length, .. }
            | Self::Sma { length, .. }
            | Self::Rsi { length, .. }
            | Self::Atr { length }
            | Self::Highest { length, .. }
            | Self::Lowest { length, .. }
            | Self::Stddev { length, .. }
            | Self::Zscore { length, .. }
            | Self::Roc { length, .. }
            | Self::UpperBand { length, .. }
            | Self::LowerBand { length, .. } => length,
        }
    }

    /// How wide its band is, where it is one.
    pub fn width(&self) -> Option<&Term> {
        match self {
            Self::UpperBand { width, .. } | Self::LowerBand { width, .. } => Some(width),
            _ => None,
        }
    }

    /// Whether it measures how far prices move, in units of the price.
    pub(super) fn is_distance(&self) -> bool {
        matches!(self, Self::Atr { .. } | Self::Stddev { .. })
    }

    /// The bar from which on it reads something, counted from 1, at a length.
    pub(super) fn ready_at(&self, length: u32) -> u32 {
        match self {
            Self::Ema { .. }
            | Self::Sma { .. }
            | Self::Stddev { .. }
            | Self::Zscore { .. }
            | Self::UpperBand { .. }
            | Self::LowerBand { .. } => length,
            // They look at changes, or at the bars before.
            Self::Rsi { .. }
            | Self::Atr { .. }
            | Self::Highest { .. }
            | Self::Lowest { .. }
            | Self::Roc { .. } => length + 1,
        }
    }
}
