//! Positions: what is open, what it is worth now and whether its stop works. Below it, what the
//! watched symbols cost.

use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::equity::role;
use super::{Cell, Column, Look, Row, Rows, position_detail, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{PositionRow, Snapshot};

/// The pane.
pub struct Positions;

const COLUMNS: &[Column] = &[
    Column::whole("symbol", 8, 10),
    Column::whole("side", 5, 9),
    Column::whole("state", 6, 8),
    Column::number("P&L", 8, 7),
    Column::number("%", 5, 3),
    Column::number("size", 6, 6),
    Column::number("entry", 7, 4),
    Column::number("price", 7, 2),
    Column::number("stop", 7, 5),
    Column::number("target", 7, 1),
    Column::number("age", 3, 0),
    Column::whole("id", 10, 0),
];

impl Rows for Positions {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let positions = &snapshot.positions.items;
        let mut order: Vec<usize> = (0..positions.len()).collect();
        order.sort_by_key(|i| {
            let p = &positions[*i];
            (p.status != "open", p.protected, !p.closing)
        });
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.positions.items[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let p = &snapshot.positions.items[index];
        let open = p.status == "open";
        let gain = if open { p.unrealised } else { Some(p.realised) };
        let role = match gain {
            Some(gain) if open || gain > Decimal::ZERO => role(gain),
            _ => Role::Normal,
        };
        let until = p.closed_at.unwrap_or(snapshot.status.clock);
        let price = |p: Option<Decimal>| Cell::from(p.map_or("-".into(), figures::price));
        Row {
            cells: vec![
                p.symbol.to_string().into(),
                p.side.as_str().into(),
                state(p),
                Cell::of(role, gain.map_or("-".into(), figures::signed)),
                Cell::of(role, p.unrealised_pct.map_or("-".into(), figures::signed)),
                figures::quantity(p.quantity).into(),
                figures::price(p.entry).into(),
                price(if open { p.price } else { p.exit_price }),
                price(p.stop),
                price(p.target),
                figures::span(until - p.opened_at).into(),
                p.id.to_string().into(),
            ],
            quiet: !open,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.positions.items[index])
    }

    fn detail(&self, snapshot: &Snapshot, _: Time, index: usize) -> Vec<String> {
        position_detail::lines(&snapshot.positions.items[index], snapshot)
    }
}

/// Whether it is guarded, and how.
fn state(p: &PositionRow) -> Cell {
    match (p.status == "open", p.protected, p.closing) {
        (false, ..) => "closed".into(),
        (true, _, true) => Cell::of(Role::Warn, "! closing"),
        (true, false, false) => Cell::of(Role::Bad, "X NO STOP"),
        (true, true, false) if p.stop.is_none() => Cell::of(Role::Warn, "! unstopped"),
        (true, true, false) if p.trail.is_some() => "trailing".into(),
        (true, true, false) => "protected".into(),
    }
}

/// What would be closed, in words.
pub fn terms(p: &PositionRow) -> String {
    let price = p.price.map_or("none".into(), figures::price);
    let gain = p.unrealised.map_or("unknown".into(), figures::signed);
    format!(
        "{} {} {} from {}, now {price}, P&L {gain}",
        p.side,
        figures::quantity(p.quantity),
        p.symbol,
        figures::price(p.entry),
    )
}

/// How many are open, and how many were closed.
pub fn summary(snapshot: &Snapshot) -> String {
    let positions = &snapshot.positions;
    let open = positions.items.iter().filter(|p| p.status == "open");
    let open = open.count() as u64;
    format!("{open} open · {} closed", positions.total - open)
}

/// The last prices, with their recent way where there is room: as many lines as the pane can spare.
pub fn feet(look: Look<'_>, area: Rect) -> Vec<Line<'static>> {
    let prices = &look.snapshot.prices;
    let width = usize::from(area.width);
    if prices.is_empty() || area.height < 3 {
        return Vec::new();
    }
    if usize::from(area.height) >= prices.len() + 5 {
        return prices
            .iter()
            .map(|p| {
                let text = format!(" {:<10} {:>12}  ", p.symbol, figures::price(p.quote.last));
                let room = width.saturating_sub(text.len()).min(40);
                let spark = figures::sparkline(&p.closes, room);
                if text.len() > width {
                    return Line::default();
                }
                Line::from(vec![
                    look.span(Role::Normal, text),
                    look.span(Role::Quiet, spark),
                ])
            })
            .collect();
    }
    let mut text = String::new();
    for p in prices {
        let one = format!(" {} {} ", p.symbol, figures::price(p.quote.last));
        if text.len() + one.len() <= width {
            text.push_str(&one);
        }
    }
    vec![Line::from(look.span(Role::Normal, text))]
}
