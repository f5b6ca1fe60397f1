//! What may be done with orders besides placing and closing, and what is concluded of those whose
//! fate nobody knows.

#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, btc, limit};
use pilothouse::core::command::Report;
use pilothouse::core::id::OrderId;
use pilothouse::core::order::{Kind, OrderRequest, SelfTrade, Side, Status};
use pilothouse::core::reservation::Standing;
use pilothouse::core::{Command, Event};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

fn amend(order: OrderId, quantity: Option<Decimal>, price: Option<Decimal>) -> Command {
    Command::Amend {
        order,
        quantity,
        price,
        stop_price: None,
    }
}

fn place(request: OrderRequest) -> Command {
    Command::Place(Box::new(request))
}

#[test]
fn an_entry_may_shrink_and_move_within_the_gate_and_never_grow() {
    let mut bench = Bench::new();
    let id = bench.place(limit(Side::Buy, dec!(0.05), dec!(44500)));
    assert_eq!(
        bench.refused(amend(id, Some(dec!(0.04)), None)),
        "ORDER_NOT_WORKING"
    );
    bench.open(id);
    bench.fill(id, dec!(44500), dec!(0.01));
    for (quantity, price, code) in [
        (Some(dec!(0.06)), None, "RISK_SIZE"),
        (Some(dec!(0.01)), None, "RISK_SIZE"),
        (Some(dec!(-1)), None, "RISK_SIZE"),
        (None, Some(dec!(0)), "RISK_PRICE"),
        (None, Some(dec!(40000)), "RISK_PRICE_COLLAR"),
    ] {
        assert_eq!(bench.refused(amend(id, quantity, price)), code);
    }
    let before = bench.state.ledger.available_capital();
    bench.ask("operator", amend(id, Some(dec!(0.04)), Some(dec!(45100))));
    let order = bench.order(id);
    assert_eq!(
        (order.quantity, order.price),
        (dec!(0.04), Some(dec!(45100)))
    );
    assert_eq!(
        bench.state.ledger.available_capital(),
        before,
        "less is asked for more"
    );
    bench.ask("operator", amend(id, None, Some(dec!(45800))));
    assert_eq!(bench.order(id).remaining(), dec!(0.03));
    bench.check_fold();
}

#[test]
fn a_higher_limit_binds_what_it_may_cost_more() {
    let mut bench = Bench::new();
    let id = bench.place(limit(Side::Buy, dec!(0.05), dec!(44500)));
    bench.open(id);
    let before = bench.state.ledger.available_capital();
    bench.ask("operator", amend(id, None, Some(dec!(45500))));
    // 0.05 × 1,000, and the fee on it.
    let more = before - bench.state.ledger.available_capital();
    assert_eq!(more.normalize(), dec!(50.13));
    bench.check_fold();
}

#[test]
fn what_the_venue_did_not_amend_is_shown_as_the_venue_has_it() {
    let mut bench = Bench::new();
    let id = bench.place(limit(Side::Buy, dec!(0.05), dec!(44500)));
    bench.open(id);
    bench.ask("operator", amend(id, Some(dec!(0.04)), None));
    let shown = Report::Amended {
        quantity: dec!(0.05),
        price: Some(dec!(44500)),
        stop_price: None,
    };
    bench.venue(id, shown);
    assert_eq!(bench.order(id).quantity, dec!(0.05));
    bench.check_fold();
}

#[test]
fn a_stop_that_cannot_be_amended_makes_room_for_one_that_fits() {
    let mut bench = Bench::new();
    let request = OrderRequest {
        stop: Some(dec!(44000)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.05))
    };
    let entry = bench.place(request);
    bench.open(entry);
    bench.fill(entry, dec!(45000), dec!(0.02));
    let position = bench.order(entry).position.unwrap();
    let stop = |bench: &Bench| {
        bench
            .state
            .positions
            .get(position)
            .unwrap()
            .stop_order
            .unwrap()
    };
    let first = stop(&bench);
    bench.open(first);
    bench.fill(entry, dec!(45000), dec!(0.03));
    let reason = "unknown order".to_owned();
    bench.venue(first, Report::AmendRefused { reason });
    assert!(bench.order(first).cancel.is_some());
    let reason = "on request".to_owned();
    bench.venue(first, Report::Cancelled { reason });
    let second = stop(&bench);
    assert_ne!(first, second);
    assert_eq!(bench.order(second).quantity, dec!(0.05));
    bench.check_fold();
}

