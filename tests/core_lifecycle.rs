//! One order from request to the end of its position, by the core alone: what is bound, what is
//! protected, what is booked — and that folding the events again gives the same state.

use std::collections::BTreeMap;

use pilothouse::core::command::{Answer, Letter, Report, Start};
use pilothouse::core::id::{OrderId, PositionId, ReservationId};
use pilothouse::core::message::{Bias, MessageKind, Payload, Priority, SentimentUpdate, Topic};
use pilothouse::core::order::{Fill, Kind, Liquidity, OrderRequest, Purpose, Side, Status};
use pilothouse::core::position::{Amount, CloseReason};
use pilothouse::core::reservation::{Class, ReserveItem, Resource, Standing};
use pilothouse::core::risk::Limits;
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{
    Command, Context, Event, Name, Quote, Quotes, Released, Reply, Settings, State, Symbol, Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

/// A core with its clock and prices in hand.
struct Bench {
    state: State,
    quotes: Quotes,
    now: Time,
    history: Vec<(u64, Time, Vec<Event>)>,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

impl Bench {
    fn new() -> Self {
        Self::with(Settings::of(&[btc()]))
    }

    fn with(settings: Settings) -> Self {
        let mut bench = Self {
            state: State::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            history: Vec::new(),
        };
        bench.price(dec!(45000));
        let start = Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
        };
        bench.ask("engine", Command::Start(Box::new(start)));
        bench.ask("engine", Command::Statement(Box::default()));
        assert_eq!(bench.state.mode(), Mode::Running);
        bench
    }

    fn price(&mut self, last: Decimal) {
        let quote = Quote {
            last,
            bid: last,
            ask: last,
            time: self.now,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        };
        self.quotes.set(btc(), quote);
    }

    fn ask(&mut self, actor: &str, command: Command) -> Reply {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name(actor), &command);
        self.state.ledger.check().unwrap();
        if !decision.events.is_empty() {
            self.history
                .push((self.state.seq, self.state.time, decision.events));
        }
        decision.reply
    }

    /// Many at once, the sums looked at afterwards.
    fn ask_often(&mut self, times: usize, command: &Command) {
        for _ in 0..times {
            let context = Context {
                now: self.now,
                quotes: &self.quotes,
            };
            let decision = self.state.handle(&context, name("trader"), command);
            self.history
                .push((self.state.seq, self.state.time, decision.events));
        }
        self.state.ledger.check().unwrap();
    }

    fn refused(&mut self, command: Command) -> String {
        match self.ask("operator", command) {
            Reply::Refused(refusal) => refusal.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn buy(&mut self, quantity: Decimal) -> OrderId {
        let request = OrderRequest {
            stop: Some(dec!(44000)),
            target: Some(dec!(47000)),
            ..OrderRequest::new(btc(), Side::Buy, Kind::Market, quantity)
        };
        match self.ask("operator", Command::Place(Box::new(request))) {
            Reply::Order(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn venue(&mut self, id: OrderId, report: Report) {
        let client_order_id = format!("ph-{}", id.0);
        self.ask(
            "venue",
            Command::Venue {
                client_order_id,
                report,
            },
        );
    }

    fn fill(&mut self, id: OrderId, execution: &str, price: Decimal, quantity: Decimal) {
        let fill = Fill {
            execution_id: execution.into(),
            time: self.now,
            price,
            quantity,
            fee: price * quantity * dec!(0.0026),
            liquidity: Liquidity::Taker,
        };
        self.venue(id, Report::Filled(fill));
    }

    fn only_position(&self) -> PositionId {
        *self.state.positions.open.keys().next().unwrap()
    }

    fn live(&self, purpose: Purpose) -> Option<OrderId> {
        self.state
            .orders
            .live
            .values()
            .find(|o| o.purpose == purpose)
            .map(|o| o.id)
    }

    fn folds_to_the_same_state(&self) {
        let mut again = State::default();
        for (seq, time, events) in &self.history {
            again.fold(*seq, *time, events);
        }
        assert_eq!(again, self.state);
        let bytes = minicbor::to_vec(&self.state).unwrap();
        assert_eq!(minicbor::decode::<State>(&bytes).unwrap(), self.state);
    }
}

#[test]
fn an_entry_is_bound_filled_protected_and_closed_by_its_target() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.05));
    let bound = bench.state.ledger.bound_capital(Some(Class::Live));
    // 0.05 × 45,000 × 1.0005 worst price, and 0.26 % fee on it.
    assert_eq!(bound.normalize(), dec!(2256.977925));
    bench.venue(entry, Report::Submitted);
    bench.venue(
        entry,
        Report::Accepted {
            venue_id: "P-1".into(),
        },
    );
    bench.fill(entry, "e1", dec!(45010), dec!(0.02));
    let position = bench.only_position();
    let (stop, target) = (
        bench.live(Purpose::Stop).unwrap(),
        bench.live(Purpose::Target).unwrap(),
    );
    assert_eq!(bench.state.orders.live[&stop].quantity, dec!(0.02));
    bench.fill(entry, "e2", dec!(45020), dec!(0.03));
    bench.fill(entry, "e2", dec!(45020), dec!(0.03));
    assert_eq!(bench.state.positions.open[&position].quantity, dec!(0.05));
    assert_eq!(bench.state.orders.live[&stop].quantity, dec!(0.05));
    assert!(!bench.state.is_protected(position));
    for id in [stop, target] {
        bench.venue(
            id,
            Report::Accepted {
                venue_id: format!("P-{id}"),
            },
        );
    }
    assert!(bench.state.is_protected(position));
    let filled = dec!(45010) * dec!(0.02) + dec!(45020) * dec!(0.03);
    let held = bench.state.ledger.bound_capital(None);
    assert_eq!(held.normalize(), (filled * dec!(1.0026)).normalize());
    bench.fill(target, "t1", dec!(47000), dec!(0.05));
    assert!(bench.state.orders.live[&stop].cancel.is_some());
    bench.venue(
        stop,
        Report::Cancelled {
            reason: "asked".into(),
        },
    );
    assert!(bench.state.positions.open.is_empty() && bench.state.orders.live.is_empty());
    assert_eq!(bench.state.ledger.bound_capital(None), dec!(0));
    let closed = bench.state.positions.get(position).unwrap();
    assert_eq!(closed.close_reason, Some(CloseReason::TakeProfit));
    let gain = dec!(47000) * dec!(0.05) - filled;
    let fees = (dec!(47000) * dec!(0.05) + filled) * dec!(0.0026);
    assert_eq!(closed.realised().normalize(), (gain - fees).normalize());
    let cash = bench.state.account.balances["USDT"].0;
    assert_eq!(cash.normalize(), (dec!(10000) + gain - fees).normalize());
    bench.folds_to_the_same_state();
}

#[test]
fn closing_moves_the_pair_out_of_the_way_before_it_sells() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.05));
    bench.fill(entry, "e1", dec!(45000), dec!(0.05));
    let position = bench.only_position();
    let (stop, target) = (
        bench.live(Purpose::Stop).unwrap(),
        bench.live(Purpose::Target).unwrap(),
    );
    let sell = OrderRequest {
        reduce_only: true,
        ..OrderRequest::new(btc(), Side::Sell, Kind::Market, dec!(0.05))
    };
    assert_eq!(bench.refused(Command::Place(Box::new(sell))), "RISK_SIZE");
    let close = Command::Close {
        position,
        limit: None,
        reason: String::new(),
    };
    assert_eq!(bench.ask("operator", close), Reply::Closing(position, None));
    bench.venue(
        stop,
        Report::Cancelled {
            reason: "asked".into(),
        },
    );
    assert_eq!(bench.live(Purpose::Exit), None);
    // The target filled in part while it was being cancelled: only the rest is sold.
    bench.fill(target, "t1", dec!(47000), dec!(0.02));
    bench.venue(
        target,
        Report::Cancelled {
            reason: "asked".into(),
        },
    );
    let exit = bench.live(Purpose::Exit).unwrap();
    assert_eq!(bench.state.orders.live[&exit].quantity, dec!(0.03));
    bench.fill(exit, "x1", dec!(45100), dec!(0.03));
    assert!(bench.state.positions.open.is_empty());
    bench.folds_to_the_same_state();
}

