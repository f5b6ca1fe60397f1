//! Approvals: entries that wait for the operator, and how long they still do.

use super::{Cell, Column, Row, Rows, orders, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{ApprovalRow, Snapshot};

/// The pane.
pub struct Approvals;

/// An approval that lapses sooner than this, in milliseconds of wall time, is urgent.
const URGENT_MS: i64 = 60_000;

const COLUMNS: &[Column] = &[
    Column::whole("symbol", 8, 10),
    Column::whole("side", 4, 9),
    Column::number("size", 6, 8),
    Column::number("price", 7, 7),
    Column::whole("state", 9, 9),
    Column::number("left", 4, 9),
    Column::number("stop", 7, 5),
    Column::number("target", 7, 4),
    Column::words("by", 10, 3),
    Column::words("why", 12, 6),
    Column::whole("id", 10, 2),
];

/// What would be sent, in words.
pub fn terms(a: &ApprovalRow) -> String {
    let price = |p: Option<_>| p.map_or("none".into(), figures::price);
    format!(
        "{} {} {} at {}, stop {}, target {}",
        orders::side(a.side),
        figures::quantity(a.quantity),
        a.symbol,
        price(a.price),
        price(a.stop),
        price(a.target)
    )
}

impl Rows for Approvals {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let rows = &snapshot.approvals.items;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| {
            let a = &rows[*i];
            let waits = a.status == "waiting";
            let lapses = a.expires_at.unwrap_or(Time(i64::MAX));
            (!waits, waits.then_some(lapses))
        });
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.approvals.items[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, now: Time, index: usize) -> Row {
        let a = &snapshot.approvals.items[index];
        let waits = a.status == "waiting";
        let left = a.expires_at.filter(|_| waits).map(|at| at - now);
        let price = |p: Option<_>| Cell::from(p.map_or("-".into(), figures::price));
        Row {
            cells: vec![
                a.symbol.to_string().into(),
                orders::side(a.side).into(),
                figures::quantity(a.quantity).into(),
                price(a.price),
                match waits {
                    true => Cell::of(Role::Warn, "! waiting"),
                    false => a.status.clone().into(),
                },
                match left {
                    Some(left) if left < URGENT_MS => Cell::of(Role::Bad, figures::span(left)),
                    Some(left) => figures::span(left).into(),
                    None => "-".into(),
                },
                price(a.stop),
                price(a.target),
                a.by.to_string().into(),
                a.reason.clone().into(),
                a.id.to_string().into(),
            ],
            quiet: !waits,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.approvals.items[index])
    }
}

/// How many wait.
pub fn summary(snapshot: &Snapshot) -> String {
    let rows = snapshot.approvals.items.iter();
    let waiting = rows.filter(|a| a.status == "waiting").count();
    let mode = match snapshot.status.autonomy.as_str() {
        "guide" => "guide",
        _ => "autonomous: none is asked for",
    };
    format!("{waiting} waiting · {mode}")
}
