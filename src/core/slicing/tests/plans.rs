//! What each plan sends, and when: figures worked out by hand.

use super::*;

#[test]
fn a_twap_sends_equal_slices_in_time_and_the_last_takes_what_rounding_left() {
    let mut bench = Bench::new();
    let id = bench.place(buy(dec!(1), plan(AlgorithmKind::Twap, 180, Some(3))));
    assert_eq!(bench.order(id).status, Status::Open);
    assert_eq!(bench.sizes(id), [dec!(0.33333333)]);
    bench.fill_children(id);
    bench.pass(59);
    assert_eq!(bench.sizes(id).len(), 1);
    assert_eq!(bench.state.next_due(), Some(NOON + 60_000));
    bench.pass(1);
    bench.fill_children(id);
    bench.pass(60);
    bench.fill_children(id);
    assert_eq!(
        bench.sizes(id),
        [dec!(0.33333333), dec!(0.33333333), dec!(0.33333334)]
    );
    let parent = bench.order(id);
    assert_eq!((parent.status, parent.filled), (Status::Filled, dec!(1)));
    assert_eq!(parent.fees, dec!(0.03));
    let position = bench.state.positions.get(parent.position.unwrap()).unwrap();
    assert_eq!((position.quantity, position.entry_order), (dec!(1), id));
    bench.folds();
}

#[test]
fn a_plan_that_names_no_slices_has_one_a_minute_and_none_the_venue_refuses() {
    for (quantity, duration, slices) in [
        (dec!(1), 30, 1),
        (dec!(1), 600, 10),
        // 3 USD are six slices of half a dollar.
        (dec!(0.03), 600, 6),
    ] {
        let mut bench = Bench::new();
        let id = bench.place(buy(quantity, plan(AlgorithmKind::Twap, duration, None)));
        assert_eq!(
            bench.slicing(id).slots,
            slices,
            "{quantity} in {duration} s"
        );
    }
}

#[test]
fn a_child_is_halved_where_the_spread_is_wide_and_doubled_where_the_plan_is_behind() {
    let mut bench = Bench::new();
    // The cap is 1 %: 0.8 % is more than half of it.
    bench.touch(dec!(99.6), dec!(100), dec!(100.4));
    let id = bench.place(buy(dec!(1.2), plan(AlgorithmKind::Twap, 240, Some(4))));
    bench.fill_children(id);
    bench.pass(60);
    // 0.45 are due, twice a half slice goes.
    bench.fill_children(id);
    bench.price(dec!(100));
    bench.pass(60);
    // Due are 0.45 still, twice a slice would be more.
    bench.fill_children(id);
    bench.pass(60);
    bench.fill_children(id);
    assert_eq!(
        bench.sizes(id),
        [dec!(0.15), dec!(0.3), dec!(0.45), dec!(0.3)]
    );
    assert_eq!(bench.order(id).status, Status::Filled);
}

#[test]
fn a_child_that_moved_the_price_halves_the_next() {
    let mut bench = Bench::new();
    let id = bench.place(buy(dec!(1.2), plan(AlgorithmKind::Twap, 240, Some(4))));
    // Expected are 5 bps; 5 more are too many.
    bench.fill(bench.live(id)[0].id, dec!(0.3), dec!(100.11));
    bench.pass(60);
    bench.fill(bench.live(id)[0].id, dec!(0.15), dec!(100.10));
    bench.pass(60);
    assert_eq!(bench.sizes(id), [dec!(0.3), dec!(0.15), dec!(0.45)]);
}

#[test]
fn a_vwap_follows_the_profile_of_the_hours() {
    let mut bench = Bench::new();
    let mut profile = vec![0; 24];
    (profile[12], profile[13]) = (1, 3);
    let vwap = Algorithm {
        profile,
        ..plan(AlgorithmKind::Vwap, 7_200, Some(4))
    };
    let id = bench.place(buy(dec!(0.8), vwap));
    for _ in 0..4 {
        bench.fill_children(id);
        bench.pass(1_800);
    }
    // An hour weighs 1 in 4, the other 3 in 4; each has two slots.
    assert_eq!(
        bench.sizes(id),
        [dec!(0.1), dec!(0.1), dec!(0.3), dec!(0.3)]
    );
    assert_eq!(bench.order(id).status, Status::Filled);
}