#[test]
fn hardstop_cancels_entries_keeps_stops_ends_reservations_and_clears_slowly() {
    let mut bench = Bench::new();
    let filled = bench.buy(dec!(0.01));
    bench.fill(filled, "e1", dec!(45000), dec!(0.01));
    let (stop, target) = (
        bench.live(Purpose::Stop).unwrap(),
        bench.live(Purpose::Target).unwrap(),
    );
    for id in [stop, target] {
        bench.venue(
            id,
            Report::Accepted {
                venue_id: format!("P-{id}"),
            },
        );
    }
    bench.now = bench.now + 10_000;
    bench.price(dec!(45000));
    let resting = OrderRequest {
        price: Some(dec!(44500)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Limit, dec!(0.01))
    };
    bench.ask("operator", Command::Place(Box::new(resting)));
    let resting = bench.live(Purpose::Entry).unwrap();
    bench.venue(
        resting,
        Report::Accepted {
            venue_id: "P-9".into(),
        },
    );
    let paper = reserve(Resource::Capital, dec!(20), "paper");
    let Reply::Reserved(ids) = bench.ask("operator", paper.clone()) else {
        panic!()
    };
    let seen = Command::GateSeen {
        epoch: 1,
        presses: 1,
        notes: Vec::new(),
    };
    bench.ask("gate", seen);
    assert_eq!(bench.state.mode(), Mode::Hardstopped);
    assert!(bench.state.orders.live[&resting].cancel.is_some());
    assert!(bench.state.orders.live[&stop].cancel.is_none());
    assert_eq!(
        bench.state.ledger.ended(ids[0].id),
        Some(Standing::Cancelled)
    );
    assert_eq!(bench.refused(paper), "RESERVE_STATE");
    let exit = reserve(Resource::Capital, dec!(5), "exit of position");
    assert!(matches!(bench.ask("trader", exit), Reply::Reserved(_)));
    assert_eq!(bench.refused(market_buy()), "RISK_STATE");
    let resume = Command::Resume {
        symbol: None,
        reason: "on".into(),
    };
    assert_eq!(bench.refused(resume.clone()), "HARDSTOP_ENGAGED");
    let clear = |since_press_ms, epoch| Command::Clear {
        epoch,
        reason: "looked at it".into(),
        presses: 1,
        since_press_ms,
    };
    assert_eq!(bench.refused(clear(6_000, 7)), "HARDSTOP_EPOCH");
    assert_eq!(bench.refused(clear(100, 1)), "HARDSTOP_JUST_PRESSED");
    assert_eq!(bench.refused(clear(6_000, 1)), "HARDSTOP_UNRESOLVED");
    bench.venue(
        resting,
        Report::Cancelled {
            reason: "asked".into(),
        },
    );
    assert_eq!(bench.ask("operator", clear(6_000, 1)), Reply::Done);
    assert_eq!(bench.state.mode(), Mode::ReduceOnly);
    assert_eq!(bench.ask("operator", resume), Reply::Done);
    assert_eq!(bench.state.mode(), Mode::Running);
    bench.folds_to_the_same_state();
}

