//! What the simulation found in core and desk, told again in a few steps each.

use pilothouse::core::command::{Report, Statement};
use pilothouse::core::order::{Purpose, Status};
use pilothouse::core::position::Amount;
use pilothouse::core::reservation::Standing;
use pilothouse::core::{Command, Event};
use rust_decimal_macros::dec;

use crate::bench::Bench;

fn defects(bench: &Bench) -> usize {
    let defect = |e: &&Event| matches!(e, Event::Defect { .. });
    bench.events.iter().filter(defect).count()
}

#[test]
fn a_word_that_comes_twice_or_after_the_end_is_no_defect() {
    let mut bench = Bench::new();
    let order = bench.buy(dec!(0.01));
    bench.accept(order);
    bench.venue(order, Report::Submitted);
    bench.accept(order);
    bench.unknown(order);
    bench.unknown(order);
    bench.accept(order);
    assert_eq!(bench.state.orders.get(order).unwrap().status, Status::Open);
    bench.cancelled(order);
    bench.unknown(order);
    bench.accept(order);
    let status = bench.state.orders.get(order).unwrap().status;
    assert_eq!((status, defects(&bench)), (Status::Cancelled, 0));
}

#[test]
fn a_fill_that_its_cancel_overtook_is_bound_like_any_other() {
    let mut bench = Bench::new();
    let order = bench.buy(dec!(0.02));
    bench.accept(order);
    bench.cancelled(order);
    let free = bench.state.ledger.available_capital();
    bench.fill(order, "late-1", dec!(45000), dec!(0.01));
    let position = bench.state.orders.get(order).unwrap().position.unwrap();
    let bound = |bench: &Bench| {
        let row = bench.open(position).reservation.unwrap();
        let row = bench.state.ledger.get(row).expect("it lives");
        assert_eq!(
            (row.standing, row.position),
            (Standing::Bound, Some(position))
        );
        row.amount
    };
    assert!(bound(&bench) >= dec!(450) && bench.state.ledger.available_capital() < free);
    bench.fill(order, "late-2", dec!(45000), dec!(0.005));
    assert!(bound(&bench) >= dec!(675), "a later one binds more");
    assert!(bench.live(Purpose::Stop).is_some(), "and it is protected");
}

#[test]
fn balances_of_an_old_picture_do_not_replace_newer_ones() {
    let mut bench = Bench::new();
    bench.position(dec!(0.01));
    let before = bench.state.account.balances.clone();
    let old = bench.execution("one before", dec!(45000), dec!(0.001));
    let statement = Statement {
        balances: Some([("USDT".to_owned(), Amount(dec!(10000)))].into()),
        fills: vec![("somebody-else".into(), old)],
        ..bench.agreed()
    };
    bench.say(statement);
    assert_eq!(bench.state.account.balances, before);
}

#[test]
fn a_wall_clock_that_was_set_back_does_not_keep_an_order_in_doubt() {
    let mut bench = Bench::new();
    let order = bench.buy(dec!(0.01));
    bench.unknown(order);
    let hour = 3_600_000;
    for (wall, status) in [
        (hour, Status::Unknown),
        (1_000, Status::Unknown),
        (90_000, Status::Unknown),
        (92_000, Status::Cancelled),
    ] {
        bench.ask(Command::NotFound {
            client_order_id: bench
                .state
                .orders
                .get(order)
                .unwrap()
                .client_order_id
                .clone(),
            wall,
            past_deadline: true,
        });
        let found = bench.state.orders.get(order).unwrap().status;
        assert_eq!(found, status, "at {wall}");
    }
}

#[test]
fn a_close_is_for_what_is_open_after_all_fills_of_a_statement() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.03));
    let client = |bench: &Bench, id| bench.state.orders.get(id).unwrap().client_order_id.clone();
    let (limit, reason) = (Some(dec!(45500)), String::new());
    bench.ask(Command::Close {
        position,
        limit,
        reason,
    });
    bench.pair_goes();
    let first = bench.live(Purpose::Exit).unwrap();
    bench.accept(first);
    let reason = String::new();
    bench.ask(Command::Close {
        position,
        limit: None,
        reason,
    });
    bench.cancelled(first);
    let second = bench.live(Purpose::Exit).unwrap();
    bench.accept(second);
    // The venue had filled a part of the first before it was cancelled, and the second since.
    let fills = vec![
        (
            client(&bench, second),
            bench.execution("s", dec!(45400), dec!(0.02)),
        ),
        (
            client(&bench, first),
            bench.execution("f", dec!(45500), dec!(0.01)),
        ),
    ];
    bench.say(Statement {
        fills,
        ..bench.agreed()
    });
    assert!(!bench.state.positions.open.contains_key(&position));
    let exits = bench.state.orders.live.values();
    let more = exits.filter(|o| o.purpose.reduces() && o.id > second);
    assert_eq!(more.count(), 0, "nothing is sold beyond it");
}
