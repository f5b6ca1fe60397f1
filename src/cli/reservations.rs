//! Who holds what.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::arguments::{Page, decimal};
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::{Call, Problem};
use crate::core::Name;

/// Columns of a list of reservations.
pub const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("AGENT", "agent"),
    ("RESOURCE", "resource"),
    ("CLASS", "class"),
    ("PRIO", "priority"),
    ("AMOUNT", "amount"),
    ("STATUS", "status"),
    ("EXPIRES", "expires_at"),
    ("PURPOSE", "purpose"),
];

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ResourceArg {
    /// USD of one pool.
    Capital,
    /// Slots.
    Compute,
    /// Calls to a venue.
    Api,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ClassArg {
    Exit,
    Live,
    Deployment,
    Paper,
    Backtest,
    Research,
}

/// A word of the command line as documents have it.
fn word(value: &impl ValueEnum) -> Option<String> {
    value.to_possible_value().map(|v| v.get_name().to_owned())
}

#[derive(Debug, clap::Args)]
pub struct Reserve {
    /// What is reserved.
    #[arg(long)]
    resource: ResourceArg,
    /// USD, slots or calls.
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    amount: String,
    /// What for; class and agent follow from its beginning.
    #[arg(long)]
    purpose: String,
    /// Its class, which gives its priority.
    #[arg(long)]
    class: Option<ClassArg>,
    /// Seconds of engine time; the configured default, 3600, when absent.
    #[arg(long)]
    ttl: Option<u64>,
    /// The agent it is for.
    #[arg(long)]
    agent: Option<Name>,
    /// The strategy it is for.
    #[arg(long)]
    strategy: Option<Name>,
    /// The strategy's Sharpe ratio. Requests are decided as they come, so it weighs nothing yet.
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    sharpe: Option<String>,
    /// Wait in the queue; nothing does in this version: what does not fit is refused.
    #[arg(long)]
    wait: bool,
    /// The same key again is the same request.
    #[arg(long)]
    key: Option<String>,
}

pub fn reserve(session: &Session, args: &Reserve) -> Exit {
    let body = json!({
        "resource": word(&args.resource),
        "amount": args.amount,
        "purpose": args.purpose,
        "class": args.class.as_ref().and_then(word),
        "ttl_s": args.ttl,
        "agent": args.agent,
        "strategy": args.strategy,
        "sharpe": args.sharpe,
        "wait": args.wait,
    });
    let mut call = Call::post("reservations", body);
    call.key.clone_from(&args.key);
    session.show(session.change(&call), |document| {
        format!(
            "{}\n",
            document["reservation_id"].as_str().unwrap_or_default()
        )
    })
}

#[derive(Debug, clap::Args)]
pub struct Release {
    /// Which.
    #[arg(long)]
    reservation_id: String,
}

pub fn release(session: &Session, args: &Release) -> Exit {
    let mut call = Call::get(format!("reservations/{}", args.reservation_id));
    call.method = "DELETE";
    match session.change(&call) {
        Err(problem) if is_unknown(&problem) => {
            let document = json!({
                "reservation_id": args.reservation_id,
                "result": "unknown",
                "seq": Value::Null,
            });
            session.show(Ok(document), result);
            Exit::Refused
        }
        shown => session.show(shown, result),
    }
}

fn is_unknown(problem: &Problem) -> bool {
    matches!(
        problem.code.as_str(),
        "RESERVATION_UNKNOWN" | "RESERVE_UNKNOWN"
    )
}

fn result(document: &Value) -> String {
    format!("{}\n", document["result"].as_str().unwrap_or_default())
}

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only this agent's.
    #[arg(long)]
    agent: Option<Name>,
    /// live, held, queued, bound, released, expired, preempted, denied, cancelled or all.
    #[arg(long)]
    status: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All of them.
    List,
    /// Count the time to live anew, from now on.
    Renew {
        /// Which.
        id: String,
        /// Seconds of engine time.
        #[arg(long)]
        ttl: u64,
    },
}

pub fn reservations(session: &Session, args: &Args) -> Exit {
    if let Some(Action::Renew { id, ttl }) = &args.action {
        let call = Call::post(format!("reservations/{id}/renew"), json!({ "ttl_s": ttl }));
        return session.fields(session.change(&call));
    }
    let mut call = Call::get("reservations");
    let agent = args.agent.map(|agent| agent.to_string());
    call.query = args
        .page
        .query(vec![("agent", agent), ("status", args.status.clone())]);
    session.list(session.read(&call), COLUMNS)
}
