//! Waiting for what should come: documents are read until they say so, or patience ends.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{DemoError, Stage};
use crate::client::Call;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

impl Stage {
    pub(super) fn read(&self, path: &str) -> Result<Value, DemoError> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut call = Call::get(path);
        call.query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        self.ask(&call)
    }

    /// The document at `path`, once it is as wanted.
    pub(super) fn until(
        &self,
        what: &str,
        path: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, DemoError> {
        let began = Instant::now();
        loop {
            let document = self.read(path)?;
            if wanted(&document) {
                return Ok(document);
            }
            if began.elapsed() >= self.terms.patience {
                return Err(DemoError::Waited {
                    what: what.to_owned(),
                    seconds: self.terms.patience.as_secs(),
                });
            }
            thread::sleep(PAUSE);
        }
    }

    /// The live reservations, in full.
    pub(super) fn reservations(&self) -> Result<Vec<Value>, DemoError> {
        let list = self.read("reservations?limit=1000")?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let live = |r: &Value| matches!(r["status"].as_str(), Some("queued" | "held" | "bound"));
        Ok(items.into_iter().filter(live).collect())
    }

    /// The last record.
    pub(super) fn seq(&self) -> Result<u64, DemoError> {
        let status = self.read("coordinator/status")?;
        Ok(status["seq"].as_u64().unwrap_or_default())
    }
}

/// The text of a field; empty where it has none.
pub(super) fn text<'v>(document: &'v Value, field: &str) -> &'v str {
    document[field].as_str().unwrap_or_default()
}
