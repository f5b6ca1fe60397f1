//! Entries that wait for the operator, in guide mode.

use clap::Subcommand;
use serde_json::json;

use super::arguments::Page;
use super::exit::Exit;
use super::session::Session;
use super::table;

const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("BY", "by"),
    ("SYMBOL", "symbol"),
    ("SIDE", "side"),
    ("QUANTITY", "quantity"),
    ("PRICE", "price"),
    ("STOP", "stop"),
    ("TARGET", "target"),
    ("STATUS", "status"),
    ("LAPSES", "expires_at"),
    ("WHY", "reason"),
];

const EXAMPLES: &str = "\
What is approved passes the risk gate once more before it is sent.

Examples:
  pilothouse approvals
  pilothouse approvals approve approval_7
  pilothouse approvals reject approval_7 --reason \"news at noon\"";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only where they stand so.
    #[arg(long, value_parser = ["all", "waiting", "approved", "rejected", "lapsed"])]
    status: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Waiting ones, then the latest that were decided.
    List,
    /// Let it be sent, if risk still lets it.
    Approve(Decision),
    /// Have it dropped.
    Reject(Decision),
}

#[derive(Debug, clap::Args)]
struct Decision {
    /// Which.
    id: String,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

pub fn approvals(session: &Session, args: &Args) -> Exit {
    let (decision, approve) = match &args.action {
        None | Some(Action::List) => {
            let query = args.page.query(vec![("status", args.status.clone())]);
            return session.list_of("approvals", query, COLUMNS);
        }
        Some(Action::Approve(decision)) => (decision, true),
        Some(Action::Reject(decision)) => (decision, false),
    };
    let body = json!({ "approve": approve, "reason": decision.reason });
    session.post(format!("approvals/{}", decision.id), body)
}
