//! Decisions on their way.

use clap::Subcommand;
use serde_json::json;

use super::arguments::Page;
use super::exit::Exit;
use super::session::Session;
use crate::client::Call;
use crate::core::Symbol;

#[derive(Debug, clap::Args)]
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
}

pub fn cycles(session: &Session, args: &Args) -> Exit {
    match &args.action {
        None | Some(Action::List) => {
            let mut call = Call::get("coordination/cycles");
            let symbol = args.symbol.map(|symbol| symbol.to_string());
            call.query = args.page.query(vec![("symbol", symbol)]);
            let columns = [
                ("ID", "id"),
                ("SYMBOL", "symbol"),
                ("PHASE", "phase"),
                ("STARTED", "started_at"),
                ("ENDED", "ended_at"),
                ("RESULT", "result"),
            ];
            session.list(session.read(&call), &columns)
        }
        Some(Action::Show { id }) => {
            session.fields(session.read(&Call::get(format!("coordination/cycles/{id}"))))
        }
        Some(Action::Start { symbol }) => {
            let call = Call::post("coordination/cycle", json!({ "symbol": symbol }));
            session.fields(session.change(&call))
        }
        Some(Action::Halt { id, reason }) => {
            let path = format!("coordination/cycles/{id}/halt");
            session.fields(session.change(&Call::post(path, json!({ "reason": reason }))))
        }
    }
}
