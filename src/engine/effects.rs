//! What the outside must do because of an event, after the commit: orders through the gate, work
//! for the crew, the gate itself.

use std::time::Instant;

use super::commit::wall_now;
use super::handle::Submission;
use super::reply::ReplyTo;
use super::world::{Given, WorkId, World};

use crate::agents::{Brief, CrewAnswer, Work, WorkDone};
use crate::core::command::Answer;
use crate::core::message::{Payload, Topic};
use crate::core::{Command, Event, Name, Symbol};
use crate::execution::{Moment, Wall};
use rust_decimal::prelude::ToPrimitive;

/// Whether an event asks anything of the outside.
pub(super) fn has_effect(event: &Event) -> bool {
    matches!(
        event,
        Event::OrderApproved { .. }
            | Event::OrderMoved { .. }
            | Event::OrderFilled { .. }
            | Event::CancelAsked { .. }
            | Event::OrderAmended { .. }
            | Event::TaskStarted { .. }
            | Event::Sent { .. }
            | Event::MessageEnded { .. }
            | Event::HardstopCleared { .. }
            | Event::PoolMarked { .. }
            | Event::WindowOpened { .. }
            | Event::ApprovalAsked { .. }
            | Event::ReconcileDiffers { .. }
            | Event::SyncAsked { .. }
            | Event::Configured { .. }
    )
}

/// Which piece of work an answer belongs to.
pub(super) fn work_id(work: &WorkDone) -> WorkId {
    match work {
        WorkDone::Task(id, _) => WorkId::Task(*id),
        WorkDone::Phase(id, _) => WorkId::Phase(*id),
        WorkDone::Halt(id) => WorkId::Halt(*id),
        WorkDone::Act(id, _) => WorkId::Bar(*id),
        WorkDone::Judged(id, _) => WorkId::Judge(*id),
    }
}

impl World {
    pub(super) fn carry_out(&mut self, seq: u64, event: Event) {
        let at = self.moment();
        self.desk.carry_out(&self.state, seq, &event, at);
        match event {
            Event::TaskStarted { task } => {
                let brief = self.brief(task.symbol);
                self.assign(
                    seq,
                    task.name,
                    brief,
                    WorkId::Task(task.id),
                    Work::Task(task.id),
                );
            }
            Event::Sent { message } => self.deliver(seq, *message),
            Event::MessageEnded { id, .. } => self.no_longer_expect(id),
            Event::HardstopCleared { epoch, presses, .. } => {
                self.clearing = false;
                match self.gate.open(epoch, presses) {
                    Ok(()) => {
                        if let Err(error) = self.sentinel.remove(epoch) {
                            tracing::warn!("the sentinel of epoch {epoch} stays: {error}");
                        }
                    }
                    Err(pressed) => tracing::warn!("the stop was pressed again: {pressed}"),
                }
            }
            Event::Configured {
                settings, changes, ..
            } => self.reconfigure(&settings, &changes),
            Event::WindowOpened { priority } => self.window_opened(priority),
            Event::ApprovalAsked { approval } => self.deadlines.note(approval.id),
            Event::PoolMarked { equity, .. } => {
                self.sampling.mark(self.clock.now(), equity.to_f64());
            }
            _ => {}
        }
    }

    /// Now, by both clocks.
    pub(super) fn moment(&self) -> Moment {
        Moment {
            now: self.clock.now(),
            wall: Wall(wall_now().0),
        }
    }

    /// The live guard looks at the venue.
    pub(super) fn judge_venue(&mut self) {
        let at = self.moment();
        self.desk.judge(&self.state, &self.market.quotes, at);
    }

    /// What the venue has said since.
    pub(super) fn take_reports(&mut self) {
        let at = self.moment();
        self.desk.flush(&self.state, at);
        for (cause, command) in self.desk.commands(&self.state, at) {
            self.internal
                .push_back((cause, Submission::internal("venue", command)));
        }
    }

    pub(super) fn assign(&mut self, seq: u64, agent: Name, brief: Brief, id: WorkId, work: Work) {
        self.given.insert(
            id,
            Given {
                since: Instant::now(),
                agent,
                cause: seq,
            },
        );
        if let Err(refused) = self.crew.assign(agent, brief, work) {
            self.give_up(id, &refused.to_string());
        }
    }

    /// Ends a piece of work that will not be answered.
    pub(super) fn give_up(&mut self, id: WorkId, why: &str) {
        let Some(given) = self.given.remove(&id) else {
            return;
        };
        let answer = Answer::Failed(why.to_owned());
        let command = match id {
            WorkId::Task(task) => Command::TaskDone { task, answer },
            WorkId::Phase(message) => Command::PhaseDone { message, answer },
            // A halt that cannot be delivered stays in the queue until it is too old.
            WorkId::Halt(_) => {
                tracing::warn!("{} cannot be told to halt: {why}", given.agent);
                return;
            }
            WorkId::Bar(_) | WorkId::Judge(_) => {
                return self.gave_up(given.cause, given.agent, id, why);
            }
        };
        let submission = Submission {
            actor: given.agent,
            origin: None,
            command,
            answer: ReplyTo::Nobody,
        };
        self.internal.push_back((given.cause, submission));
    }

    /// An agent's answer becomes a command in its name.
    pub(super) fn answered(&mut self, answer: CrewAnswer) {
        let cause = self
            .given
            .remove(&work_id(&answer.work))
            .map_or(0, |given| given.cause);
        let command = match answer.work {
            WorkDone::Task(task, answer) => Command::TaskDone { task, answer },
            WorkDone::Phase(message, answer) => Command::PhaseDone { message, answer },
            WorkDone::Halt(message) => Command::Acknowledge {
                message,
                agent: Some(answer.agent),
            },
            WorkDone::Act(service, acted) => return self.acted(cause, service, acted),
            WorkDone::Judged(service, verdict) => {
                return self.judged(cause, answer.agent, service, verdict);
            }
        };
        let submission = Submission {
            actor: answer.agent,
            origin: None,
            command,
            answer: ReplyTo::Nobody,
        };
        self.apply(cause, submission);
    }

    /// Everything an agent may look at.
    pub(super) fn brief(&self, symbol: Symbol) -> Brief {
        let latest = |topic| {
            self.state
                .bus
                .latest(topic, None, Some(symbol), self.clock.now())
                .map(|m| &m.payload)
        };
        Brief {
            now: self.clock.now(),
            symbol,
            interval_ms: self.market.interval_ms(symbol),
            candles: self.market.recent(symbol),
            quote: self.market.quotes.get(symbol).copied(),
            ta: match latest(Topic::TaSignals) {
                Some(Payload::Ta(ta)) => Some(ta.clone()),
                _ => None,
            },
            regime: match latest(Topic::RegimeUpdates) {
                Some(Payload::Regime(regime)) => Some(regime.clone()),
                _ => None,
            },
            sentiment: match latest(Topic::SentimentUpdates) {
                Some(Payload::Sentiment(sentiment)) => Some(sentiment.clone()),
                _ => None,
            },
            position_open: self.state.positions.of(symbol).next().is_some(),
        }
    }

    /// Told once, at the start: what the venue should work, and what it works.
    pub(super) fn reconcile(&mut self) {
        let at = self.moment();
        self.desk.start(&self.state, at);
        self.take_reports();
    }
}
