//! Who may use the API from outside: tokens that are given, listed and taken.

use clap::Subcommand;
use serde_json::json;

use super::arguments::one_of;
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::Name;
use crate::core::access::Access;

/// Columns of a list of tokens.
const COLUMNS: &[table::Column] = &[
    ("NAME", "name"),
    ("ROLE", "role"),
    ("GIVEN BY", "by"),
    ("AT", "issued_at"),
    ("FOR", "reason"),
];

const EXAMPLES: &str = "\
Examples:
  pilothouse token add hall --role viewer --reason \"the screen in the hall\"
  pilothouse token list
  pilothouse token revoke hall
  PILOTHOUSE_TOKEN=… pilothouse --url https://host:8700 status";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Give one. It is shown this once; a later one of the same name replaces it.
    Add {
        /// Whose it is: what they do is journaled under it.
        name: Name,
        /// viewer looks, operator acts, admin gives tokens and changes the configuration; each may
        /// engage HARDSTOP.
        #[arg(long, value_parser = one_of(Access::ALL, Access::as_str))]
        role: String,
        /// What for.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Who has one, and how far it reaches; the tokens themselves are kept nowhere.
    List,
    /// Take one: from now on it is worth nothing, and streams that it opened end.
    Revoke {
        /// Whose.
        name: Name,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
}

pub fn token(session: &Session, args: &Args) -> Exit {
    match &args.action {
        Action::Add { name, role, reason } => {
            let reason = reason.clone().unwrap_or_else(|| format!("for {name}"));
            let body = json!({ "name": name, "role": role, "reason": reason });
            let given = session.change(&Call::post("tokens", body));
            session.show(given, |document| {
                session.remark("keep the token: it is not shown again");
                table::fields(document)
            })
        }
        Action::List => session.list_of("tokens", Vec::new(), COLUMNS),
        Action::Revoke { name, reason } => {
            let reason = reason.as_deref().unwrap_or("no longer needed");
            let mut call = Call::delete(format!("tokens/{name}"));
            call.body = json!({ "reason": reason });
            session.fields(session.change(&call))
        }
    }
}
