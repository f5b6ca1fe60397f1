//! Scheduled tasks.

use clap::Subcommand;
use serde_json::json;

use super::exit::Exit;
use super::session::Session;
use super::status::SCHEDULES;
use crate::client::Call;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All of them.
    List,
    /// Run one now, besides its schedule.
    Run {
        /// Of `task list`.
        name: String,
    },
    /// Run one by its schedule.
    Enable {
        /// Of `task list`.
        name: String,
    },
    /// No longer run one by its schedule.
    Disable {
        /// Of `task list`.
        name: String,
    },
}

pub fn task(session: &Session, args: &Args) -> Exit {
    let (name, action) = match &args.action {
        Action::List => {
            let status = session.read(&Call::get("coordinator/status"));
            let list = status.map(|status| {
                let rows = status["schedules"].clone();
                let total = rows.as_array().map_or(0, Vec::len);
                json!({ "items": rows, "seq": status["seq"], "total": total })
            });
            return session.list(list, SCHEDULES);
        }
        Action::Run { name } => (name, "run"),
        Action::Enable { name } => (name, "enable"),
        Action::Disable { name } => (name, "disable"),
    };
    session.post(format!("coordinator/task/{name}/{action}"), json!({}))
}
