//! At which price, in which order, at which fee.

use rust_decimal_macros::dec;

use super::*;
use Side::{Buy, Sell};

/// A bar opens at 100, falls to 98, rises to 104, closes at 103; the next one opens at 105.
fn over_two_bars(order: VenueOrder, placed_at: i64) -> Vec<String> {
    let mut venue = venue();
    let ohlc = [dec!(100), dec!(104), dec!(98), dec!(103)];
    let begins = open(0, dec!(100), dec!(1000));
    venue.on_market(&begins);
    venue.place(order, Time(placed_at));
    venue.on_market(&bar(0, ohlc, dec!(1000)));
    venue.on_market(&open(60_000, dec!(105), dec!(1000)));
    outcome(&mut venue)
}

fn post_only(order: VenueOrder) -> VenueOrder {
    VenueOrder {
        post_only: true,
        ..order
    }
}

fn ioc(order: VenueOrder) -> VenueOrder {
    VenueOrder {
        time_in_force: TimeInForce::Ioc,
        ..order
    }
}

#[test]
fn every_kind_fills_at_its_price_and_pays_its_fee() {
    let one = dec!(1);
    let cases: &[(&str, VenueOrder, i64, &[&str])] = &[
        (
            "the open holds for a third of the bar",
            market("a", Buy, one),
            0,
            &["a filled 1 @ 100.1 fee 0.2002 Taker"],
        ),
        (
            "a seller's slippage",
            market("a", Sell, one),
            0,
            &["a filled 1 @ 99.9 fee 0.1998 Taker"],
        ),
        (
            "the open no longer holds: the close is next, 103.103 rounded away",
            market("a", Buy, one),
            30_000,
            &["a filled 1 @ 103.11 fee 0.20622 Taker"],
        ),
        (
            "who comes with the close meets the next open, 105.105 rounded away",
            market("a", Buy, one),
            59_950,
            &["a filled 1 @ 105.11 fee 0.21022 Taker"],
        ),
        (
            "crossed on the way down",
            limit("a", Buy, one, dec!(99)),
            0,
            &["a filled 1 @ 99 fee 0.099 Maker"],
        ),
        (
            "touched is crossed",
            limit("a", Buy, one, dec!(98)),
            0,
            &["a filled 1 @ 98 fee 0.098 Maker"],
        ),
        (
            "crossed on the way up",
            limit("a", Sell, one, dec!(102)),
            0,
            &["a filled 1 @ 102 fee 0.102 Maker"],
        ),
        ("never reached", limit("a", Buy, one, dec!(97.99)), 0, &[]),
        (
            "marketable: the ask",
            limit("a", Buy, one, dec!(101)),
            0,
            &["a filled 1 @ 100.1 fee 0.2002 Taker"],
        ),
        (
            "marketable: the ask, capped by the limit",
            limit("a", Buy, one, dec!(100.05)),
            0,
            &["a filled 1 @ 100.05 fee 0.2001 Taker"],
        ),
        (
            "marketable: the bid, capped by the limit",
            limit("a", Sell, one, dec!(99.95)),
            0,
            &["a filled 1 @ 99.95 fee 0.1999 Taker"],
        ),
        (
            "the next open is better than the limit",
            limit("a", Sell, one, dec!(104.5)),
            0,
            &["a filled 1 @ 105 fee 0.105 Maker"],
        ),
        (
            "the low may lie before its arrival",
            limit("a", Buy, one, dec!(99)),
            30_000,
            &[],
        ),
        (
            "late, and the close crosses it: the bid, 102.897 rounded away",
            limit("a", Sell, one, dec!(102)),
            30_000,
            &["a filled 1 @ 102.89 fee 0.20578 Taker"],
        ),
        (
            "a stop at its trigger, 98.901 rounded away",
            stop("a", Sell, one, dec!(99)),
            0,
            &["a filled 1 @ 98.9 fee 0.1978 Taker"],
        ),
        (
            "a stop whose trigger has been passed already",
            stop("a", Sell, one, dec!(101)),
            0,
            &["a filled 1 @ 99.9 fee 0.1998 Taker"],
        ),
        (
            "a buying stop, 103.6035 rounded away",
            stop("a", Buy, one, dec!(103.5)),
            0,
            &["a filled 1 @ 103.61 fee 0.20722 Taker"],
        ),
        (
            "a buying stop at a worse open",
            stop("a", Buy, one, dec!(104.5)),
            0,
            &["a filled 1 @ 105.11 fee 0.21022 Taker"],
        ),
        (
            "a target at its trigger, 101.898 rounded away",
            target("a", Sell, one, dec!(102)),
            0,
            &["a filled 1 @ 101.89 fee 0.20378 Taker"],
        ),
        (
            "a target at a better open, 104.895 rounded away",
            target("a", Sell, one, dec!(104.5)),
            0,
            &["a filled 1 @ 104.89 fee 0.20978 Taker"],
        ),
        (
            "a buying target, 99.099 rounded away",
            target("a", Buy, one, dec!(99)),
            0,
            &["a filled 1 @ 99.1 fee 0.1982 Taker"],
        ),
        (
            "post-only that would cross",
            post_only(limit("a", Buy, one, dec!(100))),
            0,
            &["a rejected: post-only, but 100 crosses at 100"],
        ),
        (
            "post-only that rests",
            post_only(limit("a", Buy, one, dec!(99))),
            0,
            &["a filled 1 @ 99 fee 0.099 Maker"],
        ),
        (
            "immediate, and nobody is there",
            ioc(limit("a", Buy, one, dec!(99))),
            0,
            &["a cancelled: immediate or cancel: the rest found nobody"],
        ),
        (
            "immediate, and all of it",
            ioc(limit("a", Buy, one, dec!(101))),
            0,
            &["a filled 1 @ 100.1 fee 0.2002 Taker"],
        ),
        (
            "immediate for a part: a tenth of 1000 is there",
            ioc(market("a", Buy, dec!(150))),
            0,
            &[
                "a filled 100 @ 100.1 fee 20.02 Taker",
                "a cancelled: immediate or cancel: the rest found nobody",
            ],
        ),
        (
            "an immediate stop waits for its trigger",
            ioc(stop("a", Sell, one, dec!(99))),
            0,
            &["a filled 1 @ 98.9 fee 0.1978 Taker"],
        ),
    ];
    for (what, order, placed_at, expected) in cases {
        let got = over_two_bars(order.clone(), *placed_at);
        assert_eq!(&got, expected, "{what}");
    }
}

