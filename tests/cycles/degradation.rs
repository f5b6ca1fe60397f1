//! Degradation: what fails in a row makes less of the crew needed, and quiet takes it back.

use pilothouse::core::command::{Answer, TaskAction};
use pilothouse::core::degradation::{Class, Level};
use pilothouse::core::id::TaskId;
use pilothouse::core::message::{Action, Payload};
use pilothouse::core::{Command, Event, Reply, Settings};
use pilothouse::snapshot::{BeatSample, Samples, build};
use rust_decimal_macros::dec;

use crate::bench::{Bench, btc, buy, name, signal, sized};

fn move_to(bench: &mut Bench, level: Level) {
    bench.fact(Event::DegradationMoved {
        level,
        reason: "for the test".into(),
    });
}

/// One run of a schedule, each symbol answered in turn.
fn run(bench: &mut Bench, task: &str, answers: &[Answer]) {
    bench.now = bench.now.plus_s(1);
    let command = Command::Task {
        name: task.into(),
        action: TaskAction::Run,
    };
    assert_eq!(bench.ask("operator", command), Reply::Done);
    let ids: Vec<TaskId> = bench.state.schedules.running.keys().copied().collect();
    assert_eq!(ids.len(), answers.len());
    for (task, answer) in ids.into_iter().zip(answers.iter().cloned()) {
        bench.ask("crew", Command::TaskDone { task, answer });
    }
}

fn fails() -> Answer {
    Answer::Failed("no idea".into())
}

fn goes() -> Answer {
    Answer::Said(Vec::new())
}

fn level(bench: &Bench) -> Level {
    bench.state.degradation.level
}

#[test]
fn three_failures_in_a_row_take_a_step_and_five_quiet_minutes_take_it_back() {
    let mut bench = Bench::new();
    for _ in 0..2 {
        run(&mut bench, "technical_analysis", &[fails()]);
    }
    run(&mut bench, "technical_analysis", &[goes()]);
    for expected in [
        Level::Reduced,
        Level::Limited,
        Level::Emergency,
        Level::Emergency,
    ] {
        for _ in 0..3 {
            assert!(level(&bench) < expected || expected == Level::Emergency);
            run(&mut bench, "technical_analysis", &[fails()]);
        }
        assert_eq!(level(&bench), expected);
    }
    assert!(bench.state.degradation.reason.contains("analysis"));
    for (after, expected) in [
        (299, Level::Emergency),
        (1, Level::Limited),
        (300, Level::Reduced),
        (299, Level::Reduced),
        (1, Level::Normal),
    ] {
        let due = bench.state.next_due().unwrap();
        assert!(due <= bench.now.plus_s(300));
        // What the schedules start meanwhile is not answered, and so fails nobody.
        bench.pass(after);
        assert_eq!(level(&bench), expected, "after {after} s");
    }
    bench.folds_to_the_same_state();
}

#[test]
fn a_run_is_one_failure_however_many_symbols_it_has() {
    let symbols = ["BTC/USDT", "ETH/USDT", "XRP/USDT"].map(|s| s.parse().unwrap());
    let mut bench = Bench::with(Settings::of(&symbols));
    run(
        &mut bench,
        "technical_analysis",
        &[fails(), fails(), fails()],
    );
    assert_eq!(bench.state.degradation.streak(Class::Analysis), 1);
    // One that fails among others that go is a failure of the run all the same.
    run(&mut bench, "technical_analysis", &[goes(), fails(), goes()]);
    assert_eq!(bench.state.degradation.streak(Class::Analysis), 2);
    run(&mut bench, "technical_analysis", &[goes(), goes(), goes()]);
    assert_eq!(bench.state.degradation.streak(Class::Analysis), 0);
    let waits = || Answer::Waits("12 of 60 candles".into());
    run(
        &mut bench,
        "technical_analysis",
        &[waits(), waits(), waits()],
    );
    let agent = &bench.state.agents[&name("technical_analysis")];
    assert_eq!((agent.successes, agent.errors), (5, 4));
    assert_eq!(agent.status_message.as_deref(), Some("12 of 60 candles"));
    let schedule = bench.state.schedules.find("technical_analysis").unwrap();
    assert_eq!((schedule.runs, schedule.failures), (12, 4));
    assert_eq!(level(&bench), Level::Normal);
    // Cycles of one run likewise.
    run_cycles(&mut bench);
    assert_eq!(bench.state.degradation.streak(Class::Decision), 1);
    bench.folds_to_the_same_state();
}

