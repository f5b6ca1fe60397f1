//! Conflicts: who wants what only one can have, and what is done about it.

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::Snapshot;

/// The pane.
pub struct Conflicts;

const COLUMNS: &[Column] = &[
    Column::whole("conflict", 8, 10),
    Column::words("between", 16, 9),
    Column::whole("over", 7, 7),
    Column::number("for", 4, 5),
    Column::words("what is done", 16, 8),
];

impl Rows for Conflicts {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        (0..snapshot.status.conflicts.len()).collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        let c = &snapshot.status.conflicts[index];
        format!("{} {}", c.kind, c.parties.join(" "))
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let c = &snapshot.status.conflicts[index];
        let symbol = c.symbol.map(|s| s.to_string());
        Row {
            cells: vec![
                Cell::of(Role::Warn, format!("! {}", c.kind)),
                c.parties.join(" | ").into(),
                symbol.or(c.resource.clone()).unwrap_or_default().into(),
                figures::span(snapshot.status.clock - c.since).into(),
                c.resolution.clone().into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.status.conflicts[index])
    }
}

/// How many are active.
pub fn summary(snapshot: &Snapshot) -> String {
    format!("{} active", snapshot.status.conflicts.len())
}
