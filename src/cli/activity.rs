//! Who deploys, optimises, discovers or trades.

use clap::Subcommand;
use serde_json::{Value, json};

use super::arguments::{Page, one_of};
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::Name;
use crate::core::activity::ActivityKind;

/// Columns of a list of activities.
pub const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("KIND", "kind"),
    ("AGENT", "agent"),
    ("STATUS", "status"),
    ("SINCE", "since"),
    ("WAITS FOR", "waits_for"),
];

/// Those that somebody begins; HARDSTOP is begun by the stop itself.
const KINDS: [ActivityKind; 4] = [
    ActivityKind::Deployment,
    ActivityKind::Optimisation,
    ActivityKind::Discovery,
    ActivityKind::LiveTrading,
];

const EXAMPLES: &str = "\
What runs decides what may begin: `pilothouse conflicts` shows the table. What has to wait is queued, exit 0.

Examples:
  pilothouse activity
  pilothouse activity begin --kind deployment --agent deployer
  pilothouse activity end activity_41 --reason \"rolled back\"";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only this agent's.
    #[arg(long)]
    agent: Option<Name>,
    /// Only where they stand so.
    #[arg(long, value_parser = ["all", "running", "queued", "held", "cancelled", "ended"])]
    status: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Running and queued ones, then the latest that ended.
    List,
    /// Begin one; prints its id.
    Begin {
        /// Which.
        #[arg(long, value_parser = one_of(&KINDS, ActivityKind::as_str))]
        kind: String,
        /// Whose.
        #[arg(long)]
        agent: Option<Name>,
    },
    /// End one that was begun so.
    End {
        /// Which.
        id: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
}

pub fn activity(session: &Session, args: &Args) -> Exit {
    match &args.action {
        None | Some(Action::List) => {
            let query = args.page.query(vec![
                ("agent", args.agent.map(|agent| agent.to_string())),
                ("status", args.status.clone()),
            ]);
            session.list_of("activities", query, COLUMNS)
        }
        Some(Action::Begin { kind, agent }) => {
            let body = json!({ "kind": kind, "agent": agent });
            let begun = session.change(&Call::post("activities", body));
            session.show(begun, |document: &Value| {
                let text = |name: &str| document[name].as_str().unwrap_or_default();
                session.remark(text("status"));
                format!("{}\n", text("id"))
            })
        }
        Some(Action::End { id, reason }) => {
            let mut call = Call::post(format!("activities/{id}"), Value::Null);
            call.method = "DELETE";
            if let Some(reason) = reason {
                call.body = json!({ "reason": reason });
            }
            session.fields(session.change(&call))
        }
    }
}
