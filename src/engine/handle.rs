//! The one way in: commands, snapshots and the stop. Console, API and agents hold a clone of it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::beats::Beats;
use super::configuration::Configuration;
use super::durable::Durable;
use super::figures::Figures;
use super::lanes::{Lane, Lanes, Push};
use super::mailbox::Mailboxes;
use super::questions::{NotTaken, Question, Questions};
use super::reply::ReplyTo;
use super::tokens::{Holder, Tokens};
use crate::core::Refusal;
use crate::core::research::RunRequest;
use crate::core::{Command, Name, Origin, Reply, Time};
use crate::gate::Gate;
use crate::research::RunSpec;
use crate::snapshot::{AlertTestRow, Query, Snapshot};
use crate::telemetry::alerts::Alerts;

/// Longest wait for a decision to become durable.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command on its way, and where its outcome goes.
#[derive(Debug)]
pub struct Submission {
    /// Who asks.
    pub actor: Name,
    /// From where; none for the engine itself.
    pub origin: Option<Origin>,
    /// What.
    pub command: Command,
    /// Told once the decision is durable.
    pub answer: ReplyTo<Outcome>,
}

/// What became of a command: it is durable when this is told.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The record, or the last one where nothing had to be written.
    pub seq: u64,
    /// Its engine time.
    pub time: Time,
    /// The answer.
    pub reply: Reply,
}

/// Why there is no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Too many commands wait.
    #[error("the engine has too much to do; try again")]
    Busy,
    /// It has ended or is about to.
    #[error("the engine has stopped")]
    Stopped,
    /// No answer in time; it may still happen.
    #[error("the engine did not answer within 30 s; the command may still be carried out")]
    TimedOut,
}

/// The engine, from outside.
#[derive(Clone)]
pub struct EngineHandle {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) lanes: Lanes<Submission>,
    pub(super) questions: Questions,
    pub(super) tokens: Tokens,
    pub(super) gate: Gate,
    pub(super) mailboxes: Mailboxes,
    pub(super) state_dir: PathBuf,
    pub(super) configuration: Configuration,
    pub(super) durable: Arc<Durable>,
    pub(super) wanted: AtomicBool,
    pub(super) stopping: AtomicBool,
    /// Who asked for the end first, and from where; none where the process itself did.
    ended_by: OnceLock<(Name, Option<Origin>)>,
    pub(super) ended: AtomicBool,
    pub(super) broken: AtomicBool,
    #[cfg(debug_assertions)]
    pub(super) drilled: AtomicBool,
    pub(super) beats: Beats,
    pub(super) figures: Figures,
    pub(super) current: Mutex<Arc<Snapshot>>,
    pub(super) changed: Condvar,
    alerts: OnceLock<Alerts>,
}

