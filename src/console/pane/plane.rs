//! The map of two parameters in blocks: where a strategy is good, and whether it is good by itself or
//! among good neighbours.

use ratatui::text::{Line, Span};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::console::report::{Plane, Side};
use crate::console::theme::{Role, Theme};

/// From the lowest mean to the highest.
const SHADES: [(char, Role); 5] = [
    ('·', Role::Quiet),
    ('░', Role::Quiet),
    ('▒', Role::Normal),
    ('▓', Role::Normal),
    ('█', Role::Good),
];
/// Where the chosen parameters lie.
const CHOSEN: &str = "[]";

/// The map in lines, the highest value of the upward side on top; none where it is wider than `width`
/// or has nothing to show. `chosen` are the parameters that the run stands for.
pub fn lines(
    plane: &Plane,
    chosen: impl Fn(&str) -> Option<Decimal>,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let all = || plane.cells.iter().flatten().flatten().copied();
    let Some((low, high)) = all().min().zip(all().max()) else {
        return Vec::new();
    };
    let labels: Vec<String> = match &plane.y {
        Some(side) => side.values.iter().map(text).collect(),
        None => vec![String::new()],
    };
    let margin = labels.iter().map(String::len).max().unwrap_or(0);
    let across = plane.x.values.len();
    let title = match &plane.y {
        Some(y) => format!("Sharpe in sample: {} up, {} across", y.name, plane.x.name),
        None => format!("Sharpe in sample: {} across", plane.x.name),
    };
    let ends = ends(&plane.x, margin);
    if (margin + 2 + 2 * across).max(title.len()).max(ends.len()) > width {
        return Vec::new();
    }
    let at = |side: &Side| cell_of(side, chosen(&side.name)?);
    let best = at(&plane.x).map(|x| (x, plane.y.as_ref().map_or(Some(0), at)));
    let style = |role, text: String| Span::styled(text, theme.style(role));
    let mut lines = vec![Line::from(style(Role::Strong, title))];
    for (row, (label, cells)) in labels.iter().zip(&plane.cells).enumerate().rev() {
        let mut spans = vec![style(Role::Quiet, format!("{label:>margin$} │"))];
        for (column, cell) in cells.iter().enumerate() {
            let (shade, role) = match cell {
                Some(value) => SHADES[shade(*value, low, high)],
                None => (' ', Role::Normal),
            };
            spans.push(match best == Some((column, Some(row))) {
                true => style(Role::Focus, CHOSEN.to_owned()),
                false => style(role, [shade, shade].iter().collect()),
            });
        }
        lines.push(Line::from(spans));
    }
    lines.push(Line::from(style(Role::Quiet, ends)));
    let (lowest, highest) = (SHADES[0].0, SHADES[SHADES.len() - 1].0);
    let (low, high) = (low.round_dp(2), high.round_dp(2));
    let mut legend = format!("{lowest} {low:.2} to {highest} {high:.2}");
    if best.is_some_and(|(_, row)| row.is_some()) {
        legend.push_str(&format!("   {CHOSEN} chosen"));
    }
    lines.push(Line::from(style(Role::Quiet, legend)));
    lines
}

/// The first value and the last, below the cells.
fn ends(side: &Side, margin: usize) -> String {
    let (Some(first), Some(last)) = (side.values.first(), side.values.last()) else {
        return String::new();
    };
    let first = text(first);
    if side.values.len() < 2 {
        return format!("{:margin$}  {first}", "");
    }
    let room = (2 * side.values.len())
        .saturating_sub(first.len())
        .max(text(last).len() + 1);
    format!("{:margin$}  {first}{:>room$}", "", text(last))
}

fn text(value: &Decimal) -> String {
    value.normalize().to_string()
}

/// The cell a value falls into: the last that does not begin above it.
fn cell_of(side: &Side, value: Decimal) -> Option<usize> {
    side.values.iter().rposition(|least| *least <= value)
}

/// Where a mean lies between the lowest and the highest, 0 to 4.
fn shade(value: Decimal, low: Decimal, high: Decimal) -> usize {
    let parts = Decimal::from(SHADES.len());
    let share = ((value - low) * parts).checked_div(high - low);
    let shade = share.map_or(SHADES.len() / 2, |s| s.floor().to_usize().unwrap_or(0));
    shade.min(SHADES.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn side(name: &str, values: &[i64]) -> Side {
        Side {
            name: name.into(),
            values: values.iter().map(|v| Decimal::from(*v)).collect(),
        }
    }

    fn plane() -> Plane {
        Plane {
            x: side("slow", &[10, 20, 30]),
            y: Some(side("fast", &[5, 8])),
            cells: vec![
                vec![Some(dec!(0)), Some(dec!(0.5)), None],
                vec![Some(dec!(0.25)), Some(dec!(1)), Some(dec!(0.75))],
            ],
        }
    }

    fn drawn(plane: &Plane, width: usize) -> Vec<String> {
        let chosen = |name: &str| match name {
            "slow" => Some(dec!(25)),
            "fast" => Some(dec!(8)),
            _ => None,
        };
        let lines = lines(plane, chosen, width, Theme::default());
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_highest_is_on_top_and_what_was_chosen_is_marked() {
        assert_eq!(
            drawn(&plane(), 80),
            [
                "Sharpe in sample: fast up, slow across",
                "8 │░░[]▓▓",
                "5 │··▒▒  ",
                "   10  30",
                "· 0.00 to █ 1.00   [] chosen",
            ]
        );
    }

    #[test]
    fn what_has_no_room_or_nothing_in_it_is_not_drawn() {
        assert!(drawn(&plane(), 20).is_empty());
        let mut empty = plane();
        empty.cells.iter_mut().flatten().for_each(|c| *c = None);
        assert!(drawn(&empty, 80).is_empty());
        let line = Plane {
            y: None,
            cells: vec![vec![Some(dec!(1)); 3]],
            ..plane()
        };
        assert_eq!(drawn(&line, 80)[1], " │▒▒[]▒▒");
    }
}
