//! The map of two parameters: how the Sharpe ratio of the searches lies over them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::figures::decimal;
use super::space::{Point, Space};

/// Cells across.
const ACROSS: usize = 24;
/// Cells up.
const UP: usize = 12;
/// Parts of an axis when its influence is measured.
const PARTS: u32 = 8;
/// From the lowest mean to the highest.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
/// The same where there are only plain characters.
const PLAIN: [char; 5] = ['.', ':', '-', '+', '#'];

/// One side of the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The parameter.
    pub name: String,
    /// The least value of each cell.
    pub values: Vec<Decimal>,
}

/// Mean in-sample Sharpe ratios over two parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plane {
    /// Across.
    pub x: Side,
    /// Up; none where one parameter alone was searched.
    pub y: Option<Side>,
    /// Row by row, the lowest value of `y` first; none where nothing was tried.
    pub cells: Vec<Vec<Option<Decimal>>>,
}

/// How places on an axis fall into cells.
struct Cells {
    /// The first place of each.
    first: Vec<u32>,
}

impl Cells {
    /// A cell for each place that was tried; of many places, cells of one width.
    fn of(places: impl Iterator<Item = u32>, levels: u32, most: usize) -> Self {
        let mut first: Vec<u32> = places.collect();
        first.sort_unstable();
        first.dedup();
        if first.len() > most {
            let width = u64::from(levels).div_ceil(most as u64).max(1);
            first.iter_mut().for_each(|at| *at -= *at % width as u32);
            first.dedup();
        }
        Self { first }
    }

    fn cell(&self, place: u32) -> usize {
        self.first
            .partition_point(|first| *first <= place)
            .saturating_sub(1)
    }
}

impl Plane {
    /// Of trials and their ratios, in their order: over two parameters by name, or those with the most
    /// influence. None where nothing was searched.
    pub(super) fn of(
        space: &Space,
        trials: &[(Point, f64)],
        named: Option<&(String, String)>,
    ) -> Option<Self> {
        let axes = space.axes();
        let (x, y) = named
            .and_then(|(one, other)| {
                let at = |name: &String| axes.iter().position(|a| a.name == *name);
                Some((at(one)?, at(other).filter(|y| Some(*y) != at(one))))
            })
            .or_else(|| influential(space, trials))?;
        let cells = |axis: usize, most| {
            let places = trials.iter().map(|(point, _)| point[axis]);
            Cells::of(places, axes[axis].levels, most)
        };
        let side = |axis: usize, cells: &Cells| Side {
            name: axes[axis].name.clone(),
            values: cells
                .first
                .iter()
                .map(|at| axes[axis].search.value(*at as usize))
                .collect(),
        };
        let across = cells(x, ACROSS);
        let up = y.map(|y| (y, cells(y, UP)));
        let mut sums: BTreeMap<(usize, usize), (f64, u32)> = BTreeMap::new();
        for (point, sharpe) in trials {
            let row = up.as_ref().map_or(0, |(y, cells)| cells.cell(point[*y]));
            let (sum, count) = sums.entry((row, across.cell(point[x]))).or_default();
            *sum += sharpe;
            *count += 1;
        }
        let rows = up.as_ref().map_or(1, |(_, cells)| cells.first.len());
        let mean = |row, column| {
            let (sum, count) = sums.get(&(row, column))?;
            decimal(sum / f64::from(*count))
        };
        Some(Self {
            x: side(x, &across),
            y: up.as_ref().map(|(y, cells)| side(*y, cells)),
            cells: (0..rows)
                .map(|row| {
                    (0..across.first.len())
                        .map(|column| mean(row, column))
                        .collect()
                })
                .collect(),
        })
    }

    /// The lowest mean and the highest; none where nothing has a ratio.
    pub fn range(&self) -> Option<(Decimal, Decimal)> {
        let all = || self.cells.iter().flatten().flatten().copied();
        all().min().zip(all().max())
    }

    /// Where a mean lies between the lowest and the highest, 0 to 4.
    pub(super) fn shade(&self, value: Decimal) -> usize {
        let share = self.range().and_then(|(low, high)| {
            ((value - low) * Decimal::from(SHADES.len())).checked_div(high - low)
        });
        let shade = share.map_or(SHADES.len() / 2, |s| s.floor().to_usize().unwrap_or(0));
        shade.min(SHADES.len() - 1)
    }

