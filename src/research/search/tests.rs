//! What every method promises, and that learning pays.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::research::testing::definition;

/// Two axes, of which the first must lie below the second.
fn ordered() -> Space {
    Space::new(
        Arc::new(definition(&[("fast", 1, 40), ("slow", 2, 90)], true)),
        &[],
    )
    .unwrap()
}

fn open(levels: i64, axes: usize) -> Space {
    let names = ["a", "b", "c", "d"];
    let axes: Vec<_> = names[..axes].iter().map(|n| (*n, 1, levels)).collect();
    Space::new(Arc::new(definition(&axes, false)), &[]).unwrap()
}

fn distinct(points: &[Point]) -> bool {
    points.iter().collect::<BTreeSet<_>>().len() == points.len()
}

#[test]
fn every_method_gives_what_is_asked_once_and_allowed() {
    let space = ordered();
    for count in [1, 7, 16, 100, 700] {
        let mut sets = vec![
            (random(&space, count, Random::of(1, &[])), count),
            (grid(&space, count), count / 3),
        ];
        let history: Vec<_> = sets[0]
            .0
            .iter()
            .map(|p| (p.clone(), Some(f64::from(p[0]))))
            .collect();
        sets.push((generation(&space, &history, 16, Random::of(1, &[])), 16));
        for (points, least) in sets {
            assert!(
                points.len() <= count.max(16) && points.len() >= least,
                "{} of {count}",
                points.len()
            );
            assert!(distinct(&points));
            assert!(points.iter().all(|p| space.allows(p)));
        }
        let next = generation(&space, &history, 16, Random::of(1, &[]));
        assert!(
            next.iter()
                .all(|p| history.iter().all(|(tried, _)| tried != p)),
            "none twice"
        );
    }
}

#[test]
fn a_small_space_is_searched_whole_and_no_further() {
    let space = open(3, 2);
    assert_eq!(grid(&space, 100).len(), 9);
    assert_eq!(random(&space, 100, Random::of(5, &[])).len(), 9);
    let tried: Vec<_> = (0..8).map(|n| (space.nth(n), Some(1.0))).collect();
    assert_eq!(
        generation(&space, &tried, 16, Random::of(5, &[])),
        [space.nth(8)]
    );
    let all: Vec<_> = (0..9).map(|n| (space.nth(n), None)).collect();
    assert!(generation(&space, &all, 16, Random::of(5, &[])).is_empty());
}

#[test]
fn a_thinned_grid_keeps_the_ends_of_every_axis() {
    let space = open(90, 2);
    let points = grid(&space, 100);
    assert_eq!(points.len(), 100);
    for axis in 0..2 {
        let places: BTreeSet<_> = points.iter().map(|p| p[axis]).collect();
        assert_eq!(
            (places.len(), places.first(), places.last()),
            (10, Some(&0), Some(&89))
        );
    }
    assert_eq!(
        grid(&open(5, 1), 1),
        [vec![2]],
        "the middle, where there is one"
    );
}

#[test]
fn the_same_seed_chooses_the_same_and_another_something_else() {
    let space = ordered();
    let chosen = |seed| random(&space, 50, Random::of(seed, &[3]));
    assert_eq!(chosen(1), chosen(1));
    assert_ne!(chosen(1), chosen(2));
}

/// The best of 96 trials on a hill with its top somewhere on three axes of 60 levels, negative.
fn best(seed: u64, learns: bool) -> f64 {
    let space = open(60, 3);
    let mut hidden = Random::of(seed, &[99]);
    let top: Point = (0..3).map(|_| hidden.below(60) as u32).collect();
    let height = |p: &Point| {
        let apart = p
            .iter()
            .zip(&top)
            .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
        -apart.sum::<f64>()
    };
    let mut tried: Vec<(Point, Option<f64>)> = Vec::new();
    for nth in 0..6 {
        let choices = Random::of(seed, &[nth]);
        let points = if learns {
            generation(&space, &tried, GENERATION, choices)
        } else {
            random(&space, GENERATION, choices)
        };
        tried.extend(points.into_iter().map(|p| {
            let height = height(&p);
            (p, Some(height))
        }));
    }
    tried
        .iter()
        .filter_map(|(_, h)| *h)
        .fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn on_average_learning_comes_nearer_to_a_planted_optimum_than_luck() {
    let runs = 40;
    let mean = |learns| (0..runs).map(|seed| best(seed, learns)).sum::<f64>() / runs as f64;
    let wins = (0..runs)
        .filter(|seed| best(*seed, true) > best(*seed, false))
        .count();
    let (learnt, lucky) = (mean(true), mean(false));
    assert!(
        learnt > lucky / 2.0,
        "not half as far: learnt {learnt}, lucky {lucky}"
    );
    assert!(wins * 3 > runs as usize * 2, "{wins} of {runs}");
}
