//! Named by what happened to others.

use pilothouse::core::command::{Press, Report, Statement};
use pilothouse::core::order::{Kind, OrderRequest, Purpose, Side, Status};
use pilothouse::core::position::{CloseReason, Lack};
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{Command, Event, Settings};
use rust_decimal_macros::dec;

use crate::bench::{Bench, btc, client_id};

#[test]
fn restart_with_working_orders() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let resting = bench.place(OrderRequest {
        price: Some(dec!(44500)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Limit, dec!(0.01))
    });
    bench.accept(resting);
    let agreed = bench.agreed();
    bench.start();
    assert_eq!(bench.state.mode(), Mode::Recovering);
    assert_eq!(
        bench.refused(Bench::market(Side::Buy, dec!(0.01))),
        "RISK_STATE"
    );
    bench.wait(1_000);
    bench.say(agreed);
    assert_eq!(bench.state.mode(), Mode::Running);
    // All of them still work, and none was made twice.
    assert_eq!(bench.state.orders.live.len(), 3);
    assert!(bench.state.is_protected(position));
    assert_eq!(bench.state.compared.unwrap().differences, 0);
    bench.folds();
}

#[test]
fn inferred_fill_followed_by_the_real_one() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.02));
    bench.accept(entry);
    bench.wait(1_000);
    let mut said = bench.agreed();
    said.open[0].filled = dec!(0.01);
    bench.say(said);
    // That something was filled is known; at which price and by which execution is not.
    assert_eq!(bench.booked(), 0);
    assert!(bench.state.positions.open.is_empty());
    let differs = |e: &Event| matches!(e, Event::ReconcileDiffers { id, .. } if *id == Some(entry));
    assert!(bench.events.iter().any(differs));
    bench.fill(entry, "e1", dec!(45010), dec!(0.01));
    bench.fill(entry, "e1", dec!(45010), dec!(0.01));
    assert_eq!(bench.booked(), 1);
    let open = bench.state.positions.open.values().next().unwrap();
    assert_eq!((open.quantity, open.entry()), (dec!(0.01), dec!(45010)));
    bench.folds();
}

#[test]
fn stop_that_triggers_and_does_not_fill() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let stop = bench.live(Purpose::Stop).unwrap();
    for price in [dec!(43900), dec!(43500), dec!(43000)] {
        bench.price(price);
    }
    // The venue's stop works for it: the engine does not sell beside it, and says what is wrong.
    assert_eq!(bench.exits(), 0);
    assert!(bench.open(position).closing.is_none());
    let lack = bench.state.lack(bench.open(position), Some(dec!(43000)));
    assert_eq!(lack, Some(Lack::Fill));
    // An operator who closes it gets one order, once the stop is out of the way.
    let close = Command::Close {
        position,
        limit: None,
        reason: "by hand".into(),
    };
    bench.ask(close);
    assert_eq!(bench.exits(), 0);
    bench.fill(stop, "s1", dec!(43000), dec!(0.005));
    bench.pair_goes();
    let exit = bench.live(Purpose::Exit).unwrap();
    assert_eq!(bench.state.orders.live[&exit].quantity, dec!(0.015));
    bench.folds();
}

#[test]
fn reconnect_that_replays_old_trades() {
    let mut settings = Settings::of(&[btc()]);
    settings.execution.history_in_memory = 1;
    let mut bench = Bench::with(settings);
    let position = bench.position(dec!(0.02));
    let entry = bench.open(position).entry_order;
    let target = bench.live(Purpose::Target).unwrap();
    bench.fill(target, "t1", dec!(47000), dec!(0.02));
    bench.pair_goes();
    assert!(bench.state.positions.open.is_empty());
    assert!(
        bench.state.orders.get(entry).is_none(),
        "it has left memory"
    );
    let (booked, balances) = (bench.booked(), bench.state.account.balances.clone());
    bench.wait(1_000);
    let old = [(entry, format!("in-{entry}")), (target, "t1".to_owned())];
    for (order, execution) in &old {
        bench.fill(*order, execution, dec!(45000), dec!(0.02));
    }
    let fills = old.map(|(order, id)| {
        let fill = bench.execution(&id, dec!(45000), dec!(0.02));
        (client_id(order), fill)
    });
    bench.say(Statement {
        fills: fills.to_vec(),
        ..bench.agreed()
    });
    assert_eq!(bench.booked(), booked);
    assert_eq!(bench.state.account.balances, balances);
    assert!(bench.state.positions.open.is_empty());
    assert_eq!(bench.state.statistics.defects, 0);
    bench.folds();
}

#[test]
fn position_mismatch_that_must_not_be_read_as_flat() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let mut said = bench.agreed();
    said.balances.as_mut().unwrap().remove("BTC");
    bench.say(said.clone());
    assert_eq!(bench.open(position).quantity, dec!(0.02));
    assert!(bench.state.is_protected(position));
    assert_eq!(bench.state.reconcile.mismatched.len(), 1);
    bench.wait(10_000);
    let more = Bench::market(Side::Buy, dec!(0.01));
    assert_eq!(bench.refused(more.clone()), "RISK_SYMBOL_PAUSED");
    // The same again says nothing new; an operator who has looked resumes.
    let before = bench.events.len();
    said.balances = bench.agreed().balances;
    bench.say(said);
    assert_eq!(bench.events.len(), before);
    let resume = Command::Resume {
        symbol: Some(btc()),
        reason: "looked".into(),
    };
    bench.ask(resume);
    assert!(bench.state.trading.paused_symbols.is_empty());
    bench.folds();
}

