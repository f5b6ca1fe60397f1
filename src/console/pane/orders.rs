//! Orders: what works at the venue, and what became of the latest ones.

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::order::{Kind, Purpose, Side, Status};
use crate::snapshot::{OrderRow, Snapshot};

/// The pane.
pub struct Orders;

const COLUMNS: &[Column] = &[
    Column::whole("order", 8, 10),
    Column::whole("symbol", 8, 9),
    Column::whole("for", 5, 6),
    Column::whole("side", 4, 8),
    Column::whole("type", 6, 3),
    Column::whole("state", 10, 9),
    Column::number("filled", 6, 5),
    Column::number("size", 6, 7),
    Column::number("price", 7, 6),
    Column::number("fees", 4, 1),
    Column::number("age", 3, 2),
    Column::words("why", 12, 0),
];

fn rank(order: &OrderRow) -> u8 {
    match order.status {
        Status::Unknown => 0,
        Status::Pending | Status::Submitted => 2,
        status if status.is_terminal() => 4,
        _ if order.cancel_asked => 1,
        _ => 3,
    }
}

impl Rows for Orders {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let orders = &snapshot.orders.items;
        let mut order: Vec<usize> = (0..orders.len()).collect();
        order.sort_by_key(|i| rank(&orders[*i]));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.orders.items[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let o = &snapshot.orders.items[index];
        let price = o.price.or(o.stop_price).or(o.average_price);
        Row {
            cells: vec![
                o.id.to_string().into(),
                o.symbol.to_string().into(),
                purpose(o.purpose).into(),
                side(o.side).into(),
                kind(o.kind).into(),
                state(o),
                figures::quantity(o.filled).into(),
                figures::quantity(o.quantity).into(),
                price.map_or("market".into(), figures::price).into(),
                figures::money(o.fees).into(),
                figures::span(snapshot.status.clock - o.created_at).into(),
                o.reason.clone().unwrap_or_default().into(),
            ],
            quiet: o.status.is_terminal(),
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.orders.items[index])
    }
}

/// Where an order stands, in a word.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Submitted => "submitted",
        Status::Open => "open",
        Status::PartiallyFilled => "part filled",
        Status::Filled => "filled",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
        Status::Rejected => "rejected",
        Status::Unknown => "unknown",
    }
}

fn state(o: &OrderRow) -> Cell {
    match o.status {
        Status::Unknown => Cell::of(Role::Bad, "X UNKNOWN"),
        Status::Rejected => Cell::from("X rejected"),
        status if !status.is_terminal() && o.cancel_asked => Cell::of(Role::Warn, "! cancelling"),
        Status::Pending | Status::Submitted => {
            Cell::of(Role::Warn, format!("{}…", status_word(o.status)))
        }
        status => status_word(status).into(),
    }
}

/// What an order is for, in a word.
pub fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Entry => "entry",
        Purpose::Exit => "exit",
        Purpose::Stop => "stop",
        Purpose::Target => "target",
        Purpose::Rebalance => "rebalance",
    }
}

/// The side in a word.
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Market => "market",
        Kind::Limit => "limit",
        Kind::StopLoss => "stop",
        Kind::TakeProfit => "target",
    }
}

/// How many work, and how many are known.
pub fn summary(snapshot: &Snapshot) -> String {
    let orders = &snapshot.orders;
    let live = orders.items.iter().filter(|o| !o.status.is_terminal());
    let live = live.count() as u64;
    format!("{live} working · {} ended", orders.total - live)
}