#[test]
fn a_pov_takes_its_share_of_what_was_traded_and_counts_a_feed_that_begins_anew() {
    let mut bench = Bench::new();
    bench.traded(dec!(1000));
    let id = bench.place(buy(dec!(2.5), plan(AlgorithmKind::Pov, 600, Some(10))));
    assert!(bench.sizes(id).is_empty());
    bench.traded(dec!(1010));
    bench.pass(60);
    assert_eq!(bench.sizes(id), [dec!(1)]);
    bench.fill_children(id);
    // The figure is smaller: it begins anew, and what it says so far is its base.
    bench.traded(dec!(3));
    bench.pass(60);
    assert_eq!(bench.sizes(id).len(), 1);
    bench.traded(dec!(8));
    bench.pass(60);
    assert_eq!(bench.sizes(id), [dec!(1), dec!(0.5)]);
    bench.fill_children(id);
    bench.traded(dec!(5000));
    bench.pass(60);
    assert_eq!(bench.sizes(id).last(), Some(&dec!(1)));
    bench.fill_children(id);
    assert_eq!(bench.order(id).status, Status::Filled);
}

#[test]
fn any_plan_keeps_to_its_share_of_the_traded_volume() {
    let mut bench = Bench::new();
    let twap = Algorithm {
        participation: Some(dec!(0.5)),
        ..plan(AlgorithmKind::Twap, 240, Some(4))
    };
    let id = bench.place(buy(dec!(1.2), twap));
    assert!(bench.sizes(id).is_empty());
    bench.traded(dec!(0.4));
    bench.pass(60);
    // 0.6 are due, half of 0.4 is allowed.
    assert_eq!(bench.sizes(id), [dec!(0.2)]);
}

#[test]
fn an_iceberg_shows_its_part_and_refills_it_when_it_is_filled() {
    let mut bench = Bench::new();
    let iceberg = Algorithm {
        display: Some(dec!(0.3)),
        ..plan(AlgorithmKind::Iceberg, 600, None)
    };
    let request = OrderRequest {
        kind: Kind::Limit,
        price: Some(dec!(99)),
        ..buy(dec!(1), iceberg)
    };
    let id = bench.place(request);
    for filled in [dec!(0.3), dec!(0.6), dec!(0.9)] {
        let shown = bench.live(id);
        assert_eq!((shown.len(), shown[0].price), (1, Some(dec!(99))));
        bench.accept(shown[0].id);
        // A part of it is no reason to show more.
        bench.fill(shown[0].id, dec!(0.1), dec!(99));
        assert_eq!(bench.live(id)[0].id, shown[0].id);
        bench.fill(shown[0].id, dec!(0.2), dec!(99));
        assert_eq!(bench.order(id).filled, filled);
    }
    bench.fill_children(id);
    assert_eq!(
        bench.sizes(id),
        [dec!(0.3), dec!(0.3), dec!(0.3), dec!(0.1)]
    );
    assert_eq!(bench.order(id).status, Status::Filled);
    bench.folds();
}

#[test]
fn a_remainder_the_venue_would_not_take_joins_the_last_child() {
    let mut bench = Bench::new();
    let iceberg = Algorithm {
        display: Some(dec!(0.25)),
        ..plan(AlgorithmKind::Iceberg, 600, None)
    };
    let request = OrderRequest {
        kind: Kind::Limit,
        price: Some(dec!(100)),
        ..buy(dec!(0.503), iceberg)
    };
    let id = bench.place(request);
    bench.fill_children(id);
    // 0.003 would be worth 0.30: less than 0.5.
    bench.fill_children(id);
    assert_eq!(bench.sizes(id), [dec!(0.25), dec!(0.253)]);
    assert_eq!(bench.order(id).status, Status::Filled);
}

