//! Answers: each goes to who asked, as urgent as the question, which it acknowledges; one that a
//! cycle waits for moves the cycle.

use super::send::wrong;
use super::{Delivery, MAX_TEXT, Message, MessageKind, Payload};
use crate::core::command::{Answer as Said, Letter};
use crate::core::cycle::Phase;
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::MessageId;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

impl Decider<'_> {
    pub(super) fn reply(&mut self, from: Name, id: MessageId, letter: &Letter) -> Answer {
        let question = self.question(from, id)?;
        if letter.topic.is_some() || letter.to.is_some_and(|to| to != question.from) {
            return Err(wrong(
                format!("the answer to {id} goes to {}", question.from),
                "leave out `to` and `topic`",
            ));
        }
        if let Some(phase) = phase_of(&question.payload) {
            return self.answer_phase(from, id, phase, &letter.payload);
        }
        // Who is no agent has no queue, and reads the answer in the history.
        let queued = self.state.agents.contains_key(&question.from);
        let response = self.post(Message {
            id: MessageId(self.next_id()),
            from,
            to: Some(question.from),
            topic: None,
            kind: MessageKind::Response,
            priority: question.priority,
            subject: match letter.subject.as_str() {
                "" => about(&question.subject),
                subject => subject.to_owned(),
            },
            payload: letter.payload.clone(),
            in_reply_to: Some(id),
            response: None,
            created_at: self.now,
            expires_at: self.life(letter).map(|s| self.now.plus_s(s)),
            delivery: match queued {
                true => Delivery::Queued,
                false => Delivery::Acknowledged,
            },
            processed_at: (!queued).then_some(self.now),
        });
        self.emit(Event::MessageEnded {
            id,
            how: Delivery::Acknowledged,
            response: Some(response),
            agent: Some(from),
            reason: None,
        });
        Ok(Reply::Message(response))
    }

    /// The question, if it was put to who answers and still waits; a phase's also after its time,
    /// so that the late answer is recorded.
    fn question(&self, from: Name, id: MessageId) -> Result<Message, Refusal> {
        let bus = &self.state.bus;
        let live = bus.live.get(&id).filter(|_| bus.holds(from, id));
        let late = || {
            let mut past = bus.past.iter().rev();
            past.find(|m| m.id == id && m.to == Some(from) && phase_of(&m.payload).is_some())
        };
        live.or_else(late).cloned().ok_or_else(|| {
            Refusal::new(
                "MESSAGE_UNKNOWN",
                format!("{id} does not wait for an answer of {from}"),
                "only whom it was sent to answers it, once, and before it is too old",
            )
        })
    }

    /// A payload that lacks something leaves the question open: it may be answered again.
    fn answer_phase(
        &mut self,
        from: Name,
        id: MessageId,
        phase: Phase,
        payload: &Payload,
    ) -> Answer {
        let said = match payload {
            Payload::Json { text } => match Payload::read_answer(phase, text) {
                Ok(Ok(word)) => Said::Said(vec![word]),
                Ok(Err(error)) => Said::Failed(error),
                Err(lacks) => {
                    let hint = format!("see what an answer to {} consists of", phase.as_str());
                    return Err(wrong(lacks, &hint));
                }
            },
            word if answers(phase, word) => Said::Said(vec![word.clone()]),
            _ => {
                return Err(wrong(
                    format!("the payload is no answer to {}", phase.as_str()),
                    "a signal, a size or a plan is expected",
                ));
            }
        };
        if let Said::Said(words) = &said {
            let mut found = words.iter().filter_map(|word| word.check().err());
            if let Some(found) = found.next() {
                return Err(wrong(found, "mend the payload"));
            }
        }
        // The one who was asked answers, also where an operator lends a hand.
        let actor = std::mem::replace(&mut self.actor, from);
        let done = self.phase_done(id, &said);
        self.actor = actor;
        let answer = self.state.bus.past.iter().rev();
        let answer = answer
            .map(|m| (m.id, m.in_reply_to))
            .find(|a| a.1 == Some(id));
        done.map(|done| answer.map_or(done, |(id, _)| Reply::Message(id)))
    }
}

/// The phase a message asks for.
fn phase_of(payload: &Payload) -> Option<Phase> {
    match payload {
        Payload::Analyse { .. } => Some(Phase::StrategyAnalysis),
        Payload::Validate { .. } => Some(Phase::RiskValidation),
        Payload::Execute { .. } => Some(Phase::Execution),
        _ => None,
    }
}

fn answers(phase: Phase, word: &Payload) -> bool {
    matches!(
        (phase, word),
        (Phase::StrategyAnalysis, Payload::Signal(_))
            | (Phase::RiskValidation, Payload::Sized { .. })
            | (Phase::Execution, Payload::Plan { .. })
    )
}

/// The subject of an answer that names none.
fn about(subject: &str) -> String {
    let mut about = format!("Re: {subject}");
    while about.len() > MAX_TEXT {
        about.pop();
    }
    about
}
