//! Curves and the map as pictures.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::super::figures::Curve;
use super::super::plane::Plane;
use super::escaped;
use crate::core::Time;
use crate::core::time::DAY_MS;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 240.0;
/// Points of a curve that are drawn.
const DRAWN: usize = 900;
/// A cell of the map.
const CELL: f64 = 30.0;
/// Room for labels beside the map.
const ROOM: f64 = 90.0;

/// Curves over the same days, each with a class and a name.
pub(super) fn curves(all: &[(&str, &str, &Curve)]) -> String {
    let points: Vec<Vec<(f64, f64)>> = all.iter().map(|(_, _, curve)| points(curve)).collect();
    let every = || points.iter().flatten();
    let fold = |first: f64, by: fn(f64, f64) -> f64, of: fn(&(f64, f64)) -> f64| {
        every().map(of).fold(first, by)
    };
    let (left, right) = (
        fold(f64::INFINITY, f64::min, |p| p.0),
        fold(f64::NEG_INFINITY, f64::max, |p| p.0),
    );
    let (low, high) = (
        fold(f64::INFINITY, f64::min, |p| p.1),
        fold(f64::NEG_INFINITY, f64::max, |p| p.1),
    );
    if !(low.is_finite() && high.is_finite()) {
        return "<p>nothing to draw</p>".to_owned();
    }
    let (wide, tall) = (
        (right - left).max(1.0),
        if high > low { high - low } else { 1.0 },
    );
    let x = |day: f64| (day - left) / wide * WIDTH;
    let y = |value: f64| HEIGHT - (value - low) / tall * HEIGHT;
    let mut drawn = format!(
        "<svg viewBox=\"0 -8 {} {}\" role=\"img\">",
        WIDTH + 110.0,
        HEIGHT + 40.0
    );
    for part in 0..=4 {
        let value = low + tall * f64::from(part) / 4.0;
        let at = y(value);
        let _ = write!(
            drawn,
            "<path class=\"grid\" d=\"M0 {at:.1}H{WIDTH}\"/><text x=\"{}\" y=\"{:.1}\">{value:.2}</text>",
            WIDTH + 6.0,
            at + 4.0
        );
    }
    for (day, anchor) in [(left, "start"), (right, "end")] {
        let date = Time((day as i64).saturating_mul(DAY_MS))
            .utc()
            .format("%Y-%m-%d");
        let _ = write!(
            drawn,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{date}</text>",
            x(day),
            HEIGHT + 24.0
        );
    }
    for ((class, name, _), points) in all.iter().zip(&points) {
        let mut path = String::new();
        for (day, value) in points {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{:.1} {:.1}", x(*day), y(*value));
        }
        let _ = write!(
            drawn,
            "<path class=\"{class}\" d=\"{path}\"><title>{name}</title></path>"
        );
    }
    drawn.push_str("</svg>");
    drawn
}

/// The days of a curve, thinned out where there are many; its start stands before the first.
fn points(curve: &Curve) -> Vec<(f64, f64)> {
    let start = curve.days.first().map(|(day, _)| (day - 1, curve.start));
    let every = curve.days.len().div_ceil(DRAWN).max(1);
    let last = curve.days.len().saturating_sub(1);
    let days = curve.days.iter().enumerate();
    let kept = days
        .filter(|(at, _)| at % every == 0 || *at == last)
        .map(|(_, day)| *day);
    start
        .into_iter()
        .chain(kept)
        .filter_map(|(day, value)| Some((day as f64, value.to_f64()?)))
        .collect()
}

/// The map: green above 0, red below, the stronger the farther.
pub(super) fn plane(plane: &Plane) -> String {
    let (rows, columns) = (plane.cells.len(), plane.x.values.len());
    let (wide, tall) = (columns as f64 * CELL, rows as f64 * CELL);
    let strongest = plane
        .range()
        .map_or(Decimal::ONE, |(low, high)| low.abs().max(high.abs()));
    let mut drawn = format!(
        "<svg viewBox=\"0 -20 {} {}\" style=\"max-width:{}px\" role=\"img\">",
        ROOM + wide + 20.0,
        tall + 60.0,
        ROOM + wide + 20.0
    );
    for (up, row) in plane.cells.iter().enumerate() {
        let y = (rows - 1 - up) as f64 * CELL;
        if let Some(value) = plane.y.as_ref().and_then(|side| side.values.get(up)) {
            let at = y + CELL / 2.0 + 4.0;
            let _ = write!(
                drawn,
                "<text x=\"{}\" y=\"{at}\" text-anchor=\"end\">{value}</text>",
                ROOM - 6.0
            );
        }
        for (across, cell) in row.iter().enumerate() {
            let x = ROOM + across as f64 * CELL;
            let place = format!("x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\"");
            let Some(value) = cell else {
                let _ = write!(drawn, "<rect class=\"none\" {place}/>");
                continue;
            };
            let class = if value.is_sign_negative() {
                "down"
            } else {
                "up"
            };
            let share = value.abs().checked_div(strongest).and_then(|s| s.to_f64());
            let strength = 0.1 + 0.9 * share.unwrap_or(0.0);
            let _ = write!(
                drawn,
                "<rect class=\"{class}\" fill-opacity=\"{strength:.2}\" {place}><title>{}</title></rect>",
                value.round_dp(4)
            );
        }
    }
    for (across, value) in plane.x.values.iter().enumerate() {
        let x = ROOM + (across as f64 + 0.5) * CELL;
        let _ = write!(
            drawn,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{value}</text>",
            tall + 14.0
        );
    }
    let _ = write!(
        drawn,
        "<text x=\"{ROOM}\" y=\"{}\">{} across</text>",
        tall + 34.0,
        escaped(&plane.x.name)
    );
    if let Some(side) = &plane.y {
        let _ = write!(
            drawn,
            "<text x=\"0\" y=\"-8\">{} up</text>",
            escaped(&side.name)
        );
    }
    drawn.push_str("</svg>");
    drawn
}
