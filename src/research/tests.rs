//! What a run promises as a whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::testing::{dataset, definition, swinging, write};
use super::*;
use crate::strategies::named;

fn never() -> bool {
    false
}

/// Every step in the order that `choose` picks from what is ready.
fn carried_out(
    plan: &Plan,
    mut results: Results,
    mut choose: impl FnMut(&[StepId]) -> usize,
) -> Results {
    let mut kept = Ready::of(plan, &results);
    loop {
        let ready = plan.ready(&results);
        assert!(kept.iter().eq(ready.iter().copied()), "{kept:?} {ready:?}");
        if ready.is_empty() {
            return results;
        }
        let step = ready[choose(&ready)];
        let grounds = plan.grounds(step, &results);
        let result = plan.compute(step, &grounds, &never).unwrap();
        // What is kept is what a line says.
        results.insert(plan.admit(&result.line()).unwrap());
        kept.take(plan, step, &results);
    }
}

fn report(plan: &Plan) -> Report {
    let results = carried_out(plan, Results::default(), |_| 0);
    plan.report(&results).unwrap()
}

fn optimise(path: &Path, method: Method, trials: u32) -> RunSpec {
    RunSpec {
        method,
        trials,
        seed: 11,
        fee: dec!(0.0005),
        ..RunSpec::new(
            Kind::Optimise,
            Some(definition(&[("fast", 2, 9), ("slow", 5, 24)], true)),
            vec![path.to_owned()],
        )
    }
}

fn discover(path: &Path, candidates: u32) -> RunSpec {
    RunSpec {
        candidates,
        seed: 5,
        fee: dec!(0.0001),
        ..RunSpec::new(Kind::Discover, None, vec![path.to_owned()])
    }
}

fn planned(spec: RunSpec) -> Plan {
    let data = Dataset::open(&spec.data, spec.symbol).unwrap();
    Plan::new(spec, data).unwrap()
}

fn specs(dir: &Path) -> Vec<RunSpec> {
    let path = swinging(dir, 800, 40.0);
    let mut specs: Vec<_> = [Method::Grid, Method::Random, Method::Tpe]
        .map(|method| RunSpec {
            folds: 1,
            ..optimise(&path, method, 36)
        })
        .into();
    specs.push(RunSpec {
        folds: 1,
        ..discover(&path, 18)
    });
    let backtest = Some(definition(&[("fast", 2, 9)], false));
    specs.push(RunSpec::new(Kind::Backtest, backtest, vec![path]));
    specs
}

#[test]
fn the_report_is_the_same_in_whatever_order_and_on_however_many_threads() {
    let dir = tempfile::tempdir().unwrap();
    for spec in specs(dir.path()) {
        let plan = planned(spec);
        let first = report(&plan);
        assert_eq!(first.hash.len(), 64);
        assert!(
            first
                .best
                .as_ref()
                .is_none_or(|b| b.out_of_sample.fills > 0)
        );
        let backwards = carried_out(&plan, Results::default(), |ready| ready.len() - 1);
        assert_eq!(plan.report(&backwards).unwrap(), first);
        let mut nth = 0;
        let mixed = carried_out(&plan, Results::default(), |ready| {
            nth += 7;
            nth % ready.len()
        });
        assert_eq!(plan.report(&mixed).unwrap(), first);
        assert_eq!(plan.report(&threaded(&plan, 3)).unwrap(), first);
    }
}

/// All steps on some threads, each taking what is ready and not taken.
fn threaded(plan: &Plan, threads: usize) -> Results {
    let shared = Mutex::new((Results::default(), BTreeSet::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let (step, so_far) = {
                        let mut shared = shared.lock().unwrap();
                        if shared.0.len() == plan.steps().len() {
                            return;
                        }
                        let ready = plan.ready(&shared.0);
                        let Some(step) = ready.into_iter().find(|s| !shared.1.contains(s)) else {
                            drop(shared);
                            std::thread::yield_now();
                            continue;
                        };
                        shared.1.insert(step);
                        (step, shared.0.clone())
                    };
                    let result = plan.compute(step, &so_far, &never).unwrap();
                    shared.lock().unwrap().0.insert(result);
                }
            });
        }
    });
    shared.into_inner().unwrap().0
}

