//! Where requests are carried out: a running engine, or a folder that only shows what was.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Caller;
use crate::core::order::{Kind, TimeInForce};
use crate::core::research::RunRequest;
use crate::core::{Command, Name, Refusal, State};
use crate::engine::{
    Durable, EngineError, EngineHandle, Figures, Holder, Lane, Mailboxes, Outcome, Reload,
    ReloadError, Reloaded, ReplyTo, Submission,
};
use crate::gate::Gate;
use crate::research::RunSpec;
use crate::snapshot::{AlertTestRow, Beside, Query, Samples, Snapshot, answer, build};

/// Carries commands out and shows what is.
pub trait Desk: Send + Sync {
    /// Carries a command out; it is durable on return.
    ///
    /// # Errors
    /// There was no decision.
    fn submit(&self, lane: Lane, who: Caller, command: Command) -> Result<Outcome, EngineError>;

    /// The same, without waiting: the outcome goes where the submission says.
    ///
    /// # Errors
    /// It is not taken.
    fn post(&self, lane: Lane, submission: Submission) -> Result<(), EngineError>;

    /// What the core is to be asked for a research run; it reads whole files.
    ///
    /// # Errors
    /// Nobody computes runs here.
    fn prepare_run(
        &self,
        spec: RunSpec,
        key: Option<String>,
    ) -> Result<Result<RunRequest, Refusal>, EngineError>;

    /// Reads the configuration's layers again; what it takes is durable on return.
    ///
    /// # Errors
    /// Nothing is taken.
    fn reload(&self, who: Caller, reason: String, wish: Reload) -> Result<Reloaded, ReloadError>;

    /// Type and time in force of an order that names none.
    fn order_defaults(&self) -> (Kind, TimeInForce);

    /// Looks something up; `Null` where there is no such thing.
    ///
    /// # Errors
    /// There was no answer.
    fn ask(&self, query: Query) -> Result<Value, EngineError>;

    /// The same, without waiting.
    ///
    /// # Errors
    /// It is not taken.
    fn post_question(&self, query: Query, answer: ReplyTo<Value>) -> Result<(), EngineError>;

    /// Whose token has this SHA-256, in hex.
    fn token_of(&self, hash: &str) -> Option<Holder>;

    /// An agent outside the process gave a sign of life; response times in milliseconds.
    fn beat(&self, agent: Name, ok: bool, response_ms: Option<f64>);

    /// What is counted of the engine's work; a folder counts nothing.
    fn figures(&self) -> Option<&Figures>;

    /// What waits for agents; a folder hands out nothing.
    fn mailboxes(&self) -> Option<&Mailboxes>;

    /// How far the journal is; none where nobody writes it.
    fn durable(&self) -> Option<&Durable>;

    /// Sends a test message to the named channel, or to all, and waits for what comes back; none
    /// where there is no such channel.
    fn test_alerts(&self, channel: Option<&str>) -> Option<Vec<AlertTestRow>>;

    /// The last snapshot, without waiting.
    fn latest(&self) -> Arc<Snapshot>;

    /// Asks for a newer one, without waiting.
    fn want(&self);

    /// A snapshot built after this call, or the last one after `limit`.
    fn fresh(&self, limit: Duration) -> Arc<Snapshot>;

    /// The gate; a folder has none.
    fn gate(&self) -> Option<&Gate>;

    /// Asks the engine to end; the journal has who asked.
    fn shutdown(&self, who: Caller);

    /// Whether there was an engine that has ended since.
    fn has_ended(&self) -> bool {
        false
    }
}

impl Desk for EngineHandle {
    fn submit(&self, lane: Lane, who: Caller, command: Command) -> Result<Outcome, EngineError> {
        self.submit_from(lane, who.name, who.origin, command)
    }

    fn post(&self, lane: Lane, submission: Submission) -> Result<(), EngineError> {
        Self::post(self, lane, submission)
    }

    fn prepare_run(
        &self,
        spec: RunSpec,
        key: Option<String>,
    ) -> Result<Result<RunRequest, Refusal>, EngineError> {
        Ok(Self::prepare_run(self, spec, key))
    }

