//! Who is at work, inside and outside, and how they are.

use clap::Subcommand;
use serde_json::json;

use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::Name;

/// Columns of a list of agents.
pub const COLUMNS: &[table::Column] = &[
    ("AGENT", "name"),
    ("HEALTH", "health"),
    ("HEARTBEAT", "last_heartbeat"),
    ("ERRORS", "error_rate"),
    ("MEAN MS", "mean_ms"),
    ("TASK", "task_enabled"),
    ("OUTSIDE", "outside"),
    ("VERSION", "version"),
    ("ANSWERS", "handles"),
    ("LAST SAID", "status_message"),
];

const EXAMPLES: &str = "\
Examples:
  pilothouse agents
  pilothouse agents register quant --handles sentiment_analysis --version 2.1
  pilothouse agents heartbeat quant --response-ms 35";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All of them.
    List,
    /// Let a program join the crew. Its token is shown this once; a later registration replaces it.
    Register {
        /// What it is called.
        name: Name,
        /// The tasks and phases it answers, joined by commas.
        #[arg(long, value_delimiter = ',')]
        handles: Vec<Name>,
        /// Its own version.
        #[arg(long, default_value = "")]
        version: String,
        /// Recorded time waits for its answers.
        #[arg(long)]
        lockstep: bool,
    },
    /// Say that an agent outside has done something.
    Heartbeat {
        /// Whose.
        name: Name,
        /// It went badly.
        #[arg(long)]
        failed: bool,
        /// How long it took, milliseconds.
        #[arg(long)]
        response_ms: Option<u64>,
        /// What it has to say.
        #[arg(long)]
        message: Option<String>,
    },
}

pub fn agents(session: &Session, args: &Args) -> Exit {
    match &args.action {
        None | Some(Action::List) => session.list_of("agents", Vec::new(), COLUMNS),
        Some(Action::Register {
            name,
            handles,
            version,
            lockstep,
        }) => {
            let body = json!({
                "name": name,
                "version": version,
                "handles": handles,
                "lockstep": lockstep,
            });
            let registered = session.change(&Call::post("agents", body));
            session.show(registered, |document| {
                session.remark("keep the token: it is not shown again");
                table::fields(document)
            })
        }
        Some(Action::Heartbeat {
            name,
            failed,
            response_ms,
            message,
        }) => {
            let body = json!({
                "ok": !failed,
                "response_ms": response_ms,
                "message": message,
            });
            session.post(format!("agents/{name}/heartbeat"), body)
        }
    }
}