#[test]
fn an_order_does_not_trade_with_one_of_our_own() {
    let mut bench = Bench::new();
    let buy = bench.place(limit(Side::Buy, dec!(0.01), dec!(44900)));
    bench.open(buy);
    let sell = |self_trade| OrderRequest {
        self_trade,
        ..limit(Side::Sell, dec!(0.02), dec!(44800))
    };
    assert_eq!(
        bench.refused(place(sell(SelfTrade::CancelNewest))),
        "ORDER_SELF_TRADE"
    );
    assert!(bench.order(buy).cancel.is_none());
    assert_eq!(
        bench.refused(place(sell(SelfTrade::CancelBoth))),
        "ORDER_SELF_TRADE"
    );
    assert!(bench.order(buy).cancel.is_some(), "both go");
    bench.check_fold();
}

#[test]
fn an_exit_clears_its_way() {
    let mut bench = Bench::new();
    let entry = bench.place(OrderRequest::new(
        btc(),
        Side::Buy,
        Kind::Market,
        dec!(0.02),
    ));
    bench.open(entry);
    bench.fill(entry, dec!(45000), dec!(0.02));
    let more = bench.place(limit(Side::Buy, dec!(0.01), dec!(44900)));
    bench.open(more);
    let out = OrderRequest::new(btc(), Side::Sell, Kind::Market, dec!(0.02));
    bench.place(out);
    assert!(bench.order(more).cancel.is_some());
}

#[test]
fn a_client_id_is_sent_once() {
    let mut bench = Bench::new();
    let with = |id: &str| OrderRequest {
        client_order_id: Some(id.into()),
        ..limit(Side::Buy, dec!(0.01), dec!(44900))
    };
    let id = bench.place(with("mine-1"));
    bench.open(id);
    assert_eq!(
        bench.order(id).status,
        Status::Open,
        "it is found by that id"
    );
    bench.now = bench.now + 5_000;
    bench.price(dec!(45000));
    for (id, code) in [
        ("mine-1", "ORDER_CLIENT_ID_KNOWN"),
        ("ph-77", "ORDER_INVALID"),
        ("", "ORDER_INVALID"),
        ("with space", "ORDER_INVALID"),
        (&"x".repeat(37), "ORDER_INVALID"),
    ] {
        assert_eq!(bench.refused(place(with(id))), code, "{id}");
    }
    bench.check_fold();
}

/// An order the venue never answered for: its fate is unknown.
fn unknown(bench: &mut Bench) -> OrderId {
    let id = bench.place(OrderRequest::new(
        btc(),
        Side::Buy,
        Kind::Market,
        dec!(0.02),
    ));
    bench.venue(id, Report::Submitted);
    let reason = "time-out".to_owned();
    bench.venue(id, Report::Unknown { reason });
    assert_eq!(bench.order(id).status, Status::Unknown);
    id
}

fn not_found(bench: &mut Bench, id: OrderId, wall: i64, past_deadline: bool) {
    let client_order_id = bench.order(id).client_order_id.clone();
    let command = Command::NotFound {
        client_order_id,
        wall,
        past_deadline,
    };
    bench.ask("venue", command);
}

#[test]
fn absence_takes_two_reads_more_than_ninety_seconds_apart_after_the_deadline() {
    let mut bench = Bench::new();
    let id = unknown(&mut bench);
    let bound = bench.order(id).reservation.unwrap();
    not_found(&mut bench, id, 1_000, false);
    assert_eq!(bench.order(id).doubt, None, "it may still arrive");
    not_found(&mut bench, id, 10_000, true);
    not_found(&mut bench, id, 60_000, true);
    not_found(&mut bench, id, 100_000, true);
    assert_eq!(bench.order(id).status, Status::Unknown, "90 s are not more");
    assert_eq!(
        bench.state.ledger.get(bound).unwrap().standing,
        Standing::Bound
    );
    not_found(&mut bench, id, 100_001, true);
    assert_eq!(bench.order(id).status, Status::Cancelled);
    assert!(
        bench
            .state
            .ledger
            .get(bound)
            .is_none_or(|r| r.standing == Standing::Released)
    );
    bench.check_fold();
}

