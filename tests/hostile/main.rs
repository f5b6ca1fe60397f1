//! A hostile world, told from many seeds: core, desk, gate and journal against a venue model whose
//! words are lost, doubled, late and out of order, on a disk that fails, by an engine that is killed
//! at any point, under an operator who presses the stop at random (`src/sim/`).
//!
//! `PILOTHOUSE_SEEDS=N` tells so many stories (2,000 where it is not set, and 100,000 stops instead
//! of 10,000; of fewer than 2,000 it is not judged what they met), `PILOTHOUSE_SEED=N` tells one
//! again, step by step, and `PILOTHOUSE_STOP_SEED=N` one of those about a stop.

#[path = "../regressions/bench.rs"]
#[allow(dead_code)] // what other tests need of it
mod bench;
mod found;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use pilothouse::sim::{Coverage, Told, tell, tell_of_stops};

/// Stories in an ordinary run.
const SEEDS: u64 = 2_000;
/// Stops in an ordinary run.
const STOPS: u64 = 10_000;
/// Every so many a story is told twice.
const TWICE: u64 = 50;
/// So many broken stories are enough to look at.
const MANY: usize = 50;
/// Steps that are shown of a story that broke a rule.
const SHOWN: usize = 20;

/// A kind of story.
#[derive(Clone, Copy)]
struct Kind {
    /// Tells the story of a seed, with its steps where they are wanted.
    tell: fn(u64, bool) -> Told,
    /// The variable that asks for one of them.
    variable: &'static str,
}

const ANY: Kind = Kind {
    tell,
    variable: "PILOTHOUSE_SEED",
};
const STOPPED: Kind = Kind {
    tell: tell_of_stops,
    variable: "PILOTHOUSE_STOP_SEED",
};

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

fn shown(told: &Told, last: usize) -> String {
    let from = told.story.len().saturating_sub(last);
    let mut lines = Vec::new();
    for step in &told.story[from..] {
        lines.push(format!(
            "{} {} {}: {}",
            step.number, step.at, step.who, step.what
        ));
        lines.extend(step.then.iter().cloned());
    }
    lines.join("\n")
}

/// One story; where it breaks a rule it is told again, and its last steps with it.
fn checked(seed: u64, kind: Kind) -> Result<Told, String> {
    let Kind { tell, variable } = kind;
    let told = tell(seed, false);
    let broken = match told.violations.first() {
        Some(broken) => broken.clone(),
        None if seed.is_multiple_of(TWICE)
            && tell(seed, false).journal_hash != told.journal_hash =>
        {
            "told twice, it was not the same story".to_owned()
        }
        None => return Ok(told),
    };
    let traced = tell(seed, true);
    Err(format!(
        "seed {seed} ({variable}={seed} tells it again): {broken}\n{}",
        shown(&traced, SHOWN)
    ))
}

/// What was broken, alike things together, with the last steps of the first of each.
fn summary(mut broken: Vec<(u64, String)>) -> String {
    broken.sort();
    let alike = |text: &str| -> String {
        let line = text.lines().next().unwrap_or_default();
        let line = line.split_once("): ").map_or(line, |(_, rest)| rest);
        line.chars()
            .filter(|c| !c.is_ascii_digit())
            .take(60)
            .collect()
    };
    let mut kinds: BTreeMap<String, Vec<&(u64, String)>> = BTreeMap::new();
    for one in &broken {
        kinds.entry(alike(&one.1)).or_default().push(one);
    }
    let of = |(kind, all): (&String, &Vec<&(u64, String)>)| {
        let seeds: Vec<u64> = all.iter().take(8).map(|(seed, _)| *seed).collect();
        let head = format!("{} × {kind} (seeds {seeds:?})", all.len());
        (head, all[0].1.clone())
    };
    let (heads, firsts): (Vec<String>, Vec<String>) = kinds.iter().map(of).unzip();
    format!("{}\n\n{}", heads.join("\n"), firsts.join("\n\n"))
}

/// Tells stories on all threads until `enough`; panics with the first that broke a rule.
fn many(kind: Kind, enough: impl Fn(u64, &Coverage) -> bool + Sync) -> Coverage {
    let next = AtomicU64::new(0);
    let coverage = Mutex::new(Coverage::default());
    let broken = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let done = enough(seed, &coverage.lock().unwrap());
                    if done || broken.lock().unwrap().len() >= MANY {
                        break;
                    }
                    match std::panic::catch_unwind(|| checked(seed, kind)) {
                        Ok(Ok(told)) => coverage.lock().unwrap().add(&told.coverage),
                        Ok(Err(what)) => broken.lock().unwrap().push((seed, what)),
                        Err(_) => {
                            let what = format!("seed {seed} panicked");
                            broken.lock().unwrap().push((seed, what));
                        }
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    let met = coverage.into_inner().unwrap();
    println!(
        "{} starts, {} fills, {} stops",
        met.starts, met.fills, met.engaged
    );
    println!("not met: {}", met.missing().join(", "));
    assert!(broken.is_empty(), "{}", summary(broken));
    met
}

/// The one story somebody asks for, step by step, where it is of this kind; false where nobody asks
/// for one.
fn told_again(kind: Kind) -> bool {
    let Some(seed) = number(kind.variable) else {
        let others = [ANY, STOPPED];
        return others.iter().any(|k| number(k.variable).is_some());
    };
    let told = (kind.tell)(seed, true);
    println!("{}", shown(&told, usize::MAX));
    assert!(told.violations.is_empty(), "{:?}", told.violations);
    true
}

#[test]
fn whatever_goes_wrong_no_rule_is_broken_and_everything_comes_to_rest() {
    if told_again(ANY) {
        return;
    }
    let seeds = number("PILOTHOUSE_SEEDS").unwrap_or(SEEDS);
    let met = many(ANY, |seed, _| seed >= seeds);
    if seeds >= SEEDS {
        let missing = met.missing();
        assert!(missing.is_empty(), "never happened: {}", missing.join(", "));
    } else {
        println!("coverage not judged: {seeds} stories, fewer than {SEEDS}");
    }
}

#[test]
fn a_stop_at_any_moment_keeps_every_entry_in_and_every_exit_at_work() {
    if told_again(STOPPED) {
        return;
    }
    let stops = match number("PILOTHOUSE_SEEDS") {
        Some(seeds) if seeds > SEEDS => 100_000,
        Some(seeds) => STOPS * seeds / SEEDS,
        None => STOPS,
    };
    let met = many(STOPPED, |_, met| met.engaged >= stops);
    assert!(met.engaged >= stops && met.cleared > 0);
}
