//! Dead letters: messages that never arrived, and why.

use super::{Cell, Column, Row, Rows, document_lines, messages, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::Snapshot;

/// The pane.
pub struct Dead;

const COLUMNS: &[Column] = &[
    Column::words("why", 16, 10),
    Column::words("whose", 12, 9),
    Column::words("from", 12, 8),
    Column::words("subject", 12, 7),
    Column::whole("at", 8, 6),
    Column::whole("priority", 8, 2),
    Column::whole("id", 10, 3),
];

impl Rows for Dead {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        (0..snapshot.dead.len()).collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        let d = &snapshot.dead[index];
        match d.agent {
            Some(agent) => format!("{} of {agent}", d.message.id),
            None => d.message.id.to_string(),
        }
    }

    fn row(&self, snapshot: &Snapshot, now: Time, index: usize) -> Row {
        let d = &snapshot.dead[index];
        let whose = d.agent.map(|agent| agent.to_string());
        Row {
            cells: vec![
                Cell::of(Role::Bad, format!("X {}", d.reason)),
                whose
                    .unwrap_or_else(|| messages::addressee(&d.message))
                    .into(),
                d.message.from.to_string().into(),
                d.message.subject.clone().into(),
                figures::moment(d.at, now).into(),
                d.message.priority.as_str().into(),
                d.message.id.to_string().into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.dead[index])
    }

    fn detail(&self, snapshot: &Snapshot, now: Time, index: usize) -> Vec<String> {
        let mut lines = messages::conversation(snapshot, snapshot.dead[index].message.id, now);
        lines.extend(document_lines(&self.document(snapshot, index)));
        lines
    }
}

/// How many there are.
pub fn summary(snapshot: &Snapshot) -> String {
    match snapshot.dead.len() {
        0 => "none".into(),
        some => format!("{some} given up"),
    }
}
