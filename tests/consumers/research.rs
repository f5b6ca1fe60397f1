//! Runs and their steps.

use super::*;
use pilothouse::core::activity::ActivityKind;
use pilothouse::core::reservation::{Class, Standing, Waits};

fn standing(bench: &Bench, run: RunId, step: u32) -> Option<Standing> {
    let run = bench.state.research.live.get(&run)?;
    let slot = run.steps.get(&step)?;
    bench.state.ledger.get(*slot).map(|row| row.standing)
}

fn deployment(bench: &mut Bench) -> pilothouse::core::id::ReservationId {
    let item = ReserveItem {
        resource: Resource::Capital,
        class: Some(Class::Deployment),
        amount: dec!(5),
        purpose: "deploy".into(),
        ttl_s: Some(600),
        agent: Some(name("deployer")),
        strategy: None,
        sharpe: None,
    };
    let command = Command::Reserve {
        items: vec![item],
        key: None,
        wait: false,
    };
    match bench.ask("operator", command) {
        Reply::Reserved(grants) => grants[0].id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_computes_in_slots_and_ends_once() {
    let mut bench = Bench::quiet();
    let run = bench.run(RunKind::Optimise);
    assert_eq!(bench.state.research.live[&run].status, RunStatus::Queued);
    for step in 0..3 {
        bench.step(run, step);
        assert_eq!(standing(&bench, run, step), Some(Standing::Held));
    }
    assert_eq!(bench.state.research.live[&run].status, RunStatus::Running);
    let mut activities = bench.state.activities.live.values();
    assert!(activities.any(|a| a.kind == ActivityKind::Optimisation));
    // Three backtests at once; the fourth waits for its turn.
    bench.step(run, 3);
    assert_eq!(standing(&bench, run, 3), Some(Standing::Queued));
    bench.step_done(run, 0);
    assert_eq!(standing(&bench, run, 3), Some(Standing::Held));
    assert_eq!(refusal(bench.step_done(run, 0)).code, "RESEARCH_STEP");
    for step in 1..4 {
        bench.step_done(run, step);
    }
    assert_eq!(bench.state.research.live[&run].trials_done, 32);
    bench.end(run, RunStatus::Passed, vec![version("ema_cross", "run_1")]);
    let over = bench.state.research.get(run).unwrap();
    assert_eq!((over.status, over.steps.len()), (RunStatus::Passed, 0));
    assert!(
        bench
            .state
            .research
            .version(name("ema_cross"), "run_1")
            .is_some()
    );
    assert!(bench.state.activities.live.is_empty());
    assert_eq!(bench.state.ledger.live_count(), 0);
    assert_eq!(
        refusal(bench.end(run, RunStatus::Failed, Vec::new())).code,
        "RESEARCH_UNKNOWN"
    );
    bench.check_fold();
}

#[test]
fn only_its_agent_ends_a_run_and_only_judged_gates_pass_it() {
    let mut bench = Bench::quiet();
    let run = bench.run(RunKind::Optimise);
    bench.step(run, 0);
    let ends = |status, gates| Command::EndRun {
        run,
        verdict: Box::new(Verdict {
            gates,
            ..verdict(status)
        }),
        found: vec![version("ema_cross", "x")],
    };
    let passed = || ends(RunStatus::Passed, vec![gate("sharpe", Some(true))]);
    assert_eq!(
        refusal(bench.ask("operator", passed())).code,
        "RESEARCH_OWNED"
    );
    assert_eq!(
        refusal(bench.ask("discoverer", passed())).code,
        "RESEARCH_OWNED"
    );
    for gates in [
        Vec::new(),
        vec![gate("sharpe", Some(true)), gate("trades", None)],
        vec![gate("sharpe", Some(false))],
    ] {
        let reply = bench.ask("optimizer", ends(RunStatus::Passed, gates));
        assert_eq!(refusal(reply).code, "RESEARCH_GATES");
    }
    bench.ask(
        "optimizer",
        ends(RunStatus::NotJudged, vec![gate("trades", None)]),
    );
    assert!(
        bench.state.research.versions.is_empty(),
        "not judged is not passed"
    );
    assert_eq!(
        bench.state.ledger.live_count(),
        0,
        "its step's slot is back"
    );
}

#[test]
fn an_optimisation_is_held_while_a_deployment_runs() {
    let mut bench = Bench::quiet();
    let run = bench.run(RunKind::Optimise);
    bench.step(run, 0);
    let deployed = deployment(&mut bench);
    // What runs goes on; the next step waits until the deployment is over (document 000: t = 600).
    bench.step(run, 1);
    assert_eq!(standing(&bench, run, 0), Some(Standing::Held));
    let slot = bench.state.research.live[&run].steps[&1];
    let waits = bench.state.ledger.get(slot).unwrap().waits;
    assert!(matches!(waits, Some(Waits::Activity(_))), "{waits:?}");
    bench.ask("operator", Command::Release { id: deployed });
    assert_eq!(standing(&bench, run, 1), Some(Standing::Held));
}

#[test]
fn a_run_that_is_asked_for_during_a_deployment_begins_after_it() {
    let mut bench = Bench::quiet();
    let deployed = deployment(&mut bench);
    let run = bench.run(RunKind::Optimise);
    assert_eq!(bench.step(run, 0), Reply::Done);
    assert_eq!(standing(&bench, run, 0), None);
    bench.ask("operator", Command::Release { id: deployed });
    bench.step(run, 0);
    assert_eq!(standing(&bench, run, 0), Some(Standing::Held));
}

#[test]
fn one_discovery_waits_for_the_other() {
    let mut bench = Bench::quiet();
    let (first, second) = (bench.run(RunKind::Discover), bench.run(RunKind::Discover));
    bench.step(first, 0);
    bench.step(second, 0);
    assert_eq!(standing(&bench, second, 0), None);
    bench.step_done(first, 0);
    // Between two steps of the first nobody slips in.
    bench.step(second, 0);
    assert_eq!(standing(&bench, second, 0), None);
    bench.step(first, 1);
    assert_eq!(standing(&bench, first, 1), Some(Standing::Held));
    bench.end(first, RunStatus::Failed, Vec::new());
    bench.step(second, 0);
    assert_eq!(standing(&bench, second, 0), Some(Standing::Held));
}

#[test]
fn a_slot_that_is_not_renewed_is_lost_and_asked_for_again() {
    let mut bench = Bench::quiet();
    let run = bench.run(RunKind::Backtest);
    bench.step(run, 0);
    bench.pass(3600);
    assert!(bench.state.research.live[&run].steps.is_empty());
    assert_eq!(refusal(bench.step_done(run, 0)).code, "RESEARCH_STEP");
    bench.step(run, 0);
    assert_eq!(standing(&bench, run, 0), Some(Standing::Held));
    bench.check_fold();
}

#[test]
fn the_stop_ends_what_is_searched_and_refuses_more() {
    let mut bench = Bench::quiet();
    let (first, second) = (bench.run(RunKind::Optimise), bench.run(RunKind::Discover));
    bench.step(first, 0);
    bench.step(second, 0);
    bench.press();
    for run in [first, second] {
        let over = bench.state.research.get(run).unwrap();
        assert_eq!(over.status, RunStatus::Cancelled);
    }
    assert_eq!(bench.state.ledger.live_count(), 0);
    let asked = Command::AskRun(Box::new(request(RunKind::Optimise)));
    assert_eq!(bench.refused(asked), "RESEARCH_STATE");
    bench.check_fold();
}

#[test]
fn the_same_key_is_the_same_run() {
    let mut bench = Bench::quiet();
    let keyed = |seed| {
        let request = RunRequest {
            key: Some("k".into()),
            seed,
            ..request(RunKind::Optimise)
        };
        Command::AskRun(Box::new(request))
    };
    let first = bench.ask("operator", keyed(1));
    assert_eq!(bench.ask("operator", keyed(1)), first);
    assert_eq!(bench.refused(keyed(2)), "IDEMPOTENCY_MISMATCH");
}

#[test]
fn a_stopped_run_gives_back_what_it_holds_and_waits_for() {
    let mut bench = Bench::quiet();
    let run = bench.run(RunKind::Optimise);
    for step in 0..5 {
        bench.step(run, step);
    }
    let stop = Command::StopRun {
        run,
        reason: String::new(),
    };
    bench.ask("operator", stop.clone());
    assert_eq!(bench.state.ledger.live_count(), 0);
    assert_eq!(
        bench.ask("operator", stop),
        Reply::Run(run),
        "it is over already"
    );
}
