//! What a start did not read, because a snapshot holds it, is checked beside the engine: a disk that
//! loses the past shall not be found out years later.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::recovery::journal_dir;
use crate::journal::verify;

/// What was found in the journal's past.
#[derive(Clone, Default)]
pub(super) struct Older(Arc<OnceLock<String>>);

impl Older {
    /// Checks the whole journal of a state folder on a thread of its own.
    pub(super) fn spawn(state_dir: &Path) -> std::io::Result<Self> {
        let older = Self::default();
        let (told, dir) = (older.clone(), journal_dir(state_dir));
        // Nobody waits for it: an engine that ends takes it along.
        std::thread::Builder::new()
            .name("journal-check".into())
            .spawn(move || {
                if let Err(error) = verify(&dir) {
                    tracing::error!("a check of the whole journal failed: {error}");
                    told.0.get_or_init(|| error.to_string());
                }
            })?;
        Ok(older)
    }

    /// What is wrong, once it is known.
    pub(super) fn found(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}