#[test]
fn entries_created_during_a_shutdown() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let resting = bench.place(OrderRequest {
        price: Some(dec!(44500)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Limit, dec!(0.01))
    });
    bench.accept(resting);
    bench.ask(Command::Shutdown {
        leave_entries: false,
    });
    assert!(bench.state.orders.live[&resting].cancel.is_some());
    bench.wait(10_000);
    assert_eq!(
        bench.refused(Bench::market(Side::Buy, dec!(0.01))),
        "RISK_STATE"
    );
    assert!(bench.state.is_protected(position));
    bench.folds();
}

#[test]
fn flatten_raced_by_an_entry() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let racing = bench.place(OrderRequest {
        stop: Some(dec!(44000)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.01))
    });
    bench.accept(racing);
    // Somebody cancels it for a reason of his own just before.
    bench.ask(Command::Cancel {
        order: racing,
        reason: "changed my mind".into(),
    });
    assert_eq!(bench.flatten(), [position]);
    assert_eq!(bench.flatten(), [position], "a second one joins");
    bench.fill(racing, "r1", dec!(45000), dec!(0.01));
    assert_eq!(bench.state.positions.open.len(), 2);
    bench.pair_goes();
    let exits: Vec<_> = bench.state.orders.live.keys().copied().collect();
    assert_eq!((exits.len(), bench.exits()), (2, 2));
    for (n, exit) in exits.into_iter().enumerate() {
        assert!(bench.state.trading.flattening.is_some());
        let quantity = bench.state.orders.live[&exit].quantity;
        bench.fill(exit, &format!("x{n}"), dec!(45000), quantity);
    }
    assert!(bench.state.positions.open.is_empty());
    assert!(bench.state.trading.flattening.is_none());
    assert_eq!(bench.state.account.balance("BTC"), dec!(0));
    assert_eq!(bench.state.mode(), Mode::Running);
    bench.folds();
}

#[test]
fn pause_that_must_also_block_increases() {
    let mut bench = Bench::new();
    bench.position(dec!(0.02));
    bench.ask(Command::Pause {
        symbol: Some(btc()),
        reason: "news".into(),
    });
    bench.wait(10_000);
    let more = Bench::market(Side::Buy, dec!(0.01));
    assert_eq!(bench.refused(more.clone()), "RISK_SYMBOL_PAUSED");
    bench.ask(Command::Pause {
        symbol: None,
        reason: "news".into(),
    });
    assert_eq!(bench.refused(more), "RISK_STATE");
}

#[test]
fn order_that_fills_while_it_is_cancelled() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.02));
    bench.accept(entry);
    bench.ask(Command::Cancel {
        order: entry,
        reason: "by hand".into(),
    });
    bench.fill(entry, "e1", dec!(45000), dec!(0.005));
    let position = *bench.state.positions.open.keys().next().unwrap();
    let stop = bench.live(Purpose::Stop).unwrap();
    assert_eq!(bench.state.orders.live[&stop].quantity, dec!(0.005));
    bench.cancelled(entry);
    // One more execution was on its way.
    bench.fill(entry, "e2", dec!(45000), dec!(0.005));
    assert_eq!(bench.open(position).quantity, dec!(0.01));
    assert_eq!(bench.state.orders.live[&stop].quantity, dec!(0.01));
    let ended = bench.state.orders.get(entry).unwrap();
    assert_eq!(
        (ended.status, ended.filled),
        (Status::Cancelled, dec!(0.01))
    );
    assert_eq!(bench.state.account.balance("BTC"), dec!(0.01));
    bench.folds();
}

#[test]
fn exit_refused_by_a_risk_rule() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    bench.pair_goes();
    // Everything that can be wrong is: paused, halted by hand, stopped, and the price is old.
    bench.ask(Command::Pause {
        symbol: Some(btc()),
        reason: "news".into(),
    });
    bench.ask(Command::GateSeen {
        epoch: 1,
        presses: 1,
        notes: vec![Press {
            by: "operator".parse().unwrap(),
            how: "key".into(),
            reason: "enough".into(),
        }],
    });
    bench.now = bench.now.plus_s(3_600);
    let close = Command::Close {
        position,
        limit: None,
        reason: "out".into(),
    };
    bench.ask(close);
    bench.pair_goes();
    let exit = bench.live(Purpose::Exit).expect("an exit always leaves");
    bench.venue(exit, Report::Submitted);
    bench.fill(exit, "x1", dec!(45000), dec!(0.02));
    let closed = bench.state.positions.get(position).unwrap();
    assert_eq!(closed.close_reason, Some(CloseReason::Exit));
    bench.folds();
}
