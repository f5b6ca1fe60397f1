//! Orders: what works at the venue, and what became of the latest ones.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, Rows, order_detail, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::order::{Kind, Purpose, Side, Status};
use crate::core::slicing::AlgorithmKind;
use crate::snapshot::{OrderRow, SlicingRow, Snapshot};

/// The pane.
pub struct Orders;

const COLUMNS: &[Column] = &[
    Column::whole("order", 8, 10),
    Column::whole("symbol", 8, 9),
    Column::whole("for", 5, 6),
    Column::whole("side", 4, 8),
    Column::whole("type", 6, 3),
    Column::whole("state", 10, 9),
    Column::whole("progress", 8, 4),
    Column::number("filled", 6, 5),
    Column::number("size", 6, 7),
    Column::number("price", 7, 6),
    Column::number("fees", 4, 1),
    Column::number("age", 3, 2),
    Column::words("why", 12, 0),
];

/// Cells of a bar.
const BAR: usize = 8;

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

    /// The doubtful ones first, then the live ones, then the latest that ended. Live slices stand
    /// below what they are slices of.
    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let orders = &snapshot.orders.items;
        let mut order: Vec<usize> = (0..orders.len()).collect();
        order.sort_by_cached_key(|i| {
            let own = rank(&orders[*i]);
            let parent = orders[*i].parent_id.filter(|_| (2..4).contains(&own));
            let root = parent.and_then(|id| orders.iter().position(|o| o.id == id));
            let root = root.filter(|at| !orders[*at].status.is_terminal());
            match root {
                Some(at) => (rank(&orders[at]), at, 1),
                None => (own, *i, 0),
            }
        });
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
                match o.parent_id {
                    Some(_) => format!("└{}", o.id),
                    None => o.id.to_string(),
                }
                .into(),
                o.symbol.to_string().into(),
                purpose(o.purpose).into(),
                side(o.side).into(),
                o.slicing
                    .as_ref()
                    .map_or(kind(o.kind), |s| plan(s.kind))
                    .into(),
                state(o),
                done(o),
                figures::quantity(o.filled).into(),
                figures::quantity(o.quantity).into(),
                price.map_or("market".into(), figures::price).into(),
                figures::money(o.fees).into(),
                figures::span(snapshot.status.clock - o.created_at).into(),
                why(o, snapshot.status.clock).into(),
            ],
            quiet: o.status.is_terminal(),
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.orders.items[index])
    }

    fn detail(&self, snapshot: &Snapshot, _: Time, index: usize) -> Vec<String> {
        order_detail::lines(&snapshot.orders.items[index], snapshot.status.clock)
    }
}

/// What would be cancelled, in words.
pub fn terms(o: &OrderRow) -> String {
    let price = o.price.or(o.stop_price);
    format!(
        "{} {} {} at {}, filled {}",
        side(o.side),
        figures::quantity(o.quantity),
        o.symbol,
        price.map_or("market".into(), figures::price),
        figures::quantity(o.filled),
    )
}

/// How much of it is filled; of a sliced one, against what should be by now.
fn done(o: &OrderRow) -> Cell {
    if let Some(s) = &o.slicing {
        let late = !o.status.is_terminal() && s.done < s.planned;
        let role = if late { Role::Warn } else { Role::Normal };
        return Cell::of(role, progress(s, BAR));
    }
    if o.filled.is_zero() || o.status == Status::Filled {
        return "".into();
    }
    figures::bar(&[(o.filled, '█')], o.quantity, BAR).into()
}

/// Done `█`, and planned by now but not done `▒`.
pub fn progress(s: &SlicingRow, width: usize) -> String {
    let behind = (s.planned - s.done).max(Decimal::ZERO);
    figures::bar(&[(s.done, '█'), (behind, '▒')], Decimal::ONE, width)
}

/// Why it stands as it does; of a sliced one that lives, its slices.
fn why(o: &OrderRow, clock: Time) -> String {
    let Some(s) = o.slicing.as_ref().filter(|_| !o.status.is_terminal()) else {
        return o.reason.clone().unwrap_or_default();
    };
    let next = match s.next_at {
        Some(_) if s.paused => ", held".to_owned(),
        Some(at) => format!(", next {}", figures::moment(at, clock)),
        None => String::new(),
    };
    let percent = figures::percent;
    format!(
        "{} of {}, {} slices{next}, {} live",
        percent(s.done),
        percent(s.planned),
        s.children,
        s.working.len()
    )
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
        status if !status.is_terminal() && is_held(o) && !o.cancel_asked => {
            Cell::of(Role::Warn, "! HELD")
        }
        status if !status.is_terminal() && o.cancel_asked => Cell::of(Role::Warn, "! cancelling"),
        Status::Pending | Status::Submitted => {
            Cell::of(Role::Warn, format!("{}…", status_word(o.status)))
        }
        status => status_word(status).into(),
    }
}

fn is_held(o: &OrderRow) -> bool {
    o.slicing.as_ref().is_some_and(|s| s.paused)
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

/// By which plan it is sent, in a word.
pub fn plan(kind: AlgorithmKind) -> &'static str {
    match kind {
        AlgorithmKind::Twap => "twap",
        AlgorithmKind::Vwap => "vwap",
        AlgorithmKind::Pov => "pov",
        AlgorithmKind::Iceberg => "iceberg",
        AlgorithmKind::Passive => "passive",
    }
}

/// The type in a word.
pub fn kind(kind: Kind) -> &'static str {
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
