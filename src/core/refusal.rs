//! A refusal is a value: which rule, its limit, what was measured, and what to mend.

use std::fmt::Display;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// Stable, for programs: `RISK_PRICE_COLLAR`.
    #[n(0)]
    pub code: String,
    /// What happened, for people.
    #[n(1)]
    pub message: String,
    /// What to mend.
    #[n(2)]
    pub hint: String,
    /// The rule that decided.
    #[n(3)]
    pub rule: Option<String>,
    /// Its limit, in the rule's unit.
    #[n(4)]
    pub limit: Option<String>,
    /// What was measured, in the same unit.
    #[n(5)]
    pub value: Option<String>,
    /// Who holds what was wanted.
    #[n(6)]
    #[serde(default)]
    pub holders: Vec<String>,
}

impl Refusal {
    /// A refusal by a rule of the same name as its code.
    pub fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            hint: hint.into(),
            rule: None,
            limit: None,
            value: None,
            holders: Vec::new(),
        }
    }

    /// With the rule's limit and the measured value.
    #[must_use]
    pub fn measured(mut self, limit: impl Display, value: impl Display) -> Self {
        self.rule = Some(self.code.to_ascii_lowercase());
        self.limit = Some(limit.to_string());
        self.value = Some(value.to_string());
        self
    }

    /// With the ids that hold what was wanted.
    #[must_use]
    pub fn held_by(mut self, holders: Vec<String>) -> Self {
        self.holders = holders;
        self
    }
}