#[test]
fn a_run_goes_on_from_every_prefix_of_its_lines_to_the_same_report() {
    let dir = tempfile::tempdir().unwrap();
    let other = planned(specs(dir.path()).remove(1));
    for spec in specs(dir.path()) {
        let plan = planned(spec);
        let mut lines = Vec::new();
        let mut results = Results::default();
        while let Some(step) = plan.ready(&results).first() {
            let result = plan.compute(*step, &results, &never).unwrap();
            lines.push(result.line());
            results.insert(result);
        }
        let first = plan.report(&results).unwrap();
        // Every prefix of few lines, and some of many.
        let every = (lines.len() / 4).max(1);
        for kept in (0..lines.len()).step_by(every) {
            let mut again = Results::default();
            for line in &lines[..kept] {
                again.insert(plan.admit(line).unwrap());
            }
            let torn = &lines[kept][..lines[kept].len() / 2];
            assert!(plan.admit(torn).is_none(), "a torn line");
            assert_eq!(plan.report(&again), None, "not before the last step");
            let again = carried_out(&plan, again, |ready| ready.len() / 2);
            assert_eq!(plan.report(&again).unwrap(), first, "from {kept} lines");
        }
        if plan.fingerprint() != other.fingerprint() {
            let foreign = other
                .compute(StepId(0), &Results::default(), &never)
                .unwrap();
            assert!(
                plan.admit(&foreign.line()).is_none(),
                "a line of another run"
            );
        }
    }
}

#[test]
fn another_seed_other_data_or_other_terms_are_another_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = swinging(dir.path(), 700, 60.0);
    let spec = optimise(&path, Method::Random, 8);
    let hash = |spec: RunSpec| report(&planned(spec)).hash;
    let first = hash(spec.clone());
    let elsewhere = dir.path().join("copied_XBTUSD.csv");
    std::fs::copy(&path, &elsewhere).unwrap();
    assert_eq!(
        hash(RunSpec {
            data: vec![elsewhere],
            ..spec.clone()
        }),
        first,
        "the same content"
    );
    assert_ne!(
        hash(RunSpec {
            seed: 12,
            ..spec.clone()
        }),
        first
    );
    assert_ne!(
        hash(RunSpec {
            fee: dec!(0.001),
            ..spec.clone()
        }),
        first
    );
}

/// Bars that swing with one period while they are searched and with another while they judge.
fn turning(dir: &Path, folds: usize, judged: impl Fn(usize) -> f64) -> PathBuf {
    let bars = 300 * (3 + folds);
    let closes: Vec<_> = (0..bars)
        .map(|n| {
            let wave = (n as f64 / 20.0).sin() * 10.0;
            if n < 900 {
                100.0 + wave
            } else {
                100.0 + judged(n)
            }
        })
        .collect();
    write(dir, "XBTUSD.csv", 60, &closes)
}

#[test]
fn no_judged_bar_comes_into_the_search_of_its_fold() {
    // Two futures that differ from the first judged bar on: one rewards what the other punishes.
    let searched = |future: &dyn Fn(usize) -> f64| {
        let dir = tempfile::tempdir().unwrap();
        let path = turning(dir.path(), 1, future);
        let spec = RunSpec {
            folds: 1,
            ..optimise(&path, Method::Tpe, 36)
        };
        let plan = planned(spec);
        let results = carried_out(&plan, Results::default(), |_| 0);
        let mut trials = Vec::new();
        let mut judged = Vec::new();
        for step in plan.steps() {
            match results.found(step.id).unwrap() {
                Found::Tried(found) => trials.extend(found.clone()),
                Found::Judged(found) => judged.push((**found).clone()),
                _ => unreachable!(),
            }
        }
        (trials, judged.remove(0))
    };
    let (soars, rewarded) = searched(&|n| (n - 900) as f64);
    let (sinks, punished) =
        searched(&|n| 20.0 * ((n as f64) * 2.5).sin() - (n - 900) as f64 / 10.0);
    assert_eq!(soars, sinks, "the search knows nothing of what judges it");
    assert_eq!(rewarded.parameters, punished.parameters);
    assert_eq!(rewarded.in_sample, punished.in_sample);
    let gained = |judged: &Judged| judged.out_of_sample.figures().return_pct;
    assert!(gained(&rewarded) > dec!(50) && gained(&punished) < Decimal::ZERO);
}

