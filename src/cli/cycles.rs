//! Decisions on their way.

use clap::Subcommand;
use serde_json::{Value, json};

use super::arguments::{Page, document};
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::Symbol;

const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("SYMBOL", "symbol"),
    ("PHASE", "phase"),
    ("ASKS", "active_agents"),
    ("APPROVAL", "approval"),
    ("STARTED", "started_at"),
    ("ENDED", "ended_at"),
    ("RESULT", "result"),
];

const EXAMPLES: &str = "\
Examples:
  pilothouse cycles --symbol BTC/USDT
  pilothouse cycles start --symbol BTC/USDT
  pilothouse cycles halt cycle_20260214_112333_0000001f --reason \"news at noon\"
  pilothouse cycles data cycle_20260214_112333_0000001f risk_note --put '{\"vola\": \"0.3\"}'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only this symbol.
    #[arg(long)]
    symbol: Option<Symbol>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The latest.
    List,
    /// One.
    Show { id: String },
    /// Open one.
    Start {
        /// For this symbol; the first configured without it.
        #[arg(long)]
        symbol: Option<Symbol>,
    },
    /// Halt one at its next event.
    Halt {
        /// Which.
        id: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// What agents left for each other in one: all of it, or one key.
    Data {
        /// Which.
        id: String,
        /// Its key; agents write those that begin with their name.
        key: Option<String>,
        /// Write this JSON document, up to 64 KiB; numbers of more than 15 digits want quotes.
        #[arg(long, value_name = "JSON", requires = "key", value_parser = document)]
        put: Option<Value>,
    },
}

pub fn cycles(session: &Session, args: &Args) -> Exit {
    match &args.action {
        None | Some(Action::List) => {
            let symbol = args.symbol.map(|symbol| symbol.to_string());
            let query = args.page.query(vec![("symbol", symbol)]);
            session.list_of("coordination/cycles", query, COLUMNS)
        }
        Some(Action::Show { id }) => session.one(format!("coordination/cycles/{id}")),
        Some(Action::Start { symbol }) => {
            session.post("coordination/cycle", json!({ "symbol": symbol }))
        }
        Some(Action::Halt { id, reason }) => {
            let path = format!("coordination/cycles/{id}/halt");
            session.post(path, json!({ "reason": reason }))
        }
        Some(Action::Data { id, key, put }) => data(session, id, key.as_deref(), put.as_ref()),
    }
}

fn data(session: &Session, id: &str, key: Option<&str>, put: Option<&Value>) -> Exit {
    let all = format!("coordination/cycles/{id}/data");
    let path = key.map_or(all.clone(), |key| format!("{all}/{key}"));
    let part = if key.is_some() { "value" } else { "data" };
    let shown = match put {
        None => session.read(&Call::get(path)),
        Some(value) => {
            let mut call = Call::post(path, value.clone());
            call.method = "PUT";
            session.change(&call)
        }
    };
    session.show(shown, |document| format!("{:#}\n", document[part]))
}
