//! Strategy versions at work: the candidates of discoveries, and deployments.

use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::list::{self, Seen};
use super::openapi::{AFTER, LIMIT, Param, STRATEGY, SYMBOL, Words};
use super::problem;
use super::steps::{Step, Stepped};
use super::unknown;
use crate::core::Command;
use crate::core::id::ServiceId;
use crate::core::service::Kind;
use crate::engine::Lane;
use crate::snapshot::{Query, ServiceFilter, ServiceRow};

const QUERY: &[Param] = &[
    STRATEGY,
    SYMBOL,
    Param::one_of(
        "status",
        &["waiting", "running", "ended", "live", "all"],
        "All by default; `live` ones have not ended.",
    ),
    LIMIT,
    AFTER,
];

pub(super) const CANDIDATES: Words =
    Words::of("What discoveries have found and is being tried, then the latest that ended.")
        .query(QUERY)
        .gives_list::<ServiceRow>();
pub(super) const DEPLOYMENTS: Words =
    Words::of("Strategy versions in service or on their way there, then the latest that ended.")
        .query(QUERY)
        .gives_list::<ServiceRow>();
pub(super) const CANDIDATE: Words = Words::of("A candidate.").gives::<Seen<ServiceRow>>();
pub(super) const DEPLOYMENT: Words = Words::of("A deployment.").gives::<Seen<ServiceRow>>();

pub(super) fn candidates(ask: &Ask<'_>) -> Stepped {
    list(ask, Kind::Candidate)
}

pub(super) fn deployments(ask: &Ask<'_>) -> Stepped {
    list(ask, Kind::Deployment)
}

fn list(ask: &Ask<'_>, kind: Kind) -> Stepped {
    let status = ask.query("status").unwrap_or("all");
    if !["waiting", "running", "ended", "live", "all"].contains(&status) {
        return Err(problem::invalid(
            "status",
            format!("{status:?} is none of waiting, running, ended, live, all"),
        ));
    }
    let filter = ServiceFilter {
        kind,
        strategy: ask.parsed("strategy")?,
        symbol: ask.parsed("symbol")?,
        status: (status != "all").then(|| status.to_owned()),
    };
    Step::look(Query::Services(filter, list::page(ask)?), |rows| {
        Step::done(Answer::ok(rows))
    })
}

pub(super) fn candidate(ask: &Ask<'_>) -> Stepped {
    one(ask, Kind::Candidate)
}

pub(super) fn deployment(ask: &Ask<'_>) -> Stepped {
    one(ask, Kind::Deployment)
}

fn one(ask: &Ask<'_>, kind: Kind) -> Stepped {
    let id: ServiceId = ask.id(kind.as_str())?;
    Step::look(Query::Service(id), move |row| {
        if row["kind"] != kind.as_str() {
            return Err(unknown(kind.as_str(), &id.to_string()));
        }
        Step::done(Answer::ok(row))
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DropReason)]
struct Reason {
    /// Why, for the audit.
    #[serde(default)]
    reason: String,
}

pub(super) const DROP: Words = Words::of("Ends the trying of a candidate.")
    .takes::<Reason>()
    .gives::<Seen<ServiceRow>>();

/// Ends the trying of a candidate.
pub(super) fn drop(ask: &Ask<'_>) -> Stepped {
    let service: ServiceId = ask.id(Kind::Candidate.as_str())?;
    let Reason { reason } = ask.body()?;
    let command = Command::Drop { service, reason };
    Step::submit(Lane::Control, command, move |_| {
        Step::show(Query::Service(service), "candidate", service.to_string())
    })
}
