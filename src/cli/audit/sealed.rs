//! The hash of the journal's chain: what proves later that nothing of an export was changed.

use std::fmt;

use serde_json::{Value, json};

use super::{Problem, Session};
use crate::cli::journal::{hex, sound};

/// What a check of the whole journal came to.
pub(super) struct Seal {
    last_seq: u64,
    hash: Option<String>,
}

/// Checks the journal of the state folder.
///
/// # Errors
/// It is damaged, or not here.
pub(super) fn seal(session: &Session) -> Result<Seal, Problem> {
    let found = sound(session)?;
    Ok(Seal {
        last_seq: found.last_seq,
        hash: found.hash.map(|hash| hex(&hash)),
    })
}

impl Seal {
    /// As a line of the audit, of a kind that no event has.
    pub(super) fn line(&self) -> Value {
        json!({
            "seq": self.last_seq,
            "time": null,
            "kind": "chain_verified",
            "actor": null,
            "origin": null,
            "cause": null,
            "data": { "hash": self.hash, "ok": true },
        })
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = self.hash.as_deref().unwrap_or("unknown");
        write!(
            f,
            "the hash chain holds to record {}: {hash}",
            self.last_seq
        )
    }
}