#[test]
fn trades_are_prices_of_one_moment() {
    let one = dec!(1);
    let cases: &[(&str, VenueOrder, &[&str])] = &[
        (
            "a trade does not hold: the next one counts",
            market("a", Buy, one),
            &["a filled 1 @ 98.1 fee 0.1962 Taker"],
        ),
        (
            "a limit is judged by the first trade it meets",
            limit("a", Buy, one, dec!(99)),
            &["a filled 1 @ 98.1 fee 0.1962 Taker"],
        ),
        (
            "a resting limit fills at its price, whatever the trade",
            limit("a", Sell, one, dec!(101)),
            &["a filled 1 @ 101 fee 0.101 Maker"],
        ),
        (
            "a stop fills at the trade that reaches it",
            stop("a", Sell, one, dec!(99)),
            &["a filled 1 @ 97.9 fee 0.1958 Taker"],
        ),
    ];
    for (what, order, expected) in cases {
        let mut venue = venue();
        venue.on_market(&trade(0, dec!(100), dec!(500)));
        venue.place(order.clone(), Time(10));
        venue.on_market(&trade(100, dec!(98), dec!(500)));
        venue.on_market(&trade(200, dec!(102), dec!(500)));
        assert_eq!(&outcome(&mut venue), expected, "{what}");
    }
}

#[test]
fn an_order_waits_for_the_first_price_there_is() {
    let mut venue = venue();
    venue.place(market("a", Buy, dec!(1)), Time(0));
    venue.advance(Time(1_000_000));
    assert_eq!(said(&mut venue), ["a submitted", "a accepted P-a"]);
    venue.on_market(&open(1_020_000, dec!(100), dec!(1000)));
    assert_eq!(said(&mut venue), ["a filled 1 @ 100.1 fee 0.2002 Taker"]);
}

