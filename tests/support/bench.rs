//! A core with its clock and its prices in hand, and a venue that says what it is told to.

use std::collections::BTreeMap;

use pilothouse::core::command::{Report, Start};
use pilothouse::core::id::OrderId;
use pilothouse::core::order::{Fill, Kind, Liquidity, Order, OrderRequest, Side};
use pilothouse::core::position::Amount;
use pilothouse::core::{
    Command, Context, Event, Name, Quote, Quotes, Reply, Settings, State, Symbol, Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

pub struct Bench {
    pub state: State,
    pub quotes: Quotes,
    pub now: Time,
    pub history: Vec<(u64, Time, Vec<Event>)>,
    executions: u32,
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

pub fn limit(side: Side, quantity: Decimal, price: Decimal) -> OrderRequest {
    OrderRequest {
        price: Some(price),
        ..OrderRequest::new(btc(), side, Kind::Limit, quantity)
    }
}

impl Bench {
    /// BTC/USDT at 45,000, an account of 10,000 USDT.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same with other limits.
    pub fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::of(&[btc()]);
        adjust(&mut settings);
        let mut bench = Self {
            state: State::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            history: Vec::new(),
            executions: 0,
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
        bench
    }

    pub fn price(&mut self, last: Decimal) {
        let quote = Quote {
            last,
            bid: last,
            ask: last,
            time: self.now,
            bar_ms: 0,
            traded: Decimal::ZERO,
        };
        self.quotes.set(btc(), quote);
    }

    pub fn ask(&mut self, actor: &str, command: Command) -> Reply {
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

    pub fn refused(&mut self, command: Command) -> String {
        match self.ask("operator", command) {
            Reply::Refused(refusal) => refusal.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub fn place(&mut self, request: OrderRequest) -> OrderId {
        match self.ask("operator", Command::Place(Box::new(request))) {
            Reply::Order(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub fn order(&self, id: OrderId) -> &Order {
        self.state.orders.get(id).unwrap()
    }

    pub fn venue(&mut self, id: OrderId, report: Report) {
        let client_order_id = self.order(id).client_order_id.clone();
        let command = Command::Venue {
            client_order_id,
            report,
        };
        self.ask("venue", command);
    }

    pub fn open(&mut self, id: OrderId) {
        let venue_id = "V".into();
        self.venue(id, Report::Accepted { venue_id });
    }

    pub fn fill(&mut self, id: OrderId, price: Decimal, quantity: Decimal) {
        self.executions += 1;
        let fill = Fill {
            execution_id: format!("X{}", self.executions),
            time: self.now,
            price,
            quantity,
            fee: price * quantity * dec!(0.0026),
            liquidity: Liquidity::Taker,
        };
        self.venue(id, Report::Filled(fill));
    }

    /// Folding every event again gives the same state.
    pub fn check_fold(&self) {
        let mut folded = State::default();
        for (seq, time, events) in &self.history {
            folded.fold(*seq, *time, events);
        }
        assert_eq!(folded, self.state);
    }
}