#[test]
fn a_judged_block_begins_ready_and_flat() {
    let dir = tempfile::tempdir().unwrap();
    let closes: Vec<_> = (0..200).map(|n| 100.0 + f64::from(n)).collect();
    let data = dataset(&write(dir.path(), "XBTUSD.csv", 60, &closes));
    let strategy = std::sync::Arc::new(definition(&[("length", 1, 50)], false));
    let chosen = strategy.with(&[]).unwrap();
    let spec = RunSpec::new(Kind::Discover, None, vec![PathBuf::from("bars")]);
    let window = |rows| trial::tried(&spec, &data, &chosen, rows, &never).unwrap();
    // Ready at its first bar: it enters at its close, and is in the market at all of them.
    let ready = window(100..150);
    assert_eq!(
        (ready.tally.bars, ready.tally.exposed, ready.tally.fills),
        (50, 50, 1)
    );
    assert_eq!((ready.from, ready.to), (closes_at(100), closes_at(150)));
    // Without bars before it, it has to warm up.
    assert_eq!(window(0..60).tally.exposed, 11);
}

fn closes_at(bar: i64) -> crate::core::Time {
    crate::core::Time(1_704_067_200_000 + bar * 3_600_000)
}

#[test]
fn a_run_that_cannot_be_carried_out_is_refused_with_its_code() {
    let dir = tempfile::tempdir().unwrap();
    let path = swinging(dir.path(), 400, 60.0);
    let good = optimise(&path, Method::Grid, 40);
    let code = |spec: RunSpec| {
        let data = Dataset::open(&spec.data, spec.symbol).unwrap_or_else(|_| dataset(&path));
        Plan::new(spec, data).unwrap_err().code
    };
    assert!(Plan::new(good.clone(), dataset(&path)).is_ok());
    let with = |change: fn(&mut RunSpec)| {
        let mut spec = good.clone();
        change(&mut spec);
        code(spec)
    };
    assert_eq!(with(|s| s.definition = None), "RESEARCH_STRATEGY");
    assert_eq!(with(|s| s.kind = Kind::Discover), "RESEARCH_STRATEGY");
    assert_eq!(
        with(|s| s.definition.as_mut().unwrap().name = "NO GOOD".into()),
        "RESEARCH_STRATEGY"
    );
    for change in [
        (|s| s.trials = 0) as fn(&mut RunSpec),
        |s| s.trials = 100_001,
        |s| s.trials = 3,
        |s| s.folds = 0,
        |s| s.folds = 21,
        |s| s.candidates = 5_001,
        |s| s.fee = dec!(1),
        |s| s.slippage = dec!(-0.1),
        |s| s.cash = dec!(0),
        |s| s.set = vec![("fats".into(), dec!(3))],
        |s| s.set = vec![("fast".into(), dec!(10001))],
        |s| s.set = vec![("fast".into(), dec!(3)), ("fast".into(), dec!(4))],
        |s| s.set = vec![("fast".into(), dec!(3)), ("slow".into(), dec!(9))],
        |s| s.set = vec![("fast".into(), dec!(300))],
        |s| s.map = Some(("fast".into(), "slwo".into())),
    ] {
        assert_eq!(with(change), "RESEARCH_PARAMETER");
    }
    assert_eq!(with(|s| s.data.clear()), "RESEARCH_DATA");
    assert_eq!(with(|s| s.folds = 20), "RESEARCH_DATA_SHORT");
    assert_eq!(
        with(|s| s.set = vec![("slow".into(), dec!(2000))]),
        "RESEARCH_DATA_SHORT"
    );
    let short = RunSpec {
        kind: Kind::Backtest,
        set: vec![("slow".into(), dec!(390))],
        ..good.clone()
    };
    assert_eq!(code(short), "RESEARCH_DATA_SHORT");

    let text = serde_json::to_string(&good).unwrap();
    assert_eq!(RunSpec::from_json(&text).unwrap(), good);
    let long = format!("{text}{}", " ".repeat(MOST_BYTES));
    for wrong in [
        text.replacen("\"kind\"", "\"knid\"", 1),
        long,
        "{}".to_owned(),
    ] {
        assert_eq!(
            RunSpec::from_json(&wrong).unwrap_err().code,
            "RESEARCH_PARAMETER"
        );
    }
}

