//! What a question is about, in words: nobody knows a row by its id alone.

use crate::console::pane::{PaneId, approvals, cycles, messages, orders, positions, reservations};
use crate::console::ui::Question;
use crate::snapshot::Snapshot;

/// What is said of a row that has gone.
const GONE: &str = "it is shown no more";

/// What closing the selected row of a pane asks.
pub(super) fn closing(pane: PaneId, id: String, snapshot: &Snapshot) -> Question {
    let gone = || GONE.to_owned();
    match pane {
        PaneId::Orders => {
            let mut rows = snapshot.orders.items.iter();
            let row = rows.find(|o| o.id.to_string() == id);
            Question::Cancel(id, row.map_or_else(gone, orders::terms))
        }
        PaneId::Reservations | PaneId::Waiting => {
            let mut rows = snapshot.reservations.items.iter();
            let row = rows.find(|r| r.id.to_string() == id);
            Question::Release(id, row.map_or_else(gone, reservations::terms))
        }
        PaneId::Cycles => {
            let mut rows = snapshot.cycles.items.iter();
            let row = rows.find(|c| c.id.to_string() == id);
            Question::Halt(id, row.map_or_else(gone, cycles::terms))
        }
        _ => {
            let mut rows = snapshot.positions.items.iter();
            let row = rows.find(|p| p.id.to_string() == id);
            Question::Close(id, row.map_or_else(gone, positions::terms))
        }
    }
}

/// What an approval would send.
pub(super) fn approval(id: &str, snapshot: &Snapshot) -> String {
    let mut rows = snapshot.approvals.items.iter();
    rows.find(|a| a.id.to_string() == id)
        .map_or_else(String::new, approvals::terms)
}

/// Whose copy of a message it is and what it is about.
pub(super) fn about(id: &str, snapshot: &Snapshot) -> String {
    let mut rows = snapshot.messages.items.iter();
    let row = rows.find(|m| m.id.to_string() == id);
    row.map_or_else(String::new, |m| {
        format!("{}: {}", messages::addressee(m), m.subject)
    })
}
