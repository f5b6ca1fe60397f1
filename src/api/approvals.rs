//! Entries that wait for the operator.

use serde::Deserialize;

use super::ask::Ask;
use super::list;
use super::routes::Given;
use super::steps::{Step, Stepped};
use crate::core::Command;
use crate::core::id::ApprovalId;
use crate::engine::Lane;
use crate::snapshot::{ApprovalRow, Query};

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = ask.query("status").filter(|status| *status != "all");
    let snapshot = ask.api.snapshot();
    let pass = |row: &ApprovalRow| status.is_none_or(|status| status == row.status);
    let known = status.is_none().then_some(snapshot.approvals.total);
    list::answer(ask, &snapshot.approvals, list::ALL, known, pass, |row| {
        row.id.to_string()
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    approve: bool,
    #[serde(default)]
    reason: String,
}

/// The core refuses an agent that tries, which the audit then shows.
pub(super) fn decide(ask: &Ask<'_>) -> Stepped {
    let id: ApprovalId = ask.id("approval")?;
    let Word { approve, reason } = ask.body()?;
    let command = Command::Decide {
        id,
        approve,
        reason,
    };
    Step::submit(Lane::Control, command, move |_| {
        Step::show(Query::Approval(id), "approval", id.to_string())
    })
}