fn market_buy() -> Command {
    Command::Place(Box::new(OrderRequest::new(
        btc(),
        Side::Buy,
        Kind::Market,
        dec!(0.01),
    )))
}

fn reserve(resource: Resource, amount: Decimal, purpose: &str) -> Command {
    Command::Reserve {
        items: vec![ReserveItem {
            resource,
            class: None,
            amount,
            purpose: purpose.into(),
            ttl_s: None,
            agent: None,
            strategy: None,
            sharpe: None,
        }],
        key: None,
        wait: false,
    }
}

#[test]
fn reservations_are_atomic_idempotent_bounded_and_end_by_themselves() {
    let mut bench = Bench::new();
    let live = reserve(Resource::Capital, dec!(20), "live_trade_strategy_123");
    let Reply::Reserved(ids) = bench.ask("operator", live.clone()) else {
        panic!()
    };
    assert_eq!(ids[0].id.to_string(), "trader_1771068213740");
    let Reply::Reserved(second) = bench.ask("operator", live.clone()) else {
        panic!()
    };
    assert_eq!(second[0].id.to_string(), "trader_1771068213740_1");
    let Command::Reserve { items, .. } = live else {
        panic!()
    };
    let keyed = |items: Vec<ReserveItem>| Command::Reserve {
        items,
        key: Some("k1".into()),
        wait: false,
    };
    let first = bench.ask("operator", keyed(items.clone()));
    assert_eq!(bench.ask("operator", keyed(items.clone())), first);
    let mut other = items.clone();
    other[0].amount = dec!(21);
    assert_eq!(bench.refused(keyed(other)), "IDEMPOTENCY_MISMATCH");
    assert_eq!(bench.state.ledger.held_capital(None), dec!(60));
    // All or nothing: the second item does not fit, so the first is not taken either.
    let Command::Reserve {
        items: too_much, ..
    } = reserve(Resource::Capital, dec!(9990), "live")
    else {
        panic!()
    };
    let both = Command::Reserve {
        items: [items, too_much].concat(),
        key: None,
        wait: false,
    };
    assert_eq!(bench.refused(both), "RESERVE_CAPITAL");
    assert_eq!(bench.state.ledger.held_capital(None), dec!(60));
    for _ in 0..3 {
        let slot = reserve(Resource::Compute, dec!(1), "backtest");
        assert!(matches!(bench.ask("optimizer", slot), Reply::Reserved(_)));
    }
    let fourth = reserve(Resource::Compute, dec!(1), "research");
    assert_eq!(bench.refused(fourth), "RESERVE_COMPUTE");
    let calls = |purpose| reserve(Resource::Api, dec!(540), purpose);
    assert!(matches!(
        bench.ask("trader", calls("live")),
        Reply::Reserved(_)
    ));
    let more = |purpose| reserve(Resource::Api, dec!(60), purpose);
    assert_eq!(bench.refused(more("live")), "RESERVE_API");
    assert!(matches!(
        bench.ask("trader", more("exit")),
        Reply::Reserved(_)
    ));
    for (bad, code) in [
        (
            reserve(Resource::Capital, dec!(-1), "live"),
            "RESERVE_INVALID",
        ),
        (
            reserve(Resource::Compute, dec!(0.5), "live"),
            "RESERVE_INVALID",
        ),
        (reserve(Resource::Capital, dec!(1), " "), "RESERVE_INVALID"),
    ] {
        assert_eq!(bench.refused(bad), code);
    }
    let release = |id: ReservationId| Command::Release { id };
    assert_eq!(
        bench.ask("operator", release(ids[0].id)),
        Reply::Released(Released::Released)
    );
    assert_eq!(
        bench.ask("operator", release(ids[0].id)),
        Reply::Released(Released::AlreadyReleased)
    );
    bench.now = bench.now.plus_s(3600);
    bench.price(dec!(45000));
    bench.ask("clock", Command::Tick);
    assert_eq!(bench.state.ledger.held_capital(None), dec!(0));
    assert_eq!(
        bench.ask("operator", release(second[0].id)),
        Reply::Released(Released::Expired)
    );
    let nobody = "trader_1000000000000".parse().unwrap();
    assert_eq!(
        bench.ask("operator", release(nobody)),
        Reply::Released(Released::Unknown)
    );
    bench.folds_to_the_same_state();
}

