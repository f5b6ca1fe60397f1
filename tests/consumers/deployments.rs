//! Putting a strategy version into service, and taking it back.

use super::*;
use pilothouse::core::Event;
use pilothouse::core::activity::ActivityKind;
use pilothouse::core::reservation::{Class, Standing};
use pilothouse::core::service::End;

fn order(reply: Reply) -> OrderId {
    match reply {
        Reply::Order(id) => id,
        other => panic!("{other:?}"),
    }
}

fn deployed(capital: Decimal) -> (Bench, ServiceId) {
    let mut bench = Bench::quiet();
    bench.prove(vec![version("ema_cross", "1"), version("ema_cross", "2")]);
    let id = bench.deploy("ema_cross", "1", capital);
    (bench, id)
}

/// In service, after its three stages.
fn in_service(capital: Decimal) -> (Bench, ServiceId) {
    let (mut bench, id) = deployed(capital);
    for _ in 0..3 {
        bench.advance(id);
    }
    assert_eq!(bench.service(id).stage, Stage::InService);
    assert!(bench.service(id).is_at_work());
    (bench, id)
}

#[test]
fn what_nobody_has_judged_or_protects_nothing_is_refused() {
    let mut bench = Bench::quiet();
    let code =
        |bench: &mut Bench, v: &str, usd| refusal(bench.ask_deploy("ema_cross", v, usd)).code;
    assert_eq!(code(&mut bench, "1", dec!(100)), "DEPLOY_UNPROVEN");
    let bare = Version {
        has_stop: false,
        ..version("ema_cross", "bare")
    };
    let strange = Version {
        symbol: "DOGE/USDT".parse().unwrap(),
        ..version("ema_cross", "strange")
    };
    bench.prove(vec![bare, strange, version("ema_cross", "1")]);
    assert_eq!(code(&mut bench, "bare", dec!(100)), "DEPLOY_UNPROTECTED");
    assert_eq!(code(&mut bench, "strange", dec!(100)), "RISK_SYMBOL");
    assert_eq!(code(&mut bench, "1", dec!(0)), "DEPLOY_CAPITAL");
    assert_eq!(code(&mut bench, "1", dec!(4)), "DEPLOY_CAPITAL");
    assert_eq!(code(&mut bench, "1", dec!(20000)), "RESERVE_CAPITAL");
    bench.deploy("ema_cross", "1", dec!(100));
    assert_eq!(code(&mut bench, "1", dec!(100)), "DEPLOY_RUNS");
    bench.press();
    assert_eq!(code(&mut bench, "1", dec!(100)), "DEPLOY_STATE");
    assert!(bench.state.services.live.is_empty());
}

#[test]
fn each_stage_uses_its_share_and_no_more() {
    let (mut bench, id) = deployed(dec!(1000));
    assert_eq!(bench.service(id).stage, Stage::Part(0));
    assert_eq!(bench.service(id).book.capital, dec!(100));
    let hold = bench.service(id).holds[0];
    let row = bench.state.ledger.get(hold).unwrap();
    assert_eq!((row.class, row.amount), (Class::Deployment, dec!(1000)));

    // 100 USD of the first stage: of 2 BTC at 100 it gets what these pay for, slippage and fee with it.
    let entry = order(bench.act(id, Side::Buy, dec!(2)));
    let quantity = bench.order(entry).quantity;
    assert!(
        quantity > dec!(0.99) && quantity < Decimal::ONE,
        "{quantity}"
    );
    assert_eq!(bench.state.drawable(hold).round_dp(4), Decimal::ZERO);
    let reason = "try again".into();
    bench.venue(entry, pilothouse::core::command::Report::Unsent { reason });
    bench.pass(60);
    let entry = order(bench.act(id, Side::Buy, dec!(0.5)));
    assert_eq!(bench.order(entry).quantity, dec!(0.5));
    let placed = bench.order(entry).request.clone();
    assert_eq!((placed.service, placed.draws), (Some(id), Some(hold)));
    assert_eq!(placed.strategy, Some(name("ema_cross")));
    assert_eq!(placed.policy_version.as_deref(), Some("ema_cross-1"));
    bench.open(entry);
    bench.fill(entry, dec!(100), dec!(0.5));
    let held: Vec<_> = bench.state.positions_of(id).collect();
    assert_eq!((held.len(), held[0].quantity), (1, dec!(0.5)));
    assert!(bench.state.drawable(hold) < dec!(50));

    bench.advance(id);
    assert_eq!(bench.service(id).stage, Stage::Part(1));
    assert_eq!(bench.service(id).book.capital, dec!(500));
    assert!(bench.state.drawable(hold) > dec!(400));
    bench.check_fold();
}

