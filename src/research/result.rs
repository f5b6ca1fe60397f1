//! What steps have come to: one line each in `trials.jsonl`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::steps::StepId;
use super::trial::Window;

/// Values by the names of their parameters, in the order of the definition.
pub type Values = Vec<(String, Decimal)>;

/// A point that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The values that were searched.
    pub parameters: Values,
    /// What it came to on the bars of the search.
    pub figures: Figures,
}

/// The best of a fold, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Every parameter's value.
    pub parameters: Values,
    /// On the bars that chose it; none where nothing was chosen.
    pub in_sample: Option<Window>,
    /// On the bars that judge it.
    pub out_of_sample: Window,
}

/// A candidate's first look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screened {
    /// Which, counted from 0.
    pub candidate: u32,
    /// What it came to.
    pub figures: Figures,
    /// Why it was dropped; none where it goes on.
    pub dropped: Option<String>,
}

/// A candidate that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cold {
    /// Which, counted from 0.
    pub candidate: u32,
    /// On the bars before those that judge it.
    pub in_sample: Window,
    /// On the bars that judge it.
    pub out_of_sample: Window,
}

/// What a step has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Of a search.
    Tried(Vec<Trial>),
    /// Of a judging.
    Judged(Box<Judged>),
    /// Of a first look.
    Screened(Vec<Screened>),
    /// Of the candidates that were left.
    Cold(Vec<Cold>),
}

/// What a step has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// The fingerprint of the plan that it belongs to.
    pub plan: String,
    /// Which step.
    pub step: StepId,
    /// What it found.
    pub found: Found,
}

impl StepResult {
    /// As one line, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("its keys are text and its values have a form")
    }
}

/// The results there are so far; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Results(BTreeMap<StepId, Arc<StepResult>>);

impl Results {
    /// Adds one; a step that is there already keeps what it has.
    pub fn insert(&mut self, result: StepResult) {
        self.0
            .entry(result.step)
            .or_insert_with(|| Arc::new(result));
    }

    /// Whether a step is done.
    pub fn contains(&self, step: StepId) -> bool {
        self.0.contains_key(&step)
    }

    /// Those of the steps from one to before another.
    pub fn between(&self, from: StepId, to: StepId) -> Self {
        let some = self.0.range(from..to.max(from));
        Self(some.map(|(id, r)| (*id, Arc::clone(r))).collect())
    }

    /// Steps that are done.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a step has found.
    pub fn found(&self, step: StepId) -> Option<&Found> {
        self.0.get(&step).map(|result| &result.found)
    }
}
