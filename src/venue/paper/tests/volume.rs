//! No more than a share of what the market trades.

use rust_decimal_macros::dec;

use super::*;
use Side::{Buy, Sell};

#[test]
fn a_large_order_takes_its_share_of_each_bar() {
    let flat = [dec!(100); 4];
    let mut venue = venue();
    venue.on_market(&open(0, dec!(100), dec!(10)));
    venue.place(market("a", Buy, dec!(2.5)), Time(0));
    venue.place(market("b", Buy, dec!(1)), Time(0));
    venue.on_market(&bar(0, flat, dec!(10)));
    assert_eq!(
        outcome(&mut venue),
        [
            "a filled 1 @ 100.1 fee 0.2002 Taker",
            "b filled 1 @ 100.1 fee 0.2002 Taker",
        ],
        "a tenth of 10 for each order"
    );
    venue.on_market(&open(60_000, dec!(102), dec!(0)));
    venue.on_market(&bar(60_000, [dec!(102); 4], dec!(0)));
    assert_eq!(outcome(&mut venue), Vec::<String>::new(), "no volume");
    venue.on_market(&open(120_000, dec!(101), dec!(12.349)));
    assert_eq!(
        outcome(&mut venue),
        ["a filled 1.234 @ 101.11 fee 0.24953948 Taker"],
        "a tenth, rounded down to the step; 101.101 rounded away"
    );
    venue.on_market(&bar(120_000, [dec!(101); 4], dec!(12.349)));
    venue.on_market(&open(180_000, dec!(100), dec!(1000)));
    assert_eq!(
        outcome(&mut venue),
        ["a filled 0.266 @ 100.1 fee 0.0532532 Taker"]
    );
}

#[test]
fn a_resting_limit_goes_on_in_the_next_bar() {
    let mut venue = venue();
    venue.on_market(&open(0, dec!(100), dec!(10)));
    venue.place(limit("a", Buy, dec!(3), dec!(99)), Time(0));
    venue.on_market(&bar(
        0,
        [dec!(100), dec!(101), dec!(98), dec!(98.5)],
        dec!(10),
    ));
    venue.on_market(&open(60_000, dec!(98.4), dec!(10)));
    venue.on_market(&bar(
        60_000,
        [dec!(98.4), dec!(99.5), dec!(98), dec!(99.5)],
        dec!(10),
    ));
    venue.on_market(&open(120_000, dec!(99.5), dec!(10)));
    venue.on_market(&bar(
        120_000,
        [dec!(99.5), dec!(99.6), dec!(98), dec!(98)],
        dec!(10),
    ));
    assert_eq!(
        outcome(&mut venue),
        [
            "a filled 1 @ 99 fee 0.099 Maker",
            "a filled 1 @ 98.4 fee 0.0984 Maker",
            "a filled 1 @ 99 fee 0.099 Maker",
        ]
    );
}

#[test]
fn a_stop_that_was_reached_goes_on_at_any_price() {
    let mut venue = venue();
    venue.on_market(&open(0, dec!(100), dec!(10)));
    venue.place(stop("a", Sell, dec!(2), dec!(99)), Time(0));
    venue.on_market(&bar(
        0,
        [dec!(100), dec!(101), dec!(99), dec!(101)],
        dec!(10),
    ));
    venue.on_market(&open(60_000, dec!(101), dec!(10)));
    assert_eq!(
        outcome(&mut venue),
        [
            "a filled 1 @ 98.9 fee 0.1978 Taker",
            "a filled 1 @ 100.89 fee 0.20178 Taker",
        ]
    );
}

#[test]
fn trades_are_measured_by_this_minute_or_the_one_before() {
    let mut venue = venue();
    venue.place(market("a", Buy, dec!(10)), Time(0));
    let filled = |venue: &mut PaperVenue, at, quantity| {
        venue.on_market(&trade(at, dec!(100), quantity));
        outcome(venue)
            .first()
            .map(|l| l.split(' ').nth(2).unwrap().to_owned())
    };
    let cases = [
        (1_000, dec!(4), Some("0.4")),
        (2_000, dec!(6), Some("0.6")),
        (60_000, dec!(1), Some("1")),
        (61_000, dec!(5), None),
        (62_000, dec!(14), Some("1")),
        (240_000, dec!(5), Some("0.5")),
        (300_000, dec!(0), Some("0.5")),
    ];
    for (at, quantity, expected) in cases {
        assert_eq!(
            filled(&mut venue, at, quantity).as_deref(),
            expected,
            "at {at}"
        );
    }
}

#[test]
fn the_whole_volume_is_the_most_there_is() {
    let mut venue = PaperVenue::new(PaperSettings {
        participation: dec!(1),
        ..settings()
    });
    venue.on_market(&open(0, dec!(100), dec!(10)));
    venue.place(market("a", Buy, dec!(11)), Time(0));
    venue.on_market(&bar(0, [dec!(100); 4], dec!(10)));
    assert_eq!(outcome(&mut venue), ["a filled 10 @ 100.1 fee 2.002 Taker"]);
}
