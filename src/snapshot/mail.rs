//! Messages, the agents' queues, and what was given up.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::build::ROWS;
use super::document::{DeadRow, MessageRow, QueueRow};
use super::samples::Samples;
use crate::core::health::AT_WORK;
use crate::core::message::{Delivery, Filter, Message, Topic};
use crate::core::{Name, State, Time};

/// Payloads of a list of messages that are shown in full, bytes in all.
pub(super) const PAYLOADS: usize = 128 * 1024;

/// Rows of messages whose payloads together have so many bytes at most; of one that does not fit any
/// more the row has its size.
pub(super) fn within(mut left: usize) -> impl FnMut(&Message) -> MessageRow {
    move |m| {
        let bytes = m.payload.bytes();
        match left.checked_sub(bytes) {
            Some(rest) => {
                left = rest;
                m.into()
            }
            None => message(m, json!({ "truncated": true, "bytes": bytes })),
        }
    }
}

impl From<&Message> for MessageRow {
    fn from(m: &Message) -> Self {
        message(m, serde_json::to_value(&m.payload).unwrap_or_default())
    }
}

fn message(m: &Message, payload: Value) -> MessageRow {
    MessageRow {
        id: m.id,
        from: m.from,
        to: m.to,
        topic: m.topic_name().map(str::to_owned),
        kind: m.kind,
        priority: m.priority,
        subject: m.subject.clone(),
        payload,
        in_reply_to: m.in_reply_to,
        response_id: m.response,
        processed: m.delivery == Delivery::Acknowledged,
        processed_at: m.processed_at,
        created_at: m.created_at,
        expires_at: m.expires_at,
        ttl_s: m.expires_at.map(|at| (at - m.created_at) / 1000),
        status: m.delivery,
    }
}

/// Of the agents at work, of those outside, and of whoever else something waits for.
pub(super) fn queues(state: &State, samples: &Samples, now: Time) -> Vec<QueueRow> {
    let here = AT_WORK.iter().filter_map(|name| name.parse::<Name>().ok());
    let outside = state.agents.iter().filter(|(_, a)| a.outside.is_some());
    let subscribers = state.bus.subscriptions.keys().map(|(agent, _, _)| *agent);
    let others: BTreeSet<Name> = outside
        .map(|(name, _)| *name)
        .chain(state.bus.awaited())
        .chain(subscribers)
        .filter(|name| !AT_WORK.contains(&name.as_str()))
        .collect();
    here.chain(others)
        .take(ROWS)
        .map(|agent| queue(state, samples, now, agent))
        .collect()
}

fn queue(state: &State, samples: &Samples, now: Time, agent: Name) -> QueueRow {
    let mut topics: Vec<String> = state
        .bus
        .subscriptions_of(agent)
        .map(|(topic, filter)| topic_name(topic, filter))
        .collect();
    topics.dedup();
    QueueRow {
        agent,
        waiting: state.bus.waiting(agent),
        oldest_ms: state.bus.oldest(agent).map(|m| now - m.created_at),
        room: state.settings.queue,
        in_flight: samples.in_flight.get(&agent).copied().unwrap_or(0),
        topics,
    }
}

/// An agent's own topic is called as the agent is.
fn topic_name(topic: Topic, filter: &Filter) -> String {
    match (topic, filter.source) {
        (Topic::Own, Some(source)) => source.to_string(),
        (topic, _) => topic.as_str().to_owned(),
    }
}

pub(super) fn dead(state: &State) -> Vec<DeadRow> {
    let latest = state.bus.dead_letters.iter().rev().take(ROWS);
    let mut row = within(PAYLOADS);
    latest
        .map(|letter| DeadRow {
            message: row(&letter.message),
            agent: letter.agent,
            reason: letter.reason.clone(),
            at: letter.at,
        })
        .collect()
}
