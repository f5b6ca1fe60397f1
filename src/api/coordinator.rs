//! The operator's hand on trading.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;
use super::ask::Ask;
use super::problem;
use super::routes::Given;
use crate::client::{Problem, Stopped};
use crate::core::command::TaskAction;
use crate::core::schedule::alias;
use crate::core::{Command, Symbol};
use crate::engine::{EngineError, Lane};
use crate::gate::{How, Press};
use crate::snapshot::Snapshot;

/// How long the stop waits for its journaling.
const JOURNALED: Duration = Duration::from_secs(2);
/// Between two looks at whether it is journaled.
const LOOK: Duration = Duration::from_millis(50);
/// The same where there is no thread to be woken.
const GLANCE: Duration = Duration::from_millis(2);

pub(super) fn status(ask: &Ask<'_>) -> Given {
    Ok(Answer::ok(&ask.api.snapshot().status))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pausing {
    #[serde(default)]
    reason: String,
    symbol: Option<Symbol>,
}

pub(super) fn pause(ask: &Ask<'_>) -> Given {
    let Pausing { reason, symbol } = ask.body()?;
    state_after(ask, Command::Pause { symbol, reason })
}

pub(super) fn resume(ask: &Ask<'_>) -> Given {
    let Pausing { reason, symbol } = ask.body()?;
    state_after(ask, Command::Resume { symbol, reason })
}

fn state_after(ask: &Ask<'_>, command: Command) -> Given {
    let seq = ask.submit(Lane::Control, command)?.seq;
    let state = ask.api.shown(seq).status.state;
    Ok(Answer::ok(json!({ "state": state, "seq": seq })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// A stop that is on the way to its journaling.
struct Pressed {
    at: Instant,
    stopped: Stopped,
}

impl Pressed {
    /// Straight to the gate: no queue, no decision, no disk, no thread.
    fn now(ask: &Ask<'_>) -> Result<Self, Problem> {
        let at = Instant::now();
        let gate = ask.api.desk.gate();
        let gate = gate.ok_or_else(|| problem::silent(&EngineError::Stopped))?;
        // A stop is not refused for the words that came with it.
        let reason = ask
            .body()
            .map_or_else(|_| String::new(), |r: Reason| r.reason);
        let closed = gate.close(Press {
            by: ask.actor(),
            how: How::Request(ask.request.who.origin),
            reason: if reason.trim().is_empty() {
                "engaged by request".into()
            } else {
                reason
            },
        });
        let stopped = Stopped {
            epoch: closed.epoch,
            already: closed.already,
            gate_us: closed.gate_us,
            ..Stopped::default()
        };
        Ok(Self { at, stopped })
    }

    /// Whether no more is waited for: a snapshot shows it journaled, or it takes too long.
    fn is_over(&mut self, shown: &Snapshot) -> bool {
        let engaged = shown.status.hardstop.as_ref().map(|stop| stop.epoch);
        if engaged.is_some_and(|epoch| epoch >= self.stopped.epoch) {
            let since_us = u64::try_from(self.at.elapsed().as_micros());
            self.stopped.durable_us = Some(since_us.unwrap_or(u64::MAX));
            self.stopped.seq = Some(shown.status.seq);
            return true;
        }
        self.at.elapsed() >= JOURNALED
    }

    fn answer(&self) -> Answer {
        let mut document = json!(self.stopped);
        document["engine"] = "running".into();
        Answer::ok(document)
    }
}

pub(super) fn hardstop(ask: &Ask<'_>) -> Given {
    let mut pressed = Pressed::now(ask)?;
    while !pressed.is_over(&ask.api.desk.fresh(LOOK)) {}
    Ok(pressed.answer())
}

/// The same, without a thread to wait on.
pub(super) async fn hardstop_held(ask: &Ask<'_>) -> Given {
    let mut pressed = Pressed::now(ask)?;
    let desk = &ask.api.desk;
    desk.want();
    while !pressed.is_over(&desk.latest()) {
        tokio::time::sleep(GLANCE).await;
        desk.want();
    }
    Ok(pressed.answer())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clearing {
    reason: String,
    epoch: u64,
    confirm: String,
}

pub(super) fn clear(ask: &Ask<'_>) -> Given {
    let Clearing {
        reason,
        epoch,
        confirm,
    } = ask.body()?;
    confirmed(&confirm, "CLEAR")?;
    let gate = ask
        .api
        .desk
        .gate()
        .ok_or_else(|| problem::silent(&EngineError::Stopped))?;
    // The count first: a press after it keeps the gate closed, whatever is decided.
    let presses = gate.observe().presses;
    let since_press_ms = gate.since_last_press().map_or(u64::MAX, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    });
    let command = Command::Clear {
        epoch,
        reason,
        presses,
        since_press_ms,
    };
    let seq = ask.submit(Lane::Control, command)?.seq;
    let state = ask.api.shown(seq).status.state;
    Ok(Answer::ok(
        json!({ "state": state, "epoch": epoch, "seq": seq }),
    ))
}

/// A word that has to be typed.
pub(super) fn confirmed(given: &str, word: &str) -> Result<(), Problem> {
    if given == word {
        return Ok(());
    }
    Err(problem::invalid("confirm", format!("must be {word:?}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub(super) fn shutdown(ask: &Ask<'_>) -> Given {
    let Nothing {} = ask.body()?;
    if ask.api.desk.gate().is_none() {
        return Err(problem::silent(&EngineError::Stopped));
    }
    let shown = ask.api.desk.latest();
    ask.api.desk.shutdown();
    let open = shown.positions.items.iter().filter(|p| p.status == "open");
    Ok(Answer::with(
        202,
        json!({
            "result": "stopping",
            "pid": shown.status.pid,
            "open_positions": open.count(),
            "seq": shown.status.seq,
        }),
    ))
}

pub(super) fn task(ask: &Ask<'_>) -> Given {
    let Nothing {} = ask.body()?;
    let action = match ask.part(1) {
        "run" => TaskAction::Run,
        "enable" => TaskAction::Enable,
        "disable" => TaskAction::Disable,
        other => return Err(super::unknown("action", other)),
    };
    let name = alias(ask.part(0)).to_owned();
    let command = Command::Task {
        name: name.clone(),
        action,
    };
    let seq = ask.submit(Lane::Control, command)?.seq;
    let shown = ask.api.shown(seq);
    let row = shown
        .status
        .schedules
        .iter()
        .find(|s| s.name.as_str() == name);
    let row = row.ok_or_else(|| super::unknown("task", &name))?;
    let mut document = json!(row);
    document["seq"] = seq.into();
    Ok(Answer::ok(document))
}
