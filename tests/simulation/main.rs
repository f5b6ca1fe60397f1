//! Deterministic simulation of coordination: one thread, virtual time and chance from a seed, two
//! dozen agents, the real core and the real journal on a disk that fails. The engine is killed at any
//! point and starts again; whatever was told stays true.
//!
//! `PILOTHOUSE_SEEDS=N` tells so many stories (2,000 where it is not set), `PILOTHOUSE_SEED=N` tells
//! one again, step by step.

mod agent;
mod dice;
mod fault;
#[path = "../invariants/mod.rs"]
mod invariants;
mod node;
mod peace;
mod step;
mod story;
mod truth;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use fault::Coverage;
use story::Story;

/// Stories in an ordinary run.
const SEEDS: u64 = 2_000;
/// Every so many a story is told twice.
const TWICE: u64 = 50;
/// Steps that are shown of a story that broke a rule.
const SHOWN: usize = 30;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

/// One story; where it breaks a rule it is told again, and its last steps with it.
fn tell(seed: u64) -> Result<Story, String> {
    let once = |traced| {
        let mut story = Story::new(seed, traced);
        let told = story.tell();
        (story, told)
    };
    let broken = match once(false) {
        (story, Ok(())) if !seed.is_multiple_of(TWICE) || once(false).0.hash() == story.hash() => {
            return Ok(story);
        }
        (_, Ok(())) => "told twice, it was not the same story".to_owned(),
        (_, Err(broken)) => broken,
    };
    let (traced, _) = once(true);
    let from = traced.trace.len().saturating_sub(SHOWN);
    Err(format!(
        "seed {seed} (PILOTHOUSE_SEED={seed} tells it again): {broken}\n{}",
        traced.trace[from..].join("\n")
    ))
}

#[test]
fn whatever_was_told_stays_true_whenever_the_engine_dies() {
    if let Some(seed) = number("PILOTHOUSE_SEED") {
        let mut story = Story::new(seed, true);
        let told = story.tell();
        println!("{}", story.trace.join("\n"));
        told.unwrap();
        return;
    }
    let seeds = number("PILOTHOUSE_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let coverage = Mutex::new(Coverage::default());
    let broken = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Coverage::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || !broken.lock().unwrap().is_empty() {
                        break;
                    }
                    match std::panic::catch_unwind(|| tell(seed)) {
                        Ok(Ok(story)) => own.add(&story.coverage),
                        Ok(Err(what)) => broken.lock().unwrap().push(what),
                        Err(_) => broken.lock().unwrap().push(format!("seed {seed} panicked")),
                    }
                }
                coverage.lock().unwrap().add(&own);
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    if seeds >= SEEDS {
        let missing = coverage.into_inner().unwrap().missing();
        assert!(missing.is_empty(), "never happened: {}", missing.join(", "));
    }
}
