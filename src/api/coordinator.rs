//! The operator's hand on trading.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::list::Seen;
use super::openapi::Words;
use super::problem;
use super::routes::Given;
use crate::client::{Problem, Stopped};
use crate::core::command::TaskAction;
use crate::core::schedule::alias;
use crate::core::trading_state::Mode;
use crate::core::{Command, Symbol};
use crate::engine::{EngineError, Lane};
use crate::gate::{How, Press};
use crate::snapshot::{ScheduleRow, Snapshot, Status};

/// How long the stop waits for its journaling.
const JOURNALED: Duration = Duration::from_secs(2);
/// Between two looks at whether it is journaled.
const LOOK: Duration = Duration::from_millis(50);
/// The same where there is no thread to be woken.
const GLANCE: Duration = Duration::from_millis(2);

pub(super) const STATUS: Words = Words::of(
    "The state of trading, and what the operator looks at first: limits and their use, conflicts, reservations, schedules, health.",
)
.gives::<Status>();

pub(super) fn status(ask: &Ask<'_>) -> Given {
    Ok(Answer::ok(&ask.api.snapshot().status))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Pausing)]
struct Pausing {
    /// Why, for the audit.
    #[serde(default)]
    reason: String,
    /// Only this pair; absent: all trading.
    symbol: Option<Symbol>,
}

/// The state of trading that follows.
#[derive(Serialize, ToSchema)]
struct Follows {
    /// The state of trading.
    state: Mode,
    /// The record that changed it.
    seq: u64,
}

pub(super) const PAUSE: Words = Words::of("Pauses trading: entries are refused, exits are not.")
    .takes::<Pausing>()
    .gives::<Follows>();

pub(super) fn pause(ask: &Ask<'_>) -> Given {
    let Pausing { reason, symbol } = ask.body()?;
    state_after(ask, Command::Pause { symbol, reason })
}

pub(super) const RESUME: Words = Words::of("Lets trading go on after a pause.")
    .takes::<Pausing>()
    .gives::<Follows>();

pub(super) fn resume(ask: &Ask<'_>) -> Given {
    let Pausing { reason, symbol } = ask.body()?;
    state_after(ask, Command::Resume { symbol, reason })
}

fn state_after(ask: &Ask<'_>, command: Command) -> Given {
    let seq = ask.submit(Lane::Control, command)?.seq;
    let state = ask.api.shown(seq).status.state;
    Ok(Answer::ok(Follows { state, seq }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StopReason)]
struct Reason {
    /// Why, for the audit.
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
        let Stopped {
            epoch,
            already,
            gate_us,
            durable_us,
            seq,
        } = self.stopped;
        Answer::ok(Hardstop {
            epoch,
            already,
            engine: "running",
            gate_us,
            durable_us,
            seq,
        })
    }
}

/// What a press of the stop came to.
#[derive(Serialize, ToSchema)]
struct Hardstop {
    /// Which stop; clearing it names it.
    epoch: u64,
    /// Whether it was engaged before.
    already: bool,
    /// `running`.
    engine: &'static str,
    /// Microseconds until the gate was closed.
    gate_us: u64,
    /// Microseconds until it was journaled; none where that takes longer than two seconds.
    durable_us: Option<u64>,
    /// The record.
    seq: Option<u64>,
}

pub(super) const HARDSTOP: Words = Words::of(
    "HARDSTOP: closes the gate at once, ahead of every queue. Whoever may look may stop, and no body is refused.",
)
.takes::<Reason>()
.gives::<Hardstop>();

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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Clearing)]
struct Clearing {
    /// Why, for the audit.
    reason: String,
    /// The stop that is cleared.
    epoch: u64,
    /// The word `CLEAR`.
    confirm: String,
}

/// What follows a clear.
#[derive(Serialize, ToSchema)]
struct Cleared {
    /// The state of trading.
    state: Mode,
    /// The stop that was cleared.
    epoch: u64,
    /// The record.
    seq: u64,
}

pub(super) const CLEAR: Words =
    Words::of("Takes HARDSTOP back, a while after it was pressed; trading is left in reduce-only.")
        .takes::<Clearing>()
        .gives::<Cleared>();

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
    Ok(Answer::ok(Cleared { state, epoch, seq }))
}

/// A word that has to be typed.
pub(super) fn confirmed(given: &str, word: &str) -> Result<(), Problem> {
    if given == word {
        return Ok(());
    }
    Err(problem::invalid("confirm", format!("must be {word:?}")))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Nothing)]
struct Nothing {}

/// An engine on its way out.
#[derive(Serialize, ToSchema)]
struct Stopping {
    /// `stopping`.
    result: &'static str,
    /// The engine's process.
    pid: u32,
    /// Positions that stay open.
    open_positions: usize,
    /// Journal position.
    seq: u64,
}

pub(super) const SHUTDOWN: Words = Words::of("Ends the engine in order.")
    .takes::<Nothing>()
    .answers::<Stopping>(202);

pub(super) fn shutdown(ask: &Ask<'_>) -> Given {
    let Nothing {} = ask.body()?;
    if ask.api.desk.gate().is_none() {
        return Err(problem::silent(&EngineError::Stopped));
    }
    let shown = ask.api.desk.latest();
    ask.api.desk.shutdown(ask.request.who);
    let open = shown.positions.items.iter().filter(|p| p.status == "open");
    Ok(Answer::with(
        202,
        Stopping {
            result: "stopping",
            pid: shown.status.pid,
            open_positions: open.count(),
            seq: shown.status.seq,
        },
    ))
}

pub(super) const TASK: Words =
    Words::of("Runs a schedule's task now, or switches the schedule on or off.")
        .takes::<Nothing>()
        .gives::<Seen<ScheduleRow>>();

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
    Ok(Answer::ok(Seen { row, seq }))
}
