//! Orders given back after a restart go on as if there had been none.

use rust_decimal_macros::dec;

use super::*;
use Side::{Buy, Sell};

fn resting() -> Vec<VenueOrder> {
    vec![
        limit("ph-1", Buy, dec!(3), dec!(99)),
        stop("ph-2", Sell, dec!(1), dec!(97)),
        reducing(target("ph-3", Sell, dec!(1), dec!(103))),
        VenueOrder {
            time_in_force: TimeInForce::Gtd,
            expires_at: Some(Time(150_000)),
            ..limit("ph-4", Sell, dec!(1), dec!(110))
        },
        limit("ph-5", Buy, dec!(1), dec!(50)),
    ]
}

fn first_minute(venue: &mut PaperVenue) {
    venue.on_market(&open(0, dec!(100), dec!(10)));
    for order in resting() {
        venue.place(order, Time(0));
    }
    venue.on_market(&bar(
        0,
        [dec!(100), dec!(101), dec!(98.5), dec!(100)],
        dec!(10),
    ));
}

fn later(venue: &mut PaperVenue) -> Vec<(String, Report)> {
    venue.on_market(&open(60_000, dec!(100), dec!(10)));
    venue.on_market(&bar(
        60_000,
        [dec!(100), dec!(104), dec!(98), dec!(98)],
        dec!(10),
    ));
    venue.on_market(&open(120_000, dec!(96), dec!(10)));
    venue.cancel("ph-5", Time(120_000));
    venue.advance(Time(160_000));
    venue.on_market(&bar(120_000, [dec!(96); 4], dec!(10)));
    venue.reports()
}

#[test]
fn restored_orders_go_on_as_if_nothing_had_been() {
    let mut running = venue();
    first_minute(&mut running);
    let before = running.reports();

    let mut orders = resting();
    for (id, report) in &before {
        if let Report::Filled(fill) = report {
            let order = orders.iter_mut().find(|o| o.client_order_id == *id);
            order.unwrap().filled += fill.quantity;
        }
    }
    assert_eq!(orders[0].filled, dec!(1), "one of them has filled in part");
    let mut restarted = venue();
    restarted.restore(
        orders
            .into_iter()
            .map(|o| (o.clone(), format!("P-{}", o.client_order_id)))
            .collect(),
    );
    assert_eq!(restarted.reports(), []);
    assert_eq!(restarted.open_orders(), running.open_orders());
    assert_eq!(restarted.wakes_at(), running.wakes_at());

    let (one, other) = (later(&mut running), later(&mut restarted));
    assert_eq!(one, other);
    let lines: Vec<String> = one.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "ph-1 filled 1 @ 99 fee 0.099 Maker",
            "ph-3 filled 1 @ 102.89 fee 0.20578 Taker",
            "ph-1 filled 1 @ 96 fee 0.096 Maker",
            "ph-2 filled 1 @ 95.9 fee 0.1918 Taker",
            "ph-5 cancelled: cancelled on request",
            "ph-4 expired",
        ]
    );
}

#[test]
fn no_execution_id_comes_twice_even_over_a_restart() {
    let mut running = venue();
    first_minute(&mut running);
    let mut ids: Vec<String> = running
        .reports()
        .into_iter()
        .chain(later(&mut running))
        .filter_map(|(_, report)| match report {
            Report::Filled(fill) => Some(fill.execution_id),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["ph-1-1", "ph-1-2", "ph-3-1", "ph-1-3", "ph-2-1"]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn a_bar_whose_beginning_was_not_seen_still_counts() {
    let mut venue = venue();
    let half = VenueOrder {
        filled: dec!(1),
        ..reducing(stop("half", Sell, dec!(2), dec!(99)))
    };
    venue.restore(vec![
        (limit("above", Buy, dec!(1), dec!(101)), "P-above".into()),
        (limit("below", Buy, dec!(1), dec!(98)), "P-below".into()),
        (half, "P-half".into()),
    ]);
    venue.on_market(&bar(
        0,
        [dec!(100), dec!(102), dec!(97), dec!(100)],
        dec!(10),
    ));
    assert_eq!(
        outcome(&mut venue),
        [
            "above filled 1 @ 100 fee 0.1 Maker",
            "below filled 1 @ 98 fee 0.098 Maker",
            "half filled 1 @ 99.9 fee 0.1998 Taker",
        ]
    );
}
