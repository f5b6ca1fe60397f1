//! The stop as a verb: it never asks, reads no configuration, and works with a wedged engine and
//! without one (domain.md, HARDSTOP).

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::exit::Exit;
use super::offline::wall;
use super::session::{Session, Shown};
use crate::client::{Call, Problem};
use crate::config::StateDir;
use crate::core::command::Press;
use crate::core::{Command, Context, Event, Name, Quotes, RecordBody, State, Time};
use crate::engine::{journal_dir, recover};
use crate::gate::{Sentinel, StateLock, is_held, stop_socket};
use crate::journal::{Batch, Journal, Reader, snapshot};

/// How long the stop socket is tried.
const SOCKET: Duration = Duration::from_millis(500);
/// How long the journaling of a sentinel is waited for.
const JOURNALED: Duration = Duration::from_secs(2);
/// Between two looks at whether it is journaled.
const LOOK: Duration = Duration::from_millis(20);
/// Segment size of a journal that is made here, MiB; an engine goes on with its own.
const SEGMENT_MB: u64 = 64;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Why; for whoever reads the audit.
    #[arg(long, default_value = "engaged from the command line")]
    reason: String,
}

pub fn hardstop(session: &Session, args: &Args) -> Exit {
    session.show(stopped(session, &args.reason), |document| {
        let text = |name: &str| match &document[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let journaled = match document["seq"].as_u64() {
            Some(seq) => format!("journaled as record {seq}"),
            None => "not journaled; the sentinel holds it for the next start".to_owned(),
        };
        format!(
            "HARDSTOP {} engaged, {journaled}\nengine: {}\nstate: {}\n",
            text("epoch"),
            text("engine"),
            text("state_dir")
        )
    })
}

fn stopped(session: &Session, reason: &str) -> Shown {
    if session.globals.url.is_some() {
        let call = Call::post("coordinator/hardstop", json!({ "reason": reason }));
        return session.change(&call);
    }
    within(&session.state()?, reason)
}

/// A default folder that never held an engine is left as it is.
pub(super) fn within(state: &StateDir, reason: &str) -> Shown {
    if !state.named && !held_an_engine(&state.path) {
        return Err(Problem::unreachable(format!(
            "no engine ever ran on {}, and no folder is named",
            state.path.display()
        )));
    }
    let mut document = at(&state.path, reason)?;
    document["state_dir"] = state.path.display().to_string().into();
    Ok(document)
}

/// Whether there is anything of an engine in the folder.
fn held_an_engine(dir: &Path) -> bool {
    ["lock", "journal", "stop"]
        .iter()
        .any(|name| dir.join(name).exists())
}

/// Engages the stop of a folder by the best way that works.
fn at(dir: &Path, reason: &str) -> Shown {
    let by: Name = "operator".parse().expect("a built-in name");
    if let Ok(answer) = stop_socket::hardstop(dir, &by, reason, SOCKET) {
        return Ok(json!({
            "epoch": answer.latched.epoch,
            "already": answer.latched.already,
            "engine": "running",
            "gate_us": answer.latched.gate_us,
            "durable_us": answer.durable.durable_us,
            "seq": answer.durable.seq,
        }));
    }
    let start = Instant::now();
    // The sentinel first: whatever else fails, the next start finds it.
    let left = leave(dir, 0)?;
    let gate_us = micros(start);
    if is_held(dir) {
        let seq = journaled(dir, left.epoch);
        return Ok(json!({
            "epoch": left.epoch,
            "already": left.already,
            "engine": "running",
            "gate_us": gate_us,
            "durable_us": seq.map(|_| micros(start)),
            "seq": seq,
        }));
    }
    let appended = append(dir, &left, by, reason);
    if let Err(problem) = &appended {
        eprintln!("warning: the stop could not be journaled: {problem}");
    }
    let durable_us = appended.is_ok().then(|| micros(start));
    let (epoch, already, seq) = match appended {
        Ok(done) => (done.epoch, done.already, Some(done.seq)),
        Err(_) => (left.epoch, left.already, None),
    };
    Ok(json!({
        "epoch": epoch,
        "already": already,
        "engine": "not_running",
        "gate_us": gate_us,
        "durable_us": durable_us,
        "seq": seq,
    }))
}

/// A sentinel that is there.
struct Left {
    epoch: u64,
    /// It was there before.
    already: bool,
}

/// Leaves a sentinel above `known`, where none is there yet.
fn leave(dir: &Path, known: u64) -> Result<Left, Problem> {
    let unwritten = |error: std::io::Error| {
        let message = format!("no sentinel could be left in {}: {error}", dir.display());
        Problem::new(
            0,
            "STOP_FAILED",
            message,
            "stop the engine's process, or the venue's side",
        )
    };
    crate::gate::make_state_dir(dir).map_err(unwritten)?;
    let sentinel = Sentinel::at(dir);
    let there = sentinel.list().map_err(unwritten)?.last().copied();
    let there = there.filter(|epoch| *epoch > known);
    let epoch = match there {
        Some(epoch) => epoch,
        None => sentinel.next_epoch(known).map_err(unwritten)?,
    };
    sentinel.engage(epoch).map_err(unwritten)?;
    Ok(Left {
        epoch,
        already: there.is_some(),
    })
}

fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// The record in which the running engine journaled this epoch, once it is there.
fn journaled(dir: &Path, epoch: u64) -> Option<u64> {
    let deadline = Instant::now() + JOURNALED;
    let from = snapshot::newest_valid(&journal_dir(dir))
        .ok()
        .and_then(|(snapshot, _)| snapshot)
        .map_or(1, |snapshot| snapshot.seq.max(1));
    let mut reader = Reader::open_dir(&journal_dir(dir), from).ok()?;
    loop {
        while let Ok(Some(record)) = reader.next_record() {
            let body = RecordBody::decode(record.body).ok()?;
            if body.events.iter().any(|event| is_stop(event, epoch)) {
                return Some(record.seq);
            }
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(LOOK);
    }
}

fn is_stop(event: &Event, wanted: u64) -> bool {
    match event {
        Event::HardstopEngaged { epoch, .. } | Event::HardstopPressed { epoch, .. } => {
            *epoch >= wanted
        }
        _ => false,
    }
}

/// What was appended.
struct Appended {
    epoch: u64,
    already: bool,
    seq: u64,
}

/// Appends to the journal as a start would: under the lock, after recovery, through the core.
fn append(dir: &Path, left: &Left, by: Name, reason: &str) -> Result<Appended, Problem> {
    let failed = |error: &dyn std::fmt::Display| {
        let hint = "`pilothouse journal verify` says more";
        Problem::new(0, "JOURNAL_UNREADABLE", error.to_string(), hint)
    };
    let _lock = StateLock::acquire(dir).map_err(|error| failed(&error))?;
    let recovered = recover(dir, SEGMENT_MB).map_err(|error| failed(&error))?;
    let (mut state, mut journal) = (recovered.state, recovered.journal);
    let trading = &state.trading;
    let engaged = trading.hardstop.as_ref().map(|stop| stop.epoch);
    // What was known without the journal may lie below what it knows.
    let epoch = if left.epoch <= trading.cleared && engaged.is_none() {
        leave(dir, trading.epoch)?.epoch
    } else {
        left.epoch.max(engaged.unwrap_or(0))
    };
    let command = Command::GateSeen {
        epoch,
        presses: trading.presses + 1,
        notes: vec![Press {
            by,
            how: "sentinel".into(),
            reason: reason.to_owned(),
        }],
    };
    // Engine time is the feed's: the wall's would shut out a recording of the past.
    let now = match state.seq {
        0 => wall(),
        _ => state.time,
    };
    let seq = commit(&mut state, &mut journal, now, by, command).map_err(|error| failed(&error))?;
    Ok(Appended {
        epoch,
        already: engaged == Some(epoch) || left.already,
        seq,
    })
}

fn commit(
    state: &mut State,
    journal: &mut Journal,
    now: Time,
    actor: Name,
    command: Command,
) -> Result<u64, Box<dyn std::error::Error>> {
    let quotes = Quotes::default();
    let context = Context {
        now,
        quotes: &quotes,
    };
    let decision = state.handle(&context, actor, &command);
    if decision.events.is_empty() {
        return Ok(state.seq);
    }
    let body = RecordBody {
        actor,
        cause: 0,
        command,
        quotes: decision.looked,
        events: decision.events,
        origin: format!("folder:{}", rustix::process::getuid().as_raw())
            .parse()
            .ok(),
    };
    let mut bytes = Vec::new();
    body.encode_into(&mut bytes);
    let mut batch = Batch::new();
    batch.push(state.seq, state.time, &bytes)?;
    Ok(journal.append(&batch, wall())?)
}
