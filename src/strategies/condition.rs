//! Conditions as a definition states them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::indicator::Source;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    /// The reading of an indicator of the definition, by its name.
    Indicator(String),
    /// A number of the bar that has closed.
    Bar(Source),
    /// The value of a parameter of the definition, by its name.
    Parameter(String),
    /// A number.
    Number(#[serde(with = "super::number")] Decimal),
}

/// What must hold at the close of a bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Every one of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// Not this one.
    Not(Box<Condition>),
    /// The first is greater.
    Above(Operand, Operand),
    /// The first is less.
    Below(Operand, Operand),
    /// The first is greater, and was not at the bar before.
    CrossesAbove(Operand, Operand),
    /// The first is less, and was not at the bar before.
    CrossesBelow(Operand, Operand),
}

impl Condition {
    /// What it consists of directly.
    pub(super) fn parts(&self) -> &[Condition] {
        match self {
            Self::All(parts) | Self::Any(parts) => parts,
            Self::Not(part) => std::slice::from_ref(part),
            Self::Above(..) | Self::Below(..) | Self::CrossesAbove(..) | Self::CrossesBelow(..) => {
                &[]
            }
        }
    }

    /// What it compares, where it does.
    pub(super) fn operands(&self) -> Option<(&Operand, &Operand)> {
        match self {
            Self::Above(left, right)
            | Self::Below(left, right)
            | Self::CrossesAbove(left, right)
            | Self::CrossesBelow(left, right) => Some((left, right)),
            Self::All(_) | Self::Any(_) | Self::Not(_) => None,
        }
    }

    /// Whether any part of it looks at the bar before.
    pub(super) fn looks_back(&self) -> bool {
        matches!(self, Self::CrossesAbove(..) | Self::CrossesBelow(..))
            || self.parts().iter().any(Self::looks_back)
    }
}
