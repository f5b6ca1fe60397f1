//! Orders that draw on a reservation made before: what they take, what goes back and to whom, and
//! who may.

#[path = "support/bench.rs"]
mod bench;

use bench::{Bench, btc, limit, name};
use pilothouse::core::command::{Press, Report};
use pilothouse::core::id::{OrderId, ReservationId, ServiceId};
use pilothouse::core::order::{Kind, OrderRequest, Side};
use pilothouse::core::reservation::{Class, ReserveItem, Resource, Standing};
use pilothouse::core::slicing::{Algorithm, AlgorithmKind};
use pilothouse::core::{Command, Event, Reply, State};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

fn capital(amount: Decimal, class: Class) -> ReserveItem {
    let agent = match class {
        Class::Deployment => "deployer",
        _ => "trader",
    };
    ReserveItem {
        resource: Resource::Capital,
        class: Some(class),
        amount,
        purpose: "a stage".into(),
        ttl_s: Some(3_600),
        agent: Some(name(agent)),
        strategy: None,
        sharpe: None,
    }
}

fn reserve(bench: &mut Bench, item: ReserveItem) -> ReservationId {
    let command = Command::Reserve {
        items: vec![item],
        key: None,
        wait: false,
    };
    match bench.ask("operator", command) {
        Reply::Reserved(grants) => grants[0].id,
        other => panic!("{other:?}"),
    }
}

fn held(bench: &mut Bench, amount: Decimal) -> ReservationId {
    reserve(bench, capital(amount, Class::Deployment))
}

fn buy(quantity: Decimal, draws: ReservationId) -> OrderRequest {
    OrderRequest {
        draws: Some(draws),
        ..limit(Side::Buy, quantity, dec!(45000))
    }
}

fn left(bench: &Bench, id: ReservationId) -> Decimal {
    bench.state.ledger.get(id).unwrap().amount.normalize()
}

/// What the order's own row has bound.
fn bound(bench: &Bench, order: OrderId) -> Decimal {
    let row = bench.order(order).reservation.unwrap();
    bench
        .state
        .ledger
        .get(row)
        .map_or(dec!(0), |r| r.amount.normalize())
}

fn cancelled(bench: &mut Bench, order: OrderId) {
    let reason = "on request".to_owned();
    bench.venue(order, Report::Cancelled { reason });
}

fn close(bench: &mut Bench, order: OrderId) {
    let position = bench.order(order).position.unwrap();
    let reason = "enough".to_owned();
    let command = Command::Close {
        position,
        limit: None,
        reason,
    };
    bench.ask("operator", command);
    let open = &bench.state.positions.open[&position];
    let (quantity, exit) = (open.quantity, open.closing.as_ref().unwrap().order.unwrap());
    bench.open(exit);
    bench.fill(exit, dec!(45000), quantity);
    assert!(!bench.state.positions.open.contains_key(&position));
}

fn hardstop(bench: &mut Bench) {
    let press = Press {
        by: name("operator"),
        how: "key".into(),
        reason: "a test".into(),
    };
    let command = Command::GateSeen {
        epoch: 1,
        presses: 1,
        notes: vec![press],
    };
    bench.ask("gate", command);
}

#[test]
fn an_order_takes_what_it_binds_out_of_the_reservation_and_not_of_the_pool() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(1000));
    let free = bench.state.ledger.available_capital();
    let order = bench.place(buy(dec!(0.01), source));
    // 450 and the fee of 0.26 %.
    assert_eq!(bound(&bench, order), dec!(451.17));
    assert_eq!(left(&bench, source), dec!(548.83));
    assert_eq!(bench.state.ledger.available_capital(), free);
    let row = bench.state.ledger.get(source).unwrap();
    assert_eq!(row.granted(), dec!(1000));
    assert_eq!(
        row.expires_at,
        Some(row.created_at.plus_s(3_600)),
        "its time runs on"
    );
    bench.check_fold();
}

