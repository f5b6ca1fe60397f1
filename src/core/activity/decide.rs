//! What begins, what waits for what, and what ends with its last reservation.

use super::{Activity, ActivityEnd, ActivityKind, Verdict};
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::{ActivityId, ReservationId};
use crate::core::message::{Delivery, Message, MessageKind, Payload, Priority};
use crate::core::refusal::Refusal;
use crate::core::reservation::Class;
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

/// Activities at once, running and queued.
const MAX_LIVE: usize = 1_024;

impl Decider<'_> {
    pub(in crate::core) fn begin_activity(
        &mut self,
        kind: ActivityKind,
        agent: Option<Name>,
    ) -> Answer {
        if kind == ActivityKind::Hardstop {
            return Err(Refusal::new(
                "ACTIVITY_INVALID",
                "hardstop is begun by the stop itself",
                "pilothouse hardstop",
            )
            .measured("deployment optimisation discovery live_trading", "hardstop"));
        }
        let mode = self.state.mode();
        if !mode.reserves() {
            return Err(Refusal::new(
                "ACTIVITY_STATE",
                format!("nothing may begin while trading is {}", mode.as_str()),
                "`pilothouse status` shows what has to be lifted",
            )
            .measured("running", mode.as_str()));
        }
        let live = self.state.activities.live.len();
        if live >= MAX_LIVE {
            return Err(Refusal::new(
                "ACTIVITY_LIMIT",
                format!("{live} activities run or wait"),
                "end some: `pilothouse activity end ID`",
            )
            .measured(MAX_LIVE, live));
        }
        let agent = agent.unwrap_or(self.actor);
        // What its own reservations began is this activity: from now on only a request ends it.
        let own = |a: &&Activity| a.agent == agent && a.kind == kind && !a.declared;
        if let Some(own) = self.state.activities.live.values().find(own) {
            let activity = Activity {
                declared: true,
                ..own.clone()
            };
            let id = activity.id;
            self.emit(Event::ActivityBegan { activity });
            return Ok(Reply::Activity(id));
        }
        let queued = self.blocker(kind, None).is_some();
        let id = self.begin(kind, agent, true, queued);
        Ok(Reply::Activity(id))
    }

    pub(in crate::core) fn end_activity(&mut self, id: ActivityId, reason: &str) -> Answer {
        let reason = if reason.trim().is_empty() {
            "done"
        } else {
            checked_reason(reason)?
        };
        let Some(activity) = self.state.activities.live.get(&id) else {
            if self.state.activities.past.iter().any(|a| a.id == id) {
                return Ok(Reply::Activity(id));
            }
            return Err(Refusal::new(
                "ACTIVITY_UNKNOWN",
                format!("there is no {id}"),
                "`pilothouse activity` lists them",
            ));
        };
        let owner = activity.agent;
        let stranger = self.actor != owner && self.state.agents.contains_key(&self.actor);
        if stranger {
            return Err(Refusal::new(
                "ACTIVITY_OWNED",
                format!("{id} is {owner}'s"),
                "its agent or an operator ends it",
            )
            .measured(owner, self.actor));
        }
        if !activity.declared {
            return Err(Refusal::new(
                "ACTIVITY_IMPLIED",
                format!("{id} lasts as long as {owner}'s reservations"),
                "release them: `pilothouse reservations`",
            ));
        }
        self.emit(Event::ActivityEnded {
            id,
            how: ActivityEnd::Ended,
            reason: reason.to_owned(),
        });
        Ok(Reply::Activity(id))
    }

    fn begin(
        &mut self,
        kind: ActivityKind,
        agent: Name,
        declared: bool,
        queued: bool,
    ) -> ActivityId {
        let id = ActivityId(self.next_id());
        self.emit(Event::ActivityBegan {
            activity: Activity {
                id,
                kind,
                agent,
                declared,
                queued,
                since: self.now,
                end: None,
            },
        });
        id
    }

    /// Begins what a research run is; it waits where another has to end first.
    pub(in crate::core) fn begin_for_run(&mut self, kind: ActivityKind, agent: Name) -> ActivityId {
        let queued = self.blocker(kind, None).is_some();
        self.begin(kind, agent, true, queued)
    }

    /// The running activity that a new one has to wait for; one of `own` is in nobody's way.
    fn blocker(&self, kind: ActivityKind, own: Option<Name>) -> Option<ActivityId> {
        let live = self.state.activities.live.values();
        live.filter(|a| !a.queued && a.kind.queues(kind))
            .find(|a| own != Some(a.agent) || a.kind != kind)
            .map(|a| a.id)
    }

    /// Whether an agent has anything running that others might wait for.
    pub(in crate::core) fn runs_any(&self, agent: Name) -> bool {
        let mut live = self.state.activities.live.values();
        live.any(|a| !a.queued && a.agent == agent)
    }

    /// The activity that a request has to wait for. A request for another resource belongs to the
    /// activity that its agent has running; a second one for the same resource is a new activity.
    pub(in crate::core) fn gives_way_to(
        &self,
        want: &crate::core::reservation::Wanted,
    ) -> Option<ActivityId> {
        if want.class == Class::Exit {
            return None;
        }
        let kind = want.activity()?;
        let agent = want.agent;
        let runs = |a: &Activity| a.kind == kind && a.agent == agent && !a.queued;
        let running = self.state.activities.live.values().any(runs);
        let second = self.state.ledger.at_work(kind, agent, Some(want.resource));
        let belongs = running && !second;
        // An optimisation is held at its next step; whatever else runs goes on.
        if belongs && kind != ActivityKind::Optimisation {
            return None;
        }
        self.blocker(kind, belongs.then_some(agent))
    }

    /// A grant begins the activity it stands for, unless its agent has one running.
    pub(in crate::core) fn begin_implied(&mut self, id: ReservationId) {
        let Some(row) = self.state.ledger.get(id) else {
            return;
        };
        let (Some(kind), agent) = (row.activity(), row.agent) else {
            return;
        };
        let runs = |a: &Activity| a.kind == kind && a.agent == agent && !a.queued;
        if !self.state.activities.live.values().any(runs) {
            self.begin(kind, agent, false, false);
        }
    }

    /// What was begun by a request and is ended goes on for as long as its agent holds something for
    /// it: a live reservation is an activity in progress.
    pub(in crate::core) fn go_on(&mut self) {
        if self.state.trading.hardstop.is_some() {
            return;
        }
        let activities = &self.state.activities;
        let ended = self.events.iter().filter_map(|e| match e {
            Event::ActivityEnded { id, .. } => activities.past.iter().rev().find(|a| a.id == *id),
            _ => None,
        });
        let over: Vec<(ActivityKind, Name)> = ended
            .filter(|a| a.declared)
            .map(|a| (a.kind, a.agent))
            .collect();
        for (kind, agent) in over {
            let mut live = self.state.activities.live.values();
            let runs = live.any(|a| a.kind == kind && a.agent == agent && !a.queued);
            if !runs && self.state.ledger.at_work(kind, agent, None) {
                self.begin(kind, agent, false, false);
            }
        }
    }

    /// Ends what lasted as long as its reservations, and gives those that wait their turn.
    /// Returns whether any has ended.
    pub(in crate::core) fn settle_activities(&mut self) -> bool {
        let over: Vec<ActivityId> = self
            .state
            .activities
            .live
            .values()
            .filter(|a| !a.declared && !self.state.ledger.at_work(a.kind, a.agent, None))
            .map(|a| a.id)
            .collect();
        let ended = !over.is_empty();
        for id in over {
            self.emit(Event::ActivityEnded {
                id,
                how: ActivityEnd::Ended,
                reason: "its last reservation has ended".into(),
            });
        }
        let waiting: Vec<(ActivityId, ActivityKind)> = self
            .state
            .activities
            .live
            .values()
            .filter(|a| a.queued)
            .map(|a| (a.id, a.kind))
            .collect();
        for (id, kind) in waiting {
            if self.state.mode().reserves() && self.blocker(kind, None).is_none() {
                self.emit(Event::ActivityResumed { id });
            }
        }
        ended
    }

    /// HARDSTOP ends every activity; an agent that is gone ends its own.
    pub(in crate::core) fn cancel_activities(&mut self, of: Option<Name>, reason: &str) {
        let ends: Vec<ActivityId> = self
            .state
            .activities
            .live
            .values()
            .filter(|a| of.is_none_or(|agent| a.declared && a.agent == agent))
            .map(|a| a.id)
            .collect();
        for id in ends {
            self.emit(Event::ActivityEnded {
                id,
                how: ActivityEnd::Cancelled,
                reason: reason.to_owned(),
            });
        }
    }

    /// Tells one agent something, in its queue.
    pub(in crate::core) fn tell(&mut self, to: Name, subject: &str, what: &serde_json::Value) {
        let ttl = i64::from(self.state.settings.topic_ttl_s);
        let message = Message {
            id: crate::core::id::MessageId(self.next_id()),
            from: "supervisor".parse().expect("a built-in name"),
            to: Some(to),
            topic: None,
            kind: MessageKind::Event,
            priority: Priority::High,
            subject: subject.to_owned(),
            payload: Payload::Json {
                text: what.to_string(),
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
}

impl ActivityKind {
    /// Whether a new one of this kind waits until this one has ended.
    pub fn queues(self, new: Self) -> bool {
        self.verdict(new) == Verdict::Queue
    }
}
