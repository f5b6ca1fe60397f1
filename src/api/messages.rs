//! What agents say to one another.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::routes::{Ask, Given};
use super::{list, problem, unknown};
use crate::client::Problem;
use crate::core::command::Letter;
use crate::core::id::MessageId;
use crate::core::message::{
    Delivery, MessageKind, Payload, Priority, RegimeUpdate, SentimentUpdate, TaSignal, Topic,
    TradingSignal,
};
use crate::core::schedule::alias;
use crate::core::{Command, Name, Reply, Symbol};
use crate::engine::Lane;
use crate::snapshot::MessageRow;

/// Rows of the history by default, as the documents have it.
const LIMIT: usize = 50;

/// The history, newest first; an agent's queue is served over the agents' stream.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    if ask
        .query("pending")
        .is_some_and(|pending| pending != "false")
    {
        return Err(problem::absent("an agent's pending queue"));
    }
    let agent = ask
        .query("agent")
        .map(|name| alias(name).parse::<Name>())
        .transpose()
        .map_err(|why| problem::invalid("agent", why))?;
    let kind: Option<MessageKind> = ask.parsed("kind")?;
    let status: Option<Delivery> = ask.parsed("status")?;
    let topic: Option<Topic> = ask.parsed("topic")?;
    let snapshot = ask.api.snapshot();
    let mut messages = snapshot.messages.clone();
    messages.items.sort_by_key(|row| std::cmp::Reverse(row.id));
    let pass = |row: &MessageRow| {
        agent.is_none_or(|agent| row.from == agent || row.to == Some(agent))
            && kind.is_none_or(|kind| row.kind == kind)
            && status.is_none_or(|status| row.status == status)
            && topic.is_none_or(|topic| row.topic.as_deref() == Some(topic.as_str()))
    };
    let filtered = agent.is_some() || kind.is_some() || status.is_some() || topic.is_some();
    list::answer(ask, &messages, LIMIT, filtered, pass, |row| {
        row.id.to_string()
    })
}

/// The last word on a topic that is not too old.
pub(super) fn latest(ask: &Ask<'_>) -> Given {
    let topic: Topic = ask
        .parsed("topic")?
        .ok_or_else(|| problem::invalid("topic", "is needed"))?;
    let source: Option<Name> = ask.parsed("source")?;
    let symbol: Option<Symbol> = ask.parsed("symbol")?;
    let snapshot = ask.api.snapshot();
    let now = snapshot.status.clock;
    let found = snapshot
        .messages
        .items
        .iter()
        .filter(|row| {
            row.topic.as_deref() == Some(topic.as_str())
                && source.is_none_or(|source| row.from == source)
                && symbol.is_none_or(|symbol| row.payload["symbol"] == symbol.as_str())
                && row.expires_at.is_none_or(|at| at > now)
        })
        .max_by_key(|row| row.id);
    let row = found.ok_or_else(|| unknown("message", topic.as_str()))?;
    let mut document = json!(row);
    document["seq"] = snapshot.status.seq.into();
    Ok(Answer::ok(document))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    from: Option<Name>,
    to: Option<Name>,
    topic: Option<Topic>,
    kind: Option<MessageKind>,
    priority: Option<Word>,
    #[serde(default)]
    subject: String,
    payload: Option<Box<RawValue>>,
    ttl_s: Option<u64>,
    in_reply_to: Option<MessageId>,
}

/// A priority, or the documents' "urgent", which is critical.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Known(Priority),
    Urgent(Urgent),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Urgent {
    Urgent,
}

pub(super) fn send(ask: &Ask<'_>) -> Given {
    let wish: Wish = ask.body()?;
    let payload = payload(wish.topic, wish.payload.as_deref())?;
    let to = wish
        .to
        .map(|name| alias(name.as_str()).parse())
        .transpose()
        .map_err(|why| problem::invalid("to", why))?;
    let letter = Letter {
        from: ask.acting(wish.from)?,
        to,
        topic: wish.topic,
        kind: wish.kind.unwrap_or(match wish.topic {
            Some(_) => MessageKind::Event,
            None => MessageKind::Request,
        }),
        priority: match wish.priority {
            None => Priority::Normal,
            Some(Word::Known(priority)) => priority,
            Some(Word::Urgent(Urgent::Urgent)) => Priority::Critical,
        },
        subject: wish.subject,
        payload,
        ttl_s: wish.ttl_s,
        in_reply_to: wish.in_reply_to,
    };
    let outcome = ask.submit(Lane::Normal, Command::Send(Box::new(letter)))?;
    let Reply::Message(id) = outcome.reply else {
        return Err(unknown("message", "sent"));
    };
    Ok(Answer::created(json!({ "id": id, "seq": outcome.seq })))
}

/// The payload as its topic has it; anything goes to a single agent.
fn payload(topic: Option<Topic>, raw: Option<&RawValue>) -> Result<Payload, Problem> {
    let text = raw.map_or("{}", RawValue::get);
    Ok(match topic {
        None => Payload::Json {
            text: text.to_owned(),
        },
        Some(Topic::TaSignals) => Payload::Ta(typed::<TaSignal>(text)?),
        Some(Topic::RegimeUpdates) => Payload::Regime(typed::<RegimeUpdate>(text)?),
        Some(Topic::SentimentUpdates) => Payload::Sentiment(typed::<SentimentUpdate>(text)?),
        Some(Topic::TradingSignals) => Payload::Signal(typed::<TradingSignal>(text)?),
        Some(Topic::SystemEvents) => {
            let note: Note = typed(text)?;
            Payload::Note {
                what: note.kind,
                message: note.message,
            }
        }
        Some(other) => {
            return Err(problem::absent(&format!(
                "publishing on {}",
                other.as_str()
            )));
        }
    })
}

/// What the documents require of a system event.
#[derive(Deserialize)]
struct Note {
    kind: String,
    message: String,
}

/// Numbers go as they are written, so that no digit of them is lost.
fn typed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let wrong = |why: serde_json::Error| problem::invalid("payload", why);
    let raw: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).map_err(wrong)?;
    let mut fields = Map::new();
    for (name, value) in raw {
        let written = value.get();
        let value = if written.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            Value::String(written.to_owned())
        } else {
            serde_json::from_str(written).map_err(wrong)?
        };
        fields.insert(name, value);
    }
    // Words that a topic's signals may leave out.
    for (name, value) in [
        ("reasoning", "".into()),
        ("position_size_multiplier", "1".into()),
        ("entry_strictness", false.into()),
    ] {
        fields.entry(name).or_insert(value);
    }
    serde_json::from_value(fields.into()).map_err(wrong)
}

pub(super) fn acknowledge(ask: &Ask<'_>) -> Given {
    let message: MessageId = ask.id("message")?;
    let seq = ask
        .submit(
            Lane::Normal,
            Command::Acknowledge {
                message,
                agent: None,
            },
        )?
        .seq;
    let shown = ask.api.shown(seq);
    let row = shown.messages.items.iter().find(|row| row.id == message);
    let row = row.ok_or_else(|| unknown("message", ask.part(0)))?;
    Ok(Answer::ok(row))
}