fn run_cycles(bench: &mut Bench) {
    bench.now = bench.now.plus_s(1);
    for symbol in bench.state.settings.symbols.clone() {
        let symbol = Some(symbol);
        let reply = bench.ask("operator", Command::StartCycle { symbol });
        assert!(matches!(reply, Reply::Cycle(_)), "{reply:?}");
    }
    let open: Vec<_> = bench.state.cycles.live.keys().copied().collect();
    for (id, answer) in open.into_iter().zip([goes(), fails(), fails()]) {
        bench.answer(id, answer);
    }
}

#[test]
fn what_a_step_skips_rests_and_is_not_needed() {
    let mut bench = Bench::new();
    bench.fact(Event::HealthChanged {
        agent: name("regime_detection"),
        stale: false,
        unhealthy: true,
    });
    let start = Command::StartCycle { symbol: None };
    bench.fact(Event::AgentCounted {
        agent: name("regime_detection"),
        ok: false,
        message: None,
        weighs: false,
    });
    assert_eq!(
        bench.refused("operator", start.clone()).message,
        "Unhealthy agents detected: regime_detection"
    );
    move_to(&mut bench, Level::Limited);
    assert!(matches!(bench.ask("operator", start), Reply::Cycle(_)));
    let command = Command::Task {
        name: "regime_detection".into(),
        action: TaskAction::Run,
    };
    assert_eq!(bench.refused("operator", command).code, "TASK_DEGRADED");
    let runs = bench.state.schedules.find("regime_detection").unwrap().runs;
    bench.pass(299);
    let regime = bench.state.schedules.find("regime_detection").unwrap();
    assert_eq!(regime.runs, runs);
    assert!(regime.next_run > bench.now, "it is looked at, and skipped");
    let analysis = bench.state.schedules.find("technical_analysis").unwrap();
    assert!(analysis.runs > 0);
    bench.folds_to_the_same_state();
}

#[test]
fn an_unknown_regime_halves_the_size_while_limited() {
    for (level, expected) in [(Level::Reduced, dec!(1)), (Level::Limited, dec!(0.5))] {
        let mut bench = Bench::new();
        move_to(&mut bench, level);
        let id = bench.open();
        bench.said(id, signal(Action::Buy));
        let asked = &bench.state.bus.live[&bench.question(id)];
        let Payload::Validate { multiplier, .. } = &asked.payload else {
            panic!("{:?}", asked.payload);
        };
        assert_eq!(*multiplier, expected, "{level:?}");
    }
}

#[test]
fn an_emergency_opens_no_cycle_and_no_position_and_lets_exits_go() {
    let mut bench = Bench::new();
    let reply = bench.ask("operator", Command::Place(Box::new(buy(dec!(0.01)))));
    let Reply::Order(order) = reply else {
        panic!("{reply:?}");
    };
    let id = bench.until(pilothouse::core::cycle::Phase::RiskValidation);
    let fill = pilothouse::core::order::Fill {
        execution_id: "e1".into(),
        time: bench.now,
        price: dec!(45000),
        quantity: dec!(0.01),
        fee: dec!(1),
        liquidity: pilothouse::core::order::Liquidity::Taker,
    };
    bench.venue(order, pilothouse::core::command::Report::Filled(fill));
    move_to(&mut bench, Level::Emergency);
    // One that was under way is refused by the gate.
    bench.said(id, sized());
    let result = bench.cycle(id).result.clone().unwrap();
    assert!(
        result.starts_with("risk refused: RISK_DEGRADED"),
        "{result}"
    );
    let start = Command::StartCycle { symbol: None };
    let refusal = bench.refused("operator", start);
    assert!(refusal.message.contains("emergency"), "{refusal}");
    let entry = bench.refused("operator", Command::Place(Box::new(buy(dec!(0.02)))));
    assert_eq!(entry.code, "RISK_DEGRADED");
    let position = *bench.state.positions.open.keys().next().unwrap();
    let close = Command::Close {
        position,
        limit: None,
        reason: String::new(),
    };
    assert!(matches!(bench.ask("operator", close), Reply::Closing(..)));
    bench.folds_to_the_same_state();
}

