//! What a discovery finds, on its way from paper to the smallest real size.

use super::*;
use pilothouse::core::position::CloseReason;
use pilothouse::core::reservation::{Class, Standing};
use pilothouse::core::service::{End, Kind};
use pilothouse::core::{Event, Settings};

fn found(bench: &mut Bench, versions: Vec<Version>) -> Vec<ServiceId> {
    let run = bench.run(RunKind::Discover);
    bench.step(run, 0);
    bench.step_done(run, 0);
    bench.end(run, RunStatus::Passed, versions);
    let services = bench.state.services.live.values();
    let of = services.filter(|s| s.kind == Kind::Candidate && s.run == Some(run));
    of.map(|s| s.id).collect()
}

/// A trade on paper from 100 to a price.
fn paper_trade(bench: &mut Bench, id: ServiceId, to: Decimal) {
    bench.price(dec!(100));
    bench.act(id, Side::Buy, dec!(2));
    bench.price(to);
    bench.act(id, Side::Sell, dec!(2));
    bench.price(dec!(100));
}

#[test]
fn on_paper_fills_are_booked_and_nothing_is_sent() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    let service = bench.service(id).clone();
    assert!(service.is_at_work() && service.is_shadow());
    let holds: Vec<_> = service
        .holds
        .iter()
        .map(|h| bench.state.ledger.get(*h).unwrap())
        .collect();
    assert_eq!(
        (holds[0].resource, holds[0].class, holds[0].amount),
        (Resource::Capital, Class::Paper, dec!(1000))
    );
    assert_eq!(
        (holds[1].resource, holds[1].amount),
        (Resource::Compute, Decimal::ONE)
    );

    bench.act(id, Side::Buy, dec!(2));
    let holding = bench.service(id).book.holding.clone().unwrap();
    // 100, and 5 hundredths of a percent of slippage.
    assert_eq!((holding.entry, holding.fee), (dec!(100.05), dec!(0.520260)));
    assert!(bench.state.orders.live.is_empty() && bench.state.positions.open.is_empty());
    bench.price(dec!(110));
    bench.act(id, Side::Sell, dec!(2));
    let book = &bench.service(id).book;
    // Out at 109.945: 2 × 9.895 less fees of 0.52026 and 0.571714.
    assert_eq!(
        (book.trades, book.wins, book.realised),
        (1, 1, dec!(18.698026))
    );
    assert_eq!(book.signals, 2);
    let too_much = refusal(bench.act(id, Side::Buy, dec!(20)));
    assert_eq!(too_much.code, "RISK_CAPITAL");
    bench.check_fold();
}

#[test]
fn a_stop_on_paper_is_kept() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    bench.act(id, Side::Buy, dec!(1));
    bench.price(dec!(94));
    bench.pass(60);
    assert_eq!(bench.service(id).book.holding, None);
    let left = bench.history.iter().flat_map(|(_, _, events)| events);
    let stopped = |e: &Event| {
        matches!(
            e,
            Event::PaperLeft {
                reason: CloseReason::StopLoss,
                ..
            }
        )
    };
    assert_eq!(left.filter(|e| stopped(e)).count(), 1);
}

#[test]
fn from_paper_to_the_smallest_size_to_promoted() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    paper_trade(&mut bench, id, dec!(110));
    renewed(&mut bench, 604_800);
    bench.judge(id, Stage::Warm, Judgement::Advance);
    // It names the Sharpe ratio of its days, so it is decided with whoever else wants capital now.
    assert!(!bench.service(id).is_at_work());
    bench.ask("engine", Command::CloseWindow { priority: 2 });
    let service = bench.service(id);
    assert_eq!((service.stage, service.left.len()), (Stage::Limited, 1));
    assert_eq!(service.left[0].book.trades, 1);
    assert_eq!(
        service.book.trades, 0,
        "a stage is judged by its own trades"
    );
    let hold = service.holds[0];
    assert_eq!(
        bench.state.ledger.live_count(),
        1,
        "the paper slot and capital are back"
    );
    let row = bench.state.ledger.get(hold).unwrap();
    assert_eq!((row.class, row.amount), (Class::Live, dec!(50)));
    assert!(matches!(
        bench.act(id, Side::Buy, dec!(0.2)),
        Reply::Order(_)
    ));
    let entry = *bench.state.orders.live.keys().next().unwrap();
    bench.open(entry);
    renewed(&mut bench, 604_800);
    bench.judge(id, Stage::Limited, Judgement::Advance);
    assert_eq!(bench.service(id).ended.as_ref().unwrap().how, End::Promoted);
    assert!(
        bench.order(entry).cancel.is_some(),
        "what would still enter is cancelled"
    );
    assert!(bench.state.research.version(name("found_a"), "1").is_some());
    assert_eq!(
        refusal(bench.judge(id, Stage::Limited, Judgement::Advance)).code,
        "SERVICE_UNKNOWN"
    );
    bench.check_fold();
}

