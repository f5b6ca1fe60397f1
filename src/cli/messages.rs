//! What agents say to one another.

use clap::Subcommand;
use serde_json::{Value, json};

use super::arguments::{Page, query};
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::message::{MessageKind, Priority, Topic};
use crate::core::{Name, Symbol};

const COLUMNS: &[table::Column] = &[
    ("ID", "id"),
    ("FROM", "from"),
    ("TO", "to"),
    ("TOPIC", "topic"),
    ("KIND", "kind"),
    ("PRIORITY", "priority"),
    ("STATUS", "status"),
    ("SENT", "created_at"),
    ("SUBJECT", "subject"),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only what this agent sent or got.
    #[arg(long)]
    agent: Option<Name>,
    /// command, request, response, event or halt.
    #[arg(long)]
    kind: Option<MessageKind>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The history, newest first.
    List,
    /// Those that were given up.
    Dead,
    /// Send one.
    Send(Box<Send>),
    /// Acknowledge one.
    Ack { id: String },
}

#[derive(Debug, clap::Args)]
struct Send {
    /// Who sends it.
    #[arg(long)]
    from: Option<Name>,
    /// To one agent.
    #[arg(long, conflicts_with = "topic", required_unless_present = "topic")]
    to: Option<Name>,
    /// Or on a topic.
    #[arg(long)]
    topic: Option<Topic>,
    /// command, request, response, event or halt.
    #[arg(long)]
    kind: Option<MessageKind>,
    /// critical, high, normal or low.
    #[arg(long)]
    priority: Option<Priority>,
    /// In a few words.
    #[arg(long, default_value = "")]
    subject: String,
    /// A JSON document.
    #[arg(long, value_parser = document)]
    payload: Option<Value>,
    /// Seconds.
    #[arg(long)]
    ttl: Option<u64>,
    /// The message it answers.
    #[arg(long)]
    in_reply_to: Option<String>,
}

fn document(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))
}

pub fn messages(session: &Session, args: Args) -> Exit {
    let status = match &args.action {
        None | Some(Action::List) => None,
        Some(Action::Dead) => Some("dead".to_owned()),
        Some(Action::Send(send)) => {
            let body = json!({
                "from": send.from,
                "to": send.to,
                "topic": send.topic,
                "kind": send.kind,
                "priority": send.priority,
                "subject": send.subject,
                "payload": send.payload,
                "ttl_s": send.ttl,
                "in_reply_to": send.in_reply_to,
            });
            let call = Call::post("coordination/messages", body);
            return session.show(session.change(&call), |document| {
                format!("{}\n", document["id"].as_str().unwrap_or_default())
            });
        }
        Some(Action::Ack { id }) => {
            let path = format!("coordination/messages/{id}/ack");
            return session.fields(session.change(&Call::post(path, json!({}))));
        }
    };
    let mut call = Call::get("coordination/messages");
    call.query = args.page.query(vec![
        ("agent", args.agent.map(|agent| agent.to_string())),
        ("kind", args.kind.map(|kind| kind.as_str().to_owned())),
        ("status", status),
    ]);
    session.list(session.read(&call), COLUMNS)
}

#[derive(Debug, clap::Args)]
pub struct Latest {
    /// Which.
    #[arg(long)]
    topic: Topic,
    /// By whom.
    #[arg(long)]
    source: Option<Name>,
    /// About which symbol.
    #[arg(long)]
    symbol: Option<Symbol>,
}

pub fn latest(session: &Session, args: &Latest) -> Exit {
    let mut call = Call::get("coordination/latest");
    call.query = query(&[
        ("topic", Some(args.topic.as_str().to_owned())),
        ("source", args.source.map(|source| source.to_string())),
        ("symbol", args.symbol.map(|symbol| symbol.to_string())),
    ]);
    session.fields(session.read(&call))
}
