//! What waits for an agent, what was given up, and which topics come into its queue.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::messages::{Word, in_full, topic};
use super::openapi::Words;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::{list, problem};
use crate::client::Problem;
use crate::core::message::{Filter, Message, Priority};
use crate::core::{Command, Name, Symbol, Time};
use crate::engine::{Lane, Mailboxes};
use crate::snapshot::{DeadRow, List, MessageRow, Query};

/// Messages handed over at once by default.
const LIMIT: usize = 10;
/// The same, at most.
const MOST: usize = 1_000;
/// Longest wait for a message, seconds.
const LONGEST_S: u64 = 30;

/// A look at an agent's queue.
struct Poll {
    agent: Name,
    limit: usize,
    wait: Duration,
}

impl Poll {
    fn of(ask: &Ask<'_>, agent: Name) -> Result<Self, Problem> {
        ask.acting(Some(agent))?;
        let wait_s = within(ask, "wait_s", 0, LONGEST_S)?.unwrap_or(0);
        Ok(Self {
            agent,
            limit: within(ask, "limit", 1, MOST)?.unwrap_or(LIMIT),
            wait: Duration::from_secs(wait_s),
        })
    }

    /// The mailbox it takes from; none where it only shows what waits.
    fn takes_from<'a>(&self, ask: &Ask<'a>) -> Option<&'a Mailboxes> {
        let boxes = ask.api.desk.mailboxes()?;
        (ask.actor() == self.agent && boxes.is_open(self.agent)).then_some(boxes)
    }

    fn take(&self, ask: &Ask<'_>, boxes: &Mailboxes) -> Option<Answer> {
        let taken = boxes.take(self.agent, self.limit);
        (!taken.is_empty()).then(|| self.handed_over(ask, boxes, &taken))
    }

    fn handed_over(&self, ask: &Ask<'_>, boxes: &Mailboxes, taken: &[Message]) -> Answer {
        let items: Vec<MessageRow> = taken.iter().map(MessageRow::from).collect();
        Answer::ok(json!({
            "items": items,
            "total": boxes.unfinished(self.agent),
            "seq": ask.api.desk.latest().status.seq,
        }))
    }
}

/// An agent's queue in order of delivery. Who has registered and asks for its own is handed what
/// waits: it counts as delivered, and comes again until it is acknowledged. To anybody else it is
/// only shown. Nothing is waited for here: see [`held`].
pub(super) fn pending(ask: &Ask<'_>, agent: Name) -> Given {
    let poll = Poll::of(ask, agent)?;
    if let Some(boxes) = poll.takes_from(ask) {
        let taken = poll.take(ask, boxes);
        return Ok(taken.unwrap_or_else(|| poll.handed_over(ask, boxes, &[])));
    }
    let limit = poll.limit;
    let seen = ask.api.desk.ask(Query::Queue { agent, limit });
    let seen = seen.map_err(|error| problem::silent(&error))?;
    Ok(Answer::ok(seen))
}

/// The same, and where there is nothing it waits as long as the request says; none where nothing
/// would be handed over. It may be dropped at any time.
pub(super) async fn held(ask: &Ask<'_>, agent: Name) -> Option<Given> {
    let poll = match Poll::of(ask, agent) {
        Ok(poll) => poll,
        Err(problem) => return Some(Err(problem)),
    };
    let boxes = poll.takes_from(ask)?;
    let comes = async {
        while boxes.filled(agent).await {
            if let Some(answer) = poll.take(ask, boxes) {
                return Some(answer);
            }
        }
        None
    };
    let answer = timeout(poll.wait, comes).await.ok().flatten();
    Some(Ok(
        answer.unwrap_or_else(|| poll.handed_over(ask, boxes, &[]))
    ))
}