#[test]
fn holes_are_refused_or_reported() {
    let dir = tempfile::tempdir().unwrap();
    let whole = swinging(dir.path(), 800, 60.0);
    let text = std::fs::read_to_string(&whole).unwrap();
    let holed: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(n, _)| !(400..403).contains(n))
        .collect();
    let holed: Vec<_> = holed.into_iter().map(|(_, line)| line).collect();
    std::fs::write(&whole, holed.join("\n")).unwrap();
    let spec = optimise(&whole, Method::Grid, 16);
    let refused = Plan::new(spec.clone(), dataset(&whole)).unwrap_err();
    assert_eq!(refused.code, "RESEARCH_DATA_GAP");
    let plan = Plan::new(
        RunSpec {
            allow_gaps: true,
            ..spec
        },
        dataset(&whole),
    )
    .unwrap();
    assert_eq!(report(&plan).terms.gaps.missing, 3);
}

#[test]
fn a_step_ends_when_it_is_asked_to_and_waits_for_its_grounds() {
    let dir = tempfile::tempdir().unwrap();
    let path = swinging(dir.path(), 1_000, 60.0);
    let plan = planned(optimise(&path, Method::Tpe, 160));
    let none = Results::default();
    assert_eq!(
        plan.compute(StepId(0), &none, &|| true),
        Err(Stopped::Asked)
    );
    let judge = plan
        .steps()
        .iter()
        .find(|s| matches!(s.work, Work::Judge { .. }))
        .unwrap();
    assert_eq!(
        plan.compute(judge.id, &none, &never),
        Err(Stopped::NotReady)
    );
    assert_eq!(
        plan.compute(StepId(9_999), &none, &never),
        Err(Stopped::NotReady)
    );
    // The first generation of each of four folds, in groups of eight.
    let ready: Vec<_> = plan
        .ready(&none)
        .iter()
        .map(|s| plan.steps()[s.0 as usize].to_string())
        .collect();
    assert_eq!(ready.len(), 8);
    assert_eq!(ready[1], "fold 1, generation 1, trials 9 to 16");
}

#[test]
fn too_few_trades_are_not_judged() {
    let dir = tempfile::tempdir().unwrap();
    let closes: Vec<_> = (0..700).map(|n| 100.0 + f64::from(n)).collect();
    let path = write(dir.path(), "XBTUSD.csv", 60, &closes);
    let report = report(&planned(optimise(&path, Method::Grid, 16)));
    let best = report.best.unwrap();
    assert!(best.out_of_sample.return_pct > Decimal::ZERO);
    assert_eq!(report.status, Verdict::NotJudged);
    assert!(report.gates.iter().all(|g| g.passed != Some(true)));
}

#[test]
fn what_no_quantity_is_set_for_is_sized_by_its_share_of_the_cash() {
    let dir = tempfile::tempdir().unwrap();
    let path = swinging(dir.path(), 1_000, 60.0);
    let cross = (*named("ema_cross").unwrap()).clone();
    let run = |set: Vec<(String, Decimal)>| {
        let spec = RunSpec {
            set,
            ..RunSpec::new(Kind::Backtest, Some(cross.clone()), vec![path.clone()])
        };
        report(&planned(spec)).best.unwrap()
    };
    let by_share = run(Vec::new());
    assert!(by_share.parameters.contains(&("quantity".into(), dec!(0))));
    let one = run(vec![("quantity".into(), dec!(1))]);
    assert!(by_share.out_of_sample.fees > one.out_of_sample.fees * dec!(50));
}

