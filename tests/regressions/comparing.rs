//! What a comparison with the venue finds, and what it makes of it.

use pilothouse::core::command::Statement;
use pilothouse::core::order::{Kind, OrderRequest, Purpose, Side, Status};
use pilothouse::core::position::Amount;
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{Command, Event};
use rust_decimal_macros::dec;

use crate::bench::{Bench, btc, client_id};

#[test]
fn what_agrees_says_nothing_unless_somebody_asks() {
    let mut bench = Bench::new();
    bench.position(dec!(0.02));
    let before = bench.events.len();
    bench.say(bench.agreed());
    assert_eq!(bench.events.len(), before);
    bench.ask(Command::Sync);
    bench.say(bench.agreed());
    let last = bench.events.last().unwrap();
    let plain = Event::Compared {
        orders: 2,
        differences: 0,
    };
    assert_eq!(*last, plain);
    bench.folds();
}

#[test]
fn a_stop_that_differs_is_fitted_once_and_then_replaced() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let stop = bench.live(Purpose::Stop).unwrap();
    let wrong = |bench: &Bench| {
        let mut said = bench.agreed();
        let mut open = said.open.iter_mut();
        let row = open.find(|o| o.client_order_id == client_id(stop)).unwrap();
        row.quantity = dec!(0.01);
        said
    };
    bench.say(wrong(&bench));
    let amended = |e: &Event| matches!(e, Event::OrderAmended { id, quantity, .. } if *id == stop && *quantity == dec!(0.02));
    assert!(bench.events.iter().any(amended));
    // Not judged: the amendment may be on its way.
    bench.wait(30_000);
    let before = bench.events.len();
    bench.say(Statement {
        recent: vec![client_id(stop)],
        ..wrong(&bench)
    });
    assert_eq!(bench.events.len(), before);
    bench.wait(30_000);
    bench.say(wrong(&bench));
    assert!(bench.state.orders.live[&stop].cancel.is_some());
    bench.cancelled(stop);
    let fresh = bench.live(Purpose::Stop).unwrap();
    assert_ne!(fresh, stop);
    assert_eq!(bench.state.orders.live[&fresh].quantity, dec!(0.02));
    assert_eq!(bench.open(position).stop_order, Some(fresh));
    bench.folds();
}

#[test]
fn the_venue_wins_for_an_entry_and_strangers_are_listed_and_left_alone() {
    let mut bench = Bench::new();
    let resting = bench.place(OrderRequest {
        price: Some(dec!(44500)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Limit, dec!(0.01))
    });
    bench.accept(resting);
    bench.wait(1_000);
    let mut said = bench.agreed();
    said.open[0].price = Some(dec!(44400));
    let mut stranger = said.open[0].clone();
    stranger.client_order_id = "somebody's".into();
    said.open.push(stranger);
    bench.say(said.clone());
    let order = &bench.state.orders.live[&resting];
    assert_eq!(
        (order.price, order.cancel.clone()),
        (Some(dec!(44400)), None)
    );
    assert!(bench.state.reconcile.external.contains("somebody's"));
    let before = bench.events.len();
    bench.wait(30_000);
    bench.say(said);
    assert_eq!(bench.events.len(), before, "said once");
    bench.folds();
}

#[test]
fn what_ended_here_and_works_there_is_cancelled_there() {
    let mut bench = Bench::new();
    let resting = bench.place(OrderRequest {
        price: Some(dec!(44500)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Limit, dec!(0.01))
    });
    bench.accept(resting);
    bench.wait(1_000);
    let said = bench.agreed();
    bench.cancelled(resting);
    bench.wait(30_000);
    bench.say(said);
    let asked = |e: &Event| matches!(e, Event::CancelAsked { id, .. } if *id == resting);
    assert!(bench.events.iter().any(asked));
    bench.folds();
}

#[test]
fn missed_fills_are_booked_and_other_balances_are_the_venues() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.02));
    bench.accept(entry);
    bench.wait(1_000);
    let fill = bench.execution("e1", dec!(45000), dec!(0.02));
    let mut said = bench.agreed();
    let cash = dec!(10000) - dec!(45000) * dec!(0.02) - fill.fee;
    said.open.clear();
    said.fills = vec![(client_id(entry), fill)];
    said.balances = Some(
        [("BTC", dec!(0.02)), ("USDT", cash), ("ETH", dec!(3))]
            .map(|(asset, amount)| (asset.to_owned(), Amount(amount)))
            .into(),
    );
    bench.say(said.clone());
    assert_eq!(bench.booked(), 1);
    assert_eq!(bench.state.account.balance("USDT"), cash);
    let entry = bench.state.orders.get(entry).unwrap();
    assert_eq!(entry.status, Status::Filled);
    // What no order explains is inventory, and no position.
    assert_eq!(bench.state.account.balance("ETH"), dec!(3));
    assert_eq!(bench.state.positions.held("ETH"), dec!(0));
    assert!(bench.state.reconcile.mismatched.is_empty());
    assert_eq!(bench.state.positions.held("BTC"), dec!(0.02));
    bench.folds();
}

#[test]
fn silence_that_proves_nothing_makes_unknown_and_keeps_a_start_recovering() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let resting = bench.place(OrderRequest {
        price: Some(dec!(44500)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Limit, dec!(0.01))
    });
    bench.accept(resting);
    let whole = bench.agreed();
    bench.start();
    // A wish is kept until the symbol agrees with the venue.
    bench.ask(Command::Close {
        position,
        limit: None,
        reason: "out".into(),
    });
    bench.pair_goes();
    assert_eq!(bench.exits(), 0);
    bench.wait(1_000);
    let mut part = whole.clone();
    part.open
        .retain(|o| o.client_order_id != client_id(resting));
    bench.say(part);
    assert_eq!(bench.state.orders.live[&resting].status, Status::Unknown);
    assert_eq!(bench.state.mode(), Mode::Recovering);
    assert_eq!(bench.exits(), 0);
    assert_eq!(bench.state.trading.causes.len(), 1);
    // Found again, at the next statement.
    bench.wait(30_000);
    bench.say(Statement {
        open: whole
            .open
            .into_iter()
            .filter(|o| o.client_order_id == client_id(resting))
            .collect(),
        ..Statement::default()
    });
    assert_eq!(bench.state.orders.live[&resting].status, Status::Open);
    assert_eq!(bench.state.mode(), Mode::Running);
    assert_eq!(bench.exits(), 1);
    bench.folds();
}

#[test]
fn silence_that_is_proof_ends_an_order_and_its_protection_comes_back() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let stop = bench.live(Purpose::Stop).unwrap();
    let mut said = bench.agreed();
    said.absence_is_proof = true;
    said.open.retain(|o| o.client_order_id != client_id(stop));
    bench.unknown(stop);
    bench.wait(1_000);
    bench.say(said);
    let ended = bench.state.orders.get(stop).unwrap();
    assert_eq!(ended.status, Status::Cancelled);
    let fresh = bench.open(position).stop_order.unwrap();
    assert!(fresh != stop && bench.state.orders.live.contains_key(&fresh));
    bench.folds();
}
