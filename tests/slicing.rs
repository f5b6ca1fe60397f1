//! Sliced orders through the whole program: engine, desk and paper venue on a simulated market.

mod support;

use std::time::Duration;

use pilothouse::core::id::OrderId;
use pilothouse::core::order::{Kind, OrderRequest, Side, Status};
use pilothouse::core::slicing::{Algorithm, AlgorithmKind};
use pilothouse::core::{Command, Name, Reply, Symbol};
use pilothouse::engine::{Engine, FeedChoice, Lane, Speed};
use pilothouse::snapshot::{OrderRow, Snapshot};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use support::{options, wait_for};

fn place(engine: &Engine, request: OrderRequest) -> OrderId {
    let operator: Name = "operator".parse().unwrap();
    let command = Command::Place(Box::new(request));
    let outcome = engine.handle.submit(Lane::Normal, operator, command);
    match outcome.unwrap().reply {
        Reply::Order(id) => id,
        other => panic!("{other:?}"),
    }
}

fn row(snapshot: &Snapshot, id: OrderId) -> &OrderRow {
    let mut rows = snapshot.orders.items.iter();
    rows.find(|row| row.id == id).unwrap()
}

#[test]
fn twap_iceberg_and_passive_orders_fill_to_the_last_through_the_paper_venue() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), FeedChoice::Simulated);
    options.speed = Some(Speed::Times(60));
    // The crew looks on: entries of its own would be in the way.
    options.config.coordinator.mode = pilothouse::config::Mode::Guide;
    // Three plans begin at once.
    options.config.risk.organisation.orders_burst = 30;
    let engine = Engine::start(options).unwrap();
    let snapshot = engine.handle.fresh(Duration::from_secs(5));
    let symbols: Vec<Symbol> = snapshot.prices.iter().map(|p| p.symbol).collect();
    let price = |symbol: Symbol| {
        let row = snapshot.prices.iter().find(|p| p.symbol == symbol);
        row.unwrap().quote.last
    };
    let plan = |kind, duration_s, slices, display| Algorithm {
        kind,
        duration_s,
        participation: None,
        display,
        slices,
        profile: Vec::new(),
    };
    let order = |symbol: Symbol, kind, plan, usd: Decimal| OrderRequest {
        algorithm: Some(plan),
        ..OrderRequest::new(symbol, Side::Buy, kind, (usd / price(symbol)).round_dp(6))
    };
    let twap = place(
        &engine,
        order(
            symbols[0],
            Kind::Market,
            plan(AlgorithmKind::Twap, 60, Some(4), None),
            dec!(400),
        ),
    );
    let passive = place(
        &engine,
        order(
            symbols[1],
            Kind::Market,
            plan(AlgorithmKind::Passive, 60, None, None),
            dec!(300),
        ),
    );
    // Its limit lies above the market, so that every part finds a price.
    let mut iceberg = order(
        symbols[2],
        Kind::Limit,
        plan(AlgorithmKind::Iceberg, 600, None, None),
        dec!(300),
    );
    iceberg.price = Some((price(symbols[2]) * dec!(1.01)).round_dp(6));
    iceberg.algorithm.as_mut().unwrap().display = Some((iceberg.quantity / dec!(3)).round_dp(6));
    let iceberg = place(&engine, iceberg);
    let all = [twap, passive, iceberg];
    let snapshot = wait_for(&engine, |s| {
        all.iter().all(|id| row(s, *id).status.is_terminal())
    });
    for id in all {
        let parent = row(&snapshot, id);
        assert_eq!(parent.status, Status::Filled, "{parent:?}");
        assert_eq!(
            parent.venue_order_id, None,
            "a parent never goes to a venue"
        );
        let children = snapshot.orders.items.iter();
        let children: Vec<&OrderRow> = children.filter(|o| o.parent_id == Some(id)).collect();
        let filled: Decimal = children.iter().map(|c| c.filled).sum();
        assert_eq!(filled, parent.quantity, "{children:?}");
        assert!(children.iter().all(|c| c.status.is_terminal()));
        let slicing = parent.slicing.as_ref().unwrap();
        assert_eq!(slicing.children as usize, children.len());
        assert_eq!(slicing.done, dec!(1));
        assert!(slicing.twap.is_some() && slicing.slippage_bps.is_some());
        let position = snapshot.positions.items.iter();
        let held = position.filter(|p| Some(p.id) == parent.position_id);
        assert_eq!(held.map(|p| p.quantity).sum::<Decimal>(), parent.quantity);
    }
    assert_eq!(row(&snapshot, twap).slicing.as_ref().unwrap().children, 4);
    assert!(row(&snapshot, iceberg).slicing.as_ref().unwrap().children >= 3);
    engine.handle.shutdown();
    let over = engine.join().unwrap();
    assert_eq!(over.state.statistics.defects, 0);
    assert!(over.state.orders.sent <= over.state.orders.approved);
}
