//! A line of dots, eight to a cell, and levels across it with their names at the right. What lies
//! far off is named at the edge it lies beyond, so that it never flattens the line.

use std::collections::BTreeMap;

use ratatui::text::{Line, Span};
use rust_decimal::prelude::ToPrimitive;

use super::axis::Axis;
use super::theme::{Role, Theme};

/// A price worth knowing, drawn across the line.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Where it lies.
    pub at: f64,
    /// Its name and its figure; as it is, or not at all.
    pub label: String,
    /// What it means.
    pub role: Role,
}

/// Something that happened at a value and a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// When, from 0 for the first value to 1 for the last.
    pub place: f64,
    /// At which value.
    pub at: f64,
    /// How it is shown.
    pub glyph: char,
    /// What it means.
    pub role: Role,
}

/// What is drawn.
#[derive(Clone, Copy)]
pub struct Plot<'a> {
    /// Oldest first.
    pub values: &'a [f64],
    /// The most important first: where two want one line, the later makes way.
    pub levels: &'a [Level],
    /// What lies on the line; what is off the scale or before the first value is left out.
    pub marks: &'a [Mark],
    /// What stands at the edges, where there is room for it.
    pub axis: Option<Axis>,
    /// How the line looks.
    pub role: Role,
}

/// Least lines of a chart that has its axis below.
const WITH_AXIS: usize = 4;

/// Rows of dots in a cell.
const DOTS: usize = 4;
/// Least cells of the line beside the names.
const LINE: usize = 8;
/// The span shown is at most this many times that of the line itself.
const STRETCH: f64 = 3.0;
/// The least span, as a share of the value: a price that stands still is a level line.
const LEAST: f64 = 0.001;

/// The bit of each dot of a braille cell, by row, left and right.
const BITS: [[u32; 2]; DOTS] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// What is shown, from its lowest to its highest.
#[derive(Debug, Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    dots: usize,
}

impl Scale {
    /// As wide as the line, and as far to the levels as it can go without flattening the line.
    fn of(values: &[f64], levels: &[Level], dots: usize) -> Self {
        let mut low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let mut high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = (high.abs() * LEAST).max(f64::MIN_POSITIVE);
        if high - low < least {
            let middle = f64::midpoint(low, high);
            (low, high) = (middle - least / 2.0, middle + least / 2.0);
        }
        let most = (high - low) * STRETCH;
        let mut near: Vec<f64> = levels.iter().map(|l| l.at).collect();
        let (first, last) = (low, high);
        near.sort_by(|a, b| beyond(*a, first, last).total_cmp(&beyond(*b, first, last)));
        for at in near {
            let (lower, higher) = (low.min(at), high.max(at));
            if higher - lower <= most {
                (low, high) = (lower, higher);
            }
        }
        Self { low, high, dots }
    }

    /// The row of dots, from the top.
    fn dot(&self, value: f64) -> usize {
        let last = self.dots.saturating_sub(1);
        let share = (self.high - value) / (self.high - self.low);
        let row = (share * last as f64).round().to_usize().unwrap_or(0);
        row.min(last)
    }
}

/// How far off a span a value lies.
fn beyond(value: f64, low: f64, high: f64) -> f64 {
    (low - value).max(value - high).max(0.0)
}

