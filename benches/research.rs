//! Research: backtests a second on all cores beside one, and an optimisation of 1,000 trials.
//!
//! `cargo bench --bench research -- BARS.csv`; the first 50,000 bars of it are taken. Rates are of wall
//! time: it is how many cores do at once that is asked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use pilothouse::research::{Dataset, Kind, Method, Plan, Results, RunSpec, StepId, Work};
use pilothouse::strategies::named;

/// Bars that a run is on.
const BARS: usize = 50_000;
/// Trials of the optimisation.
const TRIALS: u32 = 1_000;
/// Trials that the rates are measured with.
const MEASURED: u32 = 200;

/// What the threads share.
struct Shared {
    results: Results,
    taken: BTreeSet<StepId>,
}

/// Computes all steps on so many threads.
fn computed(plan: &Plan, threads: usize) -> Results {
    let shared = Mutex::new(Shared {
        results: Results::default(),
        taken: BTreeSet::new(),
    });
    let done = Condvar::new();
    let work = || {
        let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
        while held.results.len() < plan.steps().len() {
            let ready = plan.ready(&held.results);
            let Some(step) = ready.into_iter().find(|step| !held.taken.contains(step)) else {
                held = done.wait(held).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            held.taken.insert(step);
            let so_far = held.results.clone();
            drop(held);
            let result = plan
                .compute(step, &so_far, &|| false)
                .expect("a step that is ready");
            held = shared.lock().unwrap_or_else(PoisonError::into_inner);
            held.results.insert(result);
            done.notify_all();
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    shared.results
}

fn plan(path: &Path, method: Method, trials: u32) -> Plan {
    let mut data = Dataset::open(&[path.to_owned()], None).expect("readable candles");
    data.tape = data.tape.slice(0..BARS, 0);
    let cross = named("ema_cross").expect("built in");
    let spec = RunSpec {
        method,
        trials,
        allow_gaps: true,
        ..RunSpec::new(
            Kind::Optimise,
            Some((*cross).clone()),
            vec![path.to_owned()],
        )
    };
    Plan::new(spec, data).expect("a run that can be carried out")
}

fn backtests(plan: &Plan) -> usize {
    let per_step = plan.steps().iter().map(|step| match &step.work {
        Work::Search { points, .. } => points.len(),
        _ => 2,
    });
    per_step.sum()
}

fn main() {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let Some(path) = arguments.iter().find(|path| path.exists()) else {
        println!("cargo bench --bench research -- BARS.csv");
        return;
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let measured = plan(path, Method::Random, MEASURED);
    let mut hashes = BTreeSet::new();
    for threads in [1, cores] {
        let began = Instant::now();
        let results = computed(&measured, threads);
        let rate = backtests(&measured) as f64 / began.elapsed().as_secs_f64();
        println!("{threads:>3} threads {rate:>10.1} backtests a second");
        hashes.extend(measured.report(&results).map(|report| report.hash));
    }
    assert_eq!(hashes.len(), 1, "parallelism made a difference");
    let whole = plan(path, Method::Tpe, TRIALS);
    let began = Instant::now();
    let results = computed(&whole, cores);
    let report = whole.report(&results).expect("all steps are done");
    println!(
        "{} trials over {} bars on {cores} threads: {:.1} s, hash {}",
        report.trials,
        report.terms.bars,
        began.elapsed().as_secs_f64(),
        &report.hash[..16]
    );
}
