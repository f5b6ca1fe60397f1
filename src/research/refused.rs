//! The refusals of a run, by their codes.

use crate::core::Refusal;

/// The strategy is missing, unknown or does not hold together.
pub(super) fn strategy(message: impl Into<String>) -> Refusal {
    let hint = "pilothouse strategy list names those there are, strategy check says what is wrong";
    Refusal::new("RESEARCH_STRATEGY", message, hint)
}

/// A number of the run is out of its range.
pub(super) fn parameter(message: impl Into<String>, hint: &str) -> Refusal {
    Refusal::new("RESEARCH_PARAMETER", message, hint)
}

/// There is no data that a run can use.
pub(super) fn data(message: impl Into<String>, hint: &str) -> Refusal {
    Refusal::new("RESEARCH_DATA", message, hint)
}

/// Bars are missing.
pub(super) fn gap(message: impl Into<String>) -> Refusal {
    let hint = "name data without the hole, or take it as it is with --allow-gaps";
    Refusal::new("RESEARCH_DATA_GAP", message, hint)
}

/// Too few bars.
pub(super) fn short(message: impl Into<String>) -> Refusal {
    let hint = "name more data with --data, or fewer folds with --folds";
    Refusal::new("RESEARCH_DATA_SHORT", message, hint)
}
