//! What is held.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::arguments::{Page, decimal, word};
use super::exit::Exit;
use super::session::Session;
use crate::client::Call;
use crate::core::Symbol;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Which.
    #[arg(long, default_value = "all")]
    status: Which,
    /// Only this symbol.
    #[arg(long)]
    symbol: Option<Symbol>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    Open,
    Closed,
    All,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All of them.
    List,
    /// One.
    Show { id: String },
    /// Notional, by symbol and by strategy.
    Exposure,
    /// Close one.
    Close {
        /// Which.
        id: String,
        /// A limit; at the market without it.
        #[arg(long = "price", alias = "exit-price", value_parser = decimal)]
        exit_price: Option<String>,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Move stop and target.
    Set {
        /// Which.
        id: String,
        /// Stop price.
        #[arg(long, value_parser = decimal)]
        stop: Option<String>,
        /// Target price.
        #[arg(long, value_parser = decimal)]
        target: Option<String>,
        /// Distance of a trailing stop in percent (1.5); 0 ends the trailing.
        #[arg(long, value_parser = decimal)]
        trail: Option<String>,
    },
}

pub fn positions(session: &Session, args: &Args) -> Exit {
    match &args.action {
        None | Some(Action::List) => {
            let symbol = args.symbol.map(|symbol| symbol.to_string());
            let pairs = vec![("status", word(&args.status)), ("symbol", symbol)];
            let columns = [
                ("ID", "id"),
                ("STATUS", "status"),
                ("SYMBOL", "symbol"),
                ("SIDE", "side"),
                ("QUANTITY", "quantity"),
                ("ENTRY", "entry"),
                ("PRICE", "price"),
                ("STOP", "stop"),
                ("TARGET", "target"),
                ("TRAIL", "trail"),
                ("UNREALISED", "unrealised"),
                ("REALISED", "realised"),
                ("CLOSED BY", "close_reason"),
            ];
            session.list_of("positions", args.page.query(pairs), &columns)
        }
        Some(Action::Show { id }) => session.one(format!("positions/{id}")),
        Some(Action::Exposure) => session.one("positions/exposure"),
        Some(Action::Close {
            id,
            exit_price,
            reason,
        }) => {
            let body = json!({ "exit_price": exit_price, "reason": reason });
            session.post(format!("positions/{id}/close"), body)
        }
        Some(Action::Set {
            id,
            stop,
            target,
            trail,
        }) => {
            let trail = trail.as_deref().map(super::orders::fraction);
            let body = json!({ "stop": stop, "target": target, "trail": trail });
            let mut call = Call::post(format!("positions/{id}"), body);
            call.method = "PATCH";
            session.fields(session.change(&call))
        }
    }
}
