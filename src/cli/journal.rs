//! The journal itself; no engine is asked.

use clap::Subcommand;
use serde_json::json;

use super::exit::Exit;
use super::session::Session;
use super::table;
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
        Action::Verify => {
            let found = sound(session);
            let words = found.as_ref().map_or_else(|_| String::new(), in_words);
            session.show(found.map(|found| document(&found)), |fields| {
                format!("{}{words}\n", table::fields(fields))
            })
        }
    }
}

/// What the whole journal of the state folder says of itself.
///
/// # Errors
/// It is damaged, or not here.
pub fn sound(session: &Session) -> Result<Verified, Problem> {
    let dir = journal_dir(&session.state()?.path);
    if !dir.is_dir() {
        return Err(Problem::new(
            0,
            "JOURNAL_MISSING",
            format!("there is no journal in {}", dir.display()),
            "--state DIR names another state folder",
        ));
    }
    verify(&dir).map_err(|error| damaged(&error))
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

/// A hash as it is written.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn damaged(error: &JournalError) -> Problem {
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
