//! Which plans are refused, by which rule, with which limit and value.

use super::*;
use crate::core::order::TimeInForce;

#[test]
fn a_plan_that_cannot_be_carried_out_is_refused_with_its_limit_and_value() {
    let twap = || plan(AlgorithmKind::Twap, 60, None);
    let iceberg = |display| Algorithm {
        display: Some(display),
        ..plan(AlgorithmKind::Iceberg, 60, None)
    };
    let limit = |plan| OrderRequest {
        kind: Kind::Limit,
        price: Some(dec!(100)),
        ..buy(dec!(1), plan)
    };
    let share = |participation| {
        buy(
            dec!(1),
            Algorithm {
                participation: Some(participation),
                ..twap()
            },
        )
    };
    let trigger = |kind| OrderRequest {
        kind,
        stop_price: Some(dec!(101)),
        ..buy(dec!(1), twap())
    };
    let ioc = OrderRequest {
        time_in_force: TimeInForce::Ioc,
        ..buy(dec!(1), twap())
    };
    let cases = [
        (
            buy(dec!(1), plan(AlgorithmKind::Twap, 0, None)),
            "ORDER_INVALID",
            "0",
        ),
        (
            buy(dec!(1), plan(AlgorithmKind::Twap, 604_801, None)),
            "ORDER_INVALID",
            "604801",
        ),
        (
            buy(dec!(1), plan(AlgorithmKind::Twap, 60, Some(0))),
            "ORDER_INVALID",
            "0",
        ),
        (
            buy(dec!(1), plan(AlgorithmKind::Vwap, 60, Some(10_001))),
            "ORDER_INVALID",
            "10001",
        ),
        // 100 USD in 201 slices are less than 0.5 each: 200 fit.
        (
            buy(dec!(1), plan(AlgorithmKind::Twap, 60, Some(201))),
            "RISK_SIZE",
            "0.004975124378",
        ),
        (share(dec!(0)), "ORDER_INVALID", "0"),
        (share(dec!(1.01)), "ORDER_INVALID", "1.01"),
        (limit(iceberg(dec!(0))), "RISK_SIZE", "0"),
        (limit(iceberg(dec!(1.5))), "RISK_SIZE", "1.5"),
        (limit(iceberg(dec!(0.004))), "RISK_SIZE", "0.004"),
        (buy(dec!(1), iceberg(dec!(0.1))), "RISK_PRICE", "none"),
        (
            limit(plan(AlgorithmKind::Iceberg, 60, None)),
            "ORDER_INVALID",
            "none",
        ),
        (trigger(Kind::StopLoss), "ORDER_INVALID", "stop_loss"),
        (trigger(Kind::TakeProfit), "ORDER_INVALID", "take_profit"),
        (ioc, "ORDER_INVALID", "ioc"),
    ];
    for (request, code, value) in cases {
        let mut bench = Bench::new();
        let refusal = bench.refusal(request.clone());
        let said = (refusal.code.as_str(), refusal.value.as_deref());
        assert_eq!(said, (code, Some(value)), "{request:?}: {refusal:?}");
        assert!(refusal.limit.is_some(), "{refusal:?}");
        assert!(bench.state.orders.live.is_empty());
    }
    let mut bench = Bench::new();
    let many = buy(dec!(1), plan(AlgorithmKind::Twap, 60, Some(201)));
    assert!(bench.refusal(many).message.contains("200 slices fit"));
}

#[test]
fn only_a_live_sliced_order_is_held_and_a_part_is_not_amended() {
    let mut bench = Bench::new();
    let whole = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(1));
    let order = bench.place(whole);
    let action = SliceAction::Pause;
    let reply = bench.ask(Command::Slice { order, action });
    assert!(matches!(reply, Reply::Refused(r) if r.code == "ORDER_NOT_SLICED"));
    bench.pass(3);
    let id = bench.place(buy(dec!(2), plan(AlgorithmKind::Twap, 60, None)));
    let child = bench.live(id)[0].id;
    bench.accept(child);
    for order in [id, child] {
        let reply = bench.ask(Command::Amend {
            order,
            quantity: Some(dec!(1)),
            price: None,
            stop_price: None,
        });
        assert!(matches!(reply, Reply::Refused(r) if r.code == "ORDER_NOT_WORKING"));
    }
}
