//! The account's allocation against its targets.

use clap::Subcommand;
use serde_json::{Value, json};

use super::exit::Exit;
use super::session::Session;
use super::table::{self, cell};
use crate::client::Call;

const COLUMNS: &[table::Column] = &[
    ("ASSET", "asset"),
    ("USD", "value_usd"),
    ("SHARE %", "pct"),
    ("TARGET %", "target_pct"),
    ("OFF %", "deviation_pct"),
    ("BAG", "hodl"),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Restore the targets.
    Rebalance {
        /// Within the threshold too.
        #[arg(long)]
        force: bool,
    },
}

pub fn portfolio(session: &Session, args: &Args) -> Exit {
    match args.action {
        None => session.show(session.read(&Call::get("portfolio/allocation")), told),
        Some(Action::Rebalance { force }) => {
            session.post("portfolio/rebalance", json!({ "force": force }))
        }
    }
}

fn told(document: &Value) -> String {
    let rows = document["assets"].as_array().cloned().unwrap_or_default();
    format!(
        "{}{}: {}\nequity {} USD\n",
        table::rows(&rows, COLUMNS),
        cell(&document["action"]),
        cell(&document["reasoning"]),
        cell(&document["total_equity_usd"]),
    )
}
