//! What agents say to one another: sent, acknowledged, looked up.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::answer::Answer;
use super::ask::Ask;
use super::list::Seen;
use super::openapi::{AFTER, AGENT, Listed, Or, Param, SYMBOL, Words};
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::{list, mail, problem, unknown};
use crate::client::Problem;
use crate::core::command::Letter;
use crate::core::id::MessageId;
use crate::core::message::{Delivery, MessageKind, Payload, Priority, Topic};
use crate::core::schedule::alias;
use crate::core::{Command, Name, Reply, Symbol};
use crate::engine::Lane;
use crate::snapshot::{List, MessageRow, PriceWord, Query};

/// Rows of the history by default, as the documents have it.
const LIMIT: usize = 50;

pub(super) const LIST: Words = Words::of(
    "The history of messages, newest first; with `pending` an agent's queue in order of delivery; with the status `dead` those that were given up.",
)
.query(&[
    AGENT,
    Param::one_of(
        "status",
        &["queued", "delivered", "acknowledged", "expired", "dead"],
        "Only those that stand there.",
    ),
    Param::one_of(
        "kind",
        &["command", "request", "response", "event", "halt"],
        "Only of this kind.",
    ),
    Param::text("topic", "Only on this topic."),
    Param::flag("pending", "What waits for the agent; to the agent itself it is handed over."),
    Param::number("wait_s", (0, 30), "Seconds to wait for a message, where none waits."),
    Param::number("limit", (1, 1_000), "Rows, at most: 50 by default, of a queue 10."),
    AFTER,
])
.gives::<Or<Listed<MessageRow>, Listed<mail::Letter<'_>>>>();

/// The history, newest first; or what waits for an agent, or what was given up.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    if let Some(agent) = queue(ask)? {
        return mail::pending(ask, agent);
    }
    let agent = named(ask)?;
    let status: Option<Delivery> = ask.parsed("status")?;
    if status == Some(Delivery::Dead) {
        return mail::dead(ask, agent);
    }
    let kind: Option<MessageKind> = ask.parsed("kind")?;
    let topic = ask.query("topic");
    let snapshot = ask.api.snapshot();
    let mut items: Vec<&MessageRow> = snapshot.messages.items.iter().collect();
    items.sort_by_key(|row| std::cmp::Reverse(row.id));
    let messages = List {
        items,
        seq: snapshot.messages.seq,
        total: snapshot.messages.total,
    };
    let pass = |row: &&MessageRow| {
        agent.is_none_or(|agent| row.from == agent || row.to == Some(agent))
            && kind.is_none_or(|kind| row.kind == kind)
            && status.is_none_or(|status| row.status == status)
            && topic.is_none_or(|topic| row.topic.as_deref() == Some(topic))
    };
    let filtered = agent.is_some() || kind.is_some() || status.is_some() || topic.is_some();
    let known = (!filtered).then_some(messages.total);
    let page = list::answer(ask, &messages, LIMIT, known, pass, |row| row.id.to_string())?;
    in_full(ask, page)
}

/// A page of messages with the payloads that a snapshot has no room for.
pub(super) fn in_full(ask: &Ask<'_>, mut page: Answer) -> Given {
    let items = page.body["items"].as_array_mut().into_iter().flatten();
    for row in items.filter(|row| row["payload"]["truncated"] == true) {
        let id = row["id"].as_str().and_then(|id| id.parse().ok());
        let Some(id) = id else { continue };
        let seen = ask.api.desk.ask(Query::Message(id));
        let mut whole = seen.map_err(|error| problem::silent(&error))?;
        // What nobody remembers any more keeps its size.
        if let Some(payload) = whole.get_mut("payload") {
            row["payload"] = payload.take();
        }
    }
    Ok(page)
}

/// Whose queue is asked for, where one is.
pub(super) fn queue(ask: &Ask<'_>) -> Result<Option<Name>, Problem> {
    if ask.query("pending").is_none_or(|p| p == "false") {
        return Ok(None);
    }
    let agent = named(ask)?.ok_or_else(|| problem::invalid("agent", "is needed"))?;
    Ok(Some(agent))
}

fn named(ask: &Ask<'_>) -> Result<Option<Name>, Problem> {
    ask.query("agent")
        .map(|name| alias(name).parse())
        .transpose()
        .map_err(|why| problem::invalid("agent", why))
}

pub(super) const LATEST: Words = Words::of("The last word on a topic that is not too old.")
    .query(&[
        Param::text("topic", "A shared topic, or the agent whose own it is.").needed(),
        Param::text("source", "Only from this one."),
        SYMBOL,
    ])
    .gives::<Or<Seen<MessageRow>, Seen<PriceWord>>>()
    .refuses(&[404]);

/// The last word on a topic that is not too old.
pub(super) fn latest(ask: &Ask<'_>) -> Stepped {
    let text = ask
        .query("topic")
        .ok_or_else(|| problem::invalid("topic", "is needed"))?;
    let (topic, owner) = topic(text)?;
    let source: Option<Name> = ask.parsed("source")?;
    let symbol: Option<Symbol> = ask.parsed("symbol")?;
    let query = Query::Latest {
        topic,
        source: owner.or(source),
        symbol,
    };
    Step::show(query, "message", text.to_owned())
}