#[test]
fn the_gate_refuses_by_rule_limit_and_value_and_an_exit_meets_only_sanity() {
    let mut bench = Bench::new();
    let order = |f: &dyn Fn(&mut OrderRequest)| {
        let mut request = OrderRequest::new(btc(), Side::Buy, Kind::Limit, dec!(0.01));
        request.price = Some(dec!(45000));
        f(&mut request);
        Command::Place(Box::new(request))
    };
    type Change<'a> = &'a dyn Fn(&mut OrderRequest);
    let table: [(Change<'_>, &str); 10] = [
        (&|r| r.symbol = "ETH/USDT".parse().unwrap(), "RISK_SYMBOL"),
        (&|r| r.quantity = dec!(0), "RISK_SIZE"),
        (&|r| r.quantity = dec!(0.000000001), "RISK_SIZE"),
        (&|r| r.price = None, "RISK_PRICE"),
        (&|r| r.price = Some(dec!(46000)), "RISK_PRICE_COLLAR"),
        (&|r| r.stop = Some(dec!(46000)), "RISK_PRICE"),
        (&|r| r.quantity = dec!(0.06), "RISK_ORDER_VALUE"),
        (&|r| r.leverage = dec!(6), "RISK_LEVERAGE"),
        (&|r| r.quantity = dec!(0.00001), "RISK_SIZE"),
        (&|r| r.reduce_only = true, "RISK_SIZE"),
    ];
    for (change, code) in table {
        assert_eq!(bench.refused(order(change)), code);
    }
    bench.now = bench.now.plus_s(6);
    assert_eq!(bench.refused(order(&|_| ())), "RISK_STALE_PRICE");
    bench.price(dec!(45000));
    let Reply::Order(id) = bench.ask("operator", order(&|_| ())) else {
        panic!()
    };
    assert_eq!(bench.refused(order(&|_| ())), "RISK_DUPLICATE");
    bench.fill(id, "e1", dec!(45000), dec!(0.01));
    // Long without protection: selling more than is open would flip it.
    let sell = |quantity| {
        Command::Place(Box::new(OrderRequest::new(
            btc(),
            Side::Sell,
            Kind::Market,
            quantity,
        )))
    };
    assert_eq!(bench.refused(sell(dec!(0.02))), "RISK_OPPOSING_POSITION");
    let pause = Command::Pause {
        symbol: None,
        reason: "news".into(),
    };
    bench.ask("operator", pause);
    bench.now = bench.now.plus_s(60);
    assert_eq!(bench.refused(order(&|_| ())), "RISK_STATE");
    // The price is a minute old and trading is paused: the exit goes all the same.
    let Reply::Order(exit) = bench.ask("operator", sell(dec!(0.01))) else {
        panic!()
    };
    assert_eq!(bench.state.orders.live[&exit].purpose, Purpose::Exit);
    assert_eq!(bench.state.orders.live[&exit].status, Status::Pending);
    bench.folds_to_the_same_state();
}

#[test]
fn hardstop_over_many_reservations_stays_a_small_record_and_ends_them_all() {
    let mut bench = Bench::new();
    let cent = reserve(Resource::Capital, dec!(0.01), "live");
    bench.ask_often(10_000, &cent);
    let seen = Command::GateSeen {
        epoch: 1,
        presses: 1,
        notes: Vec::new(),
    };
    bench.ask("gate", seen);
    let (_, _, events) = bench.history.last().unwrap();
    assert!(minicbor::to_vec(events).unwrap().len() < 64 * 1024);
    let mut turns = 0;
    while bench.state.next_due().is_some_and(|at| at <= bench.now) {
        bench.ask("clock", Command::Tick);
        turns += 1;
    }
    assert!(turns <= 4, "{turns}");
    assert_eq!(bench.state.ledger.live_count(), 0);
    bench.folds_to_the_same_state();
}

#[test]
fn an_instruments_and_a_strategys_limits_are_narrower_than_the_organisations() {
    let mut settings = Settings::of(&[btc()]);
    let mut narrow = Limits::from(&settings.risk);
    narrow.max_order_value_usd = dec!(400);
    settings.narrower.instrument.insert(btc(), narrow.clone());
    narrow.max_order_value_usd = dec!(2500);
    narrow.max_exposure_usd = dec!(300);
    settings.narrower.strategy.insert(name("scalper"), narrow);
    let mut bench = Bench::with(settings);
    let order = |quantity, strategy: Option<&str>| {
        let mut request = OrderRequest::new(btc(), Side::Buy, Kind::Market, quantity);
        request.strategy = strategy.map(name);
        Command::Place(Box::new(request))
    };
    assert_eq!(bench.refused(order(dec!(0.01), None)), "RISK_ORDER_VALUE");
    let placed = bench.ask("operator", order(dec!(0.005), Some("scalper")));
    assert!(matches!(placed, Reply::Order(_)));
    bench.now = bench.now.plus_s(3);
    bench.price(dec!(45000));
    let again = order(dec!(0.005), Some("scalper"));
    assert_eq!(bench.refused(again), "RISK_EXPOSURE");
    let other = bench.ask("operator", order(dec!(0.005), None));
    assert!(matches!(other, Reply::Order(_)));
}

#[test]
fn drawdown_halts_and_closes_what_is_open_where_that_is_wanted() {
    let mut settings = Settings::of(&[btc()]);
    settings.close_on_breaker = true;
    settings.risk.daily_loss_usd = dec!(5000);
    let mut bench = Bench::with(settings);
    let mut request = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.05));
    request.leverage = dec!(5);
    let Reply::Order(id) = bench.ask("operator", Command::Place(Box::new(request))) else {
        panic!()
    };
    bench.fill(id, "e1", dec!(45000), dec!(0.05));
    bench.now = bench.now.plus_s(1);
    bench.price(dec!(24000));
    bench.ask("clock", Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Halted);
    let exit = bench.live(Purpose::Exit).expect("a closing order");
    bench.fill(exit, "x1", dec!(24000), dec!(0.05));
    assert!(bench.state.positions.open.is_empty());
    let resume = |reason: &str| Command::Resume {
        symbol: None,
        reason: reason.into(),
    };
    assert_eq!(bench.refused(resume("")), "REASON_MISSING");
    assert_eq!(bench.ask("operator", resume("looked at it")), Reply::Done);
    assert_eq!(bench.state.mode(), Mode::Running);
    bench.ask("clock", Command::Tick);
    assert_eq!(bench.state.mode(), Mode::Running);
    bench.folds_to_the_same_state();
}

