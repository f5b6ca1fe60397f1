//! What holds whatever the market does and whoever asks what.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal_macros::dec;

use super::*;

/// What happens in a minute: requests at its beginning, the way of its price.
#[derive(Debug, Clone)]
struct Minute {
    orders: Vec<(VenueOrder, i64)>,
    cancels: Vec<usize>,
    open: i64,
    up: i64,
    down: i64,
    close: i64,
    volume: i64,
}

fn cents(n: i64) -> Decimal {
    Decimal::new(n, 2)
}

fn any_order() -> impl Strategy<Value = (VenueOrder, i64)> {
    (
        0..4u8,
        any::<bool>(),
        1..4_000i64,
        9_700..10_300i64,
        any::<[bool; 3]>(),
        0..60_000i64,
    )
        .prop_map(|(kind, buys, quantity, level, [ioc, post, reduces], at)| {
            let side = if buys { Side::Buy } else { Side::Sell };
            let quantity = Decimal::new(quantity, 3);
            let made = match kind {
                0 => market("", side, quantity),
                1 => stop("", side, quantity, cents(level)),
                2 => target("", side, quantity, cents(level)),
                _ => limit("", side, quantity, cents(level)),
            };
            let made = VenueOrder {
                time_in_force: if ioc {
                    TimeInForce::Ioc
                } else {
                    TimeInForce::Gtc
                },
                post_only: post && kind == 3 && !ioc,
                reduce_only: reduces,
                ..made
            };
            (made, at)
        })
}

fn any_minute() -> impl Strategy<Value = Minute> {
    (
        prop::collection::vec(any_order(), 0..4),
        prop::collection::vec(0..30usize, 0..2),
        9_750..10_250i64,
        0..200i64,
        0..200i64,
        0..=100i64,
        0..300i64,
    )
        .prop_map(|(mut orders, cancels, open, up, down, close, volume)| {
            orders.sort_by_key(|(_, at)| *at);
            Minute {
                orders,
                cancels,
                open,
                up,
                down,
                close: open - down + (up + down) * close / 100,
                volume,
            }
        })
}

/// Orders by id, and per minute what was said in it.
type Run = (BTreeMap<String, VenueOrder>, Vec<Vec<(String, Report)>>);

fn run(minutes: &[Minute]) -> Run {
    let mut venue = venue();
    let mut orders = BTreeMap::new();
    let mut said = Vec::new();
    for (n, minute) in minutes.iter().enumerate() {
        let from = i64::try_from(n).unwrap() * MINUTE_MS;
        let volume = Decimal::new(minute.volume, 1);
        venue.on_market(&open(from, cents(minute.open), volume));
        for n in &minute.cancels {
            venue.cancel(&format!("ph-{n}"), Time(from));
        }
        for (order, at) in &minute.orders {
            let order = VenueOrder {
                client_order_id: format!("ph-{}", orders.len()),
                ..order.clone()
            };
            venue.advance(Time(from + at));
            venue.place(order.clone(), Time(from + at));
            orders.insert(order.client_order_id.clone(), order);
        }
        let ohlc = [
            minute.open,
            minute.open + minute.up,
            minute.open - minute.down,
            minute.close,
        ];
        venue.on_market(&bar(from, ohlc.map(cents), volume));
        said.push(venue.reports());
    }
    (orders, said)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fills_keep_to_quantity_limit_and_volume(minutes in prop::collection::vec(any_minute(), 1..8)) {
        let (orders, said) = run(&minutes);
        let mut filled: BTreeMap<String, Decimal> = BTreeMap::new();
        let mut executions = BTreeMap::new();
        let mut ended = Vec::new();
        for (minute, reports) in minutes.iter().zip(&said) {
            let mut in_bar: BTreeMap<&str, Decimal> = BTreeMap::new();
            for (id, report) in reports {
                prop_assert!(!ended.contains(id), "{} after its end", line(&(id.clone(), report.clone())));
                let Report::Filled(fill) = report else {
                    if matches!(report, Report::Cancelled { .. } | Report::Rejected { .. } | Report::Expired) {
                        ended.push(id.clone());
                    }
                    continue;
                };
                let order = &orders[id];
                prop_assert!(fill.quantity > dec!(0) && fill.price > dec!(0) && fill.fee >= dec!(0));
                prop_assert!(fill.fee.scale() <= 8);
                if let Some(limit) = order.price {
                    prop_assert!((limit - fill.price) * order.side.sign() >= dec!(0), "{order:?} {fill:?}");
                }
                *in_bar.entry(id).or_default() += fill.quantity;
                *filled.entry(id.clone()).or_default() += fill.quantity;
                prop_assert!(executions.insert(fill.execution_id.clone(), id).is_none());
                if filled[id] == order.quantity {
                    ended.push(id.clone());
                }
            }
            for quantity in in_bar.values() {
                prop_assert!(*quantity <= Decimal::new(minute.volume, 2), "a tenth of the volume");
            }
        }
        for (id, quantity) in &filled {
            prop_assert!(*quantity <= orders[id].quantity);
        }
    }

    #[test]
    fn the_same_calls_give_the_same_reports(minutes in prop::collection::vec(any_minute(), 1..8)) {
        prop_assert_eq!(run(&minutes), run(&minutes));
    }
}