impl Plot<'_> {
    /// Exactly `height` lines of at most `width` cells; none where there is nothing to draw or no
    /// room for it.
    pub fn lines(&self, width: usize, height: usize, theme: Theme) -> Vec<Line<'static>> {
        let values: Vec<f64> = self
            .values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .collect();
        if values.is_empty() || height == 0 || width < LINE {
            return Vec::new();
        }
        let levels: Vec<Level> = self
            .levels
            .iter()
            .filter(|l| l.at.is_finite())
            .cloned()
            .collect();
        let axis = self.axis.filter(|_| height >= WITH_AXIS);
        let height = height - usize::from(axis.is_some());
        let scale = Scale::of(&values, &levels, height * DOTS);
        let mut named = named(&levels, scale, height);
        if let Some(axis) = axis {
            for (row, at) in [(0, scale.high), (height - 1, scale.low)] {
                named.entry(row).or_insert_with(|| Level {
                    at,
                    label: (axis.figure)(at),
                    role: Role::Quiet,
                });
            }
        }
        let widest = named.values().map(|l| Span::raw(&*l.label).width() + 2);
        let gutter = widest.max().unwrap_or(0);
        let gutter = if width >= gutter + LINE { gutter } else { 0 };
        let cells = cells(&values, scale, width - gutter, height);
        let marks = marked(self.marks, scale, width - gutter);
        let across: BTreeMap<usize, Role> = levels
            .iter()
            .rev()
            .filter(|l| beyond(l.at, scale.low, scale.high) <= 0.0)
            .map(|l| (scale.dot(l.at) / DOTS, l.role))
            .collect();
        let below = axis.map(|axis| axis.line(width - gutter));
        cells
            .into_iter()
            .enumerate()
            .map(|(row, cells)| {
                let marks = marks.iter().filter(|(at, _)| at.0 == row);
                let marks: BTreeMap<usize, Mark> = marks.map(|(at, mark)| (at.1, *mark)).collect();
                let mut spans = self.row(&cells, across.get(&row).copied(), &marks, theme);
                if let Some(level) = named.get(&row).filter(|_| gutter > 0) {
                    let text = format!(" {}", level.label);
                    spans.push(Span::styled(text, theme.style(level.role)));
                }
                Line::from(spans)
            })
            .chain(below.map(|text| Line::styled(text, theme.style(Role::Quiet))))
            .collect()
    }

    /// The line's dots with the marks on them, and dashes where a level lies behind it.
    fn row(
        &self,
        cells: &[u32],
        level: Option<Role>,
        marks: &BTreeMap<usize, Mark>,
        theme: Theme,
    ) -> Vec<Span<'static>> {
        let mut spans: Vec<(Role, String)> = Vec::new();
        for (column, dots) in cells.iter().enumerate() {
            let mark = marks.get(&column);
            let (role, glyph) = match (*dots, level) {
                _ if let Some(mark) = mark => (mark.role, mark.glyph),
                (0, Some(role)) => (role, '╌'),
                (0, None) => (self.role, ' '),
                (dots, _) => (self.role, char::from_u32(0x2800 + dots).unwrap_or(' ')),
            };
            match spans.last_mut().filter(|(last, _)| *last == role) {
                Some((_, text)) => text.push(glyph),
                None => spans.push((role, glyph.to_string())),
            }
        }
        spans
            .into_iter()
            .map(|(role, text)| Span::styled(text, theme.style(role)))
            .collect()
    }
}

/// Each mark's row and column.
fn marked(marks: &[Mark], scale: Scale, width: usize) -> Vec<((usize, usize), Mark)> {
    let last = width.saturating_sub(1) as f64;
    marks
        .iter()
        .filter(|mark| (0.0..=1.0).contains(&mark.place))
        .filter(|mark| beyond(mark.at, scale.low, scale.high) <= 0.0)
        .filter_map(|mark| {
            let column = (mark.place * last).round().to_usize()?;
            Some(((scale.dot(mark.at) / DOTS, column), *mark))
        })
        .collect()
}

/// Which level is named in which row, the highest first; what lies off the scale at its edge, with an
/// arrow.
fn named(levels: &[Level], scale: Scale, height: usize) -> BTreeMap<usize, Level> {
    let mut named: BTreeMap<usize, Level> = BTreeMap::new();
    for level in levels {
        let off = beyond(level.at, scale.low, scale.high) > 0.0;
        let wanted = scale.dot(level.at) / DOTS;
        let nearest = (0..height)
            .filter(|row| !named.contains_key(row))
            .min_by_key(|row| {
                let wrong = |(other, l): (&usize, &Level)| {
                    other < row && l.at < level.at || other > row && l.at > level.at
                };
                (named.iter().any(wrong), row.abs_diff(wanted))
            });
        let Some(row) = nearest else { break };
        let mut level = level.clone();
        if off {
            let arrow = if level.at > scale.high { '↑' } else { '↓' };
            level.label = format!("{arrow} {}", level.label);
        }
        named.insert(row, level);
    }
    // Where none was free on the right side, all of them make way.
    let rows: Vec<usize> = named.keys().copied().collect();
    let mut levels: Vec<Level> = named.into_values().collect();
    levels.sort_by(|a, b| b.at.total_cmp(&a.at));
    rows.into_iter().zip(levels).collect()
}

/// The dots of each cell, row by row, stretched over the whole width.
fn cells(values: &[f64], scale: Scale, width: usize, height: usize) -> Vec<Vec<u32>> {
    let mut cells = vec![vec![0; width]; height];
    let columns = width * 2;
    let mut before: Option<usize> = None;
    for column in 0..columns {
        let row = scale.dot(at(values, column, columns));
        let from = before.unwrap_or(row);
        for dot in from.min(row)..=from.max(row) {
            if let Some(cell) = cells
                .get_mut(dot / DOTS)
                .and_then(|r| r.get_mut(column / 2))
            {
                *cell |= BITS[dot % DOTS][column % 2];
            }
        }
        before = Some(row);
    }
    cells
}

