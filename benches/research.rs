//! Research: backtests a second on all cores beside one, an optimisation of 1,000 trials, and how long a
//! live engine takes to decide while it computes one, beside an engine that does nothing else.
//!
//! `cargo bench --bench research -- BARS.csv`; the first 50,000 bars of it are taken. Rates are of wall
//! time: it is how many cores do at once that is asked.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pilothouse::api::{Api, Caller};
use pilothouse::client::Call;
use pilothouse::engine::{EngineHandle, Lane};
use pilothouse::research::{Dataset, Kind, Method, Plan, Results, RunSpec, StepId, Work};
use pilothouse::strategies::named;
use serde_json::{Value, json};
use support::{cent, engine, percentile, who};

/// Bars that a run is on.
const BARS: usize = 50_000;
/// Trials of the optimisation.
const TRIALS: u32 = 1_000;
/// So many that the points of all folds together are enough for it.
const FOLDS: u32 = 8;
/// Trials that the rates are measured with.
const MEASURED: u32 = 200;
/// How long an engine that does nothing else is measured.
const IDLE: Duration = Duration::from_secs(5);

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
        folds: FOLDS,
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

/// How long each decision takes of one client that asks one after the other, as long as it goes on.
fn decisions(handle: &EngineHandle, goes_on: impl Fn() -> bool) -> Vec<Duration> {
    let mut took = Vec::new();
    while goes_on() {
        for _ in 0..100 {
            let began = Instant::now();
            handle
                .submit(Lane::Normal, who(), cent())
                .expect("the engine decides");
            took.push(began.elapsed());
        }
    }
    took.sort_unstable();
    took
}

/// Decisions of an engine that does nothing else, and of one that computes an optimisation.
fn beside(path: &Path) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let bars = folder.path().join("bars.csv");
    let text = fs::read_to_string(path).expect("readable candles");
    let rows: Vec<&str> = text.lines().take(BARS + 1).collect();
    fs::write(&bars, rows.join("\n")).expect("a disk");
    let engine = engine(&folder.path().join("state"));
    let api = Api::new(engine.handle.clone(), &folder.path().join("state"));
    let began = Instant::now();
    let idle = decisions(&engine.handle, || began.elapsed() < IDLE);
    let ask = |call: &Call| -> Value {
        let answer = api.dispatch(&Caller::owner(), call).into_result();
        answer.expect("the engine answers")
    };
    let run = ask(&Call::post(
        "research/runs",
        json!({
            "kind": "optimise", "strategy": "ema_cross", "data": [bars], "symbol": "BTC/USDT",
            "method": "random", "trials": TRIALS, "folds": FOLDS, "allow_gaps": true,
        }),
    ));
    let path = format!("research/runs/{}", run["id"].as_str().unwrap_or_default());
    let began = Instant::now();
    let at_work = || {
        let run = ask(&Call::get(path.clone()));
        matches!(run["status"].as_str(), Some("queued" | "running"))
    };
    let busy = decisions(&engine.handle, at_work);
    let took = began.elapsed();
    for (what, all) in [("idle", &idle), ("beside an optimisation", &busy)] {
        println!(
            "{what:>22}: {:>7} decisions, p50 {:>6} µs, p99 {:>6} µs",
            all.len(),
            percentile(all, 0.50).as_micros(),
            percentile(all, 0.99).as_micros(),
        );
    }
    let ratio = percentile(&busy, 0.99).as_secs_f64() / percentile(&idle, 0.99).as_secs_f64();
    println!(
        "p99 beside it is {ratio:.2} of the idle one; {} trials took {:.1} s",
        run["trials"],
        took.as_secs_f64()
    );
    engine.handle.shutdown();
    engine.join();
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
    beside(path);
}
