//! The world of the engine's one thread: everything a decision touches, and the loop that turns.
//!
//! One turn: look at the gate, take commands, take the crew's answers, let time pass, commit, carry
//! out what was committed, and rest until something happens.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::clock::{Clock, Speed};
use super::conductor::Conductor;
use super::deadlines::Deadlines;
use super::durable::Durable;
use super::follower::Follower;
use super::handle::{EngineHandle, Outcome, Submission};
use super::mailbox::{Mail, Told};
use super::market::Market;
use super::older::Older;
use super::reply::ReplyTo;
use super::sampling::Sampling;
use crate::agents::{Crew, CrewAnswer};
use crate::core::id::{MessageId, ServiceId, TaskId};
use crate::core::{Command, Event, Name, State};
use crate::execution::Desk;
use crate::gate::{Gate, Heartbeat, Journaled, Sentinel, monotonic_ms};
use crate::journal::{Batch, Journal, JournalError};
use crate::market::Feed;
use crate::telemetry::alerts::Post;
use crate::views::ViewsTask;

/// Commands taken in one turn, at most.
const TURN: usize = 1_024;
/// Longest rest: the heartbeat and the gate want a look.
const REST: Duration = Duration::from_millis(500);

/// A wait for the crew that is not made up for: the world stood still that long.
const LONG_WAIT: Duration = Duration::from_secs(1);

/// A piece of work an agent has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WorkId {
    /// A scheduled task.
    Task(TaskId),
    /// A phase of a cycle.
    Phase(MessageId),
    /// A halt to be acknowledged.
    Halt(MessageId),
    /// A service's stage, for its judge.
    Judge(ServiceId),
    /// A bar of a service, for the trader.
    Bar(ServiceId),
}

impl WorkId {
    /// Ids rise in the order in which work fell due: time, schedule, agent, symbol. What a bar of a
    /// service brings comes after it: a stage that is over is left before the trader acts in it.
    pub(super) fn order(self) -> (u8, u64) {
        match self {
            Self::Task(id) => (0, id.0),
            Self::Phase(id) | Self::Halt(id) => (0, id.0),
            Self::Judge(id) => (1, id.0),
            Self::Bar(id) => (2, id.0),
        }
    }
}

/// An answer whose turn has come.
enum Answer {
    Here(CrewAnswer),
    Outside(Submission),
}

/// Work that has not been answered.
pub(super) struct Given {
    pub(super) since: Instant,
    pub(super) agent: Name,
    /// The record that gave it.
    pub(super) cause: u64,
}

/// How the engine ended.
#[derive(Debug)]
pub enum Ended {
    /// Somebody asked it to.
    Asked,
    /// The recorded feed is over and everything has settled.
    FeedOver,
    /// The journal cannot be written any more.
    JournalFailed(JournalError),
}

/// What is left of an engine that has ended.
#[derive(Debug)]
pub struct Over {
    /// How it ended.
    pub ended: Ended,
    /// Its last state.
    pub state: State,
    /// The hash chain over all its records, where it is known.
    pub journal_hash: Option<String>,
}

/// What does not change while the engine runs.
pub(super) struct Fixed {
    pub(super) state_dir: PathBuf,
    pub(super) exit_at_end: bool,
    pub(super) leave_entries: bool,
    pub(super) shutdown_patience: Duration,
    pub(super) heartbeat_timeout_ms: i64,
    pub(super) reserve_mb: u64,
    pub(super) stop_mb: u64,
}

