//! The story of an order, a position, a reservation, a cycle or a refused entry: what was seen,
//! said, decided, by which rule and limit, and what came of it. It is read from the journal.

mod sentence;
mod slices;
mod thread;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::Answer;
use super::ask::Ask;
use super::routes::Given;
use super::{audit, unknown};
use crate::core::cycle::Phase;
use crate::core::id::OrderId;
use crate::core::signal::Voices;
use crate::core::{Event, Time};
use slices::Slices;
use thread::Thread;

/// Passes over the journal at most: an order leads to its cycle, which began before it.
const PASSES: usize = 3;
/// Events of a story at most.
const EVENTS: usize = 2_000;

pub(super) fn story(ask: &Ask<'_>) -> Given {
    let id = ask.part(0);
    let upto = ask.api.snapshot().status.seq;
    let mut thread = Thread::of(id);
    let mut told = Vec::new();
    let mut slices = Slices::default();
    for _ in 0..PASSES {
        let before = thread.clone();
        told = Vec::new();
        slices = Slices::default();
        audit::each(&ask.api.journal_dir(), 1, upto, |seq, time, body| {
            thread.enter(body);
            for event in &body.events {
                if !thread.takes(event) {
                    continue;
                }
                slices.see(event);
                if told.len() < EVENTS {
                    told.push(Told {
                        seq,
                        time,
                        event: event.clone(),
                    });
                }
            }
            true
        })?;
        if thread == before {
            break;
        }
    }
    if told.is_empty() {
        return Err(unknown("story", id));
    }
    let mut document = tell(&told);
    if let Some(slicing) = slices.document(id) {
        document["slicing"] = slicing;
    }
    document["id"] = id.into();
    document["seq"] = upto.into();
    Ok(Answer::ok(document))
}

/// An event of the story.
struct Told {
    seq: u64,
    time: Time,
    event: Event,
}

fn tell(told: &[Told]) -> Value {
    let mut signal = Value::Null;
    let (mut agents, mut risk, mut orders, mut fills) = (vec![], vec![], vec![], vec![]);
    let mut said = Vec::new();
    let mut costs = Decimal::ZERO;
    let mut outcome = None;
    let mut filled: BTreeMap<OrderId, Decimal> = BTreeMap::new();
    let mut narrative = Vec::new();
    let mut phase = None;
    for Told { time, event, .. } in told {
        match event {
            Event::SignalWeighed { .. } => signal = merged(signal, json!(event)),
            Event::CycleFound { found, .. } => {
                if let Some(said) = &found.signal {
                    signal = merged(signal, json!(said));
                }
                if let Some(seen) = found.seen.as_ref().filter(|_| said.is_empty()) {
                    said = voices(seen);
                }
            }
            Event::CycleMoved {
                phase: next,
                result,
                ..
            } => {
                agents.extend(answered(phase.replace(*next), result.as_deref()));
            }
            Event::CycleEnded { result, .. } => {
                agents.extend(answered(phase.take(), Some(result)));
            }
            Event::RiskChecked { checks, .. } => risk.extend(checks.iter().map(|c| json!(c))),
            Event::OrderApproved { order } => orders.push(json!(order.id)),
            Event::OrderFilled { id, fill } => {
                costs += fill.fee;
                fills.push(json!(fill));
                let sum = filled.entry(*id).or_default();
                *sum += fill.quantity;
                outcome = Some(format!("{id} filled {}", sum.normalize()));
            }
            _ => {}
        }
        if let Some(text) = sentence::outcome(event) {
            outcome = Some(text);
        }
        if let Some(text) = sentence::of(event) {
            narrative.push(format!("{time}: {text}."));
        }
    }
    json!({
        "signal": signal,
        "agents": said.into_iter().chain(agents).collect::<Vec<_>>(),
        "risk": risk,
        "execution": { "orders": orders, "fills": fills, "costs": costs.normalize() },
        "outcome": outcome,
        "narrative": narrative.join("\n"),
        "records": told.iter().map(|t| t.seq).collect::<BTreeSet<_>>(),
    })
}

/// What each of the crew had last said when the signal was weighed.
fn voices(seen: &Voices) -> Vec<Value> {
    let words = [
        ("technical_analysis", json!(seen.ta)),
        ("regime_detection", json!(seen.regime)),
        ("sentiment_analysis", json!(seen.sentiment)),
    ];
    let spoken = words.into_iter().filter(|(_, said)| !said.is_null());
    spoken
        .map(|(agent, said)| json!({ "agent": agent, "said": said }))
        .collect()
}

fn answered(phase: Option<Phase>, result: Option<&str>) -> Option<Value> {
    let phase = phase?;
    let agent = phase.agent()?;
    Some(json!({ "agent": agent, "phase": phase, "result": result }))
}

/// The later words over the earlier ones.
fn merged(mut base: Value, over: Value) -> Value {
    match (&mut base, over) {
        (Value::Object(base), Value::Object(over)) => base.extend(over),
        (base, over) => *base = over,
    }
    base
}