/// Time passes, and what services hold is renewed as the trader would.
fn renewed(bench: &mut Bench, seconds: i64) {
    let mut left = seconds;
    while left > 0 {
        bench.pass(left.min(43_200));
        left -= 43_200;
        let services: Vec<_> = bench.state.services.live.values().cloned().collect();
        for id in services.iter().flat_map(|s| &s.holds) {
            let renew = Command::Renew {
                id: *id,
                ttl_s: 86_400,
            };
            bench.ask("trader", renew);
        }
    }
}

#[test]
fn what_fails_or_cannot_be_judged_is_dropped_with_the_reason() {
    let mut bench = Bench::quiet();
    let ids = found(
        &mut bench,
        vec![version("found_a", "1"), version("found_b", "1")],
    );
    bench.judge(
        ids[0],
        Stage::Warm,
        Judgement::Fail("a Sharpe ratio of 0.2".into()),
    );
    bench.judge(
        ids[1],
        Stage::Warm,
        Judgement::NotJudged("3 trades of 30".into()),
    );
    let reason = |id| bench.service(id).ended.clone().unwrap().reason;
    assert_eq!(reason(ids[0]), "a Sharpe ratio of 0.2");
    assert_eq!(reason(ids[1]), "not judged: 3 trades of 30");
    assert!(bench.state.research.versions.is_empty());
    assert_eq!(bench.state.ledger.live_count(), 0);
}

#[test]
fn the_sixth_on_paper_waits_for_a_slot() {
    let mut bench = Bench::quiet();
    let versions = (0..6)
        .map(|n| version(&format!("found_{n}"), "1"))
        .collect();
    let ids = found(&mut bench, versions);
    let at_work = |bench: &Bench| {
        ids.iter()
            .filter(|id| bench.service(**id).is_at_work())
            .count()
    };
    assert_eq!(at_work(&bench), 5);
    bench.judge(ids[0], Stage::Warm, Judgement::Fail("hopeless".into()));
    assert_eq!(at_work(&bench), 5, "the sixth took its place");
    assert!(bench.service(ids[5]).is_at_work());
}

#[test]
fn two_that_want_the_same_money_share_it_by_their_sharpe() {
    // Document 000's own figures: 12 USD for two that want 10 each, with Sharpe 1.5 and 0.8.
    let mut bench = Bench::with(|settings: &mut Settings| {
        settings.schedules.clear();
        settings.research.limited_capital_usd = dec!(10);
        settings.research.warm_capital_usd = dec!(1);
        settings.research.warm_s = 60;
        settings.resources.capital_pool_usd = Some(dec!(12));
    });
    bench.price(dec!(100));
    let versions = vec![
        promising("found_a", dec!(1.5)),
        promising("found_b", dec!(0.8)),
    ];
    let ids = found(&mut bench, versions);
    bench.pass(60);
    for id in &ids {
        bench.judge(*id, Stage::Warm, Judgement::Advance);
        let hold = bench.service(*id).holds[0];
        assert_eq!(
            bench.state.ledger.get(hold).unwrap().standing,
            Standing::Queued
        );
    }
    bench.ask("engine", Command::CloseWindow { priority: 2 });
    let capital = |id: ServiceId| bench.service(id).capital;
    assert_eq!((capital(ids[0]), capital(ids[1])), (dec!(7.83), dec!(4.17)));
    assert!(ids.iter().all(|id| bench.service(*id).is_at_work()));
}

#[test]
fn days_are_counted_and_compared_with_holding_the_symbol() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    for to in [dec!(110), dec!(105), dec!(120)] {
        paper_trade(&mut bench, id, to);
        renewed(&mut bench, 86_400);
    }
    let book = &bench.service(id).book;
    assert_eq!(book.days.count, 3);
    assert!(book.days.yearly().unwrap() > Decimal::ZERO);
    assert_eq!(
        book.baseline.mean,
        Decimal::ZERO,
        "the price came back each day"
    );
    assert_eq!(book.baseline.yearly(), None);
}

#[test]
fn the_stop_takes_candidates_off_paper_too() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    bench.act(id, Side::Buy, dec!(1));
    bench.press();
    let service = bench.service(id);
    assert_eq!(service.ended.as_ref().unwrap().how, End::Cancelled);
    assert_eq!(bench.state.ledger.live_count(), 0);
    bench.check_fold();
}

