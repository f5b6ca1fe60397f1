//! Reservations: who holds what, and for how long.

use rust_decimal::Decimal;

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::reservation::{Class, Resource, Standing};
use crate::snapshot::{ReservationRow, Snapshot};

/// The pane.
pub struct Reservations;

const COLUMNS: &[Column] = &[
    Column::words("agent", 10, 10),
    Column::whole("for", 6, 6),
    Column::whole("of", 7, 5),
    Column::number("amount", 8, 9),
    Column::whole("state", 8, 8),
    Column::whole("life", 8, 4),
    Column::number("left", 4, 7),
    Column::words("purpose", 12, 3),
    Column::words("strategy", 10, 1),
    Column::whole("id", 12, 0),
];

/// By priority and class; what waits first, then what ends soonest; what ended, last.
fn rank(row: &ReservationRow) -> (bool, u8, Class, u8, i64) {
    let expiry = row.expires_at.map_or(i64::MAX, |at| at.0);
    let standing = match row.status {
        Standing::Queued => 0,
        Standing::Held => 1,
        _ => 2,
    };
    let ended = row.status.is_terminal();
    (ended, row.priority, row.class, standing, expiry)
}

/// Priority and class, such as `1 exit`.
pub fn class(row: &ReservationRow) -> String {
    format!("{} {}", row.priority, row.class.as_str())
}

/// An amount of a resource.
pub fn amount(resource: Resource, amount: Decimal) -> String {
    match resource {
        Resource::Capital => figures::money(amount),
        Resource::Compute | Resource::Api => figures::quantity(amount),
    }
}

/// What would be given back, in words.
pub fn terms(r: &ReservationRow) -> String {
    let size = match r.status {
        Standing::Queued => r.asked,
        _ => r.amount,
    };
    let (what, size) = (resource(r.resource), amount(r.resource, size));
    format!("{size} {what} of {} for {}", r.agent, class(r))
}

/// What is reserved, in a word.
fn resource(resource: Resource) -> &'static str {
    match resource {
        Resource::Capital => "capital",
        Resource::Compute => "compute",
        Resource::Api => "api",
    }
}

fn standing(standing: Standing) -> Cell {
    match standing {
        Standing::Queued => Cell::of(Role::Warn, "! queued"),
        Standing::Held => "held".into(),
        Standing::Bound => "bound".into(),
        Standing::Released => "released".into(),
        Standing::Expired => "expired".into(),
        Standing::Preempted => "preempted".into(),
        Standing::Denied => "denied".into(),
        Standing::Cancelled => "cancelled".into(),
    }
}

impl Rows for Reservations {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let rows = &snapshot.reservations.items;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| rank(&rows[*i]));
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.reservations.items[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let r = &snapshot.reservations.items[index];
        let left = match r.expires_at {
            Some(at) if !r.status.is_terminal() => Some(at - snapshot.status.clock),
            _ => None,
        };
        let whole = match (r.ttl_s, r.expires_at) {
            (0, Some(at)) => at - r.created_at,
            (ttl_s, _) => i64::try_from(ttl_s.saturating_mul(1_000)).unwrap_or(i64::MAX),
        };
        let size = match r.status {
            Standing::Queued => r.asked,
            _ => r.amount,
        };
        Row {
            cells: vec![
                r.agent.to_string().into(),
                class(r).into(),
                resource(r.resource).into(),
                amount(r.resource, size).into(),
                standing(r.status),
                left.map_or("-".into(), |left| figures::life(left, whole))
                    .into(),
                left.map_or("-".into(), figures::span).into(),
                r.purpose.clone().into(),
                r.strategy.map_or(String::new(), |s| s.to_string()).into(),
                r.id.to_string().into(),
            ],
            quiet: r.status.is_terminal(),
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.reservations.items[index])
    }
}

/// How many live, and what they hold of the capital.
pub fn summary(snapshot: &Snapshot) -> String {
    let s = &snapshot.status;
    let mut text = format!("{} live", s.reservations_total);
    let capital = s.resources.iter().find(|r| r.resource == Resource::Capital);
    if let Some(capital) = capital {
        let taken: Decimal = capital.held + capital.bound;
        text.push_str(&format!(" · {} taken", figures::short(taken)));
        if let Some(limit) = capital.limit {
            text.push_str(&format!(" of {}", figures::short(limit)));
        }
    }
    text
}