#[test]
fn a_stage_is_left_in_time_by_passed_gates_and_once() {
    let (mut bench, id) = deployed(dec!(1000));
    let early = refusal(bench.judge(id, Stage::Part(0), Judgement::Advance));
    assert_eq!(early.code, "SERVICE_EARLY");
    bench.pass(3600);
    for gates in [
        Vec::new(),
        vec![gate("trades", None)],
        vec![gate("drawdown", Some(true)), gate("trades", Some(false))],
    ] {
        let command = Command::Judge {
            service: id,
            stage: Stage::Part(0),
            judgement: Judgement::Advance,
            gates,
        };
        assert_eq!(
            refusal(bench.ask("deployer", command)).code,
            "SERVICE_GATES"
        );
    }
    let stranger = Command::Judge {
        service: id,
        stage: Stage::Part(0),
        judgement: Judgement::Advance,
        gates: vec![gate("trades", Some(true))],
    };
    assert_eq!(
        refusal(bench.ask("discoverer", stranger)).code,
        "SERVICE_OWNED"
    );
    bench.judge(id, Stage::Part(0), Judgement::Advance);
    let again = refusal(bench.judge(id, Stage::Part(0), Judgement::Advance));
    assert_eq!(again.code, "SERVICE_STAGE", "it was moved already");
    assert_eq!(bench.service(id).stage, Stage::Part(1));
}

#[test]
fn in_service_the_capital_is_the_traders_and_the_deployment_is_over() {
    let (mut bench, id) = deployed(dec!(1000));
    let entry = order(bench.act(id, Side::Buy, dec!(0.5)));
    bench.open(entry);
    bench.fill(entry, dec!(100), dec!(0.5));
    let run = bench.run(RunKind::Optimise);
    assert_eq!(
        bench.step(run, 0),
        Reply::Done,
        "it waits for the deployment"
    );
    for _ in 0..3 {
        bench.advance(id);
    }
    let hold = bench.service(id).holds[0];
    let row = bench.state.ledger.get(hold).unwrap();
    assert_eq!((row.class, row.agent.as_str()), (Class::Live, "trader"));
    assert_eq!(
        row.granted(),
        dec!(1000),
        "with what the open position has drawn"
    );
    let mut activities = bench.state.activities.live.values();
    assert!(!activities.any(|a| a.kind == ActivityKind::Deployment));
    bench.step(run, 0);
    assert_eq!(bench.state.research.live[&run].steps.len(), 1);
    // What the position drew comes back to the new row.
    let exit = bench.act(id, Side::Sell, dec!(0.5));
    let Reply::Closing(_, exit) = exit else {
        panic!("{exit:?}")
    };
    let exit = exit.or_else(|| {
        // The stop moves out of the way first.
        let stop = bench
            .state
            .orders
            .live
            .values()
            .find(|o| o.cancel.is_some())
            .map(|o| o.id);
        bench.venue(
            stop?,
            pilothouse::core::command::Report::Cancelled {
                reason: String::new(),
            },
        );
        bench
            .state
            .orders
            .live
            .values()
            .find(|o| o.request.side == Side::Sell)
            .map(|o| o.id)
    });
    bench.fill(exit.unwrap(), dec!(110), dec!(0.5));
    let book = &bench.service(id).book;
    assert_eq!((book.trades, book.wins), (1, 1));
    assert_eq!(bench.state.ledger.get(hold).unwrap().amount, dec!(1000));
    bench.check_fold();
}

#[test]
fn two_deployments_queue() {
    let mut bench = Bench::quiet();
    bench.prove(vec![version("ema_cross", "1"), version("breakout", "1")]);
    let first = bench.deploy("ema_cross", "1", dec!(100));
    let second = bench.deploy("breakout", "1", dec!(100));
    assert!(bench.service(first).is_at_work());
    assert!(!bench.service(second).is_at_work());
    let hold = bench.service(second).holds[0];
    assert_eq!(
        bench.state.ledger.get(hold).unwrap().standing,
        Standing::Queued
    );
    assert_eq!(
        refusal(bench.act(second, Side::Buy, dec!(0.1))).code,
        "SERVICE_IDLE"
    );
    for _ in 0..3 {
        bench.advance(first);
    }
    assert!(
        bench.service(second).is_at_work(),
        "its turn came with the first in service"
    );
}

#[test]
fn a_rollback_closes_what_is_open_and_frees_the_capital() {
    let (mut bench, id) = deployed(dec!(1000));
    let entry = order(bench.act(id, Side::Buy, dec!(0.5)));
    bench.open(entry);
    bench.fill(entry, dec!(100), dec!(0.5));
    let judgement = Judgement::Fail("a fall of 8 % from the peak; 2 % was promised".into());
    bench.judge(id, Stage::Part(0), judgement);
    let ended = bench.service(id).ended.clone().unwrap();
    assert_eq!(ended.how, End::RolledBack);
    let position = bench.state.positions.open.values().next().unwrap();
    assert!(position.closing.is_some(), "it is being closed");
    let held = bench.state.ledger.held_capital(None);
    assert_eq!(
        held,
        Decimal::ZERO,
        "only what the position lives on is left"
    );
    assert!(bench.state.activities.live.is_empty());
    bench.check_fold();
}

