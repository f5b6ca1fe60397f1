//! Resources: how much of each is bound, held and free, and what is kept for exits.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::reservation::Resource;
use crate::snapshot::{ResourceRow, Snapshot};

/// The pane.
pub struct Resources;

/// Cells of a bar.
const BAR: usize = 16;

const COLUMNS: &[Column] = &[
    Column::whole("resource", 12, 10),
    Column::whole("use", BAR as u16, 9),
    Column::number("bound", 6, 5),
    Column::number("held", 6, 6),
    Column::number("free", 6, 8),
    Column::number("of", 6, 7),
    Column::number("wait", 4, 4),
    Column::number("for exits", 9, 3),
];

/// What is reserved, in words.
pub fn name(row: &ResourceRow) -> String {
    let class = row.class.as_deref();
    match row.resource {
        Resource::Capital => "capital".into(),
        Resource::Compute => format!("{} slots", class.unwrap_or("compute")),
        Resource::Api => format!("api {}", class.unwrap_or("calls")),
    }
}

impl Rows for Resources {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        (0..snapshot.status.resources.len()).collect()
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        name(&snapshot.status.resources[index])
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let r = &snapshot.status.resources[index];
        let amount = |amount: Decimal| match r.resource {
            Resource::Capital => figures::money(amount),
            Resource::Compute | Resource::Api => figures::quantity(amount),
        };
        let perhaps = |value: Option<Decimal>| Cell::from(value.map_or("-".into(), amount));
        let bar = match r.limit {
            Some(limit) => {
                // The end of what is free is the exits' own.
                let free = r.available.unwrap_or_default();
                let kept = r.exits.unwrap_or_default().min(free);
                let open = limit - r.bound - r.held - kept;
                let parts = [(r.bound, '█'), (r.held, '▒'), (open, '·'), (kept, '░')];
                figures::bar(&parts, limit, BAR)
            }
            None => "no limit".into(),
        };
        let none_left = r.available.is_some_and(|free| free <= Decimal::ZERO);
        Row {
            cells: vec![
                name(r).into(),
                bar.into(),
                amount(r.bound).into(),
                amount(r.held).into(),
                match none_left {
                    true => Cell::of(Role::Warn, "! none"),
                    false => perhaps(r.available),
                },
                perhaps(r.limit),
                match r.queued {
                    0 => "-".into(),
                    waiting => Cell::of(Role::Warn, waiting.to_string()),
                },
                perhaps(r.exits),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.status.resources[index])
    }
}

/// What the shapes mean.
pub fn summary() -> String {
    "█ bound · ▒ held · ░ for exits".into()
}