#[test]
fn a_limit_close_can_be_replaced_and_dropped_and_protection_comes_back() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.05));
    bench.fill(entry, "e1", dec!(45000), dec!(0.05));
    let position = bench.only_position();
    let close = |limit| Command::Close {
        position,
        limit,
        reason: String::new(),
    };
    let cancelled = || Report::Cancelled {
        reason: "asked".into(),
    };
    bench.ask("operator", close(Some(dec!(45500))));
    for purpose in [Purpose::Stop, Purpose::Target] {
        let id = bench.live(purpose).unwrap();
        bench.venue(id, cancelled());
    }
    let limit = bench.live(Purpose::Exit).unwrap();
    assert!(!bench.state.is_protected(position));
    // The same wish at the market takes its place.
    bench.ask("operator", close(None));
    bench.venue(limit, cancelled());
    let market = bench.live(Purpose::Exit).unwrap();
    assert_eq!(bench.state.orders.live[&market].request.kind, Kind::Market);
    // The venue refuses it: the wish ends, stop and target come back, once.
    bench.venue(
        market,
        Report::Rejected {
            reason: "no".into(),
        },
    );
    assert!(bench.state.positions.open[&position].closing.is_none());
    assert_eq!(bench.live(Purpose::Exit), None);
    let stop = bench.live(Purpose::Stop).unwrap();
    bench.venue(
        stop,
        Report::Rejected {
            reason: "no".into(),
        },
    );
    assert_eq!(bench.live(Purpose::Stop), None);
    assert!(!bench.state.is_protected(position));
    bench.folds_to_the_same_state();
}

