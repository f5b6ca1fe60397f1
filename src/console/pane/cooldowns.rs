//! Cooldowns: strategies whose entries are refused for a while, and for how much longer.

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::Snapshot;

/// The pane.
pub struct Cooldowns;

const COLUMNS: &[Column] = &[
    Column::whole("strategy", 8, 10),
    Column::number("left", 4, 9),
    Column::whole("", 8, 4),
    Column::whole("until", 8, 7),
    Column::number("trips", 5, 5),
    Column::whole("refused by", 12, 6),
    Column::whole("since", 8, 3),
];

impl Rows for Cooldowns {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let mut order: Vec<usize> = (0..snapshot.cooldowns.len()).collect();
        order.sort_by_key(|i| snapshot.cooldowns[*i].until);
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.cooldowns[index].strategy.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let c = &snapshot.cooldowns[index];
        let clock = snapshot.status.clock;
        let left = c.until - clock;
        let over = left <= 0;
        Row {
            cells: vec![
                c.strategy.to_string().into(),
                Cell::of(
                    if over { Role::Normal } else { Role::Warn },
                    figures::span(left),
                ),
                figures::life(left, c.until - c.since).into(),
                figures::moment(c.until, clock).into(),
                c.trips.to_string().into(),
                c.rule.clone().into(),
                figures::moment(c.since, clock).into(),
            ],
            quiet: over,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.cooldowns[index])
    }
}

/// How many wait.
pub fn summary(snapshot: &Snapshot) -> String {
    let clock = snapshot.status.clock;
    let waiting = snapshot.cooldowns.iter().filter(|c| c.until > clock);
    format!("{} waiting", waiting.count())
}