/// The value at a column, between two where there are fewer values than columns.
fn at(values: &[f64], column: usize, columns: usize) -> f64 {
    let last = values.len() - 1;
    let place = column as f64 / columns.saturating_sub(1).max(1) as f64 * last as f64;
    let left = place.floor().to_usize().unwrap_or(0).min(last);
    let right = (left + 1).min(last);
    values[left] + (values[right] - values[left]) * (place - left as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(at: f64, label: &str) -> Level {
        Level {
            at,
            label: label.into(),
            role: Role::Normal,
        }
    }

    fn drawn(values: &[f64], levels: &[Level], width: usize, height: usize) -> Vec<String> {
        let plot = Plot {
            values,
            levels,
            marks: &[],
            axis: None,
            role: Role::Normal,
        };
        let lines = plot.lines(width, height, Theme::default());
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_rises_where_the_values_do() {
        assert_eq!(drawn(&[1.0, 2.0], &[], 8, 2), ["    ⣀⡤⠖⠋", "⣀⡤⠖⠋⠁   "]);
    }

    #[test]
    fn levels_near_are_lines_and_levels_far_are_named_at_the_edge() {
        let values = [100.0, 101.0, 100.5, 102.0];
        let levels = [level(99.0, "stop 99"), level(150.0, "target 150")];
        let lines = drawn(&values, &levels, 40, 4);
        assert!(lines[0].ends_with("↑ target 150"), "{lines:#?}");
        assert!(
            lines[3].ends_with("stop 99") && lines[3].contains("╌╌╌"),
            "{lines:#?}"
        );
        assert!(!lines[0].contains('╌'), "{lines:#?}");
    }

    #[test]
    fn names_never_lie_on_one_another_and_the_first_keeps_its_place() {
        let levels: Vec<Level> = (0..9)
            .map(|i| level(100.0, &format!("level {i}")))
            .collect();
        let lines = drawn(&[99.0, 101.0], &levels, 40, 4);
        let names: Vec<&str> = lines
            .iter()
            .filter_map(|l| l.split(" level ").nth(1))
            .collect();
        assert_eq!(names.len(), 4, "{lines:#?}");
        assert!(lines[1].contains("level 0") || lines[2].contains("level 0"));
    }

    #[test]
    fn names_stand_in_the_order_of_their_values_however_close_they_lie() {
        let values = [100.0, 110.0];
        for (entry, stop, target) in [
            (105.0, 104.9, 105.1),
            (105.0, 105.1, 104.9),
            (100.0, 99.99, 100.01),
            (110.0, 110.01, 109.99),
            (105.0, 50.0, 49.0),
        ] {
            let levels = [
                level(entry, "entry"),
                level(stop, "stop"),
                level(target, "target"),
            ];
            let mut wanted = [(entry, "entry"), (stop, "stop"), (target, "target")];
            wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
            for height in [3, 4, 8] {
                let lines = drawn(&values, &levels, 40, height);
                let names: Vec<&str> = lines
                    .iter()
                    .filter_map(|line| line.rsplit(' ').next())
                    .filter(|word| ["entry", "stop", "target"].contains(word))
                    .collect();
                assert_eq!(names, wanted.map(|(_, name)| name), "{lines:#?}");
            }
        }
    }

    #[test]
    fn an_axis_names_the_edges_and_marks_lie_where_they_happened() {
        let values = [100.0, 110.0];
        let mark = |place, at| Mark {
            place,
            at,
            glyph: '▲',
            role: Role::Good,
        };
        let plot = Plot {
            values: &values,
            levels: &[level(104.0, "entry 104")],
            marks: &[
                mark(0.0, 100.0),
                mark(1.0, 110.0),
                mark(-0.1, 105.0),
                mark(0.5, 900.0),
            ],
            axis: Some(Axis {
                figure: |value| format!("{value:.0}"),
                from: crate::core::Time(0),
                to: crate::core::Time(3_600_000),
            }),
            role: Role::Normal,
        };
        let lines = plot.lines(40, 6, Theme::default());
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 6);
        assert!(lines[0].ends_with("▲ 110"), "{lines:#?}");
        assert!(
            lines[4].starts_with('▲') && lines[4].ends_with(" 100"),
            "{lines:#?}"
        );
        assert!(
            lines[5].starts_with("00:00 ─") && lines[5].ends_with("─ 01:00"),
            "{lines:#?}"
        );
        assert_eq!(lines.concat().matches('▲').count(), 2, "{lines:#?}");
    }

    #[test]
    fn nothing_to_draw_and_no_room_are_no_lines_and_any_value_is_survived() {
        assert!(drawn(&[], &[], 40, 4).is_empty());
        assert!(drawn(&[1.0], &[], 7, 4).is_empty());
        assert!(drawn(&[f64::NAN], &[], 40, 4).is_empty());
        for values in [
            &[0.0][..],
            &[f64::INFINITY, 1.0],
            &[-1e300, 1e300],
            &[5.0; 300],
        ] {
            let lines = drawn(values, &[level(f64::NAN, "x"), level(1e308, "y")], 20, 3);
            assert_eq!(lines.len(), 3);
        }
        let narrow = drawn(&[1.0, 2.0], &[level(1.5, "a long name of a level")], 20, 3);
        assert!(
            narrow.iter().all(|l| !l.contains("name")),
            "whole or absent"
        );
    }
}
