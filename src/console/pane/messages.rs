//! Messages: who said what to whom, and whether it arrived.

use std::collections::BTreeSet;

use super::{Cell, Column, Row, Rows, document_lines, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::id::MessageId;
use crate::core::message::Delivery;
use crate::snapshot::{MessageRow, Snapshot};

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
        let state = match m.status {
            Delivery::Dead => Cell::of(Role::Bad, "X dead"),
            Delivery::Expired => Cell::of(Role::Warn, "! expired"),
            status => status.as_str().into(),
        };
        Row {
            cells: vec![
                figures::clock(m.created_at).into(),
                m.from.to_string().into(),
                addressee(m).into(),
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

    fn detail(&self, snapshot: &Snapshot, now: Time, index: usize) -> Vec<String> {
        let message = &snapshot.messages.items[index];
        let mut lines = conversation(snapshot, message.id, now);
        lines.extend(document_lines(&self.document(snapshot, index)));
        lines
    }
}

/// To whom, or on which topic.
pub fn addressee(m: &MessageRow) -> String {
    match (m.to, &m.topic) {
        (Some(to), _) => to.to_string(),
        (None, Some(topic)) => format!("#{topic}"),
        (None, None) => "-".into(),
    }
}

/// What was asked and answered around a message, oldest first, a blank line after it; nothing
/// where the message stands alone.
pub fn conversation(snapshot: &Snapshot, about: MessageId, now: Time) -> Vec<String> {
    let items = &snapshot.messages.items;
    let mut known = BTreeSet::from([about]);
    loop {
        let before = known.len();
        for m in items {
            let links = [Some(m.id), m.in_reply_to, m.response_id];
            if links.iter().flatten().any(|id| known.contains(id)) {
                known.extend(links.into_iter().flatten());
            }
        }
        if known.len() == before {
            break;
        }
    }
    let mut said: Vec<&MessageRow> = items.iter().filter(|m| known.contains(&m.id)).collect();
    if said.len() < 2 {
        return Vec::new();
    }
    said.sort_by_key(|m| (m.created_at, m.id));
    let mut lines = vec![format!(
        "CONVERSATION of {} messages, oldest first",
        said.len()
    )];
    for m in said {
        lines.push(format!(
            "{} {} {} → {} {} {:?}, {}",
            if m.id == about { '>' } else { ' ' },
            figures::moment(m.created_at, now),
            m.from,
            addressee(m),
            m.kind.as_str(),
            m.subject,
            m.status.as_str()
        ));
        if !m.payload.is_null() {
            lines.push(format!("      {}", m.payload));
        }
    }
    let missing = known.len() - items.iter().filter(|m| known.contains(&m.id)).count();
    if missing > 0 {
        lines.push(format!("  {missing} more are no longer in memory"));
    }
    lines.push(String::new());
    lines
}

/// How many were sent.
pub fn summary(snapshot: &Snapshot) -> String {
    format!("{} sent", snapshot.status.statistics.messages_sent)
}