impl EngineHandle {
    #[expect(
        clippy::too_many_arguments,
        reason = "an engine's parts, put together once"
    )]
    pub(super) fn new(
        lanes: Lanes<Submission>,
        tokens: Tokens,
        gate: Gate,
        mailboxes: Mailboxes,
        state_dir: PathBuf,
        configuration: Configuration,
        durable: Arc<Durable>,
        first: Snapshot,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                lanes,
                questions: Questions::default(),
                tokens,
                gate,
                mailboxes,
                state_dir,
                configuration,
                durable,
                wanted: AtomicBool::new(false),
                stopping: AtomicBool::new(false),
                ended_by: OnceLock::new(),
                ended: AtomicBool::new(false),
                broken: AtomicBool::new(false),
                #[cfg(debug_assertions)]
                drilled: AtomicBool::new(false),
                beats: Beats::default(),
                figures: Figures::default(),
                current: Mutex::new(Arc::new(first)),
                changed: Condvar::new(),
                alerts: OnceLock::new(),
            }),
        }
    }

    /// With the channels that alerts go to.
    pub(super) fn with_alerts(self, alerts: Alerts) -> Self {
        // It is set once, where the handle is made.
        let _ = self.inner.alerts.set(alerts);
        self
    }

    /// Sends a test message to the named channel, or to all, and waits for what comes back. None
    /// where there is no such channel.
    pub fn test_alerts(&self, channel: Option<&str>) -> Option<Vec<AlertTestRow>> {
        let shown = self.latest();
        let alerts = self.inner.alerts.get()?;
        alerts.test(channel, shown.status.seq, shown.status.clock)
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Submits a command and waits until its decision is durable.
    ///
    /// # Errors
    /// The lane is full, the engine has stopped, or it does not answer.
    pub fn submit(
        &self,
        lane: Lane,
        actor: Name,
        command: Command,
    ) -> Result<Outcome, EngineError> {
        self.submit_from(lane, actor, None, command)
    }

    /// The same, and the journal keeps from where it came.
    ///
    /// # Errors
    /// As [`EngineHandle::submit`].
    pub fn submit_from(
        &self,
        lane: Lane,
        actor: Name,
        origin: Option<Origin>,
        command: Command,
    ) -> Result<Outcome, EngineError> {
        let (sender, receiver) = sync_channel(1);
        self.post(
            lane,
            Submission {
                actor,
                origin,
                command,
                answer: ReplyTo::Sync(sender),
            },
        )?;
        wait(&receiver)
    }

    /// Submits a command and does not wait.
    ///
    /// # Errors
    /// The lane is full, or the engine has stopped.
    pub fn post(&self, lane: Lane, submission: Submission) -> Result<(), EngineError> {
        self.inner
            .lanes
            .push(lane, submission)
            .map_err(|e| match e {
                Push::Full(_) => EngineError::Busy,
                Push::Closed(_) => EngineError::Stopped,
            })
    }

    /// Looks something up exactly, on the engine's own thread and after a commit.
    ///
    /// # Errors
    /// Too many ask, the engine has stopped, or it does not answer.
    pub fn ask(&self, query: Query) -> Result<Value, EngineError> {
        let (sender, receiver) = sync_channel(1);
        self.post_question(query, ReplyTo::Sync(sender))?;
        wait(&receiver)
    }

    /// The same, without waiting for the answer.
    ///
    /// # Errors
    /// Too many ask, or the engine has stopped.
    pub fn post_question(&self, query: Query, answer: ReplyTo<Value>) -> Result<(), EngineError> {
        let question = Question { query, answer };
        self.inner
            .questions
            .put(question)
            .map_err(|why| match why {
                NotTaken::Full => EngineError::Busy,
                NotTaken::Closed => EngineError::Stopped,
            })?;
        self.inner.lanes.ring();
        Ok(())
    }

    /// What the core is to be asked for a research run, judged by the configured gates. It reads whole
    /// files, on the caller's thread.
    ///
    /// # Errors
    /// Those of [`prepare`](super::conductor::prepare), each with its code.
    pub fn prepare_run(&self, spec: RunSpec, key: Option<String>) -> Result<RunRequest, Refusal> {
        super::conductor::prepare(spec, self.inner.configuration.gates(), key)
    }

    /// Whose token has this SHA-256, in hex.
    pub fn token_of(&self, hash: &str) -> Option<Holder> {
        self.inner.tokens.holder(hash)
    }

    /// The last snapshot built; never waits.
    pub fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(
            &self
                .inner
                .current
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Asks for a newer one without waiting; at most 30 a second are built.
    pub fn want(&self) {
        if !self.inner.wanted.swap(true, Ordering::AcqRel) {
            self.inner.lanes.ring();
        }
    }

    /// A snapshot built after this call, or the last one where the engine takes longer than
    /// `limit`.
    pub fn fresh(&self, limit: Duration) -> Arc<Snapshot> {
        let deadline = Instant::now() + limit;
        let before = self.latest();
        self.want();
        let mut current = self
            .inner
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while Arc::ptr_eq(&current, &before) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            current = self
                .inner
                .changed
                .wait_timeout(current, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Arc::clone(&current)
    }

    /// Commands that wait, in all lanes.
    pub fn waiting(&self) -> u64 {
        self.inner.lanes.depth().0.iter().sum()
    }

    /// The gate: closing it is the stop, and it works when the engine does not.
    pub fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    /// Signs of life of agents outside the process.
    pub fn beats(&self) -> &Beats {
        &self.inner.beats
    }

    /// What is counted of its work.
    pub fn figures(&self) -> &Figures {
        &self.inner.figures
    }

    /// What waits for agents outside the engine's thread.
    pub fn mailboxes(&self) -> &Mailboxes {
        &self.inner.mailboxes
    }

    /// How far the journal is.
    pub fn durable(&self) -> &Durable {
        &self.inner.durable
    }

    /// The state folder.
    pub fn state_dir(&self) -> &std::path::Path {
        &self.inner.state_dir
    }

    /// Asks the engine to end: no new entry, resting entries cancelled, stops and targets stay.
    pub fn shutdown(&self) {
        self.inner.stopping.store(true, Ordering::Release);
        self.inner.lanes.ring();
    }

    /// The same for somebody: the journal has who, and from where. The first one counts.
    pub fn shutdown_from(&self, actor: Name, origin: Option<Origin>) {
        if !self.is_stopping() {
            // Where two ask at once, either may be the first.
            let _ = self.inner.ended_by.set((actor, origin));
        }
        self.shutdown();
    }

    /// Who asked for the end, where somebody did.
    pub(super) fn ended_by(&self) -> Option<(Name, Option<Origin>)> {
        self.inner.ended_by.get().copied()
    }

    /// Whether it has been asked to end.
    pub fn is_stopping(&self) -> bool {
        self.inner.stopping.load(Ordering::Acquire)
    }

    /// Whether it has ended, in whatever way.
    pub fn has_ended(&self) -> bool {
        self.inner.ended.load(Ordering::Acquire)
    }

    /// Waits until it has ended, in whatever way.
    pub fn wait_ended(&self) {
        let mut current = self
            .inner
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while !self.has_ended() {
            current = self
                .inner
                .changed
                .wait(current)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says that it has ended, to whoever waits for that too.
    pub(super) fn end(&self) {
        // Under the lock, so that nobody looks before it and waits after it.
        let _current = self
            .inner
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.inner.ended.store(true, Ordering::Release);
        self.inner.changed.notify_all();
    }

    /// Whether it ended by a panic of its thread.
    pub fn is_broken(&self) -> bool {
        self.inner.broken.load(Ordering::Acquire)
    }

    /// Has the engine's thread panic at its next turn: a drill of what follows, which release
    /// builds do not have.
    #[cfg(debug_assertions)]
    pub fn drill_panic(&self) {
        self.inner.drilled.store(true, Ordering::Release);
        self.inner.lanes.ring();
    }

    pub(super) fn publish(&self, snapshot: Snapshot) {
        *self
            .inner
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        self.inner.changed.notify_all();
    }
}

fn wait<T>(receiver: &Receiver<T>) -> Result<T, EngineError> {
    receiver.recv_timeout(PATIENCE).map_err(|e| match e {
        RecvTimeoutError::Timeout => EngineError::TimedOut,
        RecvTimeoutError::Disconnected => EngineError::Stopped,
    })
}
