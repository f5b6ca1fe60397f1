//! The account's allocation against its targets.

use super::answer::Answer;
use super::ask::Ask;
use super::routes::Given;

/// The `portfolio` document as it stands.
pub(super) fn allocation(ask: &Ask<'_>) -> Given {
    Ok(Answer::ok(&ask.api.snapshot().portfolio))
}