#[test]
fn two_orders_share_one_reservation_down_to_nothing() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(902.34));
    let first = bench.place(buy(dec!(0.01), source));
    bench.now = bench.now + 5_000;
    bench.price(dec!(45000));
    let more = Command::Place(Box::new(buy(dec!(0.011), source)));
    match bench.ask("operator", more) {
        Reply::Refused(refusal) => {
            assert_eq!(refusal.code, "RISK_CAPITAL");
            assert_eq!(refusal.limit.as_deref(), Some("451.17"));
            assert_eq!(refusal.value.as_deref(), Some("496.287"));
        }
        other => panic!("{other:?}"),
    }
    let second = bench.place(buy(dec!(0.01), source));
    assert_eq!(left(&bench, source), dec!(0));
    let row = bench.state.ledger.get(source).unwrap();
    assert_eq!(row.standing, Standing::Held);
    cancelled(&mut bench, first);
    assert_eq!(left(&bench, source), dec!(451.17));
    cancelled(&mut bench, second);
    assert_eq!(left(&bench, source), dec!(902.34));
    bench.check_fold();
}

#[test]
fn what_a_fill_does_not_need_goes_back_and_the_rest_when_the_position_closes() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(1000));
    let free = bench.state.ledger.held_capital(None) + bench.state.ledger.bound_capital(None);
    let order = bench.place(OrderRequest {
        service: Some(ServiceId(7)),
        ..buy(dec!(0.01), source)
    });
    bench.open(order);
    bench.fill(order, dec!(45000), dec!(0.004));
    assert_eq!(left(&bench, source), dec!(548.83), "until it ends");
    cancelled(&mut bench, order);
    // 180 and its fee stay with the position.
    assert_eq!(bound(&bench, order), dec!(180.468));
    assert_eq!(left(&bench, source), dec!(819.532));
    let position = bench.order(order).position.unwrap();
    let open = bench.state.positions.get(position).unwrap();
    assert_eq!(open.service, Some(ServiceId(7)));
    close(&mut bench, order);
    assert_eq!(left(&bench, source), dec!(1000));
    let taken = bench.state.ledger.held_capital(None) + bench.state.ledger.bound_capital(None);
    assert_eq!(taken, free, "none of it was ever the pool's");
    bench.check_fold();
}

/// One way in which a reservation ends.
type End = fn(&mut Bench, ReservationId);

/// However the reservation ends meanwhile: what lives on it keeps what it bound, and gives it back
/// to the pool.
#[test]
fn what_lives_on_a_reservation_outlives_it() {
    let ends: [(End, Standing); 4] = [
        (
            |bench, _| {
                bench.now = bench.now + 3_600_000;
                bench.price(dec!(45000));
                bench.ask("clock", Command::Tick);
            },
            Standing::Expired,
        ),
        (|bench, _| hardstop(bench), Standing::Cancelled),
        (
            |bench, id| {
                bench.ask("deployer", Command::Release { id });
            },
            Standing::Released,
        ),
        (
            |bench, _| {
                // All that is free, and what is left of the reservation.
                let free = bench.state.ledger.available_capital();
                reserve(bench, capital(free + dec!(548), Class::Live));
            },
            Standing::Preempted,
        ),
    ];
    for (end, how) in ends {
        let mut bench = Bench::new();
        let source = held(&mut bench, dec!(1000));
        let order = bench.place(buy(dec!(0.01), source));
        bench.open(order);
        bench.fill(order, dec!(45000), dec!(0.004));
        end(&mut bench, source);
        assert_eq!(bench.state.ledger.ended(source), Some(how));
        assert_eq!(bound(&bench, order), dec!(451.17), "{how:?}");
        let free = bench.state.ledger.available_capital();
        cancelled(&mut bench, order);
        assert_eq!(bound(&bench, order), dec!(180.468), "{how:?}");
        close(&mut bench, order);
        assert_eq!(bound(&bench, order), dec!(0), "{how:?}");
        let bound = bench.state.ledger.bound_capital(None);
        assert_eq!(bound, dec!(0), "{how:?}");
        assert!(
            bench.state.ledger.available_capital() > free + dec!(440),
            "{how:?}"
        );
        bench.check_fold();
    }
}

