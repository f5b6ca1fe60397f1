//! Who deploys, optimises, discovers or trades.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::list::{self, Seen};
use super::openapi::{AFTER, AGENT, LIMIT, Param, Words};
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::unknown;
use crate::core::activity::ActivityKind;
use crate::core::id::ActivityId;
use crate::core::{Command, Name, Reply};
use crate::engine::Lane;
use crate::snapshot::{ActivityRow, Query};

pub(super) const LIST: Words =
    Words::of("Activities: running and queued ones, then the latest that ended.")
        .query(&[
            AGENT,
            Param::one_of(
                "kind",
                &[
                    "deployment",
                    "optimisation",
                    "discovery",
                    "live_trading",
                    "hardstop",
                ],
                "Only of this kind.",
            ),
            Param::one_of(
                "status",
                &["all", "running", "queued", "held", "cancelled", "ended"],
                "Only those that stand there.",
            ),
            LIMIT,
            AFTER,
        ])
        .gives_list::<ActivityRow>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let agent: Option<Name> = ask.parsed("agent")?;
    let kind: Option<ActivityKind> = ask.parsed("kind")?;
    let status = ask.query("status").filter(|status| *status != "all");
    let snapshot = ask.api.snapshot();
    let pass = |row: &ActivityRow| {
        agent.is_none_or(|agent| agent == row.agent)
            && kind.is_none_or(|kind| kind == row.kind)
            && status.is_none_or(|status| status == row.status)
    };
    let filtered = agent.is_some() || kind.is_some() || status.is_some();
    let known = (!filtered).then_some(snapshot.activities.total);
    list::answer(ask, &snapshot.activities, list::ALL, known, pass, |row| {
        row.id.to_string()
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActivityWish)]
struct Wish {
    kind: ActivityKind,
    /// Whose; agents begin their own.
    agent: Option<Name>,
    /// What the table queues is queued, asked for or not.
    #[serde(rename = "wait")]
    _wait: Option<bool>,
}

pub(super) const BEGIN: Words = Words::of(
    "Begins an activity: 201 it runs, 202 it waits for another to end, 409 it is denied.",
)
.takes::<Wish>()
.answers::<Seen<ActivityRow>>(201)
.answers::<Seen<ActivityRow>>(202);

pub(super) fn begin(ask: &Ask<'_>) -> Stepped {
    let Wish { kind, agent, .. } = ask.body()?;
    let agent = ask.acting(agent)?;
    let command = Command::BeginActivity { kind, agent };
    Step::submit(Lane::Normal, command, |outcome| {
        let Reply::Activity(id) = outcome.reply else {
            return Err(unknown("activity", "begun"));
        };
        Step::look(Query::Activity(id), |row| {
            let queued = row["status"] == json!("queued");
            Step::done(Answer::with(if queued { 202 } else { 201 }, row))
        })
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EndReason)]
struct Reason {
    /// Why, for the audit.
    reason: Option<String>,
}

pub(super) const END: Words = Words::of("Ends an activity.")
    .takes::<Reason>()
    .gives::<Seen<ActivityRow>>();

pub(super) fn end(ask: &Ask<'_>) -> Stepped {
    let id: ActivityId = ask.id("activity")?;
    let Reason { reason } = ask.body()?;
    let reason = reason.unwrap_or_else(|| format!("ended by {}", ask.actor()));
    let command = Command::EndActivity { id, reason };
    Step::submit(Lane::Normal, command, move |_| {
        Step::show(Query::Activity(id), "activity", id.to_string())
    })
}
