//! The live guard: each venue's figures against what they may be, and whether it lets entries pass.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{GuardRow, Snapshot};

/// The pane.
pub struct Guard;

const COLUMNS: &[Column] = &[
    Column::whole("venue", 5, 10),
    Column::whole("state", 9, 9),
    Column::whole("quote age", 11, 6),
    Column::whole("rejected", 9, 7),
    Column::whole("p95", 11, 8),
    Column::number("answers", 7, 3),
    Column::number("waiting", 7, 5),
    Column::whole("since", 8, 4),
    Column::words("why", 8, 2),
];

fn rank(row: &GuardRow) -> u8 {
    match (row.connected, row.blocked) {
        (Some(false), _) => 0,
        (_, true) => 1,
        (_, false) => 2,
    }
}

/// A figure against what it may be, with what that means.
fn against(value: Decimal, limit: Decimal, text: String) -> Cell {
    match figures::use_of(value, limit) {
        share if share > Decimal::ONE => Cell::of(Role::Bad, text),
        share if share >= figures::NEAR => Cell::of(Role::Warn, text),
        _ => text.into(),
    }
}

impl Rows for Guard {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let rows = &snapshot.status.guard;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| rank(&rows[*i]));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.status.guard[index].venue.clone()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let g = &snapshot.status.guard[index];
        let limits = &snapshot.status.guard_limits;
        let state = match rank(g) {
            0 => Cell::of(Role::Bad, "X DOWN"),
            1 => Cell::of(Role::Bad, "X BLOCKED"),
            _ => "open".into(),
        };
        let span = |ms: Option<i64>, limit: i64| match ms {
            None => Cell::from("-"),
            Some(ms) => {
                let text = format!("{} of {}", figures::took(ms), figures::took(limit));
                against(ms.into(), limit.into(), text)
            }
        };
        let rejected = match g.rejection_rate {
            None => Cell::from("-"),
            Some(rate) => {
                let limit = limits.rejection_rate;
                let text = format!("{} of {}", figures::percent(rate), figures::percent(limit));
                against(rate, limit, text)
            }
        };
        let waiting = g.waiting.to_string();
        let since = g.since.map_or_else(
            || "-".to_owned(),
            |at| figures::moment(at, snapshot.status.clock),
        );
        let few = g.samples < limits.samples;
        let why = match &g.reason {
            Some(reason) => reason.clone(),
            None if few => "too few answers to judge".to_owned(),
            None => String::new(),
        };
        Row {
            cells: vec![
                g.venue.clone().into(),
                state,
                span(g.quote_age_ms, limits.quote_age_ms),
                rejected,
                span(g.p95_ms, limits.p95_ms),
                format!("{}/{}", g.samples, limits.samples).into(),
                if g.waiting > 0 {
                    Cell::of(Role::Warn, waiting)
                } else {
                    waiting.into()
                },
                since.into(),
                why.into(),
            ],
            quiet: false,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.status.guard[index])
    }
}

/// How many let nothing through.
pub fn summary(snapshot: &Snapshot) -> String {
    let rows = &snapshot.status.guard;
    let blocked = rows.iter().filter(|g| g.blocked).count();
    let down = rows.iter().filter(|g| g.connected == Some(false)).count();
    match (blocked, down) {
        (0, 0) => format!("{} open", rows.len()),
        (blocked, 0) => format!("{blocked} blocked"),
        (0, down) => format!("{down} down"),
        (blocked, down) => format!("{blocked} blocked · {down} down"),
    }
}
