//! The venue model itself: its matching, its accounts, and the watch on the wire.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::{Approved, Exchange, Link, Shared};
use crate::core::command::Report;
use crate::core::order::{Kind, OrderRequest, Purpose, Side, TimeInForce};
use crate::core::position::Amount;
use crate::core::{Symbol, Time};
use crate::gate::{Gate, How, Press};
use crate::sim::dice::Dice;
use crate::sim::fault::Weather;
use crate::venue::{Asked, Said, Venue, VenueError, VenueOrder};

struct Bench {
    exchange: Shared,
    link: Link,
    gate: Gate,
}

fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

impl Bench {
    /// A venue on which nothing goes wrong.
    fn calm() -> Self {
        let mut dice = Dice::new(1);
        let mut weather = Weather::of(0, &mut dice);
        weather.enforces_reduce_only = true;
        let opening = [("USDT".to_owned(), Amount(dec!(10000)))].into();
        let prices = [(btc(), dec!(40000))].into();
        let exchange = Exchange::open(Time(0), weather, dice, &opening, prices);
        let gate = Gate::new(0, false);
        let link = Link::connect(exchange.clone(), gate.clone());
        Self {
            exchange,
            link,
            gate,
        }
    }

    fn place(&mut self, id: &str, change: impl FnOnce(&mut VenueOrder)) -> Vec<Said> {
        let request = OrderRequest::new(btc(), Side::Buy, Kind::Market, dec!(0.01));
        let mut order = VenueOrder {
            client_order_id: id.into(),
            symbol: request.symbol,
            side: request.side,
            kind: request.kind,
            quantity: request.quantity,
            filled: Decimal::ZERO,
            price: None,
            stop_price: None,
            time_in_force: TimeInForce::Gtc,
            expires_at: None,
            post_only: false,
            reduce_only: false,
            submit_by: None,
        };
        change(&mut order);
        self.link.place(order, Time(0));
        self.pass()
    }

    fn approve(&self, id: &str) {
        let approved = Approved::new(Purpose::Entry);
        self.exchange.get().approved.insert(id.into(), approved);
    }

    fn pass(&mut self) -> Vec<Said> {
        for _ in 0..10 {
            let mut exchange = self.exchange.get();
            exchange.now = exchange.now + 1_000;
            exchange.settle();
        }
        self.link.said()
    }

    fn price(&mut self, price: Decimal) -> Vec<Said> {
        self.exchange.get().moves(btc(), price);
        self.pass()
    }
}

fn filled(said: &[Said]) -> Decimal {
    let of = |said: &Said| match said {
        Said::Order(_, Report::Filled(fill)) => Some(fill.quantity),
        _ => None,
    };
    said.iter().filter_map(of).sum()
}

#[test]
fn its_accounts_are_the_sum_of_its_fills() {
    let mut bench = Bench::calm();
    assert_eq!(filled(&bench.place("a", |_| {})), dec!(0.01));
    let exchange = bench.exchange.get();
    let fill = exchange.orders["a"].fills[0].clone();
    let held = exchange.balances_at(exchange.now);
    assert_eq!(held["BTC"], dec!(0.01));
    let paid = fill.price * fill.quantity + fill.fee;
    assert_eq!(held["USDT"], dec!(10000) - paid);
    assert_eq!(exchange.net(btc()), dec!(0.01));
    let before = Time(fill.time.0 - 1);
    assert_eq!(exchange.balances_at(before)["USDT"], dec!(10000));
}

#[test]
fn a_limit_waits_for_its_price_and_a_stop_for_its_trigger() {
    let mut bench = Bench::calm();
    let limit = |o: &mut VenueOrder| {
        o.kind = Kind::Limit;
        o.price = Some(dec!(39900));
    };
    assert_eq!(filled(&bench.place("limit", limit)), dec!(0));
    assert_eq!(filled(&bench.price(dec!(39950))), dec!(0));
    assert_eq!(filled(&bench.price(dec!(39800))), dec!(0.01));
    let stop = |o: &mut VenueOrder| {
        o.side = Side::Sell;
        o.kind = Kind::StopLoss;
        o.stop_price = Some(dec!(39000));
        o.reduce_only = true;
    };
    assert_eq!(filled(&bench.place("stop", stop)), dec!(0));
    assert_eq!(filled(&bench.price(dec!(38000))), dec!(0.01));
    let exchange = bench.exchange.get();
    let price = exchange.orders["stop"].fills[0].price;
    assert!(
        price < dec!(38000),
        "over a gap it fills behind it: {price}"
    );
    assert_eq!(exchange.net(btc()), dec!(0));
}

#[test]
fn where_it_looks_nothing_more_than_reduces() {
    let mut bench = Bench::calm();
    let sell = |o: &mut VenueOrder| {
        o.side = Side::Sell;
        o.reduce_only = true;
    };
    let said = bench.place("nothing", sell);
    let refused = |said: &Said| match said {
        Said::Order(_, Report::Rejected { .. }) => true,
        Said::Failed { asked, error, .. } => {
            *asked == Asked::Place && matches!(error, VenueError::Definitive(_))
        }
        _ => false,
    };
    assert!(said.iter().any(refused), "{said:?}");
    bench.place("in", |_| {});
    let said = bench.place("out", |o| {
        sell(o);
        o.quantity = dec!(0.03);
    });
    assert_eq!(filled(&said), dec!(0.01));
    assert_eq!(bench.exchange.get().net(btc()), dec!(0));
}

#[test]
fn what_may_not_leave_is_seen_on_the_wire() {
    let mut bench = Bench::calm();
    bench.place("unapproved", |_| {});
    assert_eq!(bench.exchange.get().violations.len(), 1);
    bench.approve("a");
    bench.place("a", |_| {});
    assert_eq!(bench.exchange.get().violations.len(), 1);
    bench.place("a", |_| {});
    assert_eq!(bench.exchange.get().violations.len(), 2, "sent twice");
    bench.gate.close(Press {
        by: "tester".parse().unwrap(),
        how: How::Key,
        reason: "why".into(),
    });
    bench.approve("b");
    bench.place("b", |_| {});
    assert_eq!(bench.exchange.get().violations.len(), 3, "after the close");
}