#[test]
fn a_test_on_paper_gives_way_to_live_trades_and_goes_on_later() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    paper_trade(&mut bench, id, dec!(110));
    let item = ReserveItem {
        resource: Resource::Capital,
        class: Some(Class::Live),
        amount: dec!(9500),
        purpose: "live".into(),
        ttl_s: None,
        agent: None,
        strategy: None,
        sharpe: None,
    };
    let reserve = Command::Reserve {
        items: vec![item],
        key: None,
        wait: false,
    };
    let Reply::Reserved(live) = bench.ask("operator", reserve) else {
        panic!("not granted")
    };
    assert!(!bench.service(id).is_at_work());
    assert_eq!(
        bench.service(id).book.trades,
        1,
        "what it has shown is kept"
    );
    assert_eq!(bench.state.ledger.queue_len(), 1);
    assert_eq!(
        refusal(bench.act(id, Side::Buy, dec!(1))).code,
        "SERVICE_IDLE"
    );
    bench.ask("operator", Command::Release { id: live[0].id });
    assert!(bench.service(id).is_at_work());
    assert_eq!(
        (bench.service(id).book.trades, bench.service(id).left.len()),
        (1, 0)
    );
    bench.check_fold();
}

#[test]
fn on_paper_a_stop_or_target_is_met_within_the_bar() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    let mut met = |at: Decimal| {
        bench.act(id, Side::Buy, dec!(1));
        let act = Act {
            service: id,
            side: Side::Sell,
            quantity: dec!(1),
            stop: None,
            target: None,
            feature_hash: String::new(),
            reasoning: "met within the bar".into(),
            met: Some(at),
            leaves: true,
        };
        bench.ask("trader", Command::Act(Box::new(act)));
        let events = bench.history.iter().rev().flat_map(|(_, _, events)| events);
        let left = |e: &Event| match e {
            Event::PaperLeft { price, reason, .. } => Some((*price, *reason)),
            _ => None,
        };
        events.filter_map(left).next().unwrap()
    };
    // The stop of 95 slips by 5 hundredths of a percent, what lies above it does not.
    assert_eq!(met(dec!(95)), (dec!(94.9525), CloseReason::StopLoss));
    assert_eq!(met(dec!(108)), (dec!(108), CloseReason::TakeProfit));
}

#[test]
fn the_same_rule_is_tested_once() {
    let mut bench = Bench::quiet();
    let first = found(&mut bench, vec![version("found_a", "1-run_1")]);
    assert!(found(&mut bench, vec![version("found_a", "1-run_2")]).is_empty());
    bench.judge(first[0], Stage::Warm, Judgement::Fail("hopeless".into()));
    assert_eq!(
        found(&mut bench, vec![version("found_a", "1-run_3")]).len(),
        1
    );
}

#[test]
fn what_cannot_be_tested_is_dropped_with_the_reason_and_kept_on_record() {
    let mut bench = Bench::quiet();
    let strange = Version {
        symbol: "DOGE/USDT".parse().unwrap(),
        ..version("found_a", "1")
    };
    assert!(found(&mut bench, vec![strange]).is_empty());
    let dropped = bench
        .state
        .services
        .past
        .back()
        .unwrap()
        .ended
        .clone()
        .unwrap();
    assert_eq!(dropped.how, End::Dropped);
    assert!(dropped.reason.contains("DOGE/USDT"), "{}", dropped.reason);
}

#[test]
fn a_discovery_does_not_end_while_nothing_can_be_reserved() {
    let mut bench = Bench::quiet();
    let run = bench.run(RunKind::Discover);
    bench.step(run, 0);
    bench.step_done(run, 0);
    // A start that has not heard of the venue yet.
    let start = pilothouse::core::command::Start {
        version: "test".into(),
        account: "paper".into(),
        feed: "test".into(),
        feed_hash: String::new(),
        settings: bench.state.settings.clone(),
        balances: std::collections::BTreeMap::new(),
    };
    bench.ask("engine", Command::Start(Box::new(start)));
    let refused = refusal(bench.end(run, RunStatus::Passed, vec![version("found_a", "1")]));
    assert_eq!(refused.code, "RESEARCH_STATE");
    assert!(bench.state.research.live.contains_key(&run));
    bench.ask("engine", Command::Statement(Box::default()));
    bench.end(run, RunStatus::Passed, vec![version("found_a", "1")]);
    assert_eq!(bench.state.services.live.len(), 1);
}

#[test]
fn an_operator_drops_a_candidate() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    let drop = || Command::Drop {
        service: id,
        reason: String::new(),
    };
    assert_eq!(bench.ask("operator", drop()), Reply::Service(id));
    assert_eq!(bench.service(id).ended.as_ref().unwrap().how, End::Dropped);
    assert_eq!(bench.state.ledger.live_count(), 0);
    assert_eq!(bench.refused(drop()), "SERVICE_UNKNOWN");
}

#[test]
fn a_wish_to_leave_what_is_gone_enters_nothing() {
    let mut bench = Bench::quiet();
    let id = found(&mut bench, vec![version("found_a", "1")])[0];
    assert_eq!(bench.act(id, Side::Sell, dec!(1)), Reply::Done);
    assert_eq!(bench.service(id).book.holding, None);
    bench.act(id, Side::Buy, dec!(1));
    bench.act(id, Side::Buy, dec!(1));
    assert_eq!(
        bench.service(id).book.holding.as_ref().unwrap().quantity,
        dec!(1)
    );
}