#[test]
fn what_fills_while_everything_is_being_closed_is_closed_too() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.05));
    bench.fill(entry, "e1", dec!(45000), dec!(0.02));
    let flatten = Command::Flatten {
        reason: "drill".into(),
    };
    bench.ask("operator", flatten);
    assert!(bench.state.orders.live[&entry].cancel.is_some());
    for purpose in [Purpose::Stop, Purpose::Target] {
        let id = bench.live(purpose).unwrap();
        bench.venue(
            id,
            Report::Cancelled {
                reason: "asked".into(),
            },
        );
    }
    let exit = bench.live(Purpose::Exit).unwrap();
    bench.fill(exit, "x1", dec!(45000), dec!(0.02));
    assert!(bench.state.positions.open.is_empty());
    bench.fill(entry, "e2", dec!(45000), dec!(0.03));
    let exit = bench.live(Purpose::Exit).expect("the rest is sold as well");
    assert_eq!(bench.state.orders.live[&exit].quantity, dec!(0.03));
    bench.fill(exit, "x2", dec!(45000), dec!(0.03));
    assert!(bench.state.positions.open.is_empty());
    bench.folds_to_the_same_state();
}

#[test]
fn absurd_numbers_and_other_peoples_topics_are_refused_and_nothing_breaks() {
    let mut bench = Bench::new();
    let absurd = |quantity| {
        Command::Place(Box::new(OrderRequest::new(
            btc(),
            Side::Buy,
            Kind::Market,
            quantity,
        )))
    };
    assert_eq!(bench.refused(absurd(Decimal::MAX)), "RISK_SIZE");
    let mut long = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.01));
    long.policy_version = Some("v".repeat(540_000));
    assert_eq!(
        bench.refused(Command::Place(Box::new(long))),
        "ORDER_INVALID"
    );
    let mut trigger = OrderRequest::new(btc(), Side::Buy, Kind::StopLoss, dec!(0.05));
    trigger.stop_price = Some(dec!(1));
    let trigger = Command::Place(Box::new(trigger));
    assert_eq!(bench.refused(trigger), "RISK_PRICE_COLLAR");
    let sentiment = |from: &str, confidence| {
        Command::Send(Box::new(Letter {
            from: Some(name(from)),
            to: None,
            topic: Some(Topic::SentimentUpdates),
            kind: MessageKind::Event,
            priority: Priority::Normal,
            subject: "s".into(),
            payload: Payload::Sentiment(SentimentUpdate {
                symbol: btc(),
                bias: Bias::Bullish,
                confidence,
            }),
            ttl_s: None,
            in_reply_to: None,
        }))
    };
    assert_eq!(
        bench.refused(sentiment("deployer", dec!(0.5))),
        "TOPIC_OWNED"
    );
    let loud = sentiment("sentiment_analysis", Decimal::MIN);
    assert_eq!(bench.refused(loud), "MESSAGE_INVALID");
    let fit = bench.ask("operator", sentiment("sentiment_analysis", dec!(0.5)));
    assert!(matches!(fit, Reply::Message(_)));
}