pub(super) struct World {
    pub(super) fixed: Fixed,
    pub(super) handle: EngineHandle,
    pub(super) state: State,
    pub(super) journal: Journal,
    pub(super) batch: Batch,
    pub(super) buffer: Vec<u8>,
    pub(super) committed_at: Instant,
    pub(super) durable: Arc<Durable>,
    pub(super) follower: Follower,
    pub(super) older: Older,
    pub(super) views: Option<ViewsTask>,
    pub(super) post: Post,
    pub(super) replies: Vec<(ReplyTo<Outcome>, Outcome)>,
    /// Decided and not yet carried out, with the record each belongs to.
    pub(super) effects: VecDeque<(u64, Event)>,
    pub(super) internal: VecDeque<(u64, Submission)>,
    pub(super) clock: Clock,
    pub(super) feed: Box<dyn Feed>,
    pub(super) market: Market,
    pub(super) desk: Desk,
    pub(super) crew: Crew,
    pub(super) conductor: Conductor,
    pub(super) answers: Receiver<CrewAnswer>,
    /// The feed waits until what is due has been answered.
    pub(super) lockstep: bool,
    pub(super) given: BTreeMap<WorkId, Given>,
    pub(super) held: Vec<CrewAnswer>,
    /// The same from outside the process.
    pub(super) outside: Vec<(WorkId, Submission)>,
    pub(super) gate: Gate,
    pub(super) journaled: Journaled,
    pub(super) sentinel: Sentinel,
    pub(super) heartbeat: Arc<Heartbeat>,
    pub(super) sampling: Sampling,
    pub(super) ending: Option<Instant>,
    pub(super) failed: Option<JournalError>,
    /// A clear is decided and the gate not opened yet: it is no difference to be journaled.
    pub(super) clearing: bool,
    pub(super) duties_at: Option<Instant>,
    /// Requests that are decided together.
    pub(super) gathering: super::gathering::Gathering,
    pub(super) deadlines: Deadlines,
    /// When time last had something due and nothing came of it.
    pub(super) fruitless: Option<crate::core::Time>,
    /// For the mailboxes, once it is durable.
    pub(super) mail: Vec<Mail>,
    /// Prices as they were told to those outside.
    pub(super) told: Told,
    /// What is remembered of services between two bars.
    pub(super) services: super::services::Services,
}

impl World {
    /// Turns until it ends.
    pub(super) fn run(mut self) -> Over {
        self.heartbeat.arm(monotonic_ms());
        let ended = loop {
            self.heartbeat.beat(monotonic_ms());
            #[cfg(debug_assertions)]
            assert!(
                !self
                    .handle
                    .inner()
                    .drilled
                    .load(std::sync::atomic::Ordering::Acquire),
                "asked to, by a drill"
            );
            self.look_at_gate();
            let mut worked = self.take_commands();
            worked |= self.take_answers();
            worked |= self.close_windows();
            worked |= self.advance();
            self.settle();
            worked |= self.conduct();
            self.tell_market();
            self.duties();
            worked |= self.answer_questions();
            self.publish_if_wanted();
            if let Some(ended) = self.ended() {
                break ended;
            }
            if !worked {
                self.rest();
            }
        };
        self.heartbeat.disarm();
        self.finish(&ended);
        let (chain_seq, hash) = self.follower.chain();
        Over {
            journal_hash: (chain_seq == self.state.seq)
                .then(|| hash.iter().map(|b| format!("{b:02x}")).collect()),
            ended,
            state: self.state,
        }
    }

    fn take_commands(&mut self) -> bool {
        let handle = self.handle.clone();
        let mut taken = 0;
        while taken < TURN && !self.clearing && self.failed.is_none() {
            let Some(submission) = handle.inner().lanes.pop() else {
                break;
            };
            if taken == 0 {
                self.stamp();
            }
            taken += 1;
            if let Some(question) = self.awaited(&submission.command) {
                self.outside.push((question, submission));
                continue;
            }
            self.apply(0, submission);
            self.look_at_gate();
        }
        taken > 0
    }

    /// The question that a command answers from outside, where the answers of one instant are put in
    /// the order of their questions before the core sees them.
    fn awaited(&self, command: &Command) -> Option<WorkId> {
        let Command::Send(letter) = command else {
            return None;
        };
        let question = WorkId::Phase(letter.in_reply_to?);
        (self.lockstep && self.given.contains_key(&question)).then_some(question)
    }

    /// Time moves up to the next instant at most: a command is journaled at the instant it reached.
    fn stamp(&mut self) {
        if self.lockstep && !self.given.is_empty() {
            return;
        }
        if let Some(horizon) = self.clock.horizon(Instant::now()) {
            let reached = self.next_instant().map_or(horizon, |t| t.min(horizon));
            self.clock.reach(reached);
        }
    }

