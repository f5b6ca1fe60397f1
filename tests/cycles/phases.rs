//! Who moves a cycle, and where it ends.

use pilothouse::core::command::Answer;
use pilothouse::core::cycle::Phase;
use pilothouse::core::message::{Action, Delivery, Payload};
use pilothouse::core::{Command, Event, Reply, Settings};

use crate::bench::{Bench, btc, name, signal, sized};

fn halt(bench: &mut Bench, id: pilothouse::core::id::CycleId) {
    let reason = "looks wrong".to_owned();
    let reply = bench.ask("operator", Command::HaltCycle { id, reason });
    assert_eq!(reply, Reply::Done);
}

#[test]
fn a_cycle_goes_from_analysis_to_monitoring_and_keeps_its_history() {
    let mut bench = Bench::new();
    let id = bench.until(Phase::Monitoring);
    let order = bench.cycle(id).found.order.unwrap();
    assert!(bench.cycle(id).waiting.is_none());
    bench.pass(60);
    assert_eq!(bench.cycle(id).phase, Phase::Monitoring);
    bench.pass(60);
    let cycle = bench.cycle(id);
    assert_eq!(cycle.phase, Phase::Completed);
    assert_eq!(
        cycle.result.as_deref(),
        Some(&*format!("{order} still works"))
    );
    let phases: Vec<_> = cycle.phases.iter().map(|p| p.phase).collect();
    assert_eq!(
        phases,
        [
            Phase::Initializing,
            Phase::StrategyAnalysis,
            Phase::RiskValidation,
            Phase::Execution,
            Phase::Monitoring
        ]
    );
    let last = cycle.phases.last().unwrap();
    assert_eq!(last.ended_at.unwrap() - last.started_at, 120_000);
    assert!(cycle.phases.iter().all(|p| p.result.is_some()));
    bench.folds_to_the_same_state();
}

#[test]
fn an_order_knows_which_policy_decided_it_on_what() {
    let mut bench = Bench::new();
    let id = bench.until(Phase::Monitoring);
    let found = bench.cycle(id).found.clone();
    let request = bench
        .state
        .orders
        .get(found.order.unwrap())
        .unwrap()
        .request
        .clone();
    assert_eq!(request.agent_id, Some(name("trading_decision")));
    assert_eq!(request.policy_version.as_deref(), Some("rules-7"));
    assert_eq!(request.feature_hash.as_deref(), Some("f00d"));
    assert_eq!(request.confidence, found.signal.map(|s| s.confidence));
    assert!(found.seen.is_some(), "what the others had said is kept");
}

#[test]
fn monitoring_lasts_as_long_as_configured() {
    let mut bench = Bench::with(Settings {
        monitoring_s: 30,
        ..Settings::of(&[btc()])
    });
    let id = bench.until(Phase::Monitoring);
    assert!(bench.state.next_due().unwrap() <= bench.now.plus_s(30));
    bench.pass(30);
    assert_eq!(bench.cycle(id).phase, Phase::Completed);
}

#[test]
fn only_the_one_that_was_asked_moves_a_cycle() {
    let mut bench = Bench::new();
    let id = bench.open();
    let message = bench.question(id);
    let answer = Answer::Said(vec![signal(Action::Buy)]);
    let command = Command::PhaseDone { message, answer };
    let refusal = bench.refused("risk", command.clone());
    assert_eq!(refusal.code, "CYCLE_NOT_ASKED");
    assert_eq!(refusal.limit.as_deref(), Some("trading_decision"));
    assert_eq!(refusal.value.as_deref(), Some("risk"));
    assert_eq!(bench.cycle(id).phase, Phase::StrategyAnalysis);
    // The documents call the trading decision strategy.
    assert_eq!(bench.ask("strategy", command), Reply::Done);
    assert_eq!(bench.cycle(id).phase, Phase::RiskValidation);
}

#[test]
fn a_hold_completes_the_cycle_and_nothing_follows() {
    let mut bench = Bench::new();
    let id = bench.open();
    bench.said(id, signal(Action::Hold));
    let cycle = bench.cycle(id);
    assert_eq!(cycle.phase, Phase::Completed);
    assert!(cycle.result.as_deref().unwrap().starts_with("HOLD: "));
    let phases: Vec<_> = cycle.phases.iter().map(|p| p.phase).collect();
    assert_eq!(phases, [Phase::Initializing, Phase::StrategyAnalysis]);
    assert_eq!(bench.state.cycles.completed, 1);
}