#[test]
fn the_loss_that_closes_the_last_position_still_stops_the_day() {
    let mut bench = Bench::new();
    let mut request = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.05));
    request.stop = Some(dec!(44000));
    let Reply::Order(id) = bench.ask("operator", Command::Place(Box::new(request))) else {
        panic!()
    };
    bench.fill(id, "e1", dec!(45000), dec!(0.05));
    let stop = bench.live(Purpose::Stop).unwrap();
    bench.now = bench.now.plus_s(60);
    bench.price(dec!(20000));
    bench.fill(stop, "s1", dec!(20000), dec!(0.05));
    bench.ask("clock", Command::Tick);
    let lost = bench
        .history
        .iter()
        .flat_map(|(_, _, events)| events)
        .any(|e| matches!(e, Event::DayLost { .. }));
    assert!(lost);
    assert_eq!(bench.state.mode(), Mode::Halted);
}

#[test]
fn a_start_without_the_price_of_what_is_held_is_refused() {
    let mut bench = Bench::new();
    let entry = bench.buy(dec!(0.01));
    bench.fill(entry, "e1", dec!(45000), dec!(0.01));
    let start = |symbols: &[Symbol], account: &str| {
        Command::Start(Box::new(Start {
            version: "test".into(),
            account: account.into(),
            feed: "other".into(),
            feed_hash: String::new(),
            settings: Settings::of(symbols),
            balances: BTreeMap::new(),
        }))
    };
    let eth: Symbol = "ETH/USDT".parse().unwrap();
    assert_eq!(bench.refused(start(&[eth], "paper")), "STATE_SYMBOLS");
    assert_eq!(bench.refused(start(&[btc()], "kraken")), "STATE_VENUE");
    assert_eq!(
        bench.ask("engine", start(&[btc(), eth], "paper")),
        Reply::Done
    );
    assert_eq!(bench.state.mode(), Mode::Recovering);
}

