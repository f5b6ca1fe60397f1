//! Audit: the latest events, the newest first.

use serde_json::Value;

use super::{Column, Row, Rows, pretty};
use crate::console::figures;
use crate::core::Time;
use crate::core::id::{CycleId, OrderId, PositionId, ReservationId};
use crate::snapshot::{AuditLine, Snapshot};

/// The pane.
pub struct Audit;

const COLUMNS: &[Column] = &[
    Column::number("seq", 6, 9),
    Column::whole("time", 12, 8),
    Column::words("event", 18, 10),
    Column::words("by", 10, 7),
    Column::words("from", 9, 3),
    Column::number("cause", 6, 2),
    Column::words("data", 20, 6),
];

/// Record and place within it: one record may hold several events.
fn id(snapshot: &Snapshot, index: usize) -> String {
    let seq = snapshot.audit[index].seq;
    let before = snapshot.audit[..index].iter().rev();
    let place = before.take_while(|line| line.seq == seq).count();
    format!("{seq}.{place}")
}

impl Rows for Audit {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        (0..snapshot.audit.len()).rev().collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        id(snapshot, index)
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let line = &snapshot.audit[index];
        Row {
            cells: vec![
                line.seq.to_string().into(),
                figures::clock_ms(line.time).into(),
                line.kind.clone().into(),
                line.actor.to_string().into(),
                origin(line).into(),
                line.cause.map_or("-".into(), |seq| seq.to_string()).into(),
                brief(&line.data).into(),
            ],
            quiet: false,
        }
    }

    /// `kind:`, `by:` and `from:` look into one column only.
    fn passes(&self, snapshot: &Snapshot, index: usize, filter: &str) -> bool {
        let line = &snapshot.audit[index];
        let (kind, by, from) = (line.kind.as_str(), line.actor.as_str(), origin(line));
        let text = format!("{} {kind} {by} {from} {}", line.seq, line.data).to_lowercase();
        super::filter::holds(filter, |word| match word.split_once(':') {
            Some(("kind", word)) => kind.contains(word),
            Some(("by", word)) => by.contains(word),
            Some(("from", word)) => from.contains(word),
            _ => text.contains(word),
        })
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.audit[index])
    }
}

/// From where it was asked; the engine's own say nothing.
fn origin(line: &AuditLine) -> String {
    line.origin.map_or("-".into(), |origin| origin.to_string())
}

/// An event without its name, which stands in a column of its own.
fn brief(data: &Value) -> String {
    let Value::Object(fields) = data else {
        return data.to_string();
    };
    let fields = fields.iter().filter(|(name, _)| *name != "event");
    let words: Vec<String> = fields
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    words.join(" ")
}

/// What the event of that row is about: an order, a position, a reservation or a cycle, the first
/// of the first kind that is named in it.
pub fn about(row: Option<String>, snapshot: &Snapshot) -> Option<String> {
    let row = row?;
    let index = (0..snapshot.audit.len()).find(|i| id(snapshot, *i) == row)?;
    let line = &snapshot.audit[index];
    let mut ids = Vec::new();
    named(&line.data, &mut ids);
    ids.sort_by_key(|(kind, _)| *kind);
    ids.into_iter().next().map(|(_, id)| id)
}

/// Every id in a document with the rank of its kind.
fn named(value: &Value, ids: &mut Vec<(u8, String)>) {
    match value {
        Value::String(text) => {
            let kind = [
                text.parse::<OrderId>().is_ok(),
                text.parse::<PositionId>().is_ok(),
                text.parse::<ReservationId>().is_ok(),
                text.parse::<CycleId>().is_ok(),
            ];
            if let Some(rank) = (0..4).find(|i| kind[usize::from(*i)]) {
                ids.push((rank, text.clone()));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| named(field, ids)),
        _ => {}
    }
}

/// How far it reaches.
pub fn summary(snapshot: &Snapshot) -> String {
    match (snapshot.audit.first(), snapshot.audit.last()) {
        (Some(first), Some(last)) => format!("{}–{}", first.seq, last.seq),
        _ => String::new(),
    }
}