#[test]
fn only_what_is_left_of_a_reservation_can_be_taken_from_it() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(1000));
    bench.place(buy(dec!(0.01), source));
    let free = bench.state.ledger.available_capital();
    let most = bench.state.ledger.reachable_capital(2);
    assert_eq!(most, free + dec!(548.83));
    let command = Command::Reserve {
        items: vec![capital(free + dec!(549), Class::Live)],
        key: None,
        wait: false,
    };
    assert_eq!(bench.refused(command), "RESERVE_CAPITAL");
    assert_eq!(left(&bench, source), dec!(548.83));
}

#[test]
fn a_fill_after_the_end_draws_again() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(1000));
    let order = bench.place(buy(dec!(0.01), source));
    bench.open(order);
    cancelled(&mut bench, order);
    assert_eq!(left(&bench, source), dec!(1000));
    bench.fill(order, dec!(45000), dec!(0.01));
    assert_eq!(left(&bench, source), dec!(548.83));
    close(&mut bench, order);
    assert_eq!(left(&bench, source), dec!(1000));
    bench.check_fold();
}

#[test]
fn a_higher_limit_draws_more_and_no_more_than_is_left() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(455));
    let order = bench.place(buy(dec!(0.01), source));
    bench.open(order);
    let amend = |price| Command::Amend {
        order,
        quantity: None,
        price: Some(price),
        stop_price: None,
    };
    bench.ask("operator", amend(dec!(45300)));
    assert_eq!(bound(&bench, order), dec!(454.1778));
    assert_eq!(left(&bench, source), dec!(0.8222));
    assert_eq!(bench.refused(amend(dec!(45500))), "RISK_CAPITAL");
    cancelled(&mut bench, order);
    assert_eq!(left(&bench, source), dec!(455));
    bench.check_fold();
}

/// A fill dearer than anybody expected takes what the reservation still has, then the pool's; the
/// pool gets its part back first.
#[test]
fn what_a_reservation_cannot_cover_is_the_pools_and_goes_back_there() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(452));
    let order = bench.place(buy(dec!(0.01), source));
    bench.open(order);
    bench.fill(order, dec!(46000), dec!(0.01));
    assert_eq!(bound(&bench, order), dec!(461.196));
    assert_eq!(left(&bench, source), dec!(0));
    close(&mut bench, order);
    assert_eq!(left(&bench, source), dec!(452));
    bench.check_fold();
}

#[test]
fn a_sliced_order_draws_once_and_its_parts_live_on_that() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(2000));
    let plan = Algorithm {
        kind: AlgorithmKind::Twap,
        duration_s: 60,
        participation: None,
        display: None,
        slices: Some(4),
        profile: Vec::new(),
    };
    let parent = bench.place(OrderRequest {
        algorithm: Some(plan),
        draws: Some(source),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.04))
    });
    let taken = bound(&bench, parent);
    assert!(taken > dec!(1800));
    assert_eq!(left(&bench, source), dec!(2000) - taken);
    let child = bench.state.children_of(parent).next().unwrap();
    assert_eq!(child.reservation, None);
    let child = child.id;
    bench.open(child);
    bench.fill(child, dec!(45000), dec!(0.01));
    let reason = "enough".to_owned();
    let order = parent;
    bench.ask("operator", Command::Cancel { order, reason });
    // A quarter of it: 450 and its fee.
    assert_eq!(left(&bench, source), dec!(2000) - dec!(451.17));
    close(&mut bench, parent);
    assert_eq!(left(&bench, source), dec!(2000));
    bench.check_fold();
}