#[test]
fn an_agent_that_failed_gets_another_chance() {
    let mut bench = Bench::new();
    for _ in 0..2 {
        bench.ask("operator", Command::StartCycle { symbol: None });
        let message = *bench.state.bus.live.keys().next_back().unwrap();
        let answer = Answer::Failed("broken".into());
        bench.ask("trading_decision", Command::PhaseDone { message, answer });
    }
    let begin = Command::StartCycle { symbol: None };
    assert_eq!(bench.refused(begin.clone()), "CYCLE_MAY_NOT_START");
    bench.now = bench.now.plus_s(300);
    bench.price(dec!(45000));
    assert!(matches!(bench.ask("operator", begin), Reply::Cycle(_)));
}

#[test]
fn the_end_of_an_older_exit_does_not_drop_a_newer_close() {
    let mut bench = Bench::new();
    let plain = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.05));
    let Reply::Order(entry) = bench.ask("operator", Command::Place(Box::new(plain))) else {
        panic!()
    };
    bench.fill(entry, "e1", dec!(45000), dec!(0.05));
    let position = bench.only_position();
    let exit = OrderRequest {
        price: Some(dec!(45500)),
        reduce_only: true,
        ..OrderRequest::new(btc(), Side::Sell, Kind::Limit, dec!(0.05))
    };
    let Reply::Order(old) = bench.ask("operator", Command::Place(Box::new(exit))) else {
        panic!()
    };
    bench.ask(
        "operator",
        Command::Cancel {
            order: old,
            reason: "by hand".into(),
        },
    );
    bench.ask(
        "operator",
        Command::Flatten {
            reason: "drill".into(),
        },
    );
    bench.venue(
        old,
        Report::Cancelled {
            reason: "asked".into(),
        },
    );
    let market = bench.live(Purpose::Exit).expect("the close goes on");
    assert_eq!(bench.state.orders.live[&market].request.kind, Kind::Market);
    bench.fill(market, "x1", dec!(45000), dec!(0.05));
    assert!(
        bench
            .state
            .positions
            .get(position)
            .unwrap()
            .closed_at
            .is_some()
    );
    bench.folds_to_the_same_state();
}
