//! Message queues: who has something waiting, how much and for how long.

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{QueueRow, Snapshot};

/// The pane.
pub struct Queues;

/// Age of the oldest message, in engine milliseconds, from which a queue counts as slow.
const SLOW_MS: i64 = 60_000;

const COLUMNS: &[Column] = &[
    Column::words("agent", 18, 9),
    Column::whole("state", 6, 7),
    Column::number("wait", 4, 10),
    Column::number("age", 4, 8),
    Column::number("crit", 4, 6),
    Column::number("high", 4, 5),
    Column::number("norm", 4, 4),
    Column::number("low", 4, 3),
    Column::number("fly", 3, 7),
    Column::number("room", 5, 2),
    Column::words("topics", 8, 1),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Full,
    Slow,
    Ok,
}

fn total(queue: &QueueRow) -> u64 {
    queue.waiting.iter().sum()
}

fn state(queue: &QueueRow) -> State {
    if total(queue) * 10 >= u64::from(queue.room) * 9 {
        State::Full
    } else if queue.oldest_ms.is_some_and(|age| age > SLOW_MS) {
        State::Slow
    } else {
        State::Ok
    }
}

impl Rows for Queues {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let queues = &snapshot.queues;
        let mut order: Vec<usize> = (0..queues.len()).collect();
        order.sort_by_key(|i| state(&queues[*i]));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.queues[index].agent.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let q = &snapshot.queues[index];
        let state = match state(q) {
            State::Full => Cell::of(Role::Bad, "X FULL"),
            State::Slow => Cell::of(Role::Warn, "! SLOW"),
            State::Ok => "  ok".into(),
        };
        let mut cells = vec![
            q.agent.to_string().into(),
            state,
            total(q).to_string().into(),
            q.oldest_ms.map_or("-".into(), figures::span).into(),
        ];
        cells.extend(q.waiting.iter().map(|n| n.to_string().into()));
        cells.push(q.in_flight.to_string().into());
        cells.push(q.room.to_string().into());
        cells.push(q.topics.join(" ").into());
        Row {
            cells,
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.queues[index])
    }
}

/// How many messages wait, and how many were lost.
pub fn summary(snapshot: &Snapshot) -> String {
    let waiting: u64 = snapshot.queues.iter().map(total).sum();
    let s = &snapshot.status.statistics;
    let mut text = format!("{waiting} waiting");
    let flying: u64 = snapshot.queues.iter().map(|q| q.in_flight).sum();
    if flying > 0 {
        text.push_str(&format!(" · {flying} in flight"));
    }
    for (count, word) in [(s.messages_expired, "expired"), (s.messages_dead, "dead")] {
        if count > 0 {
            text.push_str(&format!(" · {count} {word}"));
        }
    }
    text
}