fn within<T>(ask: &Ask<'_>, name: &str, least: T, most: T) -> Result<Option<T>, Problem>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
    T::Err: std::fmt::Display,
{
    match ask.parsed::<T>(name)? {
        Some(given) if given < least || given > most => {
            let why = format!("{given} is not between {least} and {most}");
            Err(problem::invalid(name, why))
        }
        given => Ok(given),
    }
}

/// Copies that were given up, the latest first.
pub(super) fn dead(ask: &Ask<'_>, agent: Option<Name>) -> Given {
    let snapshot = ask.api.snapshot();
    let passes =
        |row: &&DeadRow| agent.is_none_or(|agent| row.agent.or(row.message.to) == Some(agent));
    let items: Vec<Value> = snapshot.dead.iter().filter(passes).map(letter).collect();
    let dead = List {
        total: items.len() as u64,
        items,
        seq: snapshot.status.seq,
    };
    let page = list::answer(
        ask,
        &dead,
        list::ALL,
        None,
        |_| true,
        |row| row["id"].as_str().unwrap_or_default().to_owned(),
    )?;
    in_full(ask, page)
}

/// A message that was given up.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(super) struct Letter<'a> {
    #[serde(flatten)]
    message: &'a MessageRow,
    /// Whose copy.
    agent: Option<Name>,
    /// Why.
    reason: &'a str,
    /// When.
    at: Time,
}

/// The message, and beside it whose copy was given up, why and when.
fn letter(row: &DeadRow) -> Value {
    json!(Letter {
        message: &row.message,
        agent: row.agent,
        reason: &row.reason,
        at: row.at,
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Subscribe)]
struct Wish {
    /// A shared topic, or the agent whose own it is.
    topic: String,
    /// Only from this one.
    source: Option<Name>,
    /// Only about this pair.
    symbol: Option<Symbol>,
    /// Only this urgent.
    priority: Option<Word>,
    /// Whose queue; agents subscribe for themselves.
    agent: Option<Name>,
}

/// A subscription.
#[derive(Serialize, ToSchema)]
struct Subscribed {
    /// Whose.
    agent: Name,
    /// To what.
    topic: String,
    /// The record.
    seq: u64,
}

pub(super) const SUBSCRIBE: Words = Words::of("Has a topic come into an agent's queue.")
    .takes::<Wish>()
    .answers::<Subscribed>(201)
    .refuses(&[404]);

pub(super) fn subscribe(ask: &Ask<'_>) -> Stepped {
    let wish: Wish = ask.body()?;
    let (topic, owner) = topic(&wish.topic)?;
    let agent = ask.acting(wish.agent)?;
    let source = owner.or(wish.source);
    let command = Command::Subscribe {
        agent,
        topic,
        filter: Filter {
            source,
            symbol: wish.symbol,
            priority: wish.priority.map(Priority::from),
        },
    };
    told(ask, command, agent, wish.topic, 201)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Unsubscribe)]
struct Enough {
    /// Which topic.
    topic: String,
    /// Only the subscription to this one.
    source: Option<Name>,
    /// Whose queue; agents unsubscribe for themselves.
    agent: Option<Name>,
}

pub(super) const UNSUBSCRIBE: Words = Words::of("Keeps a topic out of an agent's queue again.")
    .takes::<Enough>()
    .gives::<Subscribed>()
    .refuses(&[404]);

pub(super) fn unsubscribe(ask: &Ask<'_>) -> Stepped {
    let Enough {
        topic: text,
        source,
        agent,
    } = ask.body()?;
    let (topic, owner) = topic(&text)?;
    let agent = ask.acting(agent)?;
    let command = Command::Unsubscribe {
        agent,
        topic,
        source: owner.or(source),
    };
    told(ask, command, agent, text, 200)
}

fn told(
    ask: &Ask<'_>,
    command: Command,
    agent: Option<Name>,
    topic: String,
    status: u16,
) -> Stepped {
    let agent = agent.unwrap_or(ask.actor());
    Step::submit(Lane::Normal, command, move |outcome| {
        Step::done(Answer::with(
            status,
            Subscribed {
                agent,
                topic,
                seq: outcome.seq,
            },
        ))
    })
}
