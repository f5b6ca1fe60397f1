//! Named parameters: what is allowed, and the values a strategy runs with.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// A whole number, both ends allowed.
    Whole {
        /// The least.
        from: u32,
        /// The most.
        to: u32,
    },
    /// A number above 0 and up to this.
    Above0 {
        /// The most.
        to: u32,
    },
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does, with its unit.
    pub about: &'static str,
    /// What it may be.
    pub range: Range,
    /// What it is where nobody says otherwise.
    pub default: u32,
}

/// Why values do not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// No such parameter.
    #[error("there is no parameter {name:?}: {known} are allowed")]
    Unknown {
        /// What was said.
        name: String,
        /// What could have been.
        known: String,
    },
    /// Not in its range.
    #[error("{name} = {value} is out of range: {allowed} is allowed")]
    OutOfRange {
        /// Which.
        name: &'static str,
        /// What was said.
        value: Decimal,
        /// What could have been.
        allowed: String,
    },
    /// Said twice.
    #[error("{0} is set twice")]
    Twice(&'static str),
    /// Values that contradict each other.
    #[error("{0}")]
    Together(String),
}

/// A value for every parameter, in the order of their table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(&'static str, Decimal)>);

impl Parameters {
    /// The values, and defaults for the rest.
    ///
    /// # Errors
    /// An unknown name, one twice, or a value out of its range.
    pub fn new(
        table: &'static [Parameter],
        values: &[(String, Decimal)],
    ) -> Result<Self, ParameterError> {
        let mut settled: Vec<_> = table.iter().map(|p| (p, None)).collect();
        for (name, value) in values {
            let Some((parameter, given)) = settled.iter_mut().find(|(p, _)| p.name == name) else {
                let known: Vec<_> = table.iter().map(|p| p.name).collect();
                return Err(ParameterError::Unknown {
                    name: name.clone(),
                    known: known.join(", "),
                });
            };
            if given.is_some() {
                return Err(ParameterError::Twice(parameter.name));
            }
            if !parameter.range.holds(*value) {
                return Err(ParameterError::OutOfRange {
                    name: parameter.name,
                    value: *value,
                    allowed: parameter.range.words(),
                });
            }
            *given = Some(value.normalize());
        }
        let values = settled
            .into_iter()
            .map(|(p, given)| (p.name, given.unwrap_or_else(|| p.default.into())));
        Ok(Self(values.collect()))
    }

    /// The value of a parameter of the table.
    ///
    /// # Panics
    /// When it is not in the table: a strategy asks for its own.
    pub fn get(&self, name: &str) -> Decimal {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.expect("a strategy asks for its own parameters").1
    }

    /// The value of a whole parameter.
    ///
    /// # Panics
    /// When it is not in the table, or not whole.
    pub fn whole(&self, name: &str) -> u32 {
        self.get(name)
            .to_u32()
            .expect("its range is of whole numbers")
    }

    /// All of them, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Decimal)> {
        self.0.iter().copied()
    }
}

impl Range {
    fn holds(self, value: Decimal) -> bool {
        match self {
            Self::Whole { from, to } => {
                value.is_integer() && value >= from.into() && value <= to.into()
            }
            Self::Above0 { to } => value > Decimal::ZERO && value <= to.into(),
        }
    }

    /// In words: `2 to 10000, whole`.
    pub fn words(self) -> String {
        match self {
            Self::Whole { from, to } => format!("{from} to {to}, whole,"),
            Self::Above0 { to } => format!("above 0, up to {to},"),
        }
    }
}
