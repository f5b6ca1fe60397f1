//! What a strategy is made of. All of it is data; `check` says whether it holds together.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::chosen::Chosen;
use super::condition::Condition;
use super::indicator::Indicator;
use super::parameters::{ParameterError, Parameters};
use crate::core::order::Side;

/// A strategy as data. Read from TOML or JSON it is checked; one that is made in code is to be checked
/// before it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name, which orders and limits know it by.
    pub name: String,
    /// It changes with the rule: orders carry it as their policy's version.
    pub version: String,
    /// In one sentence.
    pub about: String,
    /// Which way it trades.
    pub side: PositionSide,
    /// What can be set.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// What no single range can say of the parameters together.
    #[serde(default)]
    pub require: Vec<Require>,
    /// What it looks at, besides the bar itself.
    #[serde(default)]
    pub indicators: Vec<NamedIndicator>,
    /// When it enters; never where it would leave at once.
    pub entry: Condition,
    /// When it leaves.
    pub exit: Condition,
    /// How far from the price the position is given up; none leaves that to `exit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Distance>,
    /// How far from the price it has earned enough; none leaves that to `exit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Distance>,
    /// How much is entered.
    pub size: Size,
}

/// Which way a strategy trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionSide {
    /// It buys, and sells what it has bought.
    Long,
    /// It sells, and buys back.
    Short,
}

impl PositionSide {
    /// The side of an entry.
    pub fn entry(self) -> Side {
        match self {
            Self::Long => Side::Buy,
            Self::Short => Side::Sell,
        }
    }
}

/// What can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it does, with its unit.
    pub about: String,
    /// Whether only whole numbers do.
    #[serde(default)]
    pub whole: bool,
    /// The least it may be.
    #[serde(with = "super::number")]
    pub from: Decimal,
    /// The most it may be.
    #[serde(with = "super::number")]
    pub to: Decimal,
    /// What it is where nobody says otherwise.
    #[serde(with = "super::number")]
    pub default: Decimal,
    /// Where a search looks; none keeps it at its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
}

/// The values that a search tries: `from`, `from + step` … up to `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The least.
    #[serde(with = "super::number")]
    pub from: Decimal,
    /// The most.
    #[serde(with = "super::number")]
    pub to: Decimal,
    /// From one to the next; above 0.
    #[serde(with = "super::number")]
    pub step: Decimal,
}

/// One parameter must lie below another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Require {
    /// The lesser.
    pub parameter: String,
    /// The greater.
    pub below: String,
}

/// An indicator and the name that conditions know it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedIndicator {
    /// The name.
    pub name: String,
    /// What it computes.
    pub is: Indicator,
}

/// A number that is written down, or that of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// This one.
    Number(#[serde(with = "super::number")] Decimal),
    /// A parameter's, by its name.
    Parameter(String),
}

impl Term {
    /// Its value.
    ///
    /// # Panics
    /// When it names a parameter that is not among them: a checked definition's does not.
    pub(super) fn of(&self, parameters: &Parameters) -> Decimal {
        match self {
            Self::Number(number) => *number,
            Self::Parameter(name) => parameters.get(name),
        }
    }
}

/// How far from the price of an entry. A factor of 0 is no level at all; where a level is wanted and
/// cannot be computed, nothing is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distance {
    /// So many percent of the price.
    Percent(Term),
    /// So many times an indicator that measures how far prices move.
    Multiple {
        /// An `atr` or `stddev` of the definition, by its name.
        of: String,
        /// How many times.
        times: Term,
    },
}

impl Distance {
    /// What its level is measured with; 0 is no level.
    pub fn factor(&self) -> &Term {
        match self {
            Self::Percent(factor) | Self::Multiple { times: factor, .. } => factor,
        }
    }
}

/// How much is entered: a quantity, or a share of the capital.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// So much, base currency; 0 goes by the share.
    pub quantity: Term,
    /// This fraction of the capital, at the close.
    pub share: Term,
}

impl Definition {
    /// With these values, and defaults for the rest.
    ///
    /// # Errors
    /// The definition does not hold together, an unknown name, a value out of its range, or values that
    /// contradict each other.
    pub fn with(self: &Arc<Self>, values: &[(String, Decimal)]) -> Result<Chosen, ParameterError> {
        self.check()?;
        Ok(Chosen {
            parameters: Parameters::new(self, values)?,
            definition: Arc::clone(self),
        })
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// The indicator of that name.
    pub fn indicator(&self, name: &str) -> Option<&Indicator> {
        let named = self.indicators.iter().find(|i| i.name == name);
        named.map(|named| &named.is)
    }
}

impl Parameter {
    /// Whether it may be this.
    pub fn holds(&self, value: Decimal) -> bool {
        value >= self.from && value <= self.to && (!self.whole || value.is_integer())
    }

    /// What it may be, in words: `2 to 10000, whole`.
    pub fn words(&self) -> String {
        let whole = if self.whole { ", whole" } else { "" };
        format!("{} to {}{whole}", self.from, self.to)
    }
}

impl Search {
    /// How many values it tries.
    pub fn count(&self) -> usize {
        let steps = (self.to - self.from).checked_div(self.step);
        let steps = steps.and_then(|n| n.floor().to_usize());
        steps.map_or(usize::MAX, |n| n.saturating_add(1))
    }

    /// The value at a place, counted from 0 and below [`Search::count`].
    pub fn value(&self, at: usize) -> Decimal {
        (self.from + self.step * Decimal::from(at)).normalize()
    }
}
