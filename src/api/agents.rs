//! Who is at work, how they are, and who joins them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::list::{self, Seen};
use super::openapi::Words;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::token::Token;
use super::{problem, stream};
use crate::core::command::Registration;
use crate::core::trading_state::Mode;
use crate::core::{Command, Name};
use crate::engine::{Lane, Mailboxes};
use crate::snapshot::{AgentRow, Query, QueueRow};

/// Longest response time that is believed, milliseconds: a day.
const LONGEST_MS: f64 = 86_400_000.0;

pub(super) const LIST: Words =
    Words::of("The agents and how they are, those outside among them.").gives_list::<AgentRow>();

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = &ask.api.snapshot().status;
    let items = status.agents.iter().map(|agent| json!(agent)).collect();
    Ok(list::whole(items, status.seq))
}

/// How the crew is.
#[derive(Serialize, ToSchema)]
struct Crew<'a> {
    /// The agents.
    items: &'a [AgentRow],
    /// What waits for each.
    queues: &'a [QueueRow],
    /// How much of the crew is needed.
    degradation: &'a str,
    /// The agents' streams.
    streams: Streams,
    /// Journal position.
    seq: u64,
    /// How many agents there are.
    total: usize,
}

/// The agents' streams.
#[derive(Serialize, ToSchema)]
struct Streams {
    /// Open now.
    open: u64,
    /// Cut off because they took nothing.
    cut_off: u64,
}

pub(super) const HEALTH: Words =
    Words::of("The agents with their queues, and the degradation that follows.")
        .gives::<Crew<'_>>();

/// The agents with their queues.
pub(super) fn health(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let status = &snapshot.status;
    Ok(Answer::ok(Crew {
        items: &status.agents,
        queues: &snapshot.queues,
        degradation: &status.degradation,
        streams: Streams {
            open: ask.api.streams.open(),
            cut_off: ask.api.streams.cut_off(),
        },
        seq: status.seq,
        total: status.agents.len(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Joining)]
struct Joining {
    /// As which agent.
    name: Name,
    /// The agent's own version.
    #[serde(default)]
    version: String,
    /// Tasks and phases that it answers.
    #[serde(default)]
    handles: Vec<Name>,
    /// Whether a simulated or recorded market waits for its answers.
    #[serde(default)]
    lockstep: bool,
}

/// What an agent is told when it joins.
#[derive(Serialize, ToSchema)]
struct Joined {
    /// Its name.
    name: Name,
    /// Its token, told here and never again; it replaces the one before.
    token: String,
    /// Where its stream is.
    stream: String,
    /// The state of trading.
    #[schema(value_type = Mode)]
    state: Value,
    /// Journal position.
    #[schema(value_type = u64)]
    seq: Value,
}

pub(super) const REGISTER: Words = Words::of("Registers an outside agent and gives it a token.")
    .takes::<Joining>()
    .answers::<Joined>(201);

/// The token is told here and never again: only its hash is kept.
pub(super) fn register(ask: &Ask<'_>) -> Stepped {
    let wish: Joining = ask.body()?;
    let name = wish.name;
    ask.acting(Some(name))?;
    let token = Token::new().map_err(|error| problem::no_chance(&error))?;
    let command = Command::Register(Box::new(Registration {
        name,
        version: wish.version,
        handles: wish.handles,
        lockstep: wish.lockstep,
        token_hash: token.hash(),
    }));
    Step::submit(Lane::Control, command, move |_| {
        Step::look(Query::Mode, move |mode| {
            Step::done(Answer::created(Joined {
                name,
                token: token.text().to_owned(),
                stream: stream::PATH.to_owned(),
                state: mode["state"].clone(),
                seq: mode["seq"].clone(),
            }))
        })
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Heartbeat)]
struct Beat {
    /// Whether its latest work went well.
    ok: bool,
    /// How long it took, milliseconds, at most a day.
    response_ms: Option<f64>,
    /// What it has to say, in words.
    message: Option<String>,
}

pub(super) const HEARTBEAT: Words = Words::of("A sign of life of an agent.")
    .takes::<Beat>()
    .gives::<Seen<AgentRow>>();

pub(super) fn heartbeat(ask: &Ask<'_>) -> Stepped {
    let agent: Name = ask.id("agent")?;
    ask.acting(Some(agent))?;
    let beat: Beat = ask.body()?;
    if let Some(ms) = beat.response_ms
        && !(0.0..=LONGEST_MS).contains(&ms)
    {
        return Err(problem::invalid(
            "response_ms",
            format!("{ms} is not between 0 and {LONGEST_MS}"),
        ));
    }
    let desk = &ask.api.desk;
    let registered = |boxes: &Mailboxes| boxes.is_open(agent);
    if desk.mailboxes().is_some_and(registered) {
        desk.beat(agent, beat.ok, beat.response_ms);
    }
    let command = Command::Heartbeat {
        agent,
        ok: beat.ok,
        message: beat.message,
    };
    Step::submit(Lane::Normal, command, move |_| {
        Step::show(Query::Agent(agent), "agent", agent.to_string())
    })
}