#[test]
fn a_discovery_ranks_what_it_judged_and_says_why_it_dropped_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let path = swinging(dir.path(), 2_000, 60.0);
    let plan = planned(discover(&path, 24));
    let report = report(&plan);
    assert_eq!((report.trials, report.candidates.len()), (24, 24));
    let judged: Vec<_> = report
        .candidates
        .iter()
        .filter(|c| c.dropped.is_none())
        .collect();
    assert!(!judged.is_empty() && judged.len() < 24, "{}", judged.len());
    for candidate in &judged {
        assert!(candidate.definition.is_some() && candidate.gates.len() == 5);
        assert_eq!(candidate.deflated.as_ref().unwrap().tried, 24);
    }
    let dropped = &report.candidates[judged.len()..];
    assert!(
        dropped
            .iter()
            .all(|c| c.dropped.is_some() && c.status == Verdict::Failed)
    );
    assert_eq!(report.strategy.as_deref(), Some(judged[0].name.as_str()));
    let page = page(&report);
    assert!(page.contains(&judged[0].name) && page.contains("prefers-color-scheme"));
}

#[test]
fn the_best_of_a_fold_is_held_against_the_luck_of_its_own_trials() {
    let dir = tempfile::tempdir().unwrap();
    let path = swinging(dir.path(), 1_400, 60.0);
    let plan = planned(optimise(&path, Method::Random, 30));
    let report = report(&plan);
    let (deflated, last) = (report.deflated.unwrap(), report.folds.last().unwrap());
    assert_eq!((deflated.tried, deflated.among), (30, last.trials));
    assert!(last.trials < 30);
}

#[test]
fn the_page_stands_for_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = swinging(dir.path(), 700, 60.0);
    let report = report(&planned(optimise(&path, Method::Grid, 24)));
    let page = page(&report);
    for part in [
        report.hash.as_str(),
        &report.data_hash,
        "Mean Sharpe in sample",
        "slow",
        "sharpe_over_baseline",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.matches("<svg").count() == 3, "two curves and the map");
    for outside in ["http", "<script", "src=", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

/// Recorded bars, where they are there.
fn recorded(name: &str) -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("PILOTHOUSE_DATA").map_or(shared, PathBuf::from);
    let path = root.join("market").join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("PILOTHOUSE_REQUIRE").is_ok_and(|list| list.contains("data"));
    assert!(!required, "{} is required and not there", path.display());
    eprintln!("skipped: {} is not there", path.display());
    None
}

#[test]
fn recorded_bars_are_optimised_and_discovered_on() {
    let Some(path) = recorded("binance_DOTUSDT-1m-2026-02.csv.gz") else {
        return;
    };
    let cross = Some((*named("ema_cross").unwrap()).clone());
    let spec = RunSpec {
        trials: 12,
        folds: 2,
        allow_gaps: true,
        ..RunSpec::new(Kind::Optimise, cross, vec![path.clone()])
    };
    let optimised = report(&planned(spec));
    assert_eq!((optimised.trials, optimised.folds.len()), (12, 2));
    let best = optimised.best.unwrap();
    assert!(best.out_of_sample.trades > 30 && best.out_of_sample.fees > Decimal::ZERO);
    assert_ne!(optimised.status, Verdict::NotJudged);
    assert!(optimised.plane.unwrap().text(true).len() > 3);

    let spec = RunSpec {
        allow_gaps: true,
        ..discover(&path, 8)
    };
    let discovered = report(&planned(spec));
    assert_eq!(discovered.candidates.len(), 8);
    assert!(
        discovered
            .candidates
            .iter()
            .all(|c| c.first_look.bars > 10_000)
    );
}
