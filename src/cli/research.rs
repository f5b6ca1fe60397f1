//! Research: runs that are asked for, watched, stopped, read and compared.

mod asking;
mod compare;
mod show;
pub(super) mod tell;
mod waiting;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::arguments::{Page, word};
use super::exit::Exit;
use super::session::{Session, Shown};
use super::{deployments, table};
use crate::client::Call;

const STAGES: &str = "\
A discovery's strategies that pass on recorded data trade on paper (warm), then at the smallest real size (limited).
Each stage has its own reservations, gates and shortest time; what passes them all may be deployed.";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Ask for a run: the engine computes it beside its trading, and goes on without this terminal.
    Run(asking::Args),
    /// All of them, those at work first.
    List {
        /// Only of this kind.
        #[arg(long)]
        kind: Option<Kind>,
        /// Only where they stand so.
        #[arg(long)]
        status: Option<Status>,
        #[command(flatten)]
        page: Page,
    },
    /// What one has come to: figures, gates, the plane of its parameters, its curves.
    Show {
        /// Which.
        id: String,
    },
    /// End one; what it has computed is kept.
    Stop {
        /// Which.
        id: String,
        /// Why.
        #[arg(long, default_value = "stopped by hand")]
        reason: String,
    },
    /// Give a candidate up: what it holds is closed and given back, and its trying ends.
    Drop {
        /// Which candidate.
        #[arg(value_name = "SERVICE_ID")]
        id: String,
        /// Why.
        #[arg(long, default_value = "dropped by hand")]
        reason: String,
    },
    /// Several side by side: their figures, their parameters, and whether they are of the same data.
    Compare {
        /// Which.
        #[arg(required = true, num_args = 2..=10, value_name = "ID")]
        ids: Vec<String>,
    },
    /// What discoveries have found, and how far it has come.
    #[command(after_help = STAGES)]
    Candidates {
        #[command(flatten)]
        page: Page,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Optimise,
    Discover,
    Backtest,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Status {
    Queued,
    Running,
    Passed,
    Failed,
    NotJudged,
    Cancelled,
}

const RUNS: &[table::Column] = &[
    ("ID", "id"),
    ("KIND", "kind"),
    ("STRATEGY", "strategy"),
    ("SYMBOL", "symbol"),
    ("STATUS", "status"),
    ("DONE", "done"),
    ("SHARPE", "sharpe"),
    ("TRIALS", "trials"),
    ("METHOD", "method"),
    ("CREATED", "created_at"),
    ("WAITS FOR, OR WHY", "why"),
];

pub fn research(session: &Session, args: &Args) -> Exit {
    match &args.action {
        Action::Run(args) => asking::run(session, args),
        Action::List { kind, status, page } => {
            let mut call = Call::get("research/runs");
            call.query = page.query(vec![
                ("kind", kind.as_ref().and_then(word)),
                ("status", status.as_ref().and_then(word)),
            ]);
            session.show(session.read(&call), listed)
        }
        Action::Show { id } => show::show(session, id),
        Action::Stop { id, reason } => {
            let path = format!("research/runs/{id}/stop");
            let stopped = session.change(&Call::post(path, json!({ "reason": reason })));
            session.show(stopped, |run| {
                format!(
                    "{} {}\n",
                    table::cell(&run["id"]),
                    table::cell(&run["status"])
                )
            })
        }
        Action::Drop { id, reason } => {
            let path = format!("research/candidates/{id}/drop");
            let dropped = session.change(&Call::post(path, json!({ "reason": reason })));
            session.show(dropped, |service| {
                let get = |name: &str| table::cell(table::at(service, name));
                format!(
                    "{} {} {}: {}\n",
                    get("id"),
                    get("strategy"),
                    get("end.how"),
                    get("end.reason")
                )
            })
        }
        Action::Compare { ids } => compare::compare(session, ids),
        Action::Candidates { page } => {
            let query = page.query(Vec::new());
            deployments::show(session, "research/candidates", query)
        }
    }
}

/// A run's document.
fn run_of(session: &Session, id: &str) -> Shown {
    session.read(&Call::get(format!("research/runs/{id}")))
}

/// Rows, with what a person wants of them first.
fn listed(document: &Value) -> String {
    let mut list = document.clone();
    for row in list["items"].as_array_mut().into_iter().flatten() {
        row["done"] = tell::percent(&row["progress"]).into();
        row["sharpe"] = tell::rounded(&row["best"]["out_of_sample"]["sharpe"]).into();
        row["why"] = match row["waits_for"].is_null() {
            true => row["reason"].clone(),
            false => row["waits_for"].clone(),
        };
    }
    table::list(&list, RUNS)
}
