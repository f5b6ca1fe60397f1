//! Limits: how much of each is used, who ran into it last, and with what.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{LimitRow, RefusalRow, Snapshot};

/// The pane.
pub struct Limits;

const COLUMNS: &[Column] = &[
    Column::whole("rule", 12, 10),
    Column::whole("level", 8, 8),
    Column::whole("use", 10, 7),
    Column::number("", 4, 9),
    Column::number("used", 6, 5),
    Column::number("limit", 6, 6),
    Column::whole("unit", 4, 1),
    Column::number("refused", 7, 4),
    Column::words("last refusal", 28, 3),
];

/// Cells of a bar.
const BAR: usize = 10;

/// What is used of it, 0 to 1 and beyond; none where it is measured at each order.
fn share(row: &LimitRow) -> Option<Decimal> {
    row.used.map(|used| figures::use_of(used, row.limit))
}

impl Rows for Limits {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    /// What is near its limit, the nearest first; then what refused, the latest first; then the rest
    /// as the gate goes through it.
    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let rows = &snapshot.limits;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| {
            let near = share(&rows[*i]).filter(|share| *share >= figures::NEAR);
            let refused = rows[*i].last_refusal.as_ref().map(|r| r.time);
            (std::cmp::Reverse(near), std::cmp::Reverse(refused))
        });
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        let row = &snapshot.limits[index];
        format!("{} {} {}", row.rule, row.level, row.unit)
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let l = &snapshot.limits[index];
        let share = share(l);
        let role = share.map_or(Role::Normal, figures::role_of_use);
        let bar = match l.used {
            Some(used) => figures::bar(&[(used, '█')], l.limit, BAR),
            None => "each order".to_owned(),
        };
        let percent = share.map_or_else(String::new, figures::percent);
        let clock = snapshot.status.clock;
        let last = l.last_refusal.as_ref();
        let last = last.map_or_else(String::new, |r| refusal(r, clock));
        Row {
            cells: vec![
                l.rule.trim_start_matches("RISK_").to_owned().into(),
                l.level.clone().into(),
                Cell::of(role, bar),
                Cell::of(role, percent),
                l.used.map_or_else(String::new, figures::quantity).into(),
                figures::quantity(l.limit).into(),
                l.unit.clone().into(),
                l.refusals.to_string().into(),
                last.into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.limits[index])
    }
}

/// When, with what, of whom.
fn refusal(r: &RefusalRow, clock: Time) -> String {
    let mut words = format!(
        "{} {} against {}",
        figures::moment(r.time, clock),
        r.value,
        r.limit
    );
    for part in [
        r.symbol.map(|s| s.to_string()),
        r.strategy.map(|s| s.to_string()),
        r.request_id.clone(),
    ] {
        words.extend(part.map(|part| format!("  {part}")));
    }
    words
}

/// How many are near, how many are reached, and how often they refused.
pub fn summary(snapshot: &Snapshot) -> String {
    let shares = || snapshot.limits.iter().filter_map(share);
    let reached = shares().filter(|s| *s >= Decimal::ONE).count();
    let near = shares().filter(|s| *s >= figures::NEAR).count() - reached;
    let refused: u64 = snapshot.status.statistics.trades_rejected.values().sum();
    format!("{reached} reached · {near} near · {refused} entries refused")
}
