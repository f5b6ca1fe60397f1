//! Entries that wait for the operator.

use serde::Deserialize;
use utoipa::ToSchema;

use super::ask::Ask;
use super::list::{self, Seen};
use super::openapi::{AFTER, LIMIT, Param, Words};
use super::routes::Given;
use super::steps::{Step, Stepped};
use crate::core::Command;
use crate::core::id::ApprovalId;
use crate::engine::Lane;
use crate::snapshot::{ApprovalRow, Query};

pub(super) const LIST: Words =
    Words::of("Entries that wait for the operator, then the latest that were decided.")
        .query(&[
            Param::one_of(
                "status",
                &["all", "waiting", "approved", "rejected", "lapsed"],
                "Only those that stand there.",
            ),
            LIMIT,
            AFTER,
        ])
        .gives_list::<ApprovalRow>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = ask.query("status").filter(|status| *status != "all");
    let snapshot = ask.api.snapshot();
    let pass = |row: &ApprovalRow| status.is_none_or(|status| status == row.status);
    let known = status.is_none().then_some(snapshot.approvals.total);
    list::answer(ask, &snapshot.approvals, list::ALL, known, pass, |row| {
        row.id.to_string()
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Decide)]
struct Word {
    /// Whether it may go on.
    approve: bool,
    /// Why, for the audit.
    #[serde(default)]
    reason: String,
}

pub(super) const DECIDE: Words = Words::of("Approves or rejects an entry. Operators only.")
    .takes::<Word>()
    .gives::<Seen<ApprovalRow>>();

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
