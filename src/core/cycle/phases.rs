//! How a cycle moves: only here, only by the supervisor (domain.md, Cycles). Each phase but the
//! last asks an agent by a message; HOLD, a conflict or a refusal ends the cycle early, and it
//! says so.

use super::{Cycle, Phase};
use crate::core::command::Answer as Said;
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::{CycleId, MessageId};
use crate::core::message::{Delivery, Message, MessageKind, Payload, Priority};
use crate::core::refusal::Refusal;
use crate::core::schedule::alias;
use crate::core::schedule_decide::checked;
use crate::core::state::{Decider, Reply, State};
use crate::core::text::Name;

/// Who answers for an agent that cannot: what it was given comes back by them.
const ON_BEHALF: [&str; 2] = ["engine", "supervisor"];

fn supervisor() -> Name {
    "supervisor".parse().expect("a built-in name")
}

impl Decider<'_> {
    pub(super) fn enter_phase(
        &mut self,
        id: CycleId,
        phase: Phase,
        subject: &str,
        payload: Payload,
        result: &str,
    ) {
        let agent = self.state.answers(phase);
        let message = Message {
            id: MessageId(self.next_id()),
            from: supervisor(),
            to: agent,
            topic: None,
            kind: MessageKind::Command,
            priority: Priority::High,
            subject: format!("{subject} {id}"),
            payload,
            in_reply_to: None,
            response: None,
            created_at: self.now,
            // It lives as long as its phase, whose deadline is one of wall time and the engine's: at
            // sixty times the pace an outside agent would otherwise have two seconds to answer.
            expires_at: None,
            delivery: Delivery::Queued,
            processed_at: None,
        };
        let waiting = self.post(message);
        self.emit(Event::CycleMoved {
            id,
            phase,
            waiting: Some(waiting),
            result: Some(result.to_owned()),
            agent,
        });
    }

    pub(in crate::core) fn end_cycle(&mut self, id: CycleId, phase: Phase, why: &str) {
        let Some(cycle) = self.state.cycles.live.get(&id) else {
            return;
        };
        if let Some(message) = cycle.waiting
            && self.state.bus.live.contains_key(&message)
        {
            self.emit(Event::MessageEnded {
                id: message,
                how: Delivery::Dead,
                response: None,
                agent: None,
                reason: Some(why.to_owned()),
            });
        }
        self.lapse_of(id, why);
        self.emit(Event::CycleEnded {
            id,
            phase,
            result: why.to_owned(),
        });
    }

    pub(in crate::core) fn halt_cycle(&mut self, id: CycleId, reason: &str) -> Answer {
        let reason = checked_reason(reason)?;
        if !self.state.cycles.live.contains_key(&id) {
            return Err(Refusal::new(
                "CYCLE_UNKNOWN",
                format!("{id} is not running"),
                "`pilothouse cycles` lists those that are",
            ));
        }
        let why = format!("{}: {reason}", self.actor);
        self.end_cycle(id, Phase::Halted, &why);
        Ok(Reply::Done)
    }

    pub(in crate::core) fn phase_late(&mut self, message: MessageId) -> Answer {
        if let Some(cycle) = self.waiting_for(message).cloned()
            && let Some(agent) = cycle.asked()
        {
            self.count_in_cycle(&cycle, agent, Some("missed a phase's deadline".into()));
            let why = format!("{agent} did not answer in time");
            self.end_cycle(cycle.id, Phase::Failed, &why);
        }
        Ok(Reply::Done)
    }

    fn waiting_for(&self, message: MessageId) -> Option<&Cycle> {
        self.state
            .cycles
            .live
            .values()
            .find(|c| c.waiting == Some(message))
    }

    /// An answer to a phase's question, from the one who was asked. One that comes too late is
    /// recorded, and moves nothing.
    pub(in crate::core) fn phase_done(&mut self, id: MessageId, answer: &Said) -> Answer {
        let bus = &self.state.bus;
        let past = || bus.past.iter().rev().find(|m| m.id == id);
        let Some(question) = bus.live.get(&id).or_else(past).cloned() else {
            return Ok(Reply::Done);
        };
        let agent = question.to.unwrap_or_else(supervisor);
        if alias(self.actor.as_str()) != alias(agent.as_str())
            && !ON_BEHALF.contains(&self.actor.as_str())
        {
            return Err(Refusal::new(
                "CYCLE_NOT_ASKED",
                format!("{agent} was asked, not {}", self.actor),
                "only the agent a phase's command is addressed to answers it",
            )
            .measured(agent, self.actor));
        }
        let cycle = self.waiting_for(id).cloned();
        if cycle.is_none() && self.is_answered(&question) {
            return Ok(Reply::Done);
        }
        let said = self.record_answer(&question, agent, answer);
        // A cycle that was stopped by somebody else is no failure of the agent's.
        if let Some(cycle) = cycle {
            self.move_on(&cycle, agent, answer, said);
        }
        Ok(Reply::Done)
    }

    fn is_answered(&self, question: &Message) -> bool {
        let bus = &self.state.bus;
        question.response.is_some()
            || question.delivery == Delivery::Acknowledged
            || bus.past.iter().any(|m| m.in_reply_to == Some(question.id))
    }

    /// The answer as a message, which acknowledges the question.
    fn record_answer(&mut self, question: &Message, agent: Name, answer: &Said) -> Payload {
        let note = |what: &str, message: &str| Payload::Note {
            what: what.into(),
            message: message.to_owned(),
        };
        let said = match (answer, checked(answer)) {
            (Said::Waits(why), _) => note("waits", why),
            (_, Err(why)) => note("error", &why),
            (_, Ok(words)) => words
                .first()
                .cloned()
                .unwrap_or_else(|| note("answer", "nothing to say")),
        };
        let response = self.post(Message {
            id: MessageId(self.next_id()),
            from: agent,
            to: Some(question.from),
            topic: None,
            kind: MessageKind::Response,
            priority: question.priority,
            subject: format!("Re: {}", question.subject),
            payload: said.clone(),
            in_reply_to: Some(question.id),
            response: None,
            created_at: self.now,
            expires_at: None,
            delivery: Delivery::Acknowledged,
            processed_at: Some(self.now),
        });
        if self.state.bus.live.contains_key(&question.id) {
            self.emit(Event::MessageEnded {
                id: question.id,
                how: Delivery::Acknowledged,
                response: Some(response),
                agent: None,
                reason: None,
            });
        }
        said
    }

    fn move_on(&mut self, cycle: &Cycle, agent: Name, answer: &Said, said: Payload) {
        if let Said::Waits(why) = answer {
            self.wait_in_cycle(cycle, agent, why);
            let why = format!("nothing to decide yet: {why}");
            self.end_cycle(cycle.id, Phase::Completed, &why);
            return;
        }
        let failed = checked(answer).err();
        self.count_in_cycle(cycle, agent, failed.clone());
        if let Some(why) = failed {
            self.end_cycle(cycle.id, Phase::Failed, &format!("{agent}: {why}"));
            return;
        }
        match (cycle.phase, said) {
            (Phase::StrategyAnalysis, Payload::Signal(signal)) => self.analysed(cycle, signal),
            (
                Phase::RiskValidation,
                Payload::Sized {
                    quantity,
                    stop,
                    target,
                },
            ) => self.sized(cycle, quantity, stop, target),
            (Phase::Execution, Payload::Plan { limit }) => self.execute(cycle, limit),
            (phase, _) => {
                let why = format!("{agent} gave no answer to {}", phase.as_str());
                self.end_cycle(cycle.id, Phase::Failed, &why);
            }
        }
    }

    /// Cycles that were opened together are one run of the schedule: what fails in several of them
    /// is one failure.
    fn count_in_cycle(&mut self, cycle: &Cycle, agent: Name, failed: Option<String>) {
        let open = self.siblings_wait(cycle);
        self.count_of_run(agent, cycle.started_at, open, failed);
    }

    fn wait_in_cycle(&mut self, cycle: &Cycle, agent: Name, why: &str) {
        let open = self.siblings_wait(cycle);
        self.waits_of_run(agent, cycle.started_at, open, why);
    }

    fn siblings_wait(&self, cycle: &Cycle) -> bool {
        self.state
            .cycles
            .live
            .values()
            .any(|c| c.id != cycle.id && c.started_at == cycle.started_at && c.phase == cycle.phase)
    }
}

impl State {
    /// Who answers a phase: the first agent outside the process that says it does and is well, else
    /// the built-in one.
    pub(in crate::core) fn answers(&self, phase: Phase) -> Option<Name> {
        let built_in = phase.agent()?;
        let takes = |handled: &Name| {
            handled.as_str() == phase.as_str() || alias(handled.as_str()) == built_in
        };
        self.agents
            .iter()
            .filter(|(_, health)| !health.stale && !health.unhealthy)
            .find(|(_, health)| {
                let outside = health.outside.as_ref();
                outside.is_some_and(|program| {
                    // Recorded time waits only for those who said that it should.
                    let keeps_step = program.lockstep || !self.settings.recorded;
                    keeps_step && program.handles.iter().any(takes)
                })
            })
            .map(|(name, _)| *name)
            .or_else(|| built_in.parse().ok())
    }
}