    fn reload(&self, who: Caller, reason: String, wish: Reload) -> Result<Reloaded, ReloadError> {
        Self::reload(self, who.name, who.origin, reason, wish)
    }

    fn order_defaults(&self) -> (Kind, TimeInForce) {
        Self::order_defaults(self)
    }

    fn ask(&self, query: Query) -> Result<Value, EngineError> {
        Self::ask(self, query)
    }

    fn post_question(&self, query: Query, answer: ReplyTo<Value>) -> Result<(), EngineError> {
        Self::post_question(self, query, answer)
    }

    fn token_of(&self, hash: &str) -> Option<Holder> {
        Self::token_of(self, hash)
    }

    fn beat(&self, agent: Name, ok: bool, response_ms: Option<f64>) {
        self.beats().beat(agent, ok, response_ms);
    }

    fn figures(&self) -> Option<&Figures> {
        Some(Self::figures(self))
    }

    fn mailboxes(&self) -> Option<&Mailboxes> {
        Some(Self::mailboxes(self))
    }

    fn durable(&self) -> Option<&Durable> {
        Some(Self::durable(self))
    }

    fn test_alerts(&self, channel: Option<&str>) -> Option<Vec<AlertTestRow>> {
        Self::test_alerts(self, channel)
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

    fn shutdown(&self, who: Caller) {
        self.shutdown_from(who.name, who.origin);
    }

    fn has_ended(&self) -> bool {
        Self::has_ended(self)
    }
}

/// A state folder nobody runs on: what was, and no changes.
pub struct Folder {
    state: State,
    samples: Samples,
    snapshot: Arc<Snapshot>,
}

impl Folder {
    /// What the state of a folder was, and what is known beside it.
    pub fn new(state: State, samples: Samples) -> Self {
        let snapshot = Arc::new(build(&state, &samples));
        Self {
            state,
            samples,
            snapshot,
        }
    }
}

impl Desk for Folder {
    fn submit(&self, _: Lane, _: Caller, _: Command) -> Result<Outcome, EngineError> {
        Err(EngineError::Stopped)
    }

    fn post(&self, _: Lane, _: Submission) -> Result<(), EngineError> {
        Err(EngineError::Stopped)
    }

    fn prepare_run(
        &self,
        _: RunSpec,
        _: Option<String>,
    ) -> Result<Result<RunRequest, Refusal>, EngineError> {
        Err(EngineError::Stopped)
    }

    fn reload(&self, _: Caller, _: String, _: Reload) -> Result<Reloaded, ReloadError> {
        Err(EngineError::Stopped.into())
    }

    fn order_defaults(&self) -> (Kind, TimeInForce) {
        (Kind::Limit, TimeInForce::Gtc)
    }

    fn ask(&self, query: Query) -> Result<Value, EngineError> {
        let beside = Beside {
            now: self.samples.clock.unwrap_or(self.state.time),
            quotes: &self.samples.quotes,
            samples: &|| &self.samples,
        };
        Ok(answer(&self.state, &query, &beside))
    }

    fn post_question(&self, query: Query, to: ReplyTo<Value>) -> Result<(), EngineError> {
        to.tell(self.ask(query)?);
        Ok(())
    }

    fn token_of(&self, _: &str) -> Option<Holder> {
        None
    }

    fn beat(&self, _: Name, _: bool, _: Option<f64>) {}

    fn figures(&self) -> Option<&Figures> {
        None
    }

    fn mailboxes(&self) -> Option<&Mailboxes> {
        None
    }

    fn durable(&self) -> Option<&Durable> {
        None
    }

    fn test_alerts(&self, _: Option<&str>) -> Option<Vec<AlertTestRow>> {
        None
    }

    fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot)
    }

    fn want(&self) {}

    fn fresh(&self, _: Duration) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot)
    }

    fn gate(&self) -> Option<&Gate> {
        None
    }

    fn shutdown(&self, _: Caller) {}
}
