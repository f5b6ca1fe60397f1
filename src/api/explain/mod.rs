//! The story of an order, a position, a reservation, a cycle, a run, a service or a refused entry: what
//! was seen, said, decided, by which rule and limit, and what came of it. It is read from the journal.

mod research;
mod sentence;
mod slices;
mod sums;
mod thread;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::Words;
use super::routes::Given;
use super::{audit, unknown};
use crate::core::cycle::Phase;
use crate::core::id::OrderId;
use crate::core::order::Fill;
use crate::core::signal::Voices;
use crate::core::{Event, Name, Origin, Time};
use slices::{Slices, Slicing};
use sums::Sums;
use thread::Thread;

/// Passes over the journal at most: an order leads to its cycle, which began before it.
const PASSES: usize = 3;
/// Events of a story that are told at most.
const EVENTS: usize = 2_000;

/// A story.
#[derive(Serialize, ToSchema)]
#[schema(as = Story)]
struct Document {
    /// What was asked about.
    id: String,
    /// The signal that it began with.
    signal: Value,
    /// What each of the crew had said, and what the phases came to.
    agents: Vec<Value>,
    /// Each rule that was looked at, with its limit and what was measured.
    risk: Vec<Value>,
    /// What was sent and done.
    execution: Executed,
    /// What a sliced order cost against the market; none for any other.
    slicing: Option<Slicing>,
    /// What came of it last.
    outcome: Option<String>,
    /// In words, a sentence a line.
    narrative: String,
    /// Later events that are not told.
    left_out: u64,
    /// The records it is told from.
    records: BTreeSet<u64>,
    /// Journal position.
    seq: u64,
}

/// What was sent and done.
#[derive(Serialize, ToSchema)]
struct Executed {
    /// The orders.
    orders: Vec<OrderId>,
    /// Their fills.
    fills: Vec<Fill>,
    /// Fees, quote currency.
    costs: Decimal,
}

pub(super) const STORY: Words = Words::of(
    "The story of an order, a position, a reservation, a cycle, a run, a service or a refused entry: what was seen, said and decided, by which rule and limit, and what came of it.",
)
.gives::<Document>();

pub(super) fn story(ask: &Ask<'_>) -> Given {
    let id = ask.part(0);
    let upto = ask.api.snapshot().status.seq;
    let mut thread = Thread::of(id);
    let mut told = Story::default();
    for _ in 0..PASSES {
        let before = thread.clone();
        told = Story::default();
        audit::each(&ask.api.journal_dir(), 1, upto, |seq, time, body| {
            thread.enter(body);
            let asked = body.origin.map(|from| (body.actor, from));
            for event in &body.events {
                if thread.takes(event) {
                    told.take(seq, time, event, asked);
                }
            }
            true
        })?;
        if thread == before {
            break;
        }
    }
    if told.told.is_empty() {
        return Err(unknown("story", id));
    }
    Ok(Answer::ok(tell(&told, id, upto)))
}

/// Who asked for something, and from where; none for the engine itself.
type Asked = Option<(Name, Origin)>;

/// An event of the story.
struct Told {
    seq: u64,
    time: Time,
    event: Event,
    sentence: Option<String>,
    /// Who asked for it and from where, with the first that is told of a record.
    asked: Asked,
}

/// What is told of the story, and what is summed up over all of it.
#[derive(Default)]
struct Story {
    /// The first of its events, at most [`EVENTS`].
    told: Vec<Told>,
    /// Events that came after those.
    left_out: u64,
    sums: Sums,
    slices: Slices,
}

impl Story {
    fn take(&mut self, seq: u64, time: Time, event: &Event, asked: Asked) {
        self.slices.see(event);
        self.sums.see(event);
        let sentence = sentence::of(event);
        // What a cycle found says who spoke, also where there is no signal to put into a sentence.
        if sentence.is_none() && !matches!(event, Event::CycleFound { .. }) {
            return;
        }
        if self.told.len() >= EVENTS {
            self.left_out += 1;
            return;
        }
        let first = self.told.last().is_none_or(|told| told.seq != seq);
        self.told.push(Told {
            seq,
            time,
            event: event.clone(),
            sentence,
            asked: asked.filter(|_| first),
        });
    }
}

