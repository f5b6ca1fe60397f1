//! Audit: the latest events, the newest first.

use super::{Column, Row, Rows, pretty};
use crate::console::figures;
use crate::core::Time;
use crate::snapshot::Snapshot;

/// The pane.
pub struct Audit;

const COLUMNS: &[Column] = &[
    Column::number("seq", 6, 9),
    Column::whole("time", 12, 8),
    Column::words("event", 18, 10),
    Column::words("by", 10, 7),
    Column::number("cause", 6, 2),
    Column::words("data", 20, 6),
];

impl Rows for Audit {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        (0..snapshot.audit.len()).rev().collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.audit[index].seq.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let line = &snapshot.audit[index];
        Row {
            cells: vec![
                line.seq.to_string().into(),
                figures::clock_ms(line.time).into(),
                line.kind.clone().into(),
                line.actor.to_string().into(),
                line.cause.map_or("-".into(), |seq| seq.to_string()).into(),
                line.data.to_string().into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.audit[index])
    }
}

/// How far it reaches.
pub fn summary(snapshot: &Snapshot) -> String {
    match (snapshot.audit.first(), snapshot.audit.last()) {
        (Some(first), Some(last)) => format!("{}–{}", first.seq, last.seq),
        _ => String::new(),
    }
}
