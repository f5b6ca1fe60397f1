//! What the shell tells: answers to work, refusals of it, signs of life.

use std::time::Duration;

use crate::agents::{Acted, Unable, Verdict, Work};
use crate::core::Name;
use crate::core::command::Answer;
use crate::core::id::{MessageId, ServiceId, TaskId};
use crate::core::message::Payload;

/// What became of a piece of work.
#[derive(Debug, Clone, PartialEq)]
pub struct CrewAnswer {
    /// Whose work it was.
    pub agent: Name,
    /// Which, and its answer.
    pub work: WorkDone,
    /// How long the agent was at it; zero for what it never began.
    pub took: Duration,
}

/// A piece of work that is over.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkDone {
    /// A scheduled task.
    Task(TaskId, Answer),
    /// A phase of a cycle.
    Phase(MessageId, Answer),
    /// The halt is obeyed: nothing is worked on, nothing waits.
    Halt(MessageId),
    /// A bar of a service.
    Act(ServiceId, Result<Acted, Unable>),
    /// A service's stage.
    Judged(ServiceId, Result<Option<Verdict>, Unable>),
}

/// What an agent has made of its work.
#[derive(Debug)]
pub(super) enum Made {
    /// Words, of a task or a phase.
    Words(Vec<Payload>),
    /// What a rule wants.
    Act(Acted),
    /// A judge's word.
    Verdict(Option<Verdict>),
}

/// The same, or why there is nothing.
pub(super) type Outcome = Result<Made, Unable>;

/// Why work was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its queue is full.
    #[error("busy: too much work waits already")]
    Busy,
    /// Nobody of that name works here.
    #[error("no such agent works here")]
    Unknown,
    /// It panicked or was cut off, and its time to rest is not over.
    #[error("backing off after a failure")]
    BackingOff,
    /// No thread could be had: too many of its threads hang, or the system gives none.
    #[error("no thread can be had for it")]
    NoThread,
    /// The crew is stopped.
    #[error("the crew is stopped")]
    Stopped,
}

/// An agent's last sign of life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// Whose.
    pub agent: Name,
    /// When: milliseconds since 1970-01-01T00:00:00Z, wall clock.
    pub at_ms: i64,
    /// Mean response time of the last 50 runs, milliseconds.
    pub mean_ms: Option<f64>,
    /// Mean response time of all runs, milliseconds.
    pub lifetime_mean_ms: Option<f64>,
}

/// Which piece of work, without what it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkId {
    Task(TaskId),
    Phase(MessageId),
    Halt(MessageId),
    Bar(ServiceId),
    Judge(ServiceId),
}

impl WorkId {
    pub(super) fn of(work: &Work) -> Self {
        match work {
            Work::Task(id) => Self::Task(*id),
            Work::Phase(id, _) => Self::Phase(*id),
            Work::Halt(id) => Self::Halt(*id),
            Work::Bar(brief) => Self::Bar(brief.service),
            Work::Judge(brief) => Self::Judge(brief.service.id),
        }
    }

    pub(super) fn done(self, outcome: Outcome) -> WorkDone {
        match self {
            Self::Task(id) => WorkDone::Task(id, words(outcome)),
            Self::Phase(id) => WorkDone::Phase(id, words(outcome)),
            Self::Halt(id) => WorkDone::Halt(id),
            Self::Bar(id) => WorkDone::Act(
                id,
                outcome.and_then(|made| match made {
                    Made::Act(acted) => Ok(acted),
                    Made::Words(_) | Made::Verdict(_) => Err(beside()),
                }),
            ),
            Self::Judge(id) => WorkDone::Judged(
                id,
                outcome.and_then(|made| match made {
                    Made::Verdict(verdict) => Ok(verdict),
                    Made::Words(_) | Made::Act(_) => Err(beside()),
                }),
            ),
        }
    }
}

fn words(outcome: Outcome) -> Answer {
    match outcome {
        Ok(Made::Words(words)) => Answer::Said(words),
        Ok(Made::Act(_) | Made::Verdict(_)) => Answer::Failed(beside().to_string()),
        Err(Unable::Waits(what)) => Answer::Waits(what),
        Err(Unable::Failed(why)) => Answer::Failed(why),
    }
}

fn beside() -> Unable {
    "it answered another kind of work".into()
}