fn tell(story: &Story, id: &str, seq: u64) -> Document {
    let mut signal = Value::Null;
    let (mut agents, mut risk, mut orders, mut fills) = (vec![], vec![], vec![], vec![]);
    let mut said = Vec::new();
    let mut narrative = Vec::new();
    let mut phase = None;
    for Told {
        time,
        event,
        sentence,
        asked,
        ..
    } in &story.told
    {
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
            Event::OrderApproved { order } => orders.push(order.id),
            Event::OrderFilled { fill, .. } => fills.push(fill.clone()),
            _ => {}
        }
        if let Some(text) = sentence {
            let asked = asked.map_or_else(String::new, |(who, from)| {
                format!(" (asked by {who} from {from})")
            });
            narrative.push(format!("{time}: {text}{asked}."));
        }
    }
    if story.left_out > 0 {
        let left_out = story.left_out;
        narrative.push(format!(
            "The story goes on: {left_out} later events are not told; costs and outcome are of all."
        ));
    }
    Document {
        id: id.to_owned(),
        signal,
        agents: said.into_iter().chain(agents).collect(),
        risk,
        execution: Executed {
            orders,
            fills,
            costs: story.sums.costs.normalize(),
        },
        slicing: story.slices.document(id),
        outcome: story.sums.outcome.clone(),
        narrative: narrative.join("\n"),
        left_out: story.left_out,
        records: story.told.iter().map(|t| t.seq).collect(),
        seq,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id::OrderId;
    use crate::core::order::{Fill, Liquidity};
    use rust_decimal_macros::dec;

    fn fill(n: usize) -> Event {
        let fill = Fill {
            execution_id: format!("e{n}"),
            price: dec!(100),
            quantity: dec!(0.5),
            fee: dec!(0.25),
            liquidity: Liquidity::Taker,
            time: Time(0),
        };
        let id = OrderId(7);
        Event::OrderFilled { id, fill }
    }

    #[test]
    fn a_story_that_is_cut_says_so_and_its_sums_are_of_all() {
        let mut story = Story::default();
        for n in 0..EVENTS {
            story.take(n as u64, Time(0), &fill(n), None);
        }
        let whole = tell(&story, "order_7", 1);
        assert_eq!(whole.left_out, 0);
        assert!(!whole.narrative.contains("goes on"));
        for n in 0..10 {
            story.take(9_000, Time(1), &fill(EVENTS + n), None);
        }
        let cut = tell(&story, "order_7", 1);
        assert_eq!(cut.left_out, 10);
        assert!(cut.narrative.contains("10 later events"));
        assert_eq!(cut.execution.costs, dec!(502.5));
        assert_eq!(cut.outcome.as_deref(), Some("order_7 filled 1005"));
        assert_eq!(cut.execution.fills.len(), EVENTS);
    }

    #[test]
    fn who_asked_and_from_where_is_told_once_a_record() {
        let mut story = Story::default();
        let asked = Some((
            "operator".parse().unwrap(),
            "unix:1000 token".parse().unwrap(),
        ));
        story.take(1, Time(0), &fill(0), asked);
        story.take(1, Time(0), &fill(1), asked);
        story.take(2, Time(0), &fill(2), None);
        let told = tell(&story, "order_7", 2);
        let narrative = told.narrative.as_str();
        let said = " (asked by operator from unix:1000 token).";
        assert_eq!(narrative.matches(said).count(), 1, "{narrative}");
        assert!(narrative.lines().next().unwrap().ends_with(said));
    }

    #[test]
    fn what_has_no_sentence_takes_nobodys_place() {
        let mut story = Story::default();
        let strategy = "trend".parse().unwrap();
        for _ in 0..=EVENTS {
            story.take(1, Time(0), &Event::StrategyDayOver { strategy }, None);
        }
        story.take(2, Time(0), &fill(0), None);
        assert_eq!((story.told.len(), story.left_out), (1, 0));
    }
}
