//! Sliced orders by the core alone, with a venue that does as the test says.

mod always;
mod ends;
mod plans;
mod refusals;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::{Algorithm, AlgorithmKind, SliceAction, Slicing};
use crate::core::command::{Report, Start};
use crate::core::id::OrderId;
use crate::core::order::{Fill, Kind, Liquidity, Order, OrderRequest, Side, Status};
use crate::core::position::Amount;
use crate::core::{
    Command, Context, Event, Name, Quote, Quotes, Reply, Settings, State, Symbol, Time,
};

/// 12:00 UTC of some day.
const NOON: Time = Time(1_771_070_400_000);

fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn plan(kind: AlgorithmKind, duration_s: u32, slices: Option<u32>) -> Algorithm {
    Algorithm {
        kind,
        duration_s,
        participation: None,
        display: None,
        slices,
        profile: Vec::new(),
    }
}

fn buy(quantity: Decimal, plan: Algorithm) -> OrderRequest {
    OrderRequest {
        algorithm: Some(plan),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Market, quantity)
    }
}

struct Bench {
    state: State,
    quotes: Quotes,
    now: Time,
    fills: u64,
    history: Vec<(u64, Time, Vec<Event>)>,
}

impl Bench {
    /// 10,000 USDT and BTC at 100.
    fn new() -> Self {
        let mut bench = Self {
            state: State::default(),
            quotes: Quotes::default(),
            now: NOON,
            fills: 0,
            history: Vec::new(),
        };
        bench.price(dec!(100));
        let mut settings = Settings::of(&[btc()]);
        settings.schedules.clear();
        let start = Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
        };
        bench.ask(Command::Start(Box::new(start)));
        bench.ask(Command::Statement(Box::default()));
        bench
    }

    fn price(&mut self, last: Decimal) {
        self.touch(last, last, last);
    }

    fn touch(&mut self, bid: Decimal, last: Decimal, ask: Decimal) {
        let traded = self.quotes.get(btc()).map(|q| q.traded);
        self.quote(Quote {
            last,
            bid,
            ask,
            time: self.now,
            bar_ms: 0,
            traded: traded.unwrap_or_default(),
        });
    }

    fn quote(&mut self, quote: Quote) {
        self.quotes.set(btc(), quote);
    }

    /// The feed's figure of what was traded.
    fn traded(&mut self, traded: Decimal) {
        let quote = *self.quotes.get(btc()).unwrap();
        self.quote(Quote { traded, ..quote });
    }

    fn ask(&mut self, command: Command) -> Reply {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name("operator"), &command);
        self.state.ledger.check().unwrap();
        if !decision.events.is_empty() {
            self.history
                .push((self.state.seq, self.state.time, decision.events));
        }
        decision.reply
    }

    /// Lets time pass; the price stays, and stays fresh.
    fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_s(seconds);
        self.refresh();
        self.ask(Command::Tick);
    }

    fn refresh(&mut self) {
        let quote = *self.quotes.get(btc()).unwrap();
        self.quote(Quote {
            time: self.now,
            ..quote
        });
    }

    fn place(&mut self, request: OrderRequest) -> OrderId {
        match self.ask(Command::Place(Box::new(request))) {
            Reply::Order(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn report(&mut self, id: OrderId, report: Report) {
        let client_order_id = self.order(id).client_order_id.clone();
        self.ask(Command::Venue {
            client_order_id,
            report,
        });
    }

    fn accept(&mut self, id: OrderId) {
        let venue_id = format!("V-{id}");
        self.report(id, Report::Accepted { venue_id });
    }

    fn fill(&mut self, id: OrderId, quantity: Decimal, price: Decimal) {
        self.fills += 1;
        self.report(
            id,
            Report::Filled(Fill {
                execution_id: format!("x{}", self.fills),
                time: self.now,
                price,
                quantity,
                fee: dec!(0.01),
                liquidity: Liquidity::Taker,
            }),
        );
    }

    /// Fills what lives of an order's children, at the last price.
    fn fill_children(&mut self, parent: OrderId) {
        let price = self.quotes.get(btc()).unwrap().last;
        for child in self.live(parent) {
            self.fill(child.id, child.remaining(), price);
        }
    }

    fn cancelled(&mut self, id: OrderId) {
        let reason = "cancelled on request".into();
        self.report(id, Report::Cancelled { reason });
    }

    fn order(&self, id: OrderId) -> &Order {
        self.state.orders.get(id).unwrap()
    }

    fn slicing(&self, id: OrderId) -> &Slicing {
        self.order(id).slicing.as_deref().unwrap()
    }

    fn live(&self, parent: OrderId) -> Vec<Order> {
        self.state.children_of(parent).cloned().collect()
    }

    /// Every child so far, oldest first.
    fn children(&self, parent: OrderId) -> Vec<Order> {
        let orders = &self.state.orders;
        let all = orders.ended.iter().chain(orders.live.values());
        let mut children: Vec<_> = all.filter(|o| o.parent == Some(parent)).cloned().collect();
        children.sort_by_key(|o| o.id);
        children
    }

    fn sizes(&self, parent: OrderId) -> Vec<Decimal> {
        self.children(parent).iter().map(|o| o.quantity).collect()
    }

    fn hold(&mut self, order: OrderId, action: SliceAction) {
        self.ask(Command::Slice { order, action });
    }

    fn stop(&mut self) {
        self.ask(Command::GateSeen {
            epoch: 1,
            presses: 1,
            notes: Vec::new(),
        });
    }

    fn refusal(&mut self, request: OrderRequest) -> crate::core::Refusal {
        match self.ask(Command::Place(Box::new(request))) {
            Reply::Refused(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Folding the events again gives the same state.
    fn folds(&self) {
        let mut again = State::default();
        for (seq, time, events) in &self.history {
            again.fold(*seq, *time, events);
        }
        assert_eq!(again, self.state);
    }
}