    /// The map in characters, a line each: the highest value of `y` on top, what the shades mean below.
    /// `plain` takes ASCII alone.
    pub fn text(&self, plain: bool) -> Vec<String> {
        let shades = if plain { PLAIN } else { SHADES };
        let labels: Vec<String> = match &self.y {
            Some(side) => side.values.iter().map(ToString::to_string).collect(),
            None => vec![String::new()],
        };
        let width = labels.iter().map(String::len).max().unwrap_or(0);
        let up = self
            .y
            .as_ref()
            .map_or(String::new(), |y| format!("{} up, ", y.name));
        let mut lines = vec![format!("mean Sharpe in sample: {up}{} across", self.x.name)];
        for (label, row) in labels.iter().zip(&self.cells).rev() {
            let cells = row.iter().flat_map(|cell| {
                let shade = cell.map_or(' ', |value| shades[self.shade(value)]);
                [shade, shade]
            });
            let cells: String = cells.collect();
            lines.push(format!("{label:>width$} |{}", cells.trim_end()));
        }
        let ends = self.x.values.first().zip(self.x.values.last());
        if let Some((first, last)) = ends {
            let room = (2 * self.x.values.len()).saturating_sub(first.to_string().len());
            lines.push(format!("{:>width$}  {first}{last:>room$}", ""));
        }
        if let Some((low, high)) = self.range() {
            let (lowest, highest) = (shades[0], shades[SHADES.len() - 1]);
            lines.push(format!(
                "{lowest} {:.2} to {highest} {:.2}",
                low.round_dp(2),
                high.round_dp(2)
            ));
        }
        lines
    }
}

/// The axis whose parts differ most in their mean ratios, and the one after it.
fn influential(space: &Space, trials: &[(Point, f64)]) -> Option<(usize, Option<usize>)> {
    let mut by_influence: Vec<(f64, usize)> = space
        .axes()
        .iter()
        .enumerate()
        .map(|(at, axis)| (influence(trials, at, axis.levels), at))
        .collect();
    by_influence.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut order = by_influence.into_iter().map(|(_, at)| at);
    Some((order.next()?, order.next()))
}

/// The variance of the means of an axis' parts, each weighed by its trials.
fn influence(trials: &[(Point, f64)], axis: usize, levels: u32) -> f64 {
    let mut parts = [(0.0, 0u32); PARTS as usize];
    for (point, sharpe) in trials {
        let part = u64::from(point[axis]) * u64::from(PARTS) / u64::from(levels);
        let (sum, count) = &mut parts[part as usize];
        *sum += sharpe;
        *count += 1;
    }
    let count = trials.len() as f64;
    let mean = trials.iter().map(|(_, s)| s).sum::<f64>() / count.max(1.0);
    let filled = parts.iter().filter(|(_, n)| *n > 0);
    filled
        .map(|(sum, n)| f64::from(*n) * (sum / f64::from(*n) - mean).powi(2))
        .sum::<f64>()
        / count.max(1.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::research::testing::definition;

    fn space() -> Space {
        let axes = [("idle", 1, 5), ("fast", 1, 4), ("slow", 10, 12)];
        Space::new(Arc::new(definition(&axes, false)), &[]).unwrap()
    }

    #[test]
    fn the_map_is_of_what_matters_most() {
        let space = space();
        // The ratio follows `slow`, a little `fast`, and `idle` not at all.
        let trials: Vec<_> = (0..space.size())
            .map(|n| space.nth(n))
            .map(|p| (p.clone(), f64::from(p[2]) + f64::from(p[1]) / 10.0))
            .collect();
        let plane = Plane::of(&space, &trials, None).unwrap();
        let y = plane.y.as_ref().unwrap();
        assert_eq!((plane.x.name.as_str(), y.name.as_str()), ("slow", "fast"));
        assert_eq!(plane.x.values, [10.into(), 11.into(), 12.into()]);
        assert_eq!(plane.cells.len(), 4);
        assert_eq!(plane.cells[1][2], decimal(2.1));
        let wanted = [
            "mean Sharpe in sample: fast up, slow across",
            "4 |..--##",
            "3 |..--##",
            "2 |..--##",
            "1 |..--##",
            "   10  12",
            ". 0.00 to # 2.30",
        ];
        assert_eq!(plane.text(true), wanted);
        assert!(plane.text(false)[1].ends_with("██"));
        let named = Plane::of(&space, &trials, Some(&("idle".into(), "slow".into()))).unwrap();
        assert_eq!(
            (named.x.name.as_str(), named.y.unwrap().name.as_str()),
            ("idle", "slow")
        );
    }

    #[test]
    fn many_values_share_cells_and_what_was_not_tried_stays_empty() {
        let space = Space::new(Arc::new(definition(&[("a", 1, 1000)], false)), &[]).unwrap();
        let trials: Vec<_> = (0..100).map(|n| (vec![n * 3], f64::from(n % 2))).collect();
        let plane = Plane::of(&space, &trials, None).unwrap();
        assert!(plane.x.values.len() <= ACROSS && plane.y.is_none());
        assert_eq!(plane.cells.len(), 1);
        let none = Plane::of(&space, &[], None).unwrap();
        assert_eq!((none.range(), none.text(true).len()), (None, 2));
    }
}