#[test]
fn a_passive_order_rests_at_the_touch_follows_it_in_steps_and_crosses_when_late() {
    let mut bench = Bench::new();
    bench.touch(dec!(99.9), dec!(100), dec!(100.1));
    let id = bench.place(buy(dec!(1), plan(AlgorithmKind::Passive, 100, None)));
    let child = bench.live(id)[0].clone();
    assert_eq!(child.price, Some(dec!(99.9)));
    assert!(child.request.post_only && child.request.kind == Kind::Limit);
    bench.accept(child.id);
    bench.touch(dec!(100), dec!(100.1), dec!(100.2));
    bench.ask(Command::Tick);
    assert_eq!(
        bench.order(child.id).price,
        Some(dec!(99.9)),
        "within a second"
    );
    bench.pass(1);
    assert_eq!(bench.order(child.id).price, Some(dec!(100)));
    let records = bench.history.len();
    bench.pass(1);
    bench.pass(1);
    assert_eq!(
        bench.history.len(),
        records,
        "nothing moved, nothing is written"
    );
    bench.fill(child.id, dec!(0.4), dec!(100));
    bench.pass(77);
    assert!(bench.order(child.id).cancel.is_some(), "late at 80 s");
    assert_eq!(bench.live(id).len(), 1);
    bench.cancelled(child.id);
    let crossing = bench.live(id)[0].clone();
    assert_eq!(
        (crossing.request.kind, crossing.quantity),
        (Kind::Market, dec!(0.6))
    );
    bench.fill_children(id);
    assert_eq!(bench.order(id).status, Status::Filled);
    assert_eq!(bench.state.next_due(), None);
    bench.folds();
}

#[test]
fn a_held_order_sends_nothing_and_goes_on_over_the_time_that_is_left() {
    let mut bench = Bench::new();
    let id = bench.place(buy(dec!(1.2), plan(AlgorithmKind::Twap, 240, Some(4))));
    bench.fill_children(id);
    bench.pass(30);
    bench.hold(id, SliceAction::Pause);
    bench.pass(90);
    assert_eq!(bench.sizes(id).len(), 1);
    bench.hold(id, SliceAction::Resume);
    // Two minutes are left for 0.9.
    bench.fill_children(id);
    bench.pass(60);
    bench.fill_children(id);
    assert_eq!(bench.sizes(id), [dec!(0.3), dec!(0.45), dec!(0.45)]);
    assert_eq!(bench.order(id).status, Status::Filled);
    assert_eq!(bench.order(id).updated_at, NOON + 180_000);
}

#[test]
fn the_report_measures_the_fills_against_the_market() {
    let mut bench = Bench::new();
    let id = bench.place(buy(dec!(1), plan(AlgorithmKind::Twap, 120, Some(2))));
    bench.fill(bench.live(id)[0].id, dec!(0.5), dec!(100));
    bench.now = bench.now.plus_s(60);
    bench.price(dec!(102));
    bench.traded(dec!(10));
    bench.ask(Command::Tick);
    assert_eq!(
        bench
            .slicing(id)
            .planned(bench.order(id), dec!(0.1), bench.now),
        dec!(1)
    );
    assert_eq!(bench.order(id).done(), dec!(0.5));
    bench.now = bench.now.plus_s(30);
    bench.price(dec!(104));
    bench.traded(dec!(40));
    bench.fill(bench.live(id)[0].id, dec!(0.5), dec!(102));
    let (order, slicing) = (bench.order(id), bench.slicing(id));
    // (101 × 60 + 103 × 30) ÷ 90 and (101 × 10 + 103 × 30) ÷ 40.
    assert_eq!(slicing.market_twap(), Some(dec!(101.66666667)));
    assert_eq!(slicing.market_vwap(), Some(dec!(102.5)));
    assert_eq!(slicing.arrival, dec!(100));
    assert_eq!(order.average_price(), Some(dec!(101)));
    assert_eq!(slicing.slippage_bps(order), Some(dec!(100)));
    assert_eq!(slicing.children, 2);
}
