//! Activities: who deploys, optimises, discovers or trades, and who waits for whom.

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{ActivityRow, Snapshot};

/// The pane.
pub struct Activities;

const COLUMNS: &[Column] = &[
    Column::whole("activity", 12, 10),
    Column::words("agent", 10, 9),
    Column::whole("state", 9, 8),
    Column::number("for", 4, 6),
    Column::words("waits for", 12, 7),
    Column::whole("began by", 8, 3),
    Column::whole("id", 10, 2),
];

fn rank(a: &ActivityRow) -> u8 {
    match a.status.as_str() {
        "held" | "queued" => 0,
        "running" => 1,
        _ => 2,
    }
}

impl Rows for Activities {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let rows = &snapshot.activities.items;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| rank(&rows[*i]));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.activities.items[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let rows = &snapshot.activities.items;
        let a = &rows[index];
        let state = match a.status.as_str() {
            held @ ("held" | "queued") => Cell::of(Role::Warn, format!("! {held}")),
            other => other.into(),
        };
        let waits = a.waits_for.map_or_else(String::new, |id| {
            let whom = rows.iter().find(|other| other.id == id);
            whom.map_or_else(
                || id.to_string(),
                |b| format!("{id}, the {} of {}", b.kind.as_str(), b.agent),
            )
        });
        Row {
            cells: vec![
                a.kind.as_str().into(),
                a.agent.to_string().into(),
                state,
                figures::span(snapshot.status.clock - a.since).into(),
                waits.into(),
                match a.declared {
                    true => "request",
                    false => "reservation",
                }
                .into(),
                a.id.to_string().into(),
            ],
            quiet: rank(a) == 2,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.activities.items[index])
    }
}

/// How many run, and how many wait.
pub fn summary(snapshot: &Snapshot) -> String {
    let count = |rank_is: u8| {
        let rows = snapshot.activities.items.iter();
        rows.filter(|a| rank(a) == rank_is).count()
    };
    let mut text = format!("{} running", count(1));
    let waiting = count(0);
    if waiting > 0 {
        text.push_str(&format!(" · {waiting} held or queued"));
    }
    text
}
