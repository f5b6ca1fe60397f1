//! Strategy versions at work: the candidates of discoveries, and deployments.

use serde::Deserialize;

use super::ask::Ask;
use super::list;
use super::problem;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::unknown;
use crate::core::id::ServiceId;
use crate::core::service::Kind;
use crate::core::{Command, Name, Symbol};
use crate::engine::Lane;
use crate::snapshot::{List, Query, ServiceRow};

pub(super) fn candidates(ask: &Ask<'_>) -> Given {
    list(ask, Kind::Candidate)
}

pub(super) fn deployments(ask: &Ask<'_>) -> Given {
    list(ask, Kind::Deployment)
}

fn list(ask: &Ask<'_>, kind: Kind) -> Given {
    let strategy: Option<Name> = ask.parsed("strategy")?;
    let symbol: Option<Symbol> = ask.parsed("symbol")?;
    let status = ask.query("status").unwrap_or("all");
    if !["waiting", "running", "ended", "live", "all"].contains(&status) {
        return Err(problem::invalid(
            "status",
            format!("{status:?} is none of waiting, running, ended, live, all"),
        ));
    }
    let snapshot = ask.api.snapshot();
    let rows = &snapshot.research.services;
    let rows: List<&ServiceRow> = List {
        items: rows.iter().filter(|row| row.kind == kind).collect(),
        seq: snapshot.status.seq,
        total: snapshot.research.services_total,
    };
    let pass = |row: &&ServiceRow| {
        strategy.is_none_or(|strategy| strategy == row.strategy)
            && symbol.is_none_or(|symbol| symbol == row.symbol)
            && match status {
                "all" => true,
                "live" => row.status != "ended",
                status => status == row.status,
            }
    };
    list::answer(ask, &rows, list::ALL, None, pass, |row| row.id.to_string())
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
        Step::done(super::Answer::ok(row))
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
