//! Alarms: all that stand, the worst that nobody has taken note of first. Many of one kind are one row,
//! which Enter opens.

use super::{Cell, Column, Row, Rows, alarm_words, document_lines, filter, pretty};
use crate::console::alarms::{Entry, entries, flood, mark};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{Alarm, Snapshot};

/// The pane.
pub struct Alarms;

const COLUMNS: &[Column] = &[
    Column::whole("severity", 11, 10),
    Column::whole("since", 8, 7),
    Column::number("times", 5, 2),
    Column::words("what", 44, 9).down_to(8),
    Column::whole("acked by", 8, 6),
    Column::whole("at", 8, 3),
    Column::words("kind", 14, 1),
];

/// Rows beyond the alarms stand for many: of the flood that begins at the alarm so far beyond.
fn entry(snapshot: &Snapshot, index: usize) -> Option<Entry> {
    let first = index.checked_sub(snapshot.alarms.len())?;
    entries(&snapshot.alarms)
        .into_iter()
        .find(|e| e.first == first)
}

/// The alarm of a row, or the first of those it stands for.
fn alarm(snapshot: &Snapshot, index: usize) -> &Alarm {
    &snapshot.alarms[index.checked_sub(snapshot.alarms.len()).unwrap_or(index)]
}

/// What of the selected row was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Selected<'a> {
    /// One alarm.
    One(&'a Alarm),
    /// Many of the kind of this one.
    Many(&'a Alarm, usize),
}

/// The row of that id.
pub fn selected<'a>(id: &str, snapshot: &'a Snapshot) -> Option<Selected<'a>> {
    let alarms = &snapshot.alarms;
    let one = alarms.iter().find(|a| a.id == id).map(Selected::One);
    one.or_else(|| {
        let entries = entries(alarms).into_iter().filter(|e| e.count > 1);
        let mut floods = entries.map(|e| (&alarms[e.first], e.count));
        let found = floods.find(|(first, _)| flood_id(first) == id);
        found.map(|(first, count)| Selected::Many(first, count))
    })
}

/// What a flood is known by, whatever alarm it begins with.
fn flood_id(first: &Alarm) -> String {
    let acked = if first.acked.is_some() { " acked" } else { "" };
    format!("all {}:{}{acked}", first.kind, first.severity)
}

impl Rows for Alarms {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let many = snapshot.alarms.len();
        let row = |e: Entry| if e.count > 1 { many + e.first } else { e.first };
        entries(&snapshot.alarms).into_iter().map(row).collect()
    }

    /// A filter looks into the floods.
    fn shown(&self, snapshot: &Snapshot, filter: &str) -> Vec<usize> {
        if filter.is_empty() {
            return self.order(snapshot);
        }
        let all = 0..snapshot.alarms.len();
        all.filter(|i| self.passes(snapshot, *i, filter)).collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        let alarm = alarm(snapshot, index);
        match entry(snapshot, index) {
            Some(_) => flood_id(alarm),
            None => alarm.id.clone(),
        }
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let alarm = alarm(snapshot, index);
        let clock = snapshot.status.clock;
        let (mark, role) = mark(alarm);
        let severity = match alarm.severity {
            0 | 1 => "warning",
            _ => "critical",
        };
        let (by, at) = match alarm.acked {
            Some(ack) => (ack.by.to_string(), figures::moment(ack.at, clock)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let (times, words) = match entry(snapshot, index) {
            Some(entry) => ("-".to_owned(), flood(&snapshot.alarms, entry)),
            None => (alarm.times.max(1).to_string(), alarm.text.clone()),
        };
        Row {
            cells: vec![
                Cell::of(role, format!("{mark} {severity}")),
                figures::moment(alarm.since, clock).into(),
                Cell::of(
                    if alarm.times > 1 {
                        Role::Warn
                    } else {
                        Role::Normal
                    },
                    times,
                ),
                words.into(),
                by.into(),
                at.into(),
                alarm.kind.to_string().into(),
            ],
            quiet: alarm.acked.is_some(),
        }
    }

    /// As every pane, and `kind:` looks into one column only.
    fn passes(&self, snapshot: &Snapshot, index: usize, sought: &str) -> bool {
        let row = self.row(snapshot, snapshot.built_at, index);
        let text = format!("{} {}", alarm(snapshot, index).id, row.text()).to_lowercase();
        let kind = alarm(snapshot, index).kind.to_string();
        filter::holds(sought, |word| match word.strip_prefix("kind:") {
            Some(wanted) => kind.contains(wanted),
            None => text.contains(word),
        })
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(alarm(snapshot, index))
    }

    fn detail(&self, snapshot: &Snapshot, _: Time, index: usize) -> Vec<String> {
        let alarm = alarm(snapshot, index);
        let mut lines = match entry(snapshot, index) {
            Some(entry) => vec![
                flood(&snapshot.alarms, entry),
                "opened, it shows each".to_owned(),
            ],
            None => vec![alarm.text.clone()],
        };
        lines.extend(alarm_words::help(alarm.kind).map(str::to_owned));
        if entry(snapshot, index).is_none() {
            lines.push(String::new());
            lines.extend(document_lines(&self.document(snapshot, index)));
        }
        lines
    }
}

/// How many there are.
pub fn summary(snapshot: &Snapshot) -> String {
    let alarms = &snapshot.alarms;
    let open = alarms.iter().filter(|a| a.acked.is_none());
    let critical = open.clone().filter(|a| a.severity >= 2).count();
    let acked = alarms.len() - open.clone().count();
    let warnings = open.count() - critical;
    let mut text = format!("{critical} critical · {warnings} warnings");
    if acked > 0 {
        text.push_str(&format!(" · {acked} acked"));
    }
    text
}