    fn take_answers(&mut self) -> bool {
        while let Ok(answer) = self.answers.try_recv() {
            self.held.push(answer);
        }
        if self.held.is_empty() && self.outside.is_empty() {
            return false;
        }
        let work_id = |a: &CrewAnswer| super::effects::work_id(&a.work);
        if self.lockstep {
            let here = |id: &WorkId| self.held.iter().any(|a| work_id(a) == *id);
            let outside = |id: &WorkId| self.outside.iter().any(|(of, _)| of == id);
            if self.given.keys().any(|id| !here(id) && !outside(id)) {
                return false;
            }
        }
        let waited = self.given.values().map(|g| g.since.elapsed()).max();
        let here = std::mem::take(&mut self.held).into_iter();
        let outside = std::mem::take(&mut self.outside).into_iter();
        let here = here.map(|a| (work_id(&a).order(), Answer::Here(a)));
        let outside = outside.map(|(of, s)| (of.order(), Answer::Outside(s)));
        let mut answers: Vec<((u8, u64), Answer)> = here.chain(outside).collect();
        answers.sort_by_key(|(order, _)| *order);
        for (_, answer) in answers {
            match answer {
                Answer::Here(answer) => self.answered(answer),
                Answer::Outside(submission) => self.apply(0, submission),
            }
        }
        if self.lockstep && waited.is_some_and(|w| w > LONG_WAIT) {
            self.clock.anchor(Instant::now());
        }
        true
    }

    fn rest(&mut self) {
        if self.failed.is_some() {
            return;
        }
        let wall = Instant::now();
        let waiting = self.lockstep && !self.given.is_empty();
        let until = match self.next_instant() {
            Some(at) if !waiting => self.clock.until(at, wall),
            _ => REST,
        };
        let until = until.min(self.until_snapshot()).min(self.until_window());
        self.handle
            .inner()
            .lanes
            .wait(until.clamp(Duration::from_micros(50), REST));
    }

    fn ended(&mut self) -> Option<Ended> {
        if let Some(error) = self.failed.take() {
            return Some(Ended::JournalFailed(error));
        }
        if self.fixed.exit_at_end
            && self.feed.info().last.is_some()
            && self.feed.peek().is_none()
            && self.is_settled()
        {
            return Some(Ended::FeedOver);
        }
        if !self.handle.is_stopping() {
            return None;
        }
        let Some(since) = self.ending else {
            self.ending = Some(Instant::now());
            let command = crate::core::Command::Shutdown {
                leave_entries: self.fixed.leave_entries,
            };
            let mut submission = Submission::internal("engine", command);
            if let Some((actor, origin)) = self.handle.ended_by() {
                submission.actor = actor;
                submission.origin = origin;
            }
            self.apply(0, submission);
            self.settle();
            return None;
        };
        let entries_gone = self.fixed.leave_entries
            || !self
                .state
                .orders
                .live
                .values()
                .any(|o| o.purpose == crate::core::order::Purpose::Entry);
        (entries_gone || since.elapsed() >= self.fixed.shutdown_patience).then_some(Ended::Asked)
    }

    /// Lanes empty, no answer due, no order in flight.
    fn is_settled(&self) -> bool {
        use crate::core::order::Status;
        let in_flight =
            self.state.orders.live.values().any(|o| {
                matches!(o.status, Status::Pending | Status::Submitted) || o.cancel.is_some()
            });
        let (depth, _) = self.handle.inner().lanes.depth();
        depth == [0; 3]
            && self.given.is_empty()
            && self.held.is_empty()
            && self.outside.is_empty()
            && self.effects.is_empty()
            && self.internal.is_empty()
            && self.desk.is_quiet()
            && !in_flight
    }

    fn finish(&mut self, ended: &Ended) {
        if !matches!(ended, Ended::JournalFailed(_)) {
            self.commit();
        }
        // Whoever still waits for an answer is told that there will be none.
        drop(self.handle.inner().lanes.close());
        self.handle.inner().questions.close();
        self.replies.clear();
        self.gathering = super::gathering::Gathering::default();
        self.handle.mailboxes().close();
        self.crew.stop();
        self.conductor.stop();
        self.follower.finish();
        // The last records are told after the follower has read them.
        self.post.stop();
        if let Some(views) = &mut self.views {
            views.stop();
        }
        self.publish();
    }

    /// Whether the whole world is inside this process: recorded prices as fast as they go, a
    /// simulated venue. Then an effect that is lost with its record has never happened for anybody,
    /// and commits may be gathered.
    pub(super) fn is_inward(&self) -> bool {
        self.lockstep && self.clock.speed() == Speed::Max
    }
}
