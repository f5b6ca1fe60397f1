//! Who is at work, how they are, and who joins them.

use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;
use super::ask::Ask;
use super::list;
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::token::Token;
use super::{problem, stream};
use crate::core::command::Registration;
use crate::core::{Command, Name};
use crate::engine::{Lane, Mailboxes};
use crate::snapshot::Query;

/// Longest response time that is believed, milliseconds: a day.
const LONGEST_MS: f64 = 86_400_000.0;

pub(super) fn list(ask: &Ask<'_>) -> Given {
    let status = &ask.api.snapshot().status;
    let items = status.agents.iter().map(|agent| json!(agent)).collect();
    Ok(list::whole(items, status.seq))
}

/// The agents with their queues.
pub(super) fn health(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let status = &snapshot.status;
    Ok(Answer::ok(json!({
        "items": status.agents,
        "queues": snapshot.queues,
        "degradation": status.degradation,
        "streams": {
            "open": ask.api.streams.open(),
            "cut_off": ask.api.streams.cut_off(),
        },
        "seq": status.seq,
        "total": status.agents.len(),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Joining {
    name: Name,
    #[serde(default)]
    version: String,
    #[serde(default)]
    handles: Vec<Name>,
    #[serde(default)]
    lockstep: bool,
}

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
            Step::done(Answer::created(json!({
                "name": name,
                "token": token.text(),
                "stream": stream::PATH,
                "state": mode["state"],
                "seq": mode["seq"],
            })))
        })
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beat {
    ok: bool,
    response_ms: Option<f64>,
    message: Option<String>,
}

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
