//! Stops that follow the price, and the engine's own watch where no venue order works.

use pilothouse::core::command::Report;
use pilothouse::core::id::PositionId;
use pilothouse::core::order::{Kind, OrderRequest, Purpose, Side};
use pilothouse::core::position::CloseReason;
use pilothouse::core::{Command, Event};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::bench::{Bench, btc};

fn set(position: PositionId, stop: Option<Decimal>, trail: Option<Decimal>) -> Command {
    Command::Protect {
        position,
        stop,
        target: None,
        trail,
    }
}

#[test]
fn the_positions_stop_and_the_venues_order_move_together_and_each_move_is_an_event() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let stop = bench.live(Purpose::Stop).unwrap();
    bench.price(dec!(45449));
    assert_eq!(bench.open(position).stop, Some(dec!(44000)));
    bench.price(dec!(45450));
    // 1.5 % behind 45,450.
    let first = dec!(44768.25);
    assert_eq!(bench.open(position).stop, Some(first));
    assert_eq!(bench.state.orders.live[&stop].stop_price, Some(first));
    let seen = bench.events.len();
    bench.price(dec!(45460));
    bench.price(dec!(45200));
    let moves = |e: &Event| matches!(e, Event::Trailed { .. } | Event::OrderAmended { .. });
    assert!(!bench.events[seen..].iter().any(moves), "less than a step");
    bench.price(dec!(46000));
    assert_eq!(bench.state.orders.live[&stop].stop_price, Some(dec!(45310)));
    bench.price(dec!(45400));
    assert_eq!(bench.open(position).stop, Some(dec!(45310)));
    bench.folds();
}

#[test]
fn an_operators_looser_stop_stands_until_the_price_comes_further() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    bench.price(dec!(46000));
    bench.ask(set(position, Some(dec!(44500)), None));
    for price in [dec!(45000), dec!(46000)] {
        bench.price(price);
        assert_eq!(bench.open(position).stop, Some(dec!(44500)));
    }
    bench.price(dec!(46010));
    assert_eq!(bench.open(position).stop, Some(dec!(45319.85)));
    // A shorter distance tightens at once; 0 ends the trailing and leaves the stop.
    bench.ask(set(position, None, Some(dec!(0.01))));
    assert_eq!(bench.open(position).stop, Some(dec!(45549.9)));
    bench.ask(set(position, None, Some(dec!(0))));
    bench.price(dec!(46900));
    assert_eq!(bench.open(position).stop, Some(dec!(45549.9)));
    assert_eq!(
        bench.refused(set(position, None, Some(dec!(1)))),
        "RISK_PRICE"
    );
    bench.folds();
}

#[test]
fn one_placed_without_a_stop_has_none_and_a_trail_of_its_own_makes_one() {
    let mut bench = Bench::new();
    let bare = OrderRequest::new(btc(), Side::Sell, Kind::Market, dec!(0.01));
    let entry = bench.place(bare.clone());
    bench.fill(entry, "e1", dec!(45000), dec!(0.01));
    bench.price(dec!(44000));
    assert_eq!(bench.live(Purpose::Stop), None);
    bench.wait(3_000);
    let trailing = bench.place(OrderRequest {
        trail: Some(dec!(0.02)),
        ..bare
    });
    bench.fill(trailing, "e2", dec!(44000), dec!(0.01));
    assert_eq!(bench.live(Purpose::Stop), None);
    bench.price(dec!(43500));
    let stop = bench.live(Purpose::Stop).unwrap();
    assert_eq!(bench.state.orders.live[&stop].stop_price, Some(dec!(44370)));
    bench.folds();
}

#[test]
fn what_no_venue_order_works_for_the_engine_closes_once_and_counts_as_what_it_is() {
    let mut bench = Bench::new();
    let position = bench.position(dec!(0.02));
    let reject = |bench: &mut Bench, purpose| {
        let order = bench.live(purpose).unwrap();
        bench.cancelled(order);
        let order = bench.live(purpose).unwrap();
        let reason = "no stops here".to_owned();
        bench.venue(order, Report::Rejected { reason });
        assert_eq!(bench.live(purpose), None);
    };
    reject(&mut bench, Purpose::Stop);
    bench.price(dec!(44001));
    assert_eq!(bench.exits(), 0);
    bench.price(dec!(44000));
    // The target still works: it goes first, so that nothing is sold twice.
    assert_eq!(bench.exits(), 0);
    bench.price(dec!(43990));
    bench.pair_goes();
    assert_eq!(bench.exits(), 1);
    let exit = bench.live(Purpose::Exit).unwrap();
    // The venue refuses: it is asked again, but not at every price.
    let reason = "busy".to_owned();
    bench.venue(exit, Report::Rejected { reason });
    bench.price(dec!(43980));
    assert_eq!(bench.exits(), 0);
    bench.wait(5_000);
    bench.pair_goes();
    let before = bench.live(Purpose::Stop);
    if let Some(stop) = before {
        let reason = "no stops here".to_owned();
        bench.venue(stop, Report::Rejected { reason });
    }
    bench.price(dec!(43970));
    bench.pair_goes();
    let exit = bench.live(Purpose::Exit).unwrap();
    bench.fill(exit, "x1", dec!(43970), dec!(0.02));
    let closed = bench.state.positions.get(position).unwrap();
    assert_eq!(closed.close_reason, Some(CloseReason::StopLoss));
    assert_eq!(bench.state.account.stops_in_row, 1);
    bench.folds();
}
