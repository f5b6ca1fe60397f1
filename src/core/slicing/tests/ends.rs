//! How sliced orders end, and what holds them on their way.

use super::*;
use crate::core::order::Purpose;
use crate::core::reservation::Standing;

fn twap(bench: &mut Bench) -> OrderId {
    bench.place(buy(dec!(1.2), plan(AlgorithmKind::Twap, 240, Some(4))))
}

/// What is bound for an order or its position.
fn bound(bench: &Bench, id: OrderId) -> Decimal {
    let order = bench.order(id);
    let rows = bench.state.ledger.live();
    rows.filter(|r| r.standing == Standing::Bound)
        .filter(|r| r.order == Some(id) || r.position.is_some() && r.position == order.position)
        .map(|r| r.amount)
        .sum()
}

#[test]
fn the_whole_is_bound_at_once_and_the_filled_part_stays_with_the_position() {
    let mut bench = Bench::new();
    let id = twap(&mut bench);
    // 1.2 × 100 × 1.0005 and the taker's fee on it.
    assert_eq!(bound(&bench, id), dec!(120.372156));
    assert!(bench.live(id).iter().all(|c| c.reservation.is_none()));
    bench.fill_children(id);
    assert_eq!(bound(&bench, id), dec!(120.372156));
    bench.pass(60);
    let child = bench.live(id)[0].id;
    bench.ask(Command::Cancel {
        order: id,
        reason: String::new(),
    });
    assert_eq!(bench.order(id).status, Status::PartiallyFilled);
    assert!(bench.order(child).cancel.is_some());
    bench.cancelled(child);
    assert_eq!(bench.order(id).status, Status::Cancelled);
    assert_eq!(bound(&bench, id), dec!(30.01));
    bench.pass(60);
    assert_eq!(bench.sizes(id).len(), 2);
    bench.folds();
}

#[test]
fn a_price_that_runs_away_binds_more_for_the_parts_that_are_left() {
    let mut bench = Bench::new();
    let id = twap(&mut bench);
    for price in [dec!(101), dec!(102), dec!(103)] {
        bench.fill_children(id);
        bench.now = bench.now.plus_s(60);
        bench.price(price);
        bench.ask(Command::Tick);
    }
    bench.fill_children(id);
    assert_eq!(bench.order(id).status, Status::Filled);
    // 0.3 × (100 + 101 + 102 + 103) and four fees.
    assert_eq!(bound(&bench, id), dec!(121.84));
}

#[test]
fn when_the_time_is_over_children_go_and_what_was_not_filled_is_given_back() {
    let mut bench = Bench::new();
    let request = OrderRequest {
        kind: Kind::Limit,
        price: Some(dec!(99)),
        ..buy(dec!(1.2), plan(AlgorithmKind::Twap, 240, Some(4)))
    };
    let id = bench.place(request);
    for _ in 0..4 {
        let last = bench.live(id).pop().unwrap().id;
        bench.accept(last);
        bench.pass(60);
    }
    let live = bench.live(id);
    assert_eq!(live.len(), 4);
    assert!(live.iter().all(|c| c.cancel.is_some()));
    for child in &live {
        assert_eq!(bench.order(id).status, Status::Open);
        bench.cancelled(child.id);
    }
    assert_eq!(bench.order(id).status, Status::Expired);
    assert_eq!(bound(&bench, id), Decimal::ZERO);
    assert_eq!(bench.state.next_due(), None);
    bench.folds();
}

#[test]
fn a_pause_does_not_move_the_end() {
    let mut bench = Bench::new();
    let id = twap(&mut bench);
    bench.fill_children(id);
    bench.hold(id, SliceAction::Pause);
    bench.pass(240);
    assert_eq!(bench.order(id).status, Status::Expired);
    assert_eq!(bench.order(id).filled, dec!(0.3));
}

#[test]
fn hardstop_takes_parents_and_children_and_nothing_follows() {
    let mut bench = Bench::new();
    let id = twap(&mut bench);
    let child = bench.live(id)[0].id;
    bench.stop();
    assert!(bench.order(id).cancel.is_some() && bench.order(child).cancel.is_some());
    bench.pass(60);
    bench.report(child, Report::GateKilled);
    assert_eq!(bench.order(id).status, Status::Cancelled);
    bench.pass(60);
    assert_eq!(bench.sizes(id).len(), 1);
    assert!(bench.state.orders.live.is_empty());
}

#[test]
fn while_trading_or_the_symbol_is_paused_nothing_new_is_sent() {
    for symbol in [None, Some(btc())] {
        let mut bench = Bench::new();
        let id = twap(&mut bench);
        bench.accept(bench.live(id)[0].id);
        let reason = String::new();
        bench.ask(Command::Pause {
            symbol,
            reason: reason.clone(),
        });
        bench.pass(60);
        assert_eq!(bench.live(id).len(), 1, "what rests stays");
        assert!(bench.live(id)[0].cancel.is_none());
        bench.ask(Command::Resume { symbol, reason });
        bench.pass(1);
        assert_eq!(bench.sizes(id), [dec!(0.3), dec!(0.3)]);
    }
}

#[test]
fn what_the_gate_refuses_is_written_down_and_tried_again_a_slot_later() {
    let mut bench = Bench::new();
    let id = twap(&mut bench);
    bench.fill_children(id);
    // The price has stood for too long.
    bench.now = bench.now.plus_s(60);
    bench.ask(Command::Tick);
    let (_, _, events) = bench.history.last().unwrap();
    assert!(
        events
            .iter()
            .any(|e| matches!(e, Event::Refused { refusal } if refusal.code == "RISK_STALE_PRICE"))
    );
    let records = bench.history.len();
    bench.now = bench.now.plus_s(30);
    bench.ask(Command::Tick);
    assert_eq!(bench.history.len(), records, "once a slot");
    bench.pass(30);
    // Behind by one slice: two go.
    assert_eq!(bench.sizes(id), [dec!(0.3), dec!(0.6)]);
}