#[test]
fn who_may_not_draw_is_told_why() {
    let mut bench = Bench::new();
    let of_alpha = ReserveItem {
        strategy: Some(name("alpha")),
        ..capital(dec!(500), Class::Live)
    };
    let alpha = reserve(&mut bench, of_alpha);
    let plain = held(&mut bench, dec!(500));
    let paper = reserve(&mut bench, capital(dec!(500), Class::Paper));
    let slots = reserve(
        &mut bench,
        ReserveItem {
            resource: Resource::Compute,
            ..capital(dec!(1), Class::Live)
        },
    );
    let order = bench.place(buy(dec!(0.001), plain));
    let own = bench.order(order).reservation.unwrap();
    let gone = reserve(&mut bench, capital(dec!(1), Class::Live));
    bench.ask("trader", Command::Release { id: gone });
    let unknown = ReservationId {
        at: pilothouse::core::Time(1_600_000_000_000),
        agent: name("nobody"),
        n: 0,
    };
    let beta = |draws| OrderRequest {
        strategy: Some(name("beta")),
        ..buy(dec!(0.002), draws)
    };
    let by_risk = |draws| OrderRequest {
        agent_id: Some(name("risk")),
        ..buy(dec!(0.002), draws)
    };
    for (request, code) in [
        (buy(dec!(0.002), alpha), "RESERVE_OWNED"),
        (beta(alpha), "RESERVE_OWNED"),
        (by_risk(plain), "RESERVE_OWNED"),
        (buy(dec!(0.002), paper), "RESERVE_CLASS"),
        (buy(dec!(0.002), slots), "RESERVE_CLASS"),
        (buy(dec!(0.002), own), "RESERVE_UNKNOWN"),
        (buy(dec!(0.002), gone), "RESERVE_UNKNOWN"),
        (buy(dec!(0.002), unknown), "RESERVE_UNKNOWN"),
        (buy(dec!(0.02), plain), "RISK_CAPITAL"),
    ] {
        let bound = bench.state.ledger.bound_capital(None);
        assert_eq!(
            bench.refused(Command::Place(Box::new(request.clone()))),
            code,
            "{request:?}"
        );
        assert_eq!(bench.state.ledger.bound_capital(None), bound);
    }
    for (agent, strategy, source) in [
        ("deployer", None, plain),
        ("trader", Some("beta"), plain),
        ("operator", Some("alpha"), alpha),
    ] {
        bench.now = bench.now + 5_000;
        bench.price(dec!(45000));
        let order = bench.place(OrderRequest {
            agent_id: Some(name(agent)),
            strategy: strategy.map(name),
            ..buy(dec!(0.001), source)
        });
        cancelled(&mut bench, order);
    }
    bench.check_fold();
}

#[test]
fn an_exit_draws_nothing() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(1000));
    let order = bench.place(buy(dec!(0.01), source));
    bench.open(order);
    bench.fill(order, dec!(45000), dec!(0.01));
    let before = left(&bench, source);
    let exit = bench.place(OrderRequest {
        draws: Some(source),
        ..OrderRequest::new(btc(), Side::Sell, Kind::Market, dec!(0.01))
    });
    assert_eq!(bench.order(exit).reservation, None);
    assert_eq!(left(&bench, source), before);
}

/// A process that died at any record and came back from what was written by then goes on as if it
/// had not.
#[test]
fn a_history_cut_anywhere_folds_to_rows_that_add_up() {
    let mut bench = Bench::new();
    let source = held(&mut bench, dec!(1000));
    let order = bench.place(buy(dec!(0.01), source));
    bench.open(order);
    bench.fill(order, dec!(45000), dec!(0.004));
    cancelled(&mut bench, order);
    close(&mut bench, order);
    let mut folded = State::default();
    for (seq, time, events) in &bench.history {
        folded.fold(*seq, *time, events);
        folded.ledger.check().unwrap();
        let bytes = minicbor::to_vec(&folded).unwrap();
        folded = minicbor::decode(&bytes).unwrap();
        for event in events {
            let bytes = minicbor::to_vec(event).unwrap();
            assert_eq!(minicbor::decode::<Event>(&bytes).unwrap(), *event);
        }
    }
    assert_eq!(folded, bench.state);
}