#[test]
fn an_operator_sees_what_is_degraded_and_what_waits() {
    let mut bench = Bench::guided();
    let seen = |bench: &Bench| {
        let alarms = build(&bench.state, &Samples::default()).alarms;
        let row = |a: pilothouse::snapshot::Alarm| (a.severity, a.about, a.text);
        alarms.into_iter().map(row).collect::<Vec<_>>()
    };
    move_to(&mut bench, Level::Reduced);
    assert!(seen(&bench).is_empty());
    move_to(&mut bench, Level::Limited);
    assert_eq!((seen(&bench)[0].0, &*seen(&bench)[0].1), (1, "degradation"));
    let (cycle, id) = bench.until_approval();
    let alarms = seen(&bench);
    assert!(
        alarms.iter().any(|a| a.2.contains("waits for approval")),
        "{alarms:?}"
    );
    let snapshot = build(&bench.state, &Samples::default());
    let row = snapshot
        .cycles
        .items
        .iter()
        .find(|c| c.id == cycle)
        .unwrap();
    assert_eq!(row.approval, Some(id));
    move_to(&mut bench, Level::Emergency);
    assert_eq!(seen(&bench)[0].0, 2);
}

#[test]
fn an_agent_is_laggy_by_its_heart_or_by_its_pace() {
    let mut bench = Bench::new();
    bench.register("alpha", &["strategy"]);
    let health = |bench: &Bench, age_ms: i64, mean: f64| {
        let wall = bench.now;
        let sample = BeatSample {
            at: pilothouse::core::Time(wall.0 - age_ms),
            mean_ms: Some(mean),
            lifetime_mean_ms: Some(10.0),
        };
        let samples = Samples {
            running: true,
            wall,
            laggy_ms: 30_000,
            laggy_factor: 3.0,
            beats: [(name("alpha"), sample)].into(),
            ..Samples::default()
        };
        let agents = build(&bench.state, &samples).status.agents;
        let row = agents
            .into_iter()
            .find(|a| a.name == name("alpha"))
            .unwrap();
        format!("{:?}", row.health)
    };
    assert_eq!(health(&bench, 30_000, 30.0), "Ok");
    assert_eq!(health(&bench, 30_001, 10.0), "Laggy");
    assert_eq!(health(&bench, 0, 30.1), "Laggy");
    let beat = |stale| Command::Beat {
        agent: name("alpha"),
        stale,
    };
    bench.ask("crew", beat(true));
    assert_eq!(health(&bench, 0, 10.0), "Stale");
    bench.ask("crew", beat(false));
    assert_eq!(health(&bench, 0, 10.0), "Ok");
    // One that nobody needs does not count for degradation; a needed one does.
    assert!(bench.state.degradation.streaks.is_empty());
    let agent = name("risk");
    bench.ask("crew", Command::Beat { agent, stale: true });
    assert_eq!(bench.state.degradation.streak(Class::Decision), 1);
}

#[test]
fn counts_survive_a_restart() {
    let mut bench = Bench::new();
    let id = bench.open();
    bench.said(id, signal(Action::Hold));
    let id = bench.until(pilothouse::core::cycle::Phase::RiskValidation);
    // Risk cuts what is far too large, which is a conflict.
    bench.said(
        id,
        Payload::Sized {
            quantity: dec!(1),
            stop: dec!(44100),
            target: dec!(46800),
        },
    );
    let id = bench.open();
    bench.answer(id, fails());
    let id = bench.open();
    let reason = "enough".to_owned();
    bench.ask("operator", Command::HaltCycle { id, reason });
    let settings = bench.state.settings.clone();
    move_to(&mut bench, Level::Limited);
    bench.start(settings);
    let (cycles, counts) = (&bench.state.cycles, &bench.state.statistics);
    assert_eq!((cycles.completed, cycles.failed, cycles.halted), (2, 1, 1));
    assert_eq!((counts.conflicts, counts.resolutions["wait"]), (1, 1));
    assert_eq!(level(&bench), Level::Limited);
    let shown = build(&bench.state, &Samples::default()).status.statistics;
    assert_eq!((shown.cycles_completed, shown.resolutions["wait"]), (2, 1));
    assert_eq!(bench.state.settings.symbols, [btc()]);
    bench.folds_to_the_same_state();
}
