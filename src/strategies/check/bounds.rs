//! Bounds of numbers and of counts.

use rust_decimal::Decimal;

use super::{Checked, MOST_LENGTH};
use crate::strategies::DefinitionError;

/// What a number may be.
pub(super) struct Bounds {
    pub whole: bool,
    pub from: Decimal,
    pub to: Decimal,
}

/// What a length may be.
pub(super) const WHOLE_LENGTH: Bounds = Bounds {
    whole: true,
    from: Decimal::ONE,
    to: Decimal::from_parts(MOST_LENGTH, 0, 0, false, 0),
};

impl Bounds {
    pub fn new(from: Decimal, to: Decimal) -> Self {
        Self {
            whole: false,
            from,
            to,
        }
    }

    pub fn hold(&self, number: Decimal) -> bool {
        number >= self.from && number <= self.to && (!self.whole || number.is_integer())
    }

    pub fn words(&self) -> String {
        let whole = if self.whole { ", whole" } else { "" };
        format!("{} to {}{whole}", self.from, self.to)
    }
}

pub(super) fn within(at: &str, number: Decimal, bounds: &Bounds) -> Checked {
    if bounds.hold(number) {
        return Ok(());
    }
    Err(DefinitionError::OutOfRange {
        at: at.to_owned(),
        found: number.to_string(),
        allowed: bounds.words(),
    })
}

pub(super) fn few(at: &str, count: usize, what: &'static str, most: usize) -> Checked {
    if count <= most {
        return Ok(());
    }
    Err(DefinitionError::TooMany {
        at: at.to_owned(),
        count,
        what,
        most,
    })
}