#[test]
fn one_word_brings_the_version_before_back() {
    let (mut bench, first) = in_service(dec!(1000));
    let second = bench.deploy("ema_cross", "2", dec!(500));
    assert!(
        bench.service(first).is_at_work(),
        "it goes on beside the new one"
    );
    let back = || Command::Rollback {
        strategy: name("ema_cross"),
        reason: "too slow".into(),
    };
    assert_eq!(bench.ask("operator", back()), Reply::Service(second));
    assert!(
        bench.service(first).is_at_work(),
        "the first has never left"
    );

    let third = bench.deploy("ema_cross", "2", dec!(500));
    for _ in 0..3 {
        bench.advance(third);
    }
    let how = |bench: &Bench, id| bench.service(id).ended.as_ref().map(|e| e.how);
    assert_eq!(how(&bench, first), Some(End::Superseded));
    bench.ask("operator", back());
    assert_eq!(how(&bench, third), Some(End::RolledBack));
    let live: Vec<_> = bench.state.services.live.values().collect();
    assert_eq!(live.len(), 1);
    assert_eq!(
        (live[0].version.version.as_str(), live[0].stage),
        ("1", Stage::InService)
    );
    assert!(live[0].is_at_work());
    bench.ask("operator", back());
    let refused = bench.refused(back());
    assert_eq!(
        refused, "DEPLOY_UNKNOWN",
        "there is nothing before the first"
    );
}

#[test]
fn a_reservation_that_is_not_renewed_takes_its_service_with_it() {
    let (mut bench, id) = in_service(dec!(1000));
    bench.pass(86_400);
    assert_eq!(
        bench.service(id).ended.as_ref().unwrap().how,
        End::RolledBack
    );
    assert_eq!(bench.state.ledger.live_count(), 0);
}

#[test]
fn live_trades_may_take_a_deployments_capital_and_it_is_rolled_back() {
    let (mut bench, id) = deployed(dec!(9000));
    let reserve = ReserveItem {
        resource: Resource::Capital,
        class: Some(Class::Live),
        amount: dec!(5000),
        purpose: "live".into(),
        ttl_s: None,
        agent: None,
        strategy: None,
        sharpe: None,
    };
    bench.ask(
        "operator",
        Command::Reserve {
            items: vec![reserve],
            key: None,
            wait: false,
        },
    );
    let ended = bench.service(id).ended.clone().unwrap();
    assert_eq!(ended.how, End::RolledBack);
    assert!(
        ended.reason.contains("taken by a higher priority"),
        "{}",
        ended.reason
    );
}

#[test]
fn the_stop_ends_deployments_in_its_own_record_and_leaves_the_stops() {
    let (mut bench, id) = in_service(dec!(1000));
    let entry = order(bench.act(id, Side::Buy, dec!(1)));
    bench.open(entry);
    bench.fill(entry, dec!(100), dec!(1));
    bench.press();
    let (_, _, events) = bench.history.last().unwrap();
    let ended = |e: &&Event| {
        matches!(
            e,
            Event::ServiceEnded {
                how: End::Cancelled,
                ..
            }
        )
    };
    assert_eq!(events.iter().filter(ended).count(), 1);
    assert!(bench.state.services.live.is_empty());
    let position = bench.state.positions.open.values().next().unwrap();
    assert!(position.closing.is_none() && position.stop.is_some());
    assert_eq!(
        refusal(bench.act(id, Side::Buy, dec!(1))).code,
        "SERVICE_IDLE"
    );
    bench.check_fold();
}

#[test]
fn paused_signals_are_recorded_and_ignored() {
    let (mut bench, id) = deployed(dec!(1000));
    bench.ask(
        "operator",
        Command::Pause {
            symbol: None,
            reason: String::new(),
        },
    );
    assert_eq!(bench.act(id, Side::Buy, dec!(0.5)), Reply::Done);
    assert_eq!(bench.state.statistics.signals_ignored, 1);
    assert!(bench.state.orders.live.is_empty());
}

#[test]
fn in_guide_mode_an_entry_waits_for_the_operator_once() {
    let mut bench = Bench::with(|settings| {
        settings.schedules.clear();
        settings.guide = true;
    });
    bench.price(dec!(100));
    bench.prove(vec![version("ema_cross", "1")]);
    let id = bench.deploy("ema_cross", "1", dec!(1000));
    assert!(matches!(
        bench.act(id, Side::Buy, dec!(0.5)),
        Reply::Approval(_)
    ));
    assert_eq!(bench.act(id, Side::Buy, dec!(0.4)), Reply::Done);
    assert_eq!(bench.state.approvals.waiting.len(), 1);
}

