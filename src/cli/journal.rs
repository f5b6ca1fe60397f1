//! The journal itself; no engine is asked.

use clap::Subcommand;
use serde_json::json;

use super::exit::Exit;
use super::session::{Session, Shown};
use crate::client::Problem;
use crate::engine::journal_dir;
use crate::journal::{JournalError, Verified, verify};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check everything the journal says about itself.
    Verify,
}

pub fn journal(session: &Session, args: &Args) -> Exit {
    match args.action {
        Action::Verify => session.fields(verified(session)),
    }
}

fn verified(session: &Session) -> Shown {
    let dir = journal_dir(&session.state()?.path);
    if !dir.is_dir() {
        return Err(Problem::new(
            0,
            "JOURNAL_MISSING",
            format!("there is no journal in {}", dir.display()),
            "--state DIR names another state folder",
        ));
    }
    let found = verify(&dir).map_err(|error| damaged(&error))?;
    Ok(document(&found))
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
pub(super) fn hex(bytes: &[u8]) -> String {
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