#[test]
fn an_order_that_is_found_in_between_is_not_absent() {
    let mut bench = Bench::new();
    let id = unknown(&mut bench);
    not_found(&mut bench, id, 10_000, true);
    bench.open(id);
    let reason = "disconnected".to_owned();
    bench.venue(id, Report::Unknown { reason });
    not_found(&mut bench, id, 200_000, true);
    assert_eq!(
        bench.order(id).status,
        Status::Unknown,
        "the reads begin anew"
    );
    bench.fill(id, dec!(45000), dec!(0.02));
    assert_eq!(bench.order(id).status, Status::Filled);
    assert_eq!(bench.state.positions.open.len(), 1);
    bench.check_fold();
}

#[test]
fn a_timed_out_order_that_was_in_fact_accepted_is_filled_once() {
    let mut bench = Bench::new();
    let id = unknown(&mut bench);
    bench.fill(id, dec!(45000), dec!(0.01));
    bench.open(id);
    assert_eq!(bench.order(id).status, Status::PartiallyFilled);
    bench.fill(id, dec!(45000), dec!(0.01));
    bench.open(id);
    assert_eq!(
        bench.order(id).status,
        Status::Filled,
        "a late word says nothing new"
    );
    assert_eq!(bench.state.statistics.defects, 0);
    assert_eq!(bench.state.orders.approved, 1);
}

#[test]
fn what_is_put_off_says_so_and_goes_on() {
    let mut bench = Bench::new();
    let id = bench.place(limit(Side::Buy, dec!(0.01), dec!(44900)));
    bench.venue(id, Report::Submitted);
    let reason = "EAPI:Rate limit exceeded".to_owned();
    bench.venue(id, Report::Deferred { reason, attempt: 1 });
    assert_eq!(bench.order(id).status, Status::Submitted);
    assert_eq!(
        bench.order(id).reason.as_deref(),
        Some("EAPI:Rate limit exceeded")
    );
    bench.venue(id, Report::Submitted);
    bench.open(id);
    assert_eq!(bench.order(id).status, Status::Open);
    assert_eq!(
        (bench.state.statistics.defects, bench.state.orders.sent),
        (0, 1)
    );
    let deferred = |e: &Event| matches!(e, Event::OrderDeferred { .. });
    assert!(
        bench
            .history
            .iter()
            .any(|(_, _, events)| events.iter().any(deferred))
    );
    bench.check_fold();
}

#[test]
fn a_fill_that_comes_after_its_cancel_is_not_sold_twice() {
    let mut bench = Bench::new();
    let entry = bench.place(OrderRequest::new(
        btc(),
        Side::Buy,
        Kind::Market,
        dec!(0.05),
    ));
    bench.open(entry);
    bench.fill(entry, dec!(45000), dec!(0.05));
    let position = bench.order(entry).position.unwrap();
    let resting = bench.place(limit(Side::Sell, dec!(0.05), dec!(45500)));
    bench.open(resting);
    let (limit, reason) = (None, "enough".to_owned());
    bench.ask(
        "operator",
        Command::Close {
            position,
            limit,
            reason,
        },
    );
    let reason = "on request".to_owned();
    bench.venue(resting, Report::Cancelled { reason });
    let live = bench.state.orders.live.values();
    let close = live.map(|o| o.id).next_back().unwrap();
    assert_eq!(bench.order(close).quantity, dec!(0.05));
    // The cancel overtook a fill.
    bench.fill(resting, dec!(45500), dec!(0.02));
    assert_eq!(bench.order(close).quantity, dec!(0.03));
    bench.check_fold();
}
