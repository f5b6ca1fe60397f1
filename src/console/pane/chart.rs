//! The price of what is selected, with what is at stake drawn across it: a position's entry, stop,
//! target and trail, an order's limit and trigger.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::equity::role;
use super::{Look, PaneId, orders};
use crate::console::axis::{self, Axis};
use crate::console::figures;
use crate::console::plot::{Level, Mark, Plot};
use crate::console::theme::Role;
use crate::core::order::Side;
use crate::core::{Symbol, Time};
use crate::snapshot::{OrderRow, PositionRow, PriceRow, Snapshot};

/// What is drawn.
struct Subject {
    symbol: Symbol,
    /// What it gains or loses, and in percent of its margin.
    gain: Option<(Decimal, Option<Decimal>)>,
    words: String,
    levels: Vec<(&'static str, Decimal, Role)>,
    /// Its fills: when, at what price, and whether bought.
    fills: Vec<(Time, Decimal, bool)>,
}

/// The figure of the gain, and below it the price. Closes only: it moves when a bar ends.
pub fn lines(look: Look<'_>, area: Rect) -> Vec<Line<'static>> {
    let Some(subject) = selected(look) else {
        return vec![Line::from(look.span(Role::Quiet, "  nothing is selected"))];
    };
    let mut prices = look.snapshot.prices.iter();
    let price = prices.find(|p| p.symbol == subject.symbol);
    let last = price.map(|p| p.quote.last);
    let levels: Vec<Level> = subject
        .levels
        .iter()
        .map(|(name, at, role)| Level {
            at: at.to_f64().unwrap_or(f64::NAN),
            label: format!("{name} {}{}", figures::price(*at), away(*at, last)),
            role: *role,
        })
        .collect();
    let mut lines = vec![head(&subject, look, area.width.into())];
    let axis = price.and_then(axis_of);
    let marks = axis.map_or_else(Vec::new, |axis| marks(&subject.fills, axis));
    let plot = Plot {
        values: price.map_or(&[], |p| p.closes.as_slice()),
        levels: &levels,
        marks: &marks,
        axis,
        role: match subject.gain {
            Some((gain, _)) => role(gain),
            None => Role::Normal,
        },
    };
    let height = usize::from(area.height).saturating_sub(1);
    let drawn = plot.lines(area.width.into(), height, look.theme);
    if drawn.is_empty() {
        let words = format!("  no bars of {} yet", subject.symbol);
        lines.push(Line::from(look.span(Role::Quiet, words)));
    }
    lines.extend(drawn);
    lines
}

/// From the close of the first bar to that of the last.
fn axis_of(price: &PriceRow) -> Option<Axis> {
    let to = price.closed_at?;
    let bars = price.closes.len().checked_sub(1)? as i64;
    Some(Axis {
        figure: axis::price,
        from: to + -bars * price.bar_ms,
        to,
    })
}

/// Where fills lie on the line.
fn marks(fills: &[(Time, Decimal, bool)], axis: Axis) -> Vec<Mark> {
    let whole = (axis.to - axis.from).max(1) as f64;
    let mark = |(time, price, bought): &(Time, Decimal, bool)| {
        // What was filled within the bar that is not closed yet stands at the edge.
        let place = ((*time - axis.from) as f64 / whole).min(1.0);
        Some(Mark {
            place,
            at: price.to_f64()?,
            glyph: if *bought { '▲' } else { '▼' },
            role: Role::Strong,
        })
    };
    fills.iter().filter_map(mark).collect()
}

/// The fills of an order.
fn fills(order: &OrderRow) -> impl Iterator<Item = (Time, Decimal, bool)> {
    let bought = order.side == Side::Buy;
    order.fills.iter().map(move |f| (f.time, f.price, bought))
}

/// Gain and words; what does not fit whole is left out.
fn head(subject: &Subject, look: Look<'_>, width: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut room = width;
    let mut add = |role: Role, text: String| {
        let span = look.span(role, format!(" {text} "));
        if let Some(rest) = room.checked_sub(span.width()) {
            room = rest;
            spans.push(span);
        }
    };
    if let Some((gain, percent)) = subject.gain {
        let percent = percent.map_or_else(String::new, |p| format!("  {}%", figures::signed(p)));
        let text = format!("P&L {}{percent}", figures::signed(gain));
        add(role(gain), text);
    }
    add(Role::Strong, subject.symbol.to_string());
    for part in subject.words.split(" · ") {
        add(Role::Normal, part.to_owned());
    }
    Line::from(spans)
}

/// How far a level is from the price, in percent of it.
fn away(level: Decimal, last: Option<Decimal>) -> String {
    let share = last.and_then(|last| (level - last).checked_div(last));
    share.map_or_else(String::new, |share| {
        let percent = (share * Decimal::ONE_HUNDRED).round_dp(1);
        let sign = if percent > Decimal::ZERO { "+" } else { "" };
        format!(" {sign}{percent:.1}%")
    })
}

/// The order where the orders have the keys, else the position.
fn selected(look: Look<'_>) -> Option<Subject> {
    let snapshot = look.snapshot;
    if look.ui.focused() == PaneId::Orders {
        let index = look.ui.selected_index(PaneId::Orders, snapshot)?;
        return Some(of_order(&snapshot.orders.items[index], snapshot));
    }
    let index = look.ui.selected_index(PaneId::Positions, snapshot)?;
    Some(of_position(&snapshot.positions.items[index], snapshot))
}

fn of_position(p: &PositionRow, snapshot: &Snapshot) -> Subject {
    let orders = snapshot.orders.items.iter();
    let theirs = orders.filter(|o| o.position_id == Some(p.id));
    let open = p.status == "open";
    let mut levels = vec![("entry", p.entry, Role::Strong)];
    let stop = if p.trail.is_some() { "trail" } else { "stop" };
    if open {
        levels.extend(p.stop.map(|at| (stop, at, Role::Bad)));
        levels.extend(p.target.map(|at| ("target", at, Role::Good)));
    }
    levels.extend(p.exit_price.map(|at| ("exit", at, Role::Strong)));
    let trails = p.trail.map_or_else(String::new, |t| {
        let percent = (t * Decimal::ONE_HUNDRED).normalize();
        format!(" · trails {percent}% behind")
    });
    Subject {
        symbol: p.symbol,
        gain: if open {
            p.unrealised.map(|gain| (gain, p.unrealised_pct))
        } else {
            Some((p.realised, None))
        },
        words: format!(
            "{} {} · x{}{trails} · {}",
            p.side,
            figures::quantity(p.quantity),
            p.leverage.normalize(),
            p.id
        ),
        levels,
        fills: theirs.flat_map(fills).collect(),
    }
}

fn of_order(o: &OrderRow, snapshot: &Snapshot) -> Subject {
    let mut levels = Vec::new();
    levels.extend(o.price.map(|at| ("limit", at, Role::Focus)));
    levels.extend(o.stop_price.map(|at| ("trigger", at, Role::Focus)));
    levels.extend(o.average_price.map(|at| ("filled at", at, Role::Strong)));
    let arrival = o.slicing.as_ref().map(|s| s.arrival_price);
    levels.extend(arrival.map(|at| ("arrival", at, Role::Normal)));
    let mut positions = snapshot.positions.items.iter();
    let position = positions.find(|p| Some(p.id) == o.position_id && p.status == "open");
    let theirs = position.map(|p| of_position(p, snapshot));
    let gain = theirs.as_ref().and_then(|p| p.gain);
    let fills = match &theirs {
        Some(theirs) => theirs.fills.clone(),
        None => fills(o).collect(),
    };
    let theirs = theirs.into_iter().flat_map(|p| p.levels);
    let more: Vec<_> = theirs
        .filter(|(_, at, _)| levels.iter().all(|(_, own, _)| own != at))
        .collect();
    levels.extend(more);
    Subject {
        symbol: o.symbol,
        gain,
        words: format!(
            "{} {} {} · {}",
            orders::purpose(o.purpose),
            orders::side(o.side),
            figures::quantity(o.quantity),
            o.id
        ),
        levels,
        fills,
    }
}
