//! The tree-structured Parzen estimator (Bergstra and others, 2011), on whole numbers: where good trials
//! lie denser than bad ones, the next are drawn.
//!
//! A density is a sum of triangles around the trials, one axis at a time, and one triangle's worth of
//! everywhere. Triangles want no exponential: every machine chooses the same.

use std::collections::BTreeSet;

use super::{GENERATION, Point, Random, Space, free};

/// Trials that are drawn blindly before there is something to learn from.
const BLIND: usize = 2 * GENERATION;
/// One good trial in so many.
const GOOD_ONE_IN: usize = 6;
/// Good trials that are learnt from, at most; the best.
const MOST_GOOD: usize = 24;
/// Other trials that are learnt from, at most; the latest.
const MOST_OTHER: usize = 400;
/// Draws for each trial that is chosen.
const DRAWS: usize = 24;
/// One trial in so many is drawn blindly all the same.
const BLIND_ONE_IN: u64 = 8;

/// Triangles around trials, on every axis.
struct Density<'a> {
    points: Vec<&'a Point>,
    /// Half the width of a triangle on each axis, in levels.
    widths: Vec<u64>,
}

/// The next points: `tried` are all trials of the generations before, in their order, and what came of
/// each (none where there is no ratio).
pub(in crate::research) fn generation(
    space: &Space,
    tried: &[(Point, Option<f64>)],
    count: usize,
    mut random: Random,
) -> Vec<Point> {
    let mut taken: BTreeSet<Point> = tried.iter().map(|(point, _)| point.clone()).collect();
    let mut chosen: Vec<Point> = Vec::with_capacity(count);
    let (good, other) = split(tried);
    while chosen.len() < count {
        let blind = tried.len() < BLIND || good.is_empty() || random.below(BLIND_ONE_IN) == 0;
        let point = if blind {
            None
        } else {
            let good = Density::of(space, &good);
            // What is chosen and not yet tried counts as bad: the next lies elsewhere.
            let all: Vec<&Point> = other.iter().copied().chain(&chosen).collect();
            denser(space, &good, &Density::of(space, &all), &taken, &mut random)
        };
        let Some(point) = point.or_else(|| free(space, &taken, &mut random)) else {
            break;
        };
        taken.insert(point.clone());
        chosen.push(point);
    }
    chosen
}

/// The best trials, and the latest of the others. Of equals the earlier is better.
fn split(tried: &[(Point, Option<f64>)]) -> (Vec<&Point>, Vec<&Point>) {
    let mut order: Vec<usize> = (0..tried.len()).collect();
    let worth = |at: usize| tried[at].1.unwrap_or(f64::NEG_INFINITY);
    order.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)));
    let good = tried.len().div_ceil(GOOD_ONE_IN).min(MOST_GOOD);
    let (good, other) = order.split_at(good);
    let good = good.iter().filter(|at| tried[**at].1.is_some());
    let mut other = other.to_vec();
    other.sort_unstable();
    let latest = other.iter().rev().take(MOST_OTHER);
    (
        good.map(|at| &tried[*at].0).collect(),
        latest.map(|at| &tried[*at].0).collect(),
    )
}

/// Of some draws near good trials the one where good ones are densest against the others.
fn denser(
    space: &Space,
    good: &Density<'_>,
    other: &Density<'_>,
    taken: &BTreeSet<Point>,
    random: &mut Random,
) -> Option<Point> {
    let mut best: Option<(f64, Point)> = None;
    for _ in 0..DRAWS {
        let point = good.draw(space, random);
        if !space.allows(&point) || taken.contains(&point) {
            continue;
        }
        let ratio = good.at(space, &point) / other.at(space, &point);
        if best.as_ref().is_none_or(|(most, _)| ratio > *most) {
            best = Some((ratio, point));
        }
    }
    best.map(|(_, point)| point)
}

impl<'a> Density<'a> {
    fn of(space: &Space, points: &[&'a Point]) -> Self {
        // The more is known, the narrower.
        let parts = 4 + points.len().min(MOST_GOOD) as u64 / 2;
        let widths = space.axes().iter();
        Self {
            points: points.to_vec(),
            widths: widths
                .map(|axis| (u64::from(axis.levels) / parts).max(1))
                .collect(),
        }
    }

    /// A point near one of its own, or anywhere on an axis; each axis for itself.
    fn draw(&self, space: &Space, random: &mut Random) -> Point {
        let axes = space.axes().iter().zip(&self.widths).enumerate();
        axes.map(|(at, (axis, width))| {
            let levels = u64::from(axis.levels);
            let nth = random.below(self.points.len() as u64 + 1) as usize;
            let Some(point) = self.points.get(nth) else {
                return random.below(levels) as u32;
            };
            // Two draws together make a triangle; what leaves the axis stays at its end.
            let moved = u64::from(point[at]) + random.below(width + 1) + random.below(width + 1);
            moved.saturating_sub(*width).min(levels - 1) as u32
        })
        .collect()
    }

    /// How dense it is at a point: the product over the axes.
    fn at(&self, space: &Space, point: &Point) -> f64 {
        let axes = space.axes().iter().zip(&self.widths).enumerate();
        axes.map(|(at, (axis, width))| {
            let mut sum = 0;
            for known in &self.points {
                let apart = u64::from(known[at].abs_diff(point[at]));
                sum += (width + 1).saturating_sub(apart);
            }
            // A triangle's area is the square of its height.
            let area = ((width + 1) * (width + 1)) as f64;
            let everywhere = 1.0 / f64::from(axis.levels);
            (sum as f64 / area + everywhere) / (self.points.len() as f64 + 1.0)
        })
        .product()
    }
}