#[test]
fn a_symbol_s_prices_concern_its_own_orders() {
    let mut venue = venue();
    let other = VenueOrder {
        symbol: "ETH/USDT".parse().unwrap(),
        ..market("other", Buy, dec!(1))
    };
    venue.place(other, Time(0));
    venue.place(market("a", Buy, dec!(1)), Time(0));
    venue.on_market(&open(50, dec!(100), dec!(1000)));
    assert_eq!(outcome(&mut venue), ["a filled 1 @ 100.1 fee 0.2002 Taker"]);
    assert_eq!(venue.open_orders(), ["other"]);
}

#[test]
fn a_fill_has_the_time_of_its_report_and_an_id_of_its_own() {
    let mut venue = venue();
    venue.on_market(&open(0, dec!(100), dec!(10)));
    venue.place(market("a", Buy, dec!(1.5)), Time(0));
    venue.advance(Time(50));
    venue.on_market(&open(60_000, dec!(100), dec!(10)));
    let fills: Vec<(String, Time)> = venue
        .reports()
        .into_iter()
        .filter_map(|(_, report)| match report {
            Report::Filled(fill) => Some((fill.execution_id, fill.time)),
            _ => None,
        })
        .collect();
    assert_eq!(
        fills,
        [
            ("a-1".to_owned(), Time(50)),
            ("a-1.5".to_owned(), Time(60_000)),
        ]
    );
}

#[test]
fn the_way_within_a_bar_decides_who_comes_first() {
    let run = |ohlc: [Decimal; 4]| {
        let mut venue = venue();
        venue.on_market(&open(0, ohlc[0], dec!(1000)));
        for order in [
            stop("low", Sell, dec!(1), dec!(99)),
            stop("later", Sell, dec!(1), dec!(99.5)),
            limit("higher", Buy, dec!(1), dec!(99.5)),
            target("up", Sell, dec!(1), dec!(101)),
        ] {
            venue.place(order, Time(0));
        }
        venue.on_market(&bar(0, ohlc, dec!(1000)));
        let filled: Vec<String> = outcome(&mut venue)
            .iter()
            .map(|l| l.split(' ').next().unwrap().to_owned())
            .collect();
        filled
    };
    let [o, c] = [dec!(100), dec!(100)];
    assert_eq!(
        run([o, dec!(103), dec!(98), c]),
        ["later", "higher", "low", "up"],
        "the low is nearer"
    );
    assert_eq!(
        run([o, dec!(102), dec!(97), c]),
        ["up", "later", "higher", "low"],
        "the high is nearer"
    );
    assert_eq!(
        run([o, dec!(102), dec!(98), c]),
        ["later", "higher", "low", "up"],
        "both are as near: the low"
    );
}

#[test]
fn a_stop_and_a_target_of_one_position_close_it_once() {
    let mut venue = venue();
    venue.on_market(&open(0, dec!(100), dec!(20)));
    venue.place(reducing(stop("s", Sell, dec!(5), dec!(99))), Time(0));
    venue.place(reducing(target("t", Sell, dec!(5), dec!(103))), Time(0));
    let wide = [dec!(100), dec!(104), dec!(97), dec!(100)];
    venue.on_market(&bar(0, wide, dec!(20)));
    assert_eq!(
        outcome(&mut venue),
        ["s filled 2 @ 98.9 fee 0.3956 Taker"],
        "a tenth of 20; the target was reached too, and waits"
    );
    venue.amend("s", to(dec!(5), None), Time(60_003));
    venue.amend("t", to(dec!(3), None), Time(60_003));
    venue.on_market(&trade(60_053, dec!(100), dec!(10)));
    assert_eq!(
        outcome(&mut venue),
        ["s filled 1 @ 99.9 fee 0.1998 Taker"],
        "the stop goes on; the core's word on the target has only just come"
    );
    venue.cancel("s", Time(60_053));
    venue.amend("t", to(dec!(2), None), Time(60_053));
    venue.on_market(&trade(60_104, dec!(100), dec!(90)));
    assert_eq!(
        outcome(&mut venue),
        [
            "s cancelled: cancelled on request",
            "t filled 2 @ 99.9 fee 0.3996 Taker",
        ],
        "five were sold in all"
    );
}
