//! The link within the engine's own process.

use std::sync::Arc;

use serde_json::Value;

use super::{Call, Link, Problem, Stopped};
use crate::api::{Api, Caller};
use crate::gate::{How, Press};
use crate::snapshot::Snapshot;

/// The API of an engine in this process, on behalf of somebody.
pub struct LocalLink {
    api: Arc<Api>,
    who: Caller,
}

impl LocalLink {
    /// A link for `who`.
    pub fn new(api: Arc<Api>, who: Caller) -> Self {
        Self { api, who }
    }
}

impl Link for LocalLink {
    fn call(&self, call: Call) -> Result<Value, Problem> {
        self.api.dispatch(&self.who, &call).into_result()
    }

    fn latest(&self) -> Arc<Snapshot> {
        self.api.desk().latest()
    }

    fn want(&self) {
        self.api.desk().want();
    }

    /// It returns as soon as the gate is closed; the journaling shows in the snapshots.
    fn stop(&self, reason: &str) -> Result<Stopped, Problem> {
        let gate = self
            .api
            .desk()
            .gate()
            .ok_or_else(|| Problem::unreachable("no engine runs here"))?;
        let closed = gate.close(Press {
            by: self.who.name,
            how: How::Key,
            reason: reason.to_owned(),
        });
        Ok(Stopped {
            epoch: closed.epoch,
            already: closed.already,
            gate_us: closed.gate_us,
            ..Stopped::default()
        })
    }

    fn stop_linked(&self) -> bool {
        self.api.desk().gate().is_some()
    }

    fn connected(&self) -> bool {
        let desk = self.api.desk();
        desk.gate().is_some() && !desk.has_ended()
    }
}
