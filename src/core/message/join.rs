//! Programs that join the crew, and the signs of life they give.

use super::post::built_in;
use super::{Delivery, MAX_TEXT, Message, MessageKind, Payload, Priority, Topic};
use crate::core::command::Registration;
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::health::AT_WORK;
use crate::core::id::MessageId;
use crate::core::refusal::Refusal;
use crate::core::schedule::alias;
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

/// Agents outside the process, at most.
const MAX_OUTSIDE: usize = 1_024;
/// Tasks and phases one of them answers, at most.
const MAX_HANDLES: usize = 64;
/// Hex digits of a token's hash.
const HASH: usize = 64;
/// The operator's name.
const OPERATOR: &str = "operator";
/// Who goes by a name: what they do is journaled under it, so that it is one's alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum Bearer {
    /// A program that registers.
    Agent,
    /// Who holds a token.
    Holder,
}

/// Names under which the engine itself acts.
pub const ENGINES_OWN: [&str; 11] = [
    "supervisor",
    "allocation",
    "engine",
    "feed",
    "gate",
    "clock",
    "venue",
    "crew",
    "disk",
    "journal",
    "system",
];

impl Decider<'_> {
    /// The same name again is the same agent with a new token: what it has subscribed to and what
    /// waits for it stays.
    pub(in crate::core) fn register(&mut self, registration: &Registration) -> Answer {
        let name = registration.name;
        self.check_name(name, Bearer::Agent, "AGENT_BUILT_IN")?;
        check(registration)?;
        let agents = self.state.agents.values();
        let known = agents.filter(|health| health.outside.is_some()).count();
        if known >= MAX_OUTSIDE && !self.is_outside(name) {
            return Err(Refusal::new(
                "AGENTS_FULL",
                format!("{known} agents have registered"),
                "register under a name that is known already",
            )
            .measured(MAX_OUTSIDE, known));
        }
        self.emit(Event::AgentRegistered {
            registration: Box::new(registration.clone()),
        });
        self.tell_state(name);
        Ok(Reply::Done)
    }

    /// Refuses a name that is the engine's own, the operator's or another kind of bearer's.
    pub(in crate::core) fn check_name(
        &self,
        name: Name,
        bearer: Bearer,
        code: &str,
    ) -> Result<(), Refusal> {
        let state = &self.state;
        let whose = match bearer {
            _ if is_built_in(name) => "of the engine's own",
            Bearer::Agent if state.tokens.0.contains_key(&name) => "of who holds a token",
            Bearer::Holder if state.agents.contains_key(&name) => "of an agent",
            Bearer::Agent | Bearer::Holder => return Ok(()),
        };
        Err(Refusal::new(
            code,
            format!("{name} is a name {whose}"),
            "choose another name: what its bearer does is journaled under it",
        ))
    }

    /// Who joins has missed every halt before: it is told how things stand.
    fn tell_state(&mut self, to: Name) {
        let ttl = i64::from(self.state.settings.topic_ttl_s);
        let mode = self.state.mode();
        let hardstop = self.state.trading.hardstop.is_some();
        let message = Message {
            id: MessageId(self.next_id()),
            from: built_in("engine"),
            to: Some(to),
            topic: None,
            kind: MessageKind::Event,
            priority: Priority::High,
            subject: "STATE".into(),
            payload: Payload::Json {
                text: format!(r#"{{"state":"{}","hardstop":{hardstop}}}"#, mode.as_str()),
            },
            in_reply_to: None,
            response: None,
            created_at: self.now,
            expires_at: Some(self.now.plus_s(ttl)),
            delivery: Delivery::Queued,
            processed_at: None,
        };
        self.post(message);
    }

    pub(in crate::core) fn heartbeat(
        &mut self,
        agent: Name,
        ok: bool,
        message: Option<&str>,
    ) -> Answer {
        let own = agent == self.actor && AT_WORK.contains(&agent.as_str());
        if !own && !self.is_outside(agent) {
            return Err(Refusal::new(
                "AGENT_UNKNOWN",
                format!("{agent} has not registered"),
                "register it first: `pilothouse agents register`",
            ));
        }
        let length = message.map_or(0, str::len);
        if length > MAX_TEXT {
            let message = "the message of a heartbeat is too long";
            return Err(
                Refusal::new("MESSAGE_INVALID", message, "at most 1,024 bytes")
                    .measured(MAX_TEXT, length),
            );
        }
        // A heartbeat is journaled only where it may change the agent's health.
        let quiet = self.state.agents.get(&agent).is_some_and(|health| {
            let said = message.is_none() || health.status_message.as_deref() == message;
            !health.stale && !health.unhealthy && health.window.iter().all(|ok| *ok) && said
        });
        if !(ok && quiet) {
            self.count(agent, ok, message.map(str::to_owned));
        }
        Ok(Reply::Done)
    }
}

fn is_built_in(name: Name) -> bool {
    let text = name.as_str();
    let topic = Topic::ALL.iter().any(|topic| topic.as_str() == text);
    AT_WORK.contains(&alias(text)) || ENGINES_OWN.contains(&text) || text == OPERATOR || topic
}

fn check(registration: &Registration) -> Result<(), Refusal> {
    let wrong = |what: &str| Refusal::new("AGENT_INVALID", what, "mend the registration");
    if registration.version.len() > MAX_TEXT {
        let length = registration.version.len();
        return Err(wrong("the version is too long").measured(MAX_TEXT, length));
    }
    if registration.handles.len() > MAX_HANDLES {
        let many = registration.handles.len();
        return Err(wrong("too many tasks and phases").measured(MAX_HANDLES, many));
    }
    let hash = registration.token_hash.as_bytes();
    if hash.len() != HASH || !hash.iter().all(u8::is_ascii_hexdigit) {
        return Err(wrong("the token's hash is no SHA-256 in hex"));
    }
    Ok(())
}