#[test]
fn a_halt_is_honoured_in_every_phase() {
    let phases = [
        Phase::StrategyAnalysis,
        Phase::RiskValidation,
        Phase::Execution,
        Phase::Monitoring,
    ];
    for phase in phases {
        let mut bench = Bench::new();
        let id = bench.until(phase);
        let asked = bench.cycle(id).waiting;
        let order = bench.cycle(id).found.order;
        halt(&mut bench, id);
        let cycle = bench.cycle(id);
        assert_eq!(cycle.phase, Phase::Halted, "{phase:?}");
        assert_eq!(cycle.reason.as_deref(), Some("operator: looks wrong"));
        assert_eq!(cycle.phases.last().unwrap().phase, phase);
        assert_eq!(bench.state.cycles.halted, 1);
        // What was asked is answered too late, and starts nothing.
        if let Some(message) = asked {
            let agent = cycle.asked().unwrap();
            let answers = [signal(Action::Buy), sized(), Payload::Plan { limit: None }];
            for answer in answers {
                bench.says(agent.as_str(), message, Answer::Said(vec![answer]));
            }
        }
        assert_eq!(bench.cycle(id).phase, Phase::Halted);
        assert_eq!(bench.state.orders.live.len(), usize::from(order.is_some()));
        let again = Command::HaltCycle {
            id,
            reason: "again".into(),
        };
        assert_eq!(bench.refused("operator", again).code, "CYCLE_UNKNOWN");
        bench.folds_to_the_same_state();
    }
}

