//! From a command to its decision: which rule answers which command.

use super::command::{Command, Letter, Report};
use super::event::Event;
use super::health;
use super::id::MessageId;
use super::message::{Delivery, Message, MessageKind, Payload, Priority};
use super::refusal::Refusal;
use super::schedule;
use super::state::{Decider, Reply};
use super::text::Name;

pub(super) type Answer = Result<Reply, Refusal>;

/// Longest text of a reason, a subject or a purpose, bytes.
pub(super) const MAX_TEXT: usize = 1024;
/// Largest payload of a message, bytes (interfaces.md gives a cycle's data the same).
const MAX_PAYLOAD: usize = 64 * 1024;

impl Decider<'_> {
    pub(super) fn decide(&mut self, command: &Command) -> Answer {
        match command {
            Command::Start(start) => self.start(start),
            Command::Reconciled { open } => self.reconciled(open),
            Command::LossAccepted { seq } => self.loss_accepted(*seq),
            Command::Tick => self.tick(),
            Command::GateSeen {
                epoch,
                presses,
                notes,
            } => self.gate_seen(*epoch, *presses, notes),
            Command::Pause { symbol, reason } => self.pause(*symbol, reason),
            Command::Resume { symbol, reason } => self.resume(*symbol, reason),
            Command::Clear {
                epoch,
                reason,
                presses,
                since_press_ms,
            } => self.clear(*epoch, reason, *presses, *since_press_ms),
            Command::DiskLow { free_mb, low } => self.disk_low(*free_mb, *low),
            Command::Shutdown { leave_entries } => self.shutdown(*leave_entries),
            Command::Task { name, action } => self.task(name, *action),
            Command::TaskDone { task, answer } => self.task_done(*task, answer),
            Command::Reserve { items, key, wait } => self.reserve(items, key.as_deref(), *wait),
            Command::CloseWindow { priority } => self.close_window(*priority),
            Command::BeginActivity { kind, agent } => self.begin_activity(*kind, *agent),
            Command::EndActivity { id, reason } => self.end_activity(*id, reason),
            Command::WallHour { hour } => {
                if *hour > self.state.ledger.keys.hour() {
                    self.emit(Event::WallHourPassed { hour: *hour });
                }
                Ok(Reply::Done)
            }
            Command::Register(_)
            | Command::Heartbeat { .. }
            | Command::Subscribe { .. }
            | Command::Unsubscribe { .. }
            | Command::Undelivered { .. } => Err(Refusal::new(
                "NOT_CONFIGURED",
                format!("{} is not part of this version", command.name()),
                "`pilothouse --help` lists what is",
            )),
            Command::Release { id } => self.release(*id),
            Command::Renew { id, ttl_s } => self.renew(*id, *ttl_s),
            Command::Place(request) => self.order(request),
            Command::Cancel { order, reason } => self.cancel(*order, reason),
            Command::Close {
                position,
                limit,
                reason,
            } => self.close(*position, *limit, reason),
            Command::Protect {
                position,
                stop,
                target,
            } => self.protect(*position, *stop, *target),
            Command::Flatten { reason } => self.flatten(reason),
            Command::Venue {
                client_order_id,
                report,
            } => self.venue(client_order_id, report),
            Command::PhaseDone { message, answer } => self.phase_done(*message, answer),
            Command::PhaseLate { message } => self.phase_late(*message),
            Command::Beat { agent, stale } => self.beat(*agent, *stale),
            Command::StartCycle { symbol } => self.start_cycle(*symbol),
            Command::PutData { cycle, key, value } => self.put_data(*cycle, key, value),
            Command::Decide {
                id,
                approve,
                reason,
            } => self.decide_approval(*id, *approve, reason),
            Command::Lapse { id } => self.lapse(*id),
            Command::HaltCycle { id, reason } => self.halt_cycle(*id, reason),
            Command::Send(letter) => self.send(letter),
            Command::Acknowledge { message, .. } => self.acknowledge(*message),
        }
    }

    fn venue(&mut self, client_id: &str, report: &Report) -> Answer {
        match self.state.orders.by_client_id(client_id) {
            Some(order) => {
                let id = order.id;
                self.report(id, report)
            }
            None => {
                self.emit(Event::Defect {
                    what: format!("the venue speaks of {client_id}, which is not an order of ours"),
                });
                Ok(Reply::Done)
            }
        }
    }

    fn beat(&mut self, agent: Name, stale: bool) -> Answer {
        if let Some(health) = self.state.agents.get(&agent)
            && health.stale != stale
        {
            let unhealthy = health.unhealthy;
            self.emit(Event::HealthChanged {
                agent,
                stale,
                unhealthy,
            });
            if stale && self.state.agents[&agent].outside.is_some() {
                self.cancel_activities(Some(agent), "its agent gives no sign of life");
            }
            self.degrade_if_due(agent);
        }
        Ok(Reply::Done)
    }

    fn send(&mut self, letter: &Letter) -> Answer {
        let from = letter.from.unwrap_or(self.actor);
        let wrong = |message: String, hint: &str| Refusal::new("MESSAGE_INVALID", message, hint);
        if letter.to.is_some() == letter.topic.is_some() {
            return Err(wrong(
                "a message goes to one agent or on one topic".into(),
                "give exactly one of `to` and `topic`",
            ));
        }
        if letter.subject.len() > MAX_TEXT {
            return Err(wrong(
                "the subject is too long".into(),
                "at most 1,024 bytes; the rest belongs in the payload",
            )
            .measured(MAX_TEXT, letter.subject.len()));
        }
        if let Payload::Json { text } = &letter.payload
            && text.len() > MAX_PAYLOAD
        {
            return Err(wrong("the payload is too large".into(), "at most 64 KiB")
                .measured(MAX_PAYLOAD, text.len()));
        }
        if let Err(found) = letter.payload.check() {
            return Err(wrong(found, "mend the payload"));
        }
        if let Some(topic) = letter.topic
            && !topic.owners().is_empty()
            && !topic.owners().contains(&schedule::alias(from.as_str()))
        {
            return Err(Refusal::new(
                "TOPIC_OWNED",
                format!("{from} may not publish on {}", topic.as_str()),
                format!("it belongs to {}", topic.owners().join(" and ")),
            ));
        }
        if let Some(topic) = letter.topic
            && letter.payload.topic() != Some(topic)
        {
            return Err(wrong(
                format!("the payload is not one of {}", topic.as_str()),
                "see the topic's required fields",
            ));
        }
        if let Some(to) = letter.to {
            if !self.state.agents.contains_key(&to) {
                return Err(Refusal::new(
                    "AGENT_UNKNOWN",
                    format!("nobody is called {to}"),
                    "`pilothouse agents` lists them",
                ));
            }
            let (waiting, room) = (
                self.state.bus.queued(to),
                self.state.settings.queue as usize,
            );
            if waiting >= room {
                return Err(Refusal::new(
                    "QUEUE_FULL",
                    format!("{to} has {waiting} messages waiting"),
                    "wait until it has taken some",
                )
                .measured(room, waiting));
            }
        }
        let id = self.post(Message {
            id: MessageId(self.next_id()),
            from,
            to: letter.to,
            topic: letter.topic,
            kind: letter.kind,
            priority: letter.priority,
            subject: letter.subject.clone(),
            payload: letter.payload.clone(),
            in_reply_to: letter.in_reply_to,
            response: None,
            created_at: self.now,
            expires_at: letter
                .ttl_s
                .map(|s| self.now.plus_s(s.min(86_400 * 30) as i64)),
            delivery: if letter.topic.is_some() {
                Delivery::Delivered
            } else {
                Delivery::Queued
            },
            processed_at: None,
        });
        Ok(Reply::Message(id))
    }

    fn acknowledge(&mut self, id: MessageId) -> Answer {
        if !self.state.bus.live.contains_key(&id) {
            return Err(Refusal::new(
                "MESSAGE_UNKNOWN",
                format!("{id} does not wait for an acknowledgement"),
                "`pilothouse messages` lists those that do",
            ));
        }
        self.emit(Event::MessageEnded {
            id,
            how: Delivery::Acknowledged,
            response: None,
            agent: None,
            reason: None,
        });
        Ok(Reply::Done)
    }

    pub(super) fn post(&mut self, message: Message) -> MessageId {
        let id = message.id;
        self.emit(Event::Sent {
            message: Box::new(message),
        });
        id
    }

    /// A published word of an agent, on the topic its kind belongs to.
    pub(super) fn publish(&mut self, from: Name, payload: Payload) {
        let Some(topic) = payload.topic() else {
            return;
        };
        let subject = payload.symbol().map_or_else(
            || topic.as_str().to_owned(),
            |s| format!("{} {s}", topic.as_str()),
        );
        let ttl = i64::from(self.state.settings.topic_ttl_s);
        let message = Message {
            id: MessageId(self.next_id()),
            from,
            to: None,
            topic: Some(topic),
            kind: MessageKind::Event,
            priority: Priority::Normal,
            subject,
            payload,
            in_reply_to: None,
            response: None,
            created_at: self.now,
            expires_at: Some(self.now.plus_s(ttl)),
            delivery: Delivery::Delivered,
            processed_at: None,
        };
        self.post(message);
    }

    /// One halt message to every agent at work but the sender (B4).
    pub(super) fn broadcast_halt(&mut self, from: Name, reason: &str) {
        for name in health::AT_WORK {
            let to: Name = schedule::alias(name).parse().expect("a built-in name");
            if to == from {
                continue;
            }
            let message = Message {
                id: MessageId(self.next_id()),
                from,
                to: Some(to),
                topic: None,
                kind: MessageKind::Halt,
                priority: Priority::Critical,
                subject: "EMERGENCY HALT".into(),
                payload: Payload::Note {
                    what: "halt".into(),
                    message: reason.to_owned(),
                },
                in_reply_to: None,
                response: None,
                created_at: self.now,
                expires_at: Some(self.now.plus_s(60)),
                delivery: Delivery::Queued,
                processed_at: None,
            };
            self.post(message);
        }
    }
}

/// A reason somebody has to give.
pub(super) fn checked_reason(reason: &str) -> Result<&str, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > MAX_TEXT {
        return Err(Refusal::new(
            "REASON_MISSING",
            "a reason of 1 to 1,024 bytes is needed",
            "say why, for whoever reads the audit: --reason TEXT",
        ));
    }
    Ok(reason)
}
