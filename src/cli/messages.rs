//! What agents say to one another.

use clap::Subcommand;
use serde_json::{Value, json};

use super::arguments::{Page, document, one_of, query};
use super::conversation::follow;
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::message::{Delivery, MessageKind, Priority};
use crate::core::text::NameError;
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
    ("ANSWERS", "in_reply_to"),
    ("SUBJECT", "subject"),
];

/// Of those that were given up: whose copy, when and why.
const DEAD: &[table::Column] = &[
    ("ID", "id"),
    ("FROM", "from"),
    ("COPY OF", "agent"),
    ("KIND", "kind"),
    ("PRIORITY", "priority"),
    ("SENT", "created_at"),
    ("GIVEN UP", "at"),
    ("WHY", "reason"),
    ("SUBJECT", "subject"),
];

const EXAMPLES: &str = "\
Examples:
  pilothouse messages --topic ta_signals --limit 20
  pilothouse messages dead
  pilothouse messages send --to risk --kind request --subject \"how much?\" --payload '{\"symbol\": \"BTC/USDT\"}'
  pilothouse messages pending --agent quant --wait 30
  pilothouse messages ack message_812 --agent quant
  pilothouse messages follow message_812";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only what this agent sent or got.
    #[arg(long)]
    agent: Option<Name>,
    /// Only of this kind.
    #[arg(long, value_parser = one_of(MessageKind::ALL, MessageKind::as_str))]
    kind: Option<String>,
    /// Only on this topic; an outside agent's own is called as it is.
    #[arg(long)]
    topic: Option<Name>,
    /// Only where they stand so.
    #[arg(long, value_parser = one_of(Delivery::ALL, Delivery::as_str))]
    status: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The history, newest first.
    List,
    /// Those that were given up.
    Dead,
    /// Send one; prints its id.
    Send(Box<Send>),
    /// Acknowledge one.
    Ack {
        /// Which.
        id: String,
        /// Whose copy; the one it was sent to when absent.
        #[arg(long)]
        agent: Option<Name>,
    },
    /// An agent's queue, in order of delivery. One that has registered is handed it: what it does
    /// not acknowledge comes again. Another's is only shown.
    Pending {
        /// Whose.
        #[arg(long)]
        agent: Name,
        /// Wait for one so many seconds, at most 30.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=30))]
        wait: u64,
        /// Messages at most.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1000))]
        limit: u64,
    },
    /// The conversation that a message belongs to, oldest first.
    Follow {
        /// Any message of it.
        id: String,
    },
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
    topic: Option<Name>,
    /// What it is: a request to an agent, an event on a topic, unless said.
    #[arg(long, value_parser = one_of(MessageKind::ALL, MessageKind::as_str))]
    kind: Option<String>,
    /// critical (or urgent), high, normal or low.
    #[arg(long, value_parser = priority)]
    priority: Option<Priority>,
    /// In a few words.
    #[arg(long, default_value = "")]
    subject: String,
    /// A JSON document, with the fields that the topic requires; numbers of more than 15 digits want
    /// quotes.
    #[arg(long, value_name = "JSON", value_parser = document)]
    payload: Option<Value>,
    /// Its life, seconds of engine time; the topic's when absent.
    #[arg(long)]
    ttl: Option<u64>,
    /// The message it answers, which it acknowledges.
    #[arg(long)]
    in_reply_to: Option<String>,
}

fn priority(text: &str) -> Result<Priority, NameError> {
    match text {
        "urgent" => Ok(Priority::Critical),
        text => text.parse(),
    }
}

pub fn messages(session: &Session, args: Args) -> Exit {
    let (status, columns) = match &args.action {
        None | Some(Action::List) => (args.status, COLUMNS),
        Some(Action::Dead) => (Some("dead".to_owned()), DEAD),
        Some(Action::Send(letter)) => return send(session, letter),
        Some(Action::Ack { id, agent }) => {
            let path = format!("coordination/messages/{id}/ack");
            return session.post(path, json!({ "agent": agent }));
        }
        Some(Action::Pending { agent, wait, limit }) => {
            let mut call = Call::get("coordination/messages");
            call.query = query(&[
                ("agent", Some(agent.to_string())),
                ("pending", Some("true".into())),
                ("wait_s", Some(wait.to_string())),
                ("limit", Some(limit.to_string())),
            ]);
            // Only to itself an agent's messages are handed over.
            call.actor = Some(*agent);
            return session.list(session.read(&call), COLUMNS);
        }
        Some(Action::Follow { id }) => return follow(session, id),
    };
    let query = args.page.query(vec![
        ("agent", args.agent.map(|agent| agent.to_string())),
        ("kind", args.kind),
        ("topic", args.topic.map(|topic| topic.to_string())),
        ("status", status),
    ]);
    session.list_of("coordination/messages", query, columns)
}

fn send(session: &Session, letter: &Send) -> Exit {
    let body = json!({
        "from": letter.from,
        "to": letter.to,
        "topic": letter.topic,
        "kind": letter.kind,
        "priority": letter.priority,
        "subject": letter.subject,
        "payload": letter.payload,
        "ttl_s": letter.ttl,
        "in_reply_to": letter.in_reply_to,
    });
    let call = Call::post("coordination/messages", body);
    session.show(session.change(&call), |document| {
        format!("{}\n", document["id"].as_str().unwrap_or_default())
    })
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  pilothouse latest --topic ta_signals --symbol BTC/USDT")]
pub struct Latest {
    /// Which; an outside agent's own is called as it is.
    #[arg(long)]
    topic: Name,
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
        ("topic", Some(args.topic.to_string())),
        ("source", args.source.map(|source| source.to_string())),
        ("symbol", args.symbol.map(|symbol| symbol.to_string())),
    ]);
    session.fields(session.read(&call))
}
