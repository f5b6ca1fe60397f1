//! What is asked, when it has its effect, and what is turned away.

use rust_decimal_macros::dec;

use super::*;
use Side::{Buy, Sell};

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_request_has_its_effect_after_the_latency() {
    let mut venue = venue();
    assert_eq!(venue.wakes_at(), None);
    venue.place(limit("a", Buy, dec!(1), dec!(90)), Time(1000));
    assert_eq!(said(&mut venue), ["a submitted"]);
    assert_eq!(venue.wakes_at(), Some(Time(1050)));
    venue.advance(Time(1049));
    assert_eq!(said(&mut venue), none());
    venue.advance(Time(1050));
    assert_eq!(said(&mut venue), ["a accepted P-a"]);
    assert_eq!(venue.open_orders(), ["a"]);

    venue.cancel("a", Time(1060));
    venue.cancel("a", Time(1061));
    venue.advance(Time(1109));
    assert_eq!(said(&mut venue), none());
    venue.advance(Time(1200));
    assert_eq!(said(&mut venue), ["a cancelled: cancelled on request"]);
    venue.cancel("a", Time(1200));
    venue.advance(Time(1300));
    assert_eq!(said(&mut venue), none(), "it has ended");
    assert!(venue.open_orders().is_empty());
    assert_eq!(venue.wakes_at(), None);
}

#[test]
fn without_latency_everything_happens_at_the_same_time() {
    let mut venue = PaperVenue::new(PaperSettings {
        latency_ms: 0,
        ..settings()
    });
    venue.on_market(&open(0, dec!(100), dec!(1000)));
    venue.place(market("a", Buy, dec!(1)), Time(0));
    venue.place(limit("b", Buy, dec!(1), dec!(90)), Time(0));
    venue.cancel("b", Time(0));
    assert_eq!(venue.wakes_at(), Some(Time(0)));
    venue.advance(Time(0));
    assert_eq!(
        said(&mut venue),
        [
            "a submitted",
            "b submitted",
            "a accepted P-a",
            "a filled 1 @ 100.1 fee 0.2002 Taker",
            "b accepted P-b",
            "b cancelled: cancelled on request",
        ]
    );
}

#[test]
fn a_fill_that_comes_before_the_cancel_is_all_that_is_said() {
    let mut venue = venue();
    venue.place(limit("a", Buy, dec!(1), dec!(99)), Time(0));
    venue.on_market(&trade(50, dec!(100), dec!(500)));
    venue.cancel("a", Time(60));
    venue.on_market(&trade(100, dec!(98), dec!(500)));
    venue.advance(Time(200));
    assert_eq!(outcome(&mut venue), ["a filled 1 @ 99 fee 0.099 Maker"]);
    venue.cancel("never seen", Time(300));
    assert_eq!(said(&mut venue), ["never seen absent"]);
}

#[test]
fn amendments_move_quantity_and_trigger_after_the_latency() {
    let mut venue = venue();
    venue.place(reducing(stop("a", Sell, dec!(2), dec!(90))), Time(0));
    venue.on_market(&trade(50, dec!(100), dec!(500)));
    venue.amend("a", to(dec!(3), Some(dec!(95))), Time(60));
    venue.on_market(&trade(109, dec!(94), dec!(500)));
    assert_eq!(outcome(&mut venue), none(), "still 90");
    venue.on_market(&trade(110, dec!(94), dec!(500)));
    assert_eq!(
        outcome(&mut venue),
        ["a filled 3 @ 93.9 fee 0.5634 Taker"],
        "93.906 rounded away"
    );
    venue.amend("a", to(dec!(4), None), Time(200));
    venue.advance(Time(300));
    assert_eq!(outcome(&mut venue), ["a absent"], "it has ended");
}

#[test]
fn a_trigger_that_moves_late_is_not_reached_by_what_was_before() {
    let falls_and_recovers = |moved_at| {
        let mut venue = venue();
        venue.on_market(&open(0, dec!(100), dec!(1000)));
        venue.place(stop("a", Sell, dec!(1), dec!(90)), Time(0));
        venue.amend("a", to(dec!(1), Some(dec!(99))), Time(moved_at));
        let ohlc = [dec!(100), dec!(101), dec!(98), dec!(100)];
        venue.on_market(&bar(0, ohlc, dec!(1000)));
        outcome(&mut venue)
    };
    assert_eq!(
        falls_and_recovers(1_000),
        ["a filled 1 @ 98.9 fee 0.1978 Taker"]
    );
    assert_eq!(falls_and_recovers(40_000), none());
}

#[test]
fn a_trigger_moved_past_the_price_that_holds_is_reached_at_once() {
    let mut venue = venue();
    venue.on_market(&open(0, dec!(100), dec!(1000)));
    venue.place(stop("a", Sell, dec!(1), dec!(90)), Time(0));
    venue.amend("a", to(dec!(1), Some(dec!(100.5))), Time(1_000));
    venue.advance(Time(1_050));
    assert_eq!(outcome(&mut venue), ["a filled 1 @ 99.9 fee 0.1998 Taker"]);
}

