//! How points are chosen. What is chosen depends on the seed, the fold and, for the Parzen estimator, on
//! what came of the generations before; never on when or where anything is computed.

mod grid;
mod parzen;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::random::Random;
use super::space::{Point, Space};

pub(super) use grid::grid;
pub(super) use parzen::generation;

/// Trials that the Parzen estimator chooses at once.
pub(super) const GENERATION: usize = 16;
/// Points that are looked at one by one, where drawing does not find what is free.
const SCANNED: u64 = 100_000;
/// Draws before that.
const DRAWS: u32 = 256;

/// So many points, none twice, as far as there are any; each as likely.
pub(super) fn random(space: &Space, count: usize, mut random: Random) -> Vec<Point> {
    if let Some(mut all) = all_of(space, 4 * count as u64) {
        random.shuffle(&mut all);
        all.truncate(count);
        return all;
    }
    let mut taken = BTreeSet::new();
    let mut points = Vec::with_capacity(count);
    while points.len() < count {
        let Some(point) = free(space, &taken, &mut random) else {
            break;
        };
        taken.insert(point.clone());
        points.push(point);
    }
    points
}

/// Every allowed point of a space of at most so many.
pub(super) fn all_of(space: &Space, most: u64) -> Option<Vec<Point>> {
    let size = space.size();
    let points = || (0..size).map(|n| space.nth(n));
    (size <= most).then(|| points().filter(|p| space.allows(p)).collect())
}

/// A point that is allowed and not taken: drawn, or else the next one free.
fn free(space: &Space, taken: &BTreeSet<Point>, random: &mut Random) -> Option<Point> {
    let is_free = |point: &Point| space.allows(point) && !taken.contains(point);
    for _ in 0..DRAWS {
        let point: Point = space
            .axes()
            .iter()
            .map(|axis| random.below(axis.levels.into()) as u32)
            .collect();
        if is_free(&point) {
            return Some(point);
        }
    }
    let size = space.size();
    let from = random.below(size);
    let places = (0..size.min(SCANNED)).map(|n| (from.wrapping_add(n)) % size);
    places.map(|n| space.nth(n)).find(is_free)
}
