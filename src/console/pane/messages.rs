//! Messages: who said what to whom, and whether it arrived.

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::message::Delivery;
use crate::snapshot::Snapshot;

/// The pane.
pub struct Messages;

const COLUMNS: &[Column] = &[
    Column::whole("sent", 8, 6),
    Column::words("from", 12, 9),
    Column::words("to", 12, 8),
    Column::whole("kind", 8, 4),
    Column::whole("priority", 8, 3),
    Column::whole("state", 12, 7),
    Column::words("subject", 16, 10),
    Column::whole("id", 10, 1),
];

impl Rows for Messages {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        (0..snapshot.messages.items.len()).collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.messages.items[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let m = &snapshot.messages.items[index];
        let to = match (m.to, &m.topic) {
            (Some(to), _) => to.to_string(),
            (None, Some(topic)) => format!("#{topic}"),
            (None, None) => "-".into(),
        };
        let state = match m.status {
            Delivery::Dead => Cell::of(Role::Bad, "X dead"),
            Delivery::Expired => Cell::of(Role::Warn, "! expired"),
            status => status.as_str().into(),
        };
        Row {
            cells: vec![
                figures::clock(m.created_at).into(),
                m.from.to_string().into(),
                to.into(),
                m.kind.as_str().into(),
                m.priority.as_str().into(),
                state,
                m.subject.clone().into(),
                m.id.to_string().into(),
            ],
            quiet: m.processed,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.messages.items[index])
    }
}

/// How many were sent.
pub fn summary(snapshot: &Snapshot) -> String {
    format!("{} sent", snapshot.status.statistics.messages_sent)
}
