//! Strategy versions at work: the candidates of discoveries, and deployments.

use serde::Deserialize;

use super::answer::Answer;
use super::ask::Ask;
use super::list;
use super::problem;
use super::steps::{Step, Stepped};
use super::unknown;
use crate::core::Command;
use crate::core::id::ServiceId;
use crate::core::service::Kind;
use crate::engine::Lane;
use crate::snapshot::{Query, ServiceFilter};

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// Ends the trying of a candidate.
pub(super) fn drop(ask: &Ask<'_>) -> Stepped {
    let service: ServiceId = ask.id(Kind::Candidate.as_str())?;
    let Reason { reason } = ask.body()?;
    let command = Command::Drop { service, reason };
    Step::submit(Lane::Control, command, move |_| {
        Step::show(Query::Service(service), "candidate", service.to_string())
    })
}
