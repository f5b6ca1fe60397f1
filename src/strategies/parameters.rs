//! The values a strategy runs with.

use rust_decimal::Decimal;

use super::definition::Definition;
use super::error::DefinitionError;

/// Why values do not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The strategy itself does not hold together.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// No such parameter.
    #[error("there is no parameter {name:?}: {known} are allowed")]
    Unknown {
        /// What was said.
        name: String,
        /// What could have been.
        known: String,
    },
    /// Not in its range.
    #[error("{name} = {value} is out of range: allowed is {allowed}")]
    OutOfRange {
        /// Which.
        name: String,
        /// What was said.
        value: Decimal,
        /// What could have been.
        allowed: String,
    },
    /// Said twice.
    #[error("{0} is set twice")]
    Twice(String),
    /// Values that contradict each other.
    #[error("{0}")]
    Together(String),
}

/// A value for every parameter, in the order of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, Decimal)>);

impl Parameters {
    /// The values, and defaults for the rest.
    ///
    /// # Errors
    /// An unknown name, one twice, a value out of its range, or values that contradict each other.
    pub fn new(
        definition: &Definition,
        values: &[(String, Decimal)],
    ) -> Result<Self, ParameterError> {
        let table = &definition.parameters;
        let mut given = vec![None; table.len()];
        for (name, value) in values {
            let Some(at) = table.iter().position(|p| p.name == *name) else {
                let known: Vec<_> = table.iter().map(|p| p.name.as_str()).collect();
                return Err(ParameterError::Unknown {
                    name: name.clone(),
                    known: known.join(", "),
                });
            };
            if given[at].is_some() {
                return Err(ParameterError::Twice(name.clone()));
            }
            if !table[at].holds(*value) {
                return Err(ParameterError::OutOfRange {
                    name: name.clone(),
                    value: *value,
                    allowed: table[at].words(),
                });
            }
            given[at] = Some(value.normalize());
        }
        let settled = table.iter().zip(given);
        let settled =
            settled.map(|(p, given)| (p.name.clone(), given.unwrap_or(p.default.normalize())));
        let parameters = Self(settled.collect());
        for rule in &definition.require {
            let (less, more) = (&rule.parameter, &rule.below);
            let values = (parameters.get(less), parameters.get(more));
            if values.0 >= values.1 {
                return Err(ParameterError::Together(format!(
                    "{less} = {} is not below {more} = {}",
                    values.0, values.1
                )));
            }
        }
        Ok(parameters)
    }

    /// The value of a parameter of the definition.
    ///
    /// # Panics
    /// When it has no such parameter: a checked definition refers to its own.
    pub fn get(&self, name: &str) -> Decimal {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .expect("a checked definition refers to its own parameters")
            .1
    }

    /// All of them, in the order of the definition.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Decimal)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }
}
