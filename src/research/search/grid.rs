//! All combinations, thinned evenly to what may be tried.

use super::{Point, Space};

/// How many more combinations than trials are looked at, where requirements forbid many of them.
const WIDER: [u64; 6] = [8, 6, 4, 3, 2, 1];

/// At most `count` allowed points: each axis is thinned to places as far apart as they can be, its ends
/// among them.
pub(in crate::research) fn grid(space: &Space, count: usize) -> Vec<Point> {
    let mut points = Vec::new();
    for times in WIDER {
        points = allowed(space, &thinned(space, count as u64 * times));
        if points.len() <= count {
            break;
        }
    }
    points.truncate(count);
    points
}

/// How many places each axis has, their product at most `most`: always the axis with the most gives way.
fn thinned(space: &Space, most: u64) -> Vec<u64> {
    let mut counts: Vec<u64> = space
        .axes()
        .iter()
        .map(|axis| u64::from(axis.levels).min(most.max(1)))
        .collect();
    let product = |counts: &[u64]| counts.iter().copied().fold(1, u64::saturating_mul);
    while product(&counts) > most {
        let Some(most) = counts.iter_mut().max() else {
            break;
        };
        *most -= 1;
    }
    counts
}

fn allowed(space: &Space, counts: &[u64]) -> Vec<Point> {
    let total = counts.iter().copied().fold(1, u64::saturating_mul);
    let points = (0..total).map(|mut n| {
        let mut point = vec![0; counts.len()];
        for (at, axis) in space.axes().iter().enumerate().rev() {
            point[at] = place(n % counts[at], counts[at], axis.levels);
            n /= counts[at];
        }
        point
    });
    points.filter(|point| space.allows(point)).collect()
}

/// The n-th of so many places on an axis; the middle where it is the only one.
fn place(nth: u64, of: u64, levels: u32) -> u32 {
    let last = u64::from(levels) - 1;
    let at = match of {
        1 => last / 2,
        _ => (nth * last + (of - 1) / 2) / (of - 1),
    };
    at as u32
}
