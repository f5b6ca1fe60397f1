//! What an operator must see, and taking note of it.

use clap::Subcommand;
use serde_json::json;

use super::arguments::Page;
use super::exit::Exit;
use super::session::Session;
use super::table;

const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("SEVERITY", "severity"),
    ("SINCE", "since"),
    ("TIMES", "times"),
    ("ACKED BY", "acked.by"),
    ("WHAT", "text"),
];

const EXAMPLES: &str = "\
Severity 2 is critical, 1 a warning. What is acknowledged stays until its cause is gone, and is shown last.

Examples:
  pilothouse alarms
  pilothouse alarms --acked false
  pilothouse alarms ack agent_stale:technical_analysis
  pilothouse alarms ack --all";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// Only those that somebody has taken note of, or that nobody has.
    #[arg(long)]
    acked: Option<bool>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Those that stand, the most urgent first.
    List,
    /// Take note of one, or of all.
    Ack(Ack),
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true)))]
struct Ack {
    /// Which.
    #[arg(group = "which")]
    id: Option<String>,
    /// All that stand and nobody has taken note of.
    #[arg(long, group = "which")]
    all: bool,
}

pub fn alarms(session: &Session, args: &Args) -> Exit {
    match &args.action {
        None | Some(Action::List) => {
            let query = args.page.query(vec![
                ("kind", args.kind.clone()),
                ("acked", args.acked.map(|acked| acked.to_string())),
            ]);
            session.list_of("alarms", query, COLUMNS)
        }
        Some(Action::Ack(Ack { id: Some(id), .. })) => {
            let id = id.replace('/', "_");
            session.post(format!("alarms/{id}/ack"), json!({}))
        }
        Some(Action::Ack(_)) => session.post("alarms/ack", json!({"all": true})),
    }
}
