//! The journal itself; no engine is asked.

mod export;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::exit::Exit;
use super::session::{Session, Shown};
use super::table;
use super::views;
use crate::client::Problem;
use crate::engine::{journal_dir, read_state};
use crate::gate::StateLock;
use crate::journal::snapshot::write as write_snapshot;
use crate::journal::{JournalError, Verified, archive, verify};
use crate::views::folded;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check everything the journal says about itself.
    Verify,
    /// Every record whole, one JSON object a line: who asked what, at which prices, what was decided.
    Export(export::Args),
    /// Write a snapshot of the state, from which the next start goes on; for a folder nobody runs on.
    Snapshot,
    /// Move old segments elsewhere: those that neither the snapshots kept here nor the SQL views need;
    /// for a folder nobody runs on. Nothing is ever thrown away by itself.
    Archive {
        /// Only records before this one.
        #[arg(long, value_name = "SEQ")]
        before: u64,
        /// Where to.
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
}

pub fn journal(session: &Session, args: &Args) -> Exit {
    match &args.action {
        Action::Verify => {
            let found = sound(session);
            let words = found.as_ref().map_or_else(|_| String::new(), in_words);
            session.show(found.map(|found| document(&found)), |fields| {
                format!("{}{words}\n", table::fields(fields))
            })
        }
        Action::Export(args) => export::export(session, args),
        Action::Snapshot => session.fields(snapshot(session)),
        Action::Archive { before, dir } => session.fields(archived(session, *before, dir)),
    }
}

/// The journal of the state folder.
fn folder(session: &Session) -> Result<PathBuf, Problem> {
    let dir = journal_dir(&session.state()?.path);
    if dir.is_dir() {
        return Ok(dir);
    }
    let message = format!("there is no journal in {}", dir.display());
    let hint = "--state DIR names another state folder";
    Err(Problem::new(0, "JOURNAL_MISSING", message, hint))
}

/// A snapshot of everything that is durable. The lock keeps engines away meanwhile.
fn snapshot(session: &Session) -> Shown {
    let dir = folder(session)?;
    let state_dir = session.state()?.path;
    let hint = "a running engine writes one every minute, and at its end";
    let _lock = locked(&state_dir, hint)?;
    let found = verify(&dir).map_err(|error| damaged(&error))?;
    let state = read_state(&state_dir)
        .map_err(|error| Problem::new(0, "JOURNAL_UNREADABLE", error.to_string(), ""))?;
    let (Some(hash), true) = (found.hash, found.last_seq == state.seq && state.seq > 0) else {
        let message = "the journal has no record with a hash to take it of";
        return Err(Problem::new(
            0,
            "JOURNAL_EMPTY",
            message,
            "run an engine on it first",
        ));
    };
    let bytes = minicbor::to_vec(&state).expect("memory takes what is written to it");
    write_snapshot(&dir, state.seq, hash, &bytes).map_err(|error| {
        let hint = "look at the disk and at the folder's rights";
        Problem::new(0, "SNAPSHOT_UNWRITTEN", error.to_string(), hint)
    })?;
    Ok(json!({ "seq": state.seq, "hash": hex(&hash), "bytes": bytes.len(), "ok": true }))
}

/// Moves what neither snapshots nor views need.
fn archived(session: &Session, before: u64, to: &Path) -> Shown {
    let dir = folder(session)?;
    let state_dir = session.state()?.path;
    let _lock = locked(
        &state_dir,
        "end the engine first: `pilothouse shutdown --yes`",
    )?;
    let folded = views::block_on(folded(&state_dir))?;
    let moved = archive(&dir, to, before.min(folded + 1)).map_err(|error| damaged(&error))?;
    Ok(json!({
        "segments": moved.segments.len(),
        "bytes": moved.bytes,
        "first_seq": moved.first_seq,
        "views_seq": folded,
        "dir": to,
        "ok": true,
    }))
}

/// The folder's lock, which keeps engines away as long as it is held.
fn locked(state_dir: &Path, hint: &str) -> Result<StateLock, Problem> {
    StateLock::acquire(state_dir)
        .map_err(|error| Problem::new(409, "ENGINE_RUNNING", error.to_string(), hint))
}

/// What the whole journal of the state folder says of itself.
///
/// # Errors
/// It is damaged, or not here.
pub fn sound(session: &Session) -> Result<Verified, Problem> {
    verify(&folder(session)?).map_err(|error| damaged(&error))
}

/// The same for people.
fn in_words(found: &Verified) -> String {
    if found.records == 0 {
        return "The journal is empty.".into();
    }
    let torn = match found.torn_tail_bytes {
        0 => String::new(),
        bytes => format!(
            " {bytes} bytes of a commit that was cut lie behind it; the next start drops them."
        ),
    };
    let chain = match found.hash {
        Some(_) => "the hash chain holds: no record was changed, left out or put in since",
        None => "its beginning was archived and it carries no hash since: the chain proves nothing",
    };
    format!(
        "Records {} to {} are whole and in sequence; {chain}.{torn}",
        found.first_seq, found.last_seq
    )
}

fn document(found: &Verified) -> serde_json::Value {
    let wrong: Vec<String> = found
        .wrong_snapshots
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "records": found.records,
        "first_seq": found.first_seq,
        "last_seq": found.last_seq,
        "hash": found.hash.map(|hash| hex(&hash)),
        "torn_tail_bytes": found.torn_tail_bytes,
        "wrong_snapshots": wrong,
        "ok": true,
    })
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is wrong with a journal, and the way out.
pub(super) fn damaged(error: &JournalError) -> Problem {
    let mut problem = Problem::new(0, "JOURNAL_DAMAGED", error.to_string(), "");
    match error {
        JournalError::Damage(damage) => {
            problem.value = Some(format!(
                "segment {:08}, byte {}",
                damage.segment, damage.offset
            ));
            problem.hint = format!(
                "`pilothouse run --accept-loss {}` goes on with what is before it",
                damage.last_good
            );
        }
        JournalError::Newer { .. } => {
            problem.code = "JOURNAL_NEWER".into();
            problem.hint = "use the version that wrote it".into();
        }
        _ => {
            problem.code = "JOURNAL_UNREADABLE".into();
            problem.hint = "look at the disk and at the folder's rights".into();
        }
    }
    problem
}