#[test]
fn a_venue_that_refuses_every_child_is_not_asked_without_end() {
    let mut bench = Bench::new();
    // Else the symbol is paused before long.
    bench.state.settings.pause_symbol_after = u32::MAX;
    let iceberg = Algorithm {
        display: Some(dec!(0.3)),
        ..plan(AlgorithmKind::Iceberg, 600, None)
    };
    let request = OrderRequest {
        kind: Kind::Limit,
        price: Some(dec!(99)),
        ..buy(dec!(1), iceberg)
    };
    let id = bench.place(request);
    for _ in 0..600 {
        for child in bench.live(id) {
            let reason = "no".into();
            bench.report(child.id, Report::Rejected { reason });
        }
        bench.pass(1);
    }
    assert_eq!(bench.order(id).status, Status::Expired);
    let children = bench.sizes(id).len();
    assert!((9..=20).contains(&children), "{children} children");
}

#[test]
fn a_sliced_exit_speaks_for_its_whole_quantity_once() {
    let mut bench = Bench::new();
    let market = |side, quantity| OrderRequest::new(btc(), side, Kind::Market, quantity);
    let entry = bench.place(market(Side::Buy, dec!(1)));
    bench.fill(entry, dec!(1), dec!(100));
    let position = bench.order(entry).position.unwrap();
    let exit = OrderRequest {
        algorithm: Some(plan(AlgorithmKind::Twap, 120, Some(2))),
        ..market(Side::Sell, dec!(0.8))
    };
    let id = bench.place(exit);
    assert_eq!(bench.order(id).purpose, Purpose::Exit);
    let more = OrderRequest {
        reduce_only: true,
        ..market(Side::Sell, dec!(0.3))
    };
    assert_eq!(bench.refusal(more.clone()).code, "RISK_SIZE");
    bench.fill_children(id);
    assert_eq!(bench.refusal(more).code, "RISK_SIZE");
    // A stop is for what the exit does not speak for.
    bench.ask(Command::Protect {
        position,
        stop: Some(dec!(90)),
        target: None,
        trail: None,
    });
    let stop = bench.state.positions.get(position).unwrap().stop_order;
    assert_eq!(bench.order(stop.unwrap()).quantity, dec!(0.2));
    bench.pass(60);
    bench.fill_children(id);
    assert_eq!(bench.order(id).status, Status::Filled);
    let left = bench.state.positions.get(position).unwrap();
    assert_eq!(left.quantity, dec!(0.2));
    bench.folds();
}

#[test]
fn closing_the_position_takes_the_entry_that_still_fills_it() {
    let mut bench = Bench::new();
    let id = twap(&mut bench);
    bench.fill_children(id);
    bench.pass(60);
    let child = bench.live(id)[0].id;
    let position = bench.order(id).position.unwrap();
    bench.ask(Command::Close {
        position,
        limit: None,
        reason: String::new(),
    });
    assert!(bench.order(child).cancel.is_some());
    bench.cancelled(child);
    assert_eq!(bench.order(id).status, Status::Cancelled);
    let closing = bench.state.positions.get(position).unwrap().closing.clone();
    let exit = closing.unwrap().order.unwrap();
    assert_eq!(bench.order(exit).quantity, dec!(0.3));
    bench.fill(exit, dec!(0.3), dec!(100));
    assert!(!bench.state.positions.get(position).unwrap().is_open());
    assert_eq!(bound(&bench, id), Decimal::ZERO);
}

#[test]
fn the_same_request_again_is_the_same_order_whatever_the_profile_says_by_then() {
    let mut bench = Bench::new();
    let vwap = |weight| OrderRequest {
        request_id: Some("r1".into()),
        ..buy(
            dec!(1),
            Algorithm {
                profile: vec![weight; 24],
                ..plan(AlgorithmKind::Vwap, 120, None)
            },
        )
    };
    let id = bench.place(vwap(1));
    assert_eq!(bench.place(vwap(2)), id);
    assert_eq!(bench.sizes(id).len(), 1);
}

#[test]
fn a_sliced_exit_closes_to_the_last_what_no_entry_could_be() {
    let mut bench = Bench::new();
    let market = |side, quantity| OrderRequest::new(btc(), side, Kind::Market, quantity);
    let entry = bench.place(market(Side::Buy, dec!(1)));
    bench.fill(entry, dec!(1), dec!(100));
    let id = bench.place(OrderRequest {
        algorithm: Some(plan(AlgorithmKind::Twap, 120, Some(2))),
        ..market(Side::Sell, dec!(1))
    });
    bench.fill_children(id);
    bench.pass(60);
    // All but 0.1 USD of it, then the venue ends it.
    let child = bench.live(id)[0].id;
    bench.fill(child, dec!(0.499), dec!(100));
    bench.cancelled(child);
    bench.pass(30);
    assert_eq!(bench.sizes(id).last(), Some(&dec!(0.001)));
    bench.fill_children(id);
    assert_eq!(bench.order(id).status, Status::Filled);
    let position = bench
        .state
        .positions
        .get(bench.order(entry).position.unwrap());
    assert!(!position.unwrap().is_open());
}
