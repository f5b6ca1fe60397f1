//! Where requests are carried out: a running engine, or a folder that only shows what was.

use std::sync::Arc;
use std::time::Duration;

use crate::core::{Command, Name};
use crate::engine::{EngineError, EngineHandle, Lane, Outcome};
use crate::gate::Gate;
use crate::snapshot::Snapshot;

/// Carries commands out and shows what is.
pub trait Desk: Send + Sync {
    /// Carries a command out; it is durable on return.
    ///
    /// # Errors
    /// There was no decision.
    fn submit(&self, lane: Lane, actor: Name, command: Command) -> Result<Outcome, EngineError>;

    /// The last snapshot, without waiting.
    fn latest(&self) -> Arc<Snapshot>;

    /// Asks for a newer one, without waiting.
    fn want(&self);

    /// A snapshot built after this call, or the last one after `limit`.
    fn fresh(&self, limit: Duration) -> Arc<Snapshot>;

    /// The gate; a folder has none.
    fn gate(&self) -> Option<&Gate>;

    /// Asks the engine to end.
    fn shutdown(&self);
}

impl Desk for EngineHandle {
    fn submit(&self, lane: Lane, actor: Name, command: Command) -> Result<Outcome, EngineError> {
        Self::submit(self, lane, actor, command)
    }

    fn latest(&self) -> Arc<Snapshot> {
        Self::latest(self)
    }

    fn want(&self) {
        Self::want(self);
    }

    fn fresh(&self, limit: Duration) -> Arc<Snapshot> {
        Self::fresh(self, limit)
    }

    fn gate(&self) -> Option<&Gate> {
        Some(Self::gate(self))
    }

    fn shutdown(&self) {
        Self::shutdown(self);
    }
}

/// A state folder nobody runs on: what was, and no changes.
pub struct Folder(pub Arc<Snapshot>);

impl Desk for Folder {
    fn submit(&self, _: Lane, _: Name, _: Command) -> Result<Outcome, EngineError> {
        Err(EngineError::Stopped)
    }

    fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0)
    }

    fn want(&self) {}

    fn fresh(&self, _: Duration) -> Arc<Snapshot> {
        Arc::clone(&self.0)
    }

    fn gate(&self) -> Option<&Gate> {
        None
    }

    fn shutdown(&self) {}
}