#[test]
fn what_fills_while_its_service_ends_is_closed_at_once() {
    let (mut bench, id) = deployed(dec!(1000));
    let entry = bench.entered(id, dec!(0.5));
    let back = Command::Rollback {
        strategy: name("ema_cross"),
        reason: String::new(),
    };
    bench.ask("operator", back);
    assert!(bench.order(entry).cancel.is_some());
    bench.fill(entry, dec!(100), dec!(0.5));
    let position = bench.state.positions.open.values().next().unwrap().clone();
    let close = position
        .closing
        .and_then(|c| c.order)
        .expect("it is being closed");
    // The venue refuses the close: it is asked for again.
    let reason = "no".into();
    bench.venue(
        close,
        pilothouse::core::command::Report::Rejected { reason },
    );
    bench.pass(60);
    let position = bench.state.positions.open.values().next().unwrap();
    assert!(position.closing.is_some());
    bench.check_fold();
}

#[test]
fn of_a_strategy_one_version_is_in_service_on_a_pair() {
    let (mut bench, first) = in_service(dec!(1000));
    bench.prove(vec![version("ema_cross", "3")]);
    let second = bench.deploy("ema_cross", "2", dec!(500));
    let third = bench.deploy("ema_cross", "3", dec!(400));
    for id in [second, third] {
        for _ in 0..3 {
            bench.advance(id);
        }
    }
    let live: Vec<ServiceId> = bench.state.services.live.keys().copied().collect();
    assert_eq!(live, [third]);
    assert_eq!(bench.service(third).replaces, Some(second));
    assert_eq!(bench.service(second).replaces, Some(first));
    // Back, step by step, each with what it had at most.
    let back = || Command::Rollback {
        strategy: name("ema_cross"),
        reason: String::new(),
    };
    bench.ask("operator", back());
    let now = bench.state.services.live.values().next().unwrap().clone();
    assert_eq!(
        (now.version.version.as_str(), now.capital),
        ("2", dec!(400))
    );
    assert!(now.is_at_work());
    bench.ask("operator", back());
    let now = bench.state.services.live.values().next().unwrap();
    assert_eq!(
        (now.version.version.as_str(), now.capital),
        ("1", dec!(400))
    );
    assert_eq!(bench.state.ledger.live_count(), 1);
    bench.check_fold();
}

#[test]
fn a_breach_brings_the_version_before_back_too_with_no_more_than_it_had() {
    let (mut bench, first) = in_service(dec!(300));
    let second = bench.deploy("ema_cross", "2", dec!(5000));
    for _ in 0..3 {
        bench.advance(second);
    }
    bench.judge(
        second,
        Stage::InService,
        Judgement::Fail("it fell too far".into()),
    );
    let now = bench.state.services.live.values().next().unwrap();
    let before = bench.service(first);
    assert_eq!(now.version, before.version);
    assert_eq!((now.capital, now.stage), (dec!(300), Stage::InService));
    assert_eq!(bench.state.ledger.held_capital(None), dec!(300));
}

#[test]
fn nothing_begins_with_a_crumb() {
    let mut bench = Bench::quiet();
    bench.prove(vec![promising("ema_cross", dec!(1.5))]);
    // 50 USD are free of the 1,000 it wants.
    let held = bench.hold("live", dec!(9950));
    let id = bench.deploy("ema_cross", "1", dec!(1000));
    bench.ask("engine", Command::CloseWindow { priority: 3 });
    assert!(!bench.service(id).is_at_work());
    let hold = bench.service(id).holds[0];
    assert_eq!(
        bench.state.ledger.get(hold).unwrap().standing,
        Standing::Queued
    );
    bench.ask("operator", Command::Release { id: held });
    assert_eq!(
        (bench.service(id).capital, bench.service(id).is_at_work()),
        (dec!(1000), true)
    );
    bench.check_fold();
}

#[test]
fn an_entry_that_would_reduce_what_is_anothers_is_none() {
    let (mut bench, id) = deployed(dec!(1000));
    let own = pilothouse::core::order::OrderRequest::new(
        btc(),
        Side::Sell,
        pilothouse::core::order::Kind::Market,
        dec!(2),
    );
    let short = bench.place(own);
    bench.open(short);
    bench.fill(short, dec!(100), dec!(2));
    let reply = refusal(bench.act(id, Side::Buy, dec!(0.5)));
    assert_eq!(reply.code, "RISK_OPPOSING_POSITION");
    assert!(bench.state.orders.live.is_empty());
}