#[test]
fn a_missed_deadline_fails_the_cycle_and_a_late_answer_is_recorded_once() {
    let mut bench = Bench::new();
    let id = bench.open();
    let message = bench.question(id);
    bench.ask("supervisor", Command::PhaseLate { message });
    let cycle = bench.cycle(id);
    assert_eq!(cycle.phase, Phase::Failed);
    assert_eq!(
        cycle.reason.as_deref(),
        Some("trading_decision did not answer in time")
    );
    assert_eq!(bench.state.cycles.failed, 1);
    assert_eq!(bench.state.agents[&name("trading_decision")].errors, 1);
    let answer = Answer::Said(vec![signal(Action::Buy)]);
    let command = Command::PhaseDone { message, answer };
    let (events, reply) = bench.events("trading_decision", command.clone());
    assert_eq!(reply, Reply::Done);
    let [Event::Sent { message: late }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(late.in_reply_to, Some(message));
    assert_eq!(late.delivery, Delivery::Acknowledged);
    assert!(bench.events("trading_decision", command).0.is_empty());
    assert_eq!(bench.cycle(id).phase, Phase::Failed);
    assert_eq!(bench.state.agents[&name("trading_decision")].successes, 0);
    bench.folds_to_the_same_state();
}

#[test]
fn an_error_fails_the_cycle_and_waiting_for_data_does_not() {
    let mut bench = Bench::new();
    let id = bench.open();
    bench.answer(id, Answer::Failed("no idea".into()));
    assert_eq!(bench.cycle(id).phase, Phase::Failed);
    assert_eq!(
        bench.cycle(id).reason.as_deref(),
        Some("trading_decision: no idea")
    );
    bench.pass(1);
    let id = bench.open();
    bench.answer(id, Answer::Waits("12 of 60 candles".into()));
    let cycle = bench.cycle(id);
    assert_eq!(cycle.phase, Phase::Completed);
    assert_eq!(
        cycle.result.as_deref(),
        Some("nothing to decide yet: 12 of 60 candles")
    );
    let agent = &bench.state.agents[&name("trading_decision")];
    assert_eq!((agent.successes, agent.errors), (0, 1));
    assert_eq!(agent.status_message.as_deref(), Some("12 of 60 candles"));
    bench.folds_to_the_same_state();
}

#[test]
fn every_move_that_is_refused_is_an_event() {
    let mut bench = Bench::new();
    bench.open();
    let refusal = bench.refused("operator", Command::StartCycle { symbol: None });
    assert_eq!(refusal.code, "CYCLE_RUNNING");
    // The schedule's own opening too.
    bench.pass(3600);
    assert!(bench.state.statistics.refusals >= 2);
    let mut bench = Bench::new();
    for _ in 0..2 {
        bench.fact(Event::HealthChanged {
            agent: name("risk"),
            stale: true,
            unhealthy: false,
        });
    }
    let refusal = bench.refused("operator", Command::StartCycle { symbol: None });
    assert_eq!(refusal.code, "CYCLE_MAY_NOT_START");
    assert_eq!(refusal.message, "Unhealthy agents detected: risk");
    let kept = bench.state.cycles.past.back().unwrap();
    assert_eq!(kept.phase, Phase::Halted);
    assert_eq!(kept.reason.as_deref(), Some(&*refusal.message));
}

#[test]
fn an_outside_agent_that_handles_a_phase_is_asked_while_it_is_well() {
    let mut bench = Bench::new();
    bench.register("zeta", &["strategy"]);
    bench.register("alpha", &["strategy_analysis", "execution"]);
    let id = bench.open();
    assert_eq!(bench.cycle(id).asked(), Some(name("alpha")));
    let message = bench.question(id);
    let answer = Answer::Said(vec![signal(Action::Buy)]);
    let command = Command::PhaseDone { message, answer };
    let refusal = bench.refused("trading_decision", command.clone());
    assert_eq!(refusal.code, "CYCLE_NOT_ASKED");
    bench.ask("alpha", command);
    assert_eq!(bench.cycle(id).asked(), Some(name("risk")));
    assert_eq!(bench.cycle(id).phases[1].agent, Some(name("alpha")));
    halt(&mut bench, id);
    bench.ask(
        "crew",
        Command::Beat {
            agent: name("alpha"),
            stale: true,
        },
    );
    let id = bench.open();
    assert_eq!(bench.cycle(id).asked(), Some(name("zeta")));
    halt(&mut bench, id);
    // It stands in for a built-in one that is unwell.
    bench.ask(
        "crew",
        Command::Beat {
            agent: name("trading_decision"),
            stale: true,
        },
    );
    let id = bench.open();
    assert_eq!(bench.cycle(id).asked(), Some(name("zeta")));
    bench.folds_to_the_same_state();
}

#[test]
fn shared_data_is_written_under_its_writers_name() {
    let mut bench = Bench::new();
    let id = bench.open();
    let put = |key: &str, value: &str| Command::PutData {
        cycle: id,
        key: key.into(),
        value: value.into(),
    };
    // The documents' own cases.
    let bullish = r#"{"result":"bullish"}"#;
    assert_eq!(
        bench.ask("strategy", put("strategy_analysis", bullish)),
        Reply::Done
    );
    let refusal = bench.refused("strategy", put("risk_check", bullish));
    assert_eq!(refusal.code, "CYCLE_KEY_PREFIX");
    assert_eq!(refusal.rule.as_deref(), Some("cycle_key_prefix"));
    assert_eq!(
        refusal.limit.as_deref(),
        Some("trading_decision_ strategy_")
    );
    assert_eq!(refusal.value.as_deref(), Some("risk_check"));
    for (actor, key) in [
        ("supervisor", "any_key"),
        ("operator", "another.key"),
        ("trading_decision", "strategy_x"),
        ("strategy", "trading_decision_x"),
        ("risk", "risk_management_x"),
        ("execution_manager", "execution_x"),
    ] {
        assert_eq!(
            bench.ask(actor, put(key, "1")),
            Reply::Done,
            "{actor} {key}"
        );
    }
    for (key, value, code) in [
        ("strategy_x", "{", "CYCLE_DATA_INVALID"),
        ("strategy x", "1", "CYCLE_DATA_INVALID"),
        ("", "1", "CYCLE_DATA_INVALID"),
        (
            &*format!("strategy_{}", "x".repeat(128)),
            "1",
            "CYCLE_DATA_INVALID",
        ),
        (
            "strategy_x",
            &*format!("\"{}\"", "x".repeat(65_535)),
            "CYCLE_DATA_INVALID",
        ),
    ] {
        assert_eq!(
            bench.refused("strategy", put(key, value)).code,
            code,
            "{key}"
        );
    }
    let before = bench.cycle(id).data.len();
    for n in before..64 {
        assert_eq!(
            bench.ask("risk", put(&format!("risk_{n}"), "1")),
            Reply::Done
        );
    }
    assert_eq!(
        bench.refused("risk", put("risk_more", "1")).code,
        "CYCLE_DATA_FULL"
    );
    // An ended cycle is written and read as long as it is remembered.
    halt(&mut bench, id);
    assert_eq!(bench.ask("risk", put("risk_63", "2")), Reply::Done);
    assert_eq!(bench.cycle(id).data["strategy_analysis"], bullish);
    let unknown = Command::PutData {
        cycle: "cycle_20200101_000000_00000009".parse().unwrap(),
        key: "risk_5".into(),
        value: "1".into(),
    };
    assert_eq!(bench.refused("risk", unknown).code, "CYCLE_UNKNOWN");
    bench.folds_to_the_same_state();
}
