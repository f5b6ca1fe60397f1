//! What reaches the agents at work that is neither a phase nor a halt: their analysis is asked by
//! schedules and cycles, so everything else is answered for them, and nothing rots in their queues.

use super::handle::Submission;
use super::mailbox::is_here;
use super::reply::ReplyTo;
use super::world::{Given, WorkId, World};
use crate::agents::Work;
use crate::core::command::Letter;
use crate::core::id::MessageId;
use crate::core::message::{Message, MessageKind, Payload, Priority};
use crate::core::{Command, Name};

/// Whether a message asks for a phase of a cycle.
fn asks(payload: &Payload) -> bool {
    matches!(
        payload,
        Payload::Analyse { .. } | Payload::Validate { .. } | Payload::Execute { .. }
    )
}

impl World {
    /// Brings a message to whom it is for; those outside the process find it in their mailboxes.
    pub(super) fn deliver(&mut self, seq: u64, message: Message) {
        let id = message.id;
        let phase = message.kind == MessageKind::Command && asks(&message.payload);
        match message.to {
            Some(to) if !is_here(to) => {
                if phase && self.waits_for(to) {
                    self.expect(seq, to, id);
                }
            }
            Some(to) if phase => {
                let symbol = message.payload.symbol();
                let brief = self.brief(symbol.expect("a phase is about a symbol"));
                let work = Work::Phase(id, message.payload);
                self.assign(seq, to, brief, WorkId::Phase(id), work);
            }
            Some(to) if message.kind == MessageKind::Halt && self.crew.seats(to) => {
                if let Some(symbol) = self.state.settings.symbols.first().copied() {
                    let brief = self.brief(symbol);
                    self.assign(seq, to, brief, WorkId::Halt(id), Work::Halt(id));
                }
            }
            _ => {
                let here: Vec<Name> = self.state.bus.holders(id).filter(|a| is_here(*a)).collect();
                for agent in here {
                    self.attend(seq, agent, &message);
                }
            }
        }
    }

    /// Acknowledges in an agent's name; a request is told its latest word.
    fn attend(&mut self, seq: u64, agent: Name, message: &Message) {
        let id = message.id;
        let command = match message.kind {
            MessageKind::Request => Command::Send(Box::new(Letter {
                from: None,
                to: None,
                topic: None,
                kind: MessageKind::Response,
                priority: Priority::Normal,
                subject: String::new(),
                payload: self.latest_word(agent, message),
                ttl_s: None,
                in_reply_to: Some(id),
            })),
            _ => Command::Acknowledge {
                message: id,
                agent: Some(agent),
            },
        };
        let submission = Submission {
            actor: agent,
            origin: None,
            command,
            answer: ReplyTo::Nobody,
        };
        self.internal.push_back((seq, submission));
    }

    fn latest_word(&self, agent: Name, request: &Message) -> Payload {
        let symbol = request.payload.symbol();
        let word = self.state.bus.last_word(agent, symbol, self.clock.now());
        word.map_or_else(
            || Payload::Note {
                what: "answer".into(),
                message: "nothing to say".into(),
            },
            |m| m.payload.clone(),
        )
    }

    /// Whether recorded time waits for an agent outside the process.
    fn waits_for(&self, agent: Name) -> bool {
        let agent = self.state.agents.get(&agent);
        let joined = agent.and_then(|health| health.outside.as_ref());
        self.lockstep && joined.is_some_and(|registration| registration.lockstep)
    }

    fn expect(&mut self, seq: u64, agent: Name, message: MessageId) {
        self.given.insert(
            WorkId::Phase(message),
            Given {
                since: std::time::Instant::now(),
                agent,
                cause: seq,
            },
        );
    }

    /// A question is done with: time need not wait for an answer from outside any more.
    pub(super) fn no_longer_expect(&mut self, message: MessageId) {
        let id = WorkId::Phase(message);
        if self
            .given
            .get(&id)
            .is_some_and(|given| !is_here(given.agent))
        {
            self.given.remove(&id);
        }
    }

    /// What waited in the queues when the engine ended.
    pub(super) fn left_over(&self) -> Vec<MessageId> {
        let mut ids: Vec<MessageId> = self
            .state
            .bus
            .awaited()
            .flat_map(|agent| self.state.bus.queue(agent).map(|m| m.id))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Brings it to them, as far as it still is of use.
    pub(super) fn deliver_left_over(&mut self, ids: Vec<MessageId>) {
        for id in ids {
            if let Some(message) = self.state.bus.live.get(&id).cloned() {
                self.deliver(self.state.seq, message);
            }
        }
    }

    /// Gives up what was handed over too often.
    pub(super) fn watch_mailboxes(&mut self) {
        let dead = self.handle.mailboxes().lapse(std::time::Instant::now());
        for given_up in dead {
            let command = Command::Undelivered {
                message: given_up.message,
                agent: given_up.agent,
                times: given_up.times,
            };
            self.apply(0, Submission::internal("engine", command));
        }
    }
}
