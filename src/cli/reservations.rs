//! Who holds what, and who waits for it.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::arguments::{Page, decimal, one_of, word};
use super::exit::Exit;
use super::session::Session;
use super::table::{self, cell};
use crate::client::{Call, Problem};
use crate::core::Name;
use crate::core::reservation::Class;

/// Columns of a list of reservations.
pub const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("AGENT", "agent"),
    ("RESOURCE", "resource"),
    ("CLASS", "class"),
    ("PRIO", "priority"),
    ("AMOUNT", "amount"),
    ("ASKED", "asked"),
    ("STATUS", "status"),
    ("EXPIRES", "expires_at"),
    ("PURPOSE", "purpose"),
    ("WAITS", "waits_for"),
];

/// What a list may be cut down to.
const STATUSES: [&str; 10] = [
    "all",
    "live",
    "queued",
    "held",
    "bound",
    "released",
    "expired",
    "preempted",
    "denied",
    "cancelled",
];

const RESERVE_EXAMPLES: &str = "\
Prints the id on stdout and what came of it on stderr; exit 0 where it is held or queued, 3 where it is refused.

Examples:
  pilothouse reserve --resource capital --amount 500 --purpose \"paper: momentum trial\"
  pilothouse reserve --resource compute --amount 1 --purpose \"backtest: eth\" --wait
  pilothouse reserve --resource capital --amount 4000 --purpose \"live: trend\" --strategy trend --sharpe 1.4";

const LIST_EXAMPLES: &str = "\
Examples:
  pilothouse reservations --status queued
  pilothouse reservations --agent optimizer --class backtest
  pilothouse reservations renew optimizer_1771068213740 --ttl 7200";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ResourceArg {
    /// USD of one pool.
    Capital,
    /// Slots.
    Compute,
    /// Calls to a venue.
    Api,
}

#[derive(Debug, clap::Args)]
#[command(after_help = RESERVE_EXAMPLES)]
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
    #[arg(long, value_parser = one_of(&Class::ALL, Class::as_str))]
    class: Option<String>,
    /// Seconds of engine time; the configured default, 3600, when absent.
    #[arg(long)]
    ttl: Option<u64>,
    /// The agent it is for.
    #[arg(long)]
    agent: Option<Name>,
    /// The strategy it is for.
    #[arg(long)]
    strategy: Option<Name>,
    /// The strategy's Sharpe ratio, by which capital is shared where several want more than there
    /// is. Needed where the engine has no record of the strategy.
    #[arg(long, value_parser = decimal, allow_negative_numbers = true)]
    sharpe: Option<String>,
    /// Wait in the queue instead of being refused.
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
        "class": args.class,
        "ttl_s": args.ttl,
        "agent": args.agent,
        "strategy": args.strategy,
        "sharpe": args.sharpe,
        "wait": args.wait,
    });
    let mut call = Call::post("reservations", body);
    call.key.clone_from(&args.key);
    session.show(session.change(&call), |document| {
        session.remark(&outcome(session, document));
        format!(
            "{}\n",
            document["reservation_id"].as_str().unwrap_or_default()
        )
    })
}

/// What came of a request, in words.
fn outcome(session: &Session, document: &Value) -> String {
    let get = |name: &str| cell(&document[name]);
    if document["status"] == "queued" {
        let waits = waits_for(session, document).unwrap_or_else(|| "for its turn".into());
        return format!("queued until {}: it waits {waits}", get("expires_at"));
    }
    let (amount, asked) = (get("amount"), get("asked"));
    let shared = if amount == asked || document["asked"].is_null() {
        String::new()
    } else {
        format!(" of {asked} asked")
    };
    format!("held until {}: {amount}{shared}", get("expires_at"))
}

/// What a queued one waits for, which only its row says.
fn waits_for(session: &Session, document: &Value) -> Option<String> {
    let mut call = Call::get("reservations");
    call.query = vec![("status".into(), "queued".into())];
    let list = session.change(&call).ok()?;
    let rows = list["items"].as_array()?;
    let row = rows
        .iter()
        .find(|row| row["id"] == document["reservation_id"])?;
    row["waits_for"].as_str().map(str::to_owned)
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
#[command(after_help = LIST_EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only this agent's.
    #[arg(long)]
    agent: Option<Name>,
    /// Only where they stand so.
    #[arg(long, value_parser = STATUSES)]
    status: Option<String>,
    /// Only of this class.
    #[arg(long, value_parser = one_of(&Class::ALL, Class::as_str))]
    class: Option<String>,
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
        return session.post(format!("reservations/{id}/renew"), json!({ "ttl_s": ttl }));
    }
    let query = args.page.query(vec![
        ("agent", args.agent.map(|agent| agent.to_string())),
        ("status", args.status.clone()),
        ("class", args.class.clone()),
    ]);
    session.list_of("reservations", query, COLUMNS)
}