#[test]
fn an_order_amended_to_what_has_filled_ends() {
    let mut venue = venue();
    venue.place(limit("a", Buy, dec!(9), dec!(99)), Time(0));
    venue.on_market(&trade(50, dec!(100), dec!(50)));
    venue.on_market(&trade(60, dec!(99), dec!(10)));
    venue.amend("a", to(dec!(6), None), Time(60));
    venue.advance(Time(110));
    assert_eq!(
        outcome(&mut venue),
        [
            "a filled 6 @ 99 fee 0.594 Maker",
            "a cancelled: amended to what has filled",
        ]
    );
}

#[test]
fn a_date_ends_an_order() {
    let gtd = |id: &str, at| VenueOrder {
        time_in_force: TimeInForce::Gtd,
        expires_at: Some(Time(at)),
        ..limit(id, Buy, dec!(1), dec!(99))
    };
    let mut venue = venue();
    venue.place(gtd("b", 500), Time(0));
    venue.place(gtd("a", 400), Time(0));
    venue.place(gtd("dead on arrival", 50), Time(0));
    venue.advance(Time(50));
    assert_eq!(outcome(&mut venue), ["dead on arrival expired"]);
    assert_eq!(venue.wakes_at(), Some(Time(400)));
    venue.on_market(&trade(500, dec!(98), dec!(500)));
    assert_eq!(outcome(&mut venue), ["a expired", "b expired"]);
    assert_eq!(venue.wakes_at(), None);
}

#[test]
fn what_cannot_be_traded_is_turned_away_with_the_reason() {
    let without_price = order("a", Buy, Kind::Limit, dec!(1));
    let without_trigger = order("a", Buy, Kind::StopLoss, dec!(1));
    let without_date = VenueOrder {
        time_in_force: TimeInForce::Gtd,
        ..market("a", Buy, dec!(1))
    };
    let post_only_market = VenueOrder {
        post_only: true,
        ..market("a", Buy, dec!(1))
    };
    let cases = [
        (
            market("a", Buy, dec!(0.0005)),
            "quantity 0.0005 is below 0.001",
        ),
        (market("a", Buy, dec!(-1)), "quantity -1 is below 0.001"),
        (
            market("a", Buy, dec!(0.0015)),
            "quantity 0.0015 is off the step 0.001",
        ),
        (market("a", Buy, dec!(0.049)), "value 4.9 is below 5"),
        (
            limit("a", Buy, dec!(0.05), dec!(99)),
            "value 4.95 is below 5",
        ),
        (
            limit("a", Buy, dec!(1), dec!(99.005)),
            "limit price 99.005 is off the step 0.01",
        ),
        (
            stop("a", Sell, dec!(1), dec!(0)),
            "trigger price 0 is off the step 0.01",
        ),
        (
            market("a", Buy, Decimal::MAX.trunc()),
            "79228162514264337593543950335 at 100 is beyond reckoning",
        ),
        (without_price, "the limit price is missing"),
        (without_trigger, "the trigger price is missing"),
        (without_date, "good till date needs a date"),
        (
            post_only_market,
            "only a limit order that may rest can be post-only",
        ),
    ];
    for (order, reason) in cases {
        let mut venue = venue();
        venue.on_market(&open(0, dec!(100), dec!(1000)));
        venue.place(order.clone(), Time(0));
        venue.advance(Time(50));
        assert_eq!(
            said(&mut venue),
            ["a submitted".to_owned(), format!("a rejected: {reason}")]
        );
        assert!(venue.open_orders().is_empty());
    }
    let mut venue = venue();
    venue.on_market(&open(0, dec!(100), dec!(1000)));
    venue.place(reducing(market("a", Sell, dec!(0.001))), Time(0));
    venue.advance(Time(50));
    assert_eq!(
        outcome(&mut venue),
        ["a filled 0.001 @ 99.9 fee 0.0001998 Taker"],
        "a position can be closed to the last"
    );
}

#[test]
fn a_client_id_is_taken_once() {
    let mut venue = venue();
    let again = "a rejected: the client order id was used before";
    venue.on_market(&open(0, dec!(100), dec!(1000)));
    venue.place(market("a", Buy, dec!(1)), Time(0));
    venue.place(market("a", Buy, dec!(1)), Time(0));
    assert_eq!(said(&mut venue), ["a submitted", again]);
    venue.advance(Time(50));
    venue.place(market("a", Buy, dec!(1)), Time(100));
    venue.advance(Time(200));
    assert_eq!(
        outcome(&mut venue),
        ["a filled 1 @ 100.1 fee 0.2002 Taker", again]
    );
}

#[test]
fn orders_and_requests_on_their_way_are_bounded() {
    let mut venue = venue();
    for n in 0..=MAX_ORDERS {
        venue.place(limit(&format!("ph-{n}"), Buy, dec!(1), dec!(90)), Time(0));
    }
    let last = said(&mut venue).pop().unwrap();
    assert_eq!(last, "ph-10000 rejected: 10000 orders are at work already");
    for n in 0..2 * MAX_FLIGHTS {
        venue.amend(
            &format!("ph-{}", n % MAX_ORDERS),
            to(dec!(2), None),
            Time(1),
        );
    }
    for n in 0..MAX_ORDERS {
        venue.cancel(&format!("ph-{n}"), Time(1));
        venue.cancel(&format!("ph-{n}"), Time(2));
    }
    assert!(venue.flights.len() <= MAX_FLIGHTS + MAX_ORDERS);
    venue.advance(Time(100));
    let ends = outcome(&mut venue);
    assert_eq!(ends.len(), MAX_ORDERS);
    assert!(venue.open_orders().is_empty());
}
