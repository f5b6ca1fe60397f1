//! The account's allocation against its targets.

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::Words;
use super::routes::Given;
use crate::snapshot::Portfolio;

pub(super) const ALLOCATION: Words =
    Words::of("The portfolio against its targets.").gives::<Portfolio>();

/// The `portfolio` document as it stands.
pub(super) fn allocation(ask: &Ask<'_>) -> Given {
    Ok(Answer::ok(&ask.api.snapshot().portfolio))
}