/// A topic by its name; any other name is that of the agent whose own topic it is.
pub(super) fn topic(text: &str) -> Result<(Topic, Option<Name>), Problem> {
    if let Ok(topic) = text.parse::<Topic>()
        && topic != Topic::Own
    {
        return Ok((topic, None));
    }
    let owner = text.parse().map_err(|why| problem::invalid("topic", why))?;
    Ok((Topic::Own, Some(owner)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Send)]
struct Wish {
    /// Who signs it; agents sign as themselves.
    from: Option<Name>,
    /// To whom, or else on which topic.
    to: Option<Name>,
    /// A shared topic, or the sender's own, called as the sender is.
    topic: Option<String>,
    /// By default an event on a topic, a response to another message, else a request.
    kind: Option<MessageKind>,
    /// `normal` by default.
    priority: Option<Word>,
    /// In a few words.
    #[serde(default)]
    subject: String,
    /// At most 64 KiB; on a shared topic in the topic's own form.
    #[schema(value_type = Option<Value>)]
    payload: Option<Box<RawValue>>,
    /// Seconds of engine time until it is too old.
    ttl_s: Option<u64>,
    /// The message that it answers.
    in_reply_to: Option<MessageId>,
}

/// A priority, or the documents' "urgent", which is critical.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Word {
    Known(Priority),
    Urgent(Urgent),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Urgent {
    Urgent,
}

impl PartialSchema for Word {
    fn schema() -> RefOr<Schema> {
        let words = Priority::ALL.iter().map(|known| known.as_str());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("How urgent; `urgent` is `critical`."))
            .enum_values(Some(words.chain(["urgent"])))
            .into()
    }
}

impl ToSchema for Word {
    fn name() -> Cow<'static, str> {
        "PriorityWord".into()
    }
}

impl From<Word> for Priority {
    fn from(word: Word) -> Self {
        match word {
            Word::Known(priority) => priority,
            Word::Urgent(Urgent::Urgent) => Self::Critical,
        }
    }
}

/// A message that is on its way.
#[derive(Serialize, ToSchema)]
struct Sent {
    /// Its id.
    id: MessageId,
    /// The record.
    seq: u64,
}

pub(super) const SEND: Words =
    Words::of("Sends a message to an agent, or publishes it on a topic.")
        .takes::<Wish>()
        .answers::<Sent>(201);

pub(super) fn send(ask: &Ask<'_>) -> Stepped {
    let wish: Wish = ask.body()?;
    let from = ask.signing(wish.from)?;
    let topic = match &wish.topic {
        Some(text) => Some(published(text, from.unwrap_or(ask.actor()))?),
        None => None,
    };
    let text = wish.payload.as_deref().map_or("{}", RawValue::get);
    let payload = Payload::read(topic, text).map_err(|why| problem::invalid("payload", why))?;
    let to = wish
        .to
        .map(|name| alias(name.as_str()).parse())
        .transpose()
        .map_err(|why| problem::invalid("to", why))?;
    let letter = Letter {
        from,
        to,
        topic,
        kind: wish.kind.unwrap_or(match (topic, wish.in_reply_to) {
            (Some(_), _) => MessageKind::Event,
            (None, Some(_)) => MessageKind::Response,
            (None, None) => MessageKind::Request,
        }),
        priority: wish.priority.map_or(Priority::Normal, Priority::from),
        subject: wish.subject,
        payload,
        ttl_s: wish.ttl_s,
        in_reply_to: wish.in_reply_to,
    };
    let command = Command::Send(Box::new(letter));
    Step::submit(Lane::Normal, command, |outcome| {
        let Reply::Message(id) = outcome.reply else {
            return Err(unknown("message", "sent"));
        };
        let seq = outcome.seq;
        Step::done(Answer::created(Sent { id, seq }))
    })
}

/// The topic somebody publishes on: a shared one, or their own, which is called as they are.
fn published(text: &str, from: Name) -> Result<Topic, Problem> {
    let (topic, owner) = topic(text)?;
    match owner {
        Some(owner) if owner != from => {
            let all: Vec<&str> = Topic::ALL
                .iter()
                .filter(|topic| **topic != Topic::Own)
                .map(|topic| topic.as_str())
                .collect();
            let why = format!(
                "{text:?} is none of {} and not {from}'s own",
                all.join(", ")
            );
            Err(problem::invalid("topic", why))
        }
        _ => Ok(topic),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Acknowledge)]
struct Copy {
    /// Whose copy; agents acknowledge their own.
    agent: Option<Name>,
}

pub(super) const ACKNOWLEDGE: Words =
    Words::of("Acknowledges a copy of a message: it is not delivered again.")
        .takes::<Copy>()
        .gives::<Seen<MessageRow>>();

/// An agent acknowledges its own copy.
pub(super) fn acknowledge(ask: &Ask<'_>) -> Stepped {
    let message: MessageId = ask.id("message")?;
    let Copy { agent } = ask.body()?;
    let agent = ask.acting(agent)?.or_else(|| ask.agent());
    let command = Command::Acknowledge { message, agent };
    Step::submit(Lane::Normal, command, move |_| {
        Step::show(Query::Message(message), "message", message.to_string())
    })
}
