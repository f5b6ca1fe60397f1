//! Letters: what somebody wants sent, checked and addressed.

use super::{Delivery, MAX_PAYLOAD, MAX_TEXT, Message, MessageKind, Payload, Priority, Topic};
use crate::core::command::Letter;
use crate::core::decide::Answer;
use crate::core::id::MessageId;
use crate::core::refusal::Refusal;
use crate::core::schedule::alias;
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

/// Longest life of a message, seconds.
const MAX_TTL_S: u64 = 86_400 * 30;

pub(super) fn wrong(message: impl Into<String>, hint: &str) -> Refusal {
    Refusal::new("MESSAGE_INVALID", message, hint)
}

impl Decider<'_> {
    pub(in crate::core) fn send(&mut self, letter: &Letter) -> Answer {
        let from = letter.from.unwrap_or(self.actor);
        self.may_sign(from)?;
        check(letter)?;
        if let Some(question) = letter.in_reply_to {
            return self.reply(from, question, letter);
        }
        match (letter.to, letter.topic) {
            (Some(to), None) => self.known_agent(to)?,
            (None, Some(topic)) => {
                self.may_publish(from, topic)?;
                if letter.payload.topic() != Some(topic) {
                    return Err(wrong(
                        format!("the payload is not one of {}", topic.as_str()),
                        "see the topic's required fields",
                    ));
                }
            }
            _ => {
                return Err(wrong(
                    "a message goes to one agent or on one topic",
                    "give exactly one of `to` and `topic`",
                ));
            }
        }
        let id = self.post(Message {
            id: MessageId(self.next_id()),
            from,
            to: letter.to,
            topic: letter.topic,
            kind: letter.kind,
            priority: match letter.kind {
                MessageKind::Halt => Priority::Critical,
                _ => letter.priority,
            },
            subject: letter.subject.clone(),
            payload: letter.payload.clone(),
            in_reply_to: None,
            response: None,
            created_at: self.now,
            expires_at: self.life(letter).map(|s| self.now.plus_s(s)),
            delivery: if letter.topic.is_some() {
                Delivery::Delivered
            } else {
                Delivery::Queued
            },
            processed_at: None,
        });
        if letter.topic.is_some() {
            self.heed(&letter.payload);
        }
        Ok(Reply::Message(id))
    }

    /// Seconds a letter lives: as it says, or as its kind does by default.
    pub(super) fn life(&self, letter: &Letter) -> Option<i64> {
        let settings = &self.state.settings;
        let default = match letter {
            Letter {
                kind: MessageKind::Halt,
                ..
            } => Some(settings.halt_ttl_s),
            Letter { topic: Some(_), .. } => Some(settings.topic_ttl_s),
            _ => None,
        };
        let asked = letter.ttl_s.map(|s| s.min(MAX_TTL_S) as i64);
        asked.or(default.map(i64::from))
    }

    /// Nobody but the supervisor speaks in its name: its commands move cycles.
    fn may_sign(&self, from: Name) -> Result<(), Refusal> {
        const SUPERVISOR: &str = "supervisor";
        if from.as_str() == SUPERVISOR && self.actor.as_str() != SUPERVISOR {
            return Err(Refusal::new(
                "SUPERVISOR_ONLY",
                format!("{} may not send as {SUPERVISOR}", self.actor),
                "only the supervisor moves cycles; send in your own name",
            )
            .measured(SUPERVISOR, self.actor));
        }
        Ok(())
    }

    fn may_publish(&self, from: Name, topic: Topic) -> Result<(), Refusal> {
        let owned = |by: String| {
            let message = format!("{from} may not publish on {}", topic.as_str());
            Refusal::new("TOPIC_OWNED", message, format!("it belongs to {by}"))
        };
        match topic {
            // Prices are conflated and never journaled: they do not come this way.
            Topic::MarketData => Err(owned("the feed".into())),
            Topic::Own if self.is_outside(from) => Ok(()),
            Topic::Own => Err(owned("an agent that has registered".into())),
            topic => {
                let owners = topic.owners();
                if owners.is_empty() || owners.contains(&alias(from.as_str())) {
                    Ok(())
                } else {
                    Err(owned(owners.join(" and ")))
                }
            }
        }
    }

    pub(super) fn known_agent(&self, name: Name) -> Result<(), Refusal> {
        if self.state.agents.contains_key(&name) {
            return Ok(());
        }
        Err(Refusal::new(
            "AGENT_UNKNOWN",
            format!("nobody is called {name}"),
            "`pilothouse agents` lists them",
        ))
    }

    /// Whether it is an agent that works outside the process.
    pub(in crate::core) fn is_outside(&self, name: Name) -> bool {
        let agent = self.state.agents.get(&name);
        agent.is_some_and(|health| health.outside.is_some())
    }
}

fn check(letter: &Letter) -> Result<(), Refusal> {
    if letter.subject.len() > MAX_TEXT {
        return Err(wrong(
            "the subject is too long",
            "at most 1,024 bytes; the rest belongs in the payload",
        )
        .measured(MAX_TEXT, letter.subject.len()));
    }
    if let Payload::Json { text } = &letter.payload
        && text.len() > MAX_PAYLOAD
    {
        return Err(
            wrong("the payload is too large", "at most 64 KiB").measured(MAX_PAYLOAD, text.len())
        );
    }
    letter
        .payload
        .check()
        .map_err(|found| wrong(found, "mend the payload"))
}
