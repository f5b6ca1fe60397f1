//! The queue: who waits for a resource, in the order of the turns, and the requests for capital
//! that are being gathered.

use super::{Cell, Column, Row, Rows, pretty, reservations};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::reservation::Standing;
use crate::snapshot::Snapshot;

/// The pane.
pub struct Waiting;

const COLUMNS: &[Column] = &[
    Column::words("who", 10, 10),
    Column::whole("for", 6, 8),
    Column::number("asks", 8, 9),
    Column::words("waits", 16, 7),
    Column::number("since", 5, 5),
    Column::number("left", 4, 6),
    Column::words("purpose", 10, 2),
    Column::whole("id", 12, 1),
];

/// Windows first; the rest are reservations.
enum Which {
    Window(usize),
    Queued(usize),
}

fn which(snapshot: &Snapshot, index: usize) -> Which {
    match index.checked_sub(snapshot.windows.len()) {
        None => Which::Window(index),
        Some(reservation) => Which::Queued(reservation),
    }
}

impl Rows for Waiting {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let rows = &snapshot.reservations.items;
        let mut queued: Vec<usize> = (0..rows.len())
            .filter(|i| rows[*i].status == Standing::Queued)
            .collect();
        queued.sort_by_key(|i| (rows[*i].priority, rows[*i].created_at, rows[*i].id));
        let windows = snapshot.windows.len();
        (0..windows)
            .chain(queued.into_iter().map(|i| windows + i))
            .collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        match which(snapshot, index) {
            Which::Window(i) => format!("window_{}", snapshot.windows[i].priority),
            Which::Queued(i) => snapshot.reservations.items[i].id.to_string(),
        }
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let i = match which(snapshot, index) {
            Which::Queued(i) => i,
            Which::Window(i) => {
                let w = &snapshot.windows[i];
                let requests = w.requests.len();
                return Row {
                    cells: vec![
                        format!("{requests} gathered").into(),
                        format!("priority {}", w.priority).into(),
                        figures::money(w.asked).into(),
                        Cell::of(Role::Strong, "to be shared when the window closes"),
                        "-".into(),
                        "-".into(),
                        "".into(),
                        self.id(snapshot, index).into(),
                    ],
                    quiet: false,
                };
            }
        };
        let r = &snapshot.reservations.items[i];
        let now = snapshot.status.clock;
        Row {
            cells: vec![
                r.agent.to_string().into(),
                reservations::class(r).into(),
                reservations::amount(r.resource, r.asked).into(),
                Cell::of(Role::Warn, r.waits_for.clone().unwrap_or("its turn".into())),
                figures::span(now - r.created_at).into(),
                r.expires_at
                    .map_or("-".into(), |at| figures::span(at - now))
                    .into(),
                r.purpose.clone().into(),
                r.id.to_string().into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        match which(snapshot, index) {
            Which::Window(i) => pretty(&snapshot.windows[i]),
            Which::Queued(i) => pretty(&snapshot.reservations.items[i]),
        }
    }
}

/// How many wait.
pub fn summary(snapshot: &Snapshot) -> String {
    let rows = snapshot.reservations.items.iter();
    let queued = rows.filter(|r| r.status == Standing::Queued).count();
    match snapshot.windows.len() {
        0 => format!("{queued} waiting"),
        1 => format!("{queued} waiting · 1 window open"),
        windows => format!("{queued} waiting · {windows} windows open"),
    }
}
