//! A core with its clock and prices in hand, and a venue's word in words.

use std::collections::BTreeMap;

use pilothouse::core::command::{Report, Start, Statement, VenueSaid};
use pilothouse::core::id::{OrderId, PositionId};
use pilothouse::core::order::{Fill, Kind, Liquidity, OrderRequest, Purpose, Side};
use pilothouse::core::position::{Amount, Position};
use pilothouse::core::{
    Command, Context, Event, Quote, Quotes, Reply, Settings, State, Symbol, Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

pub struct Bench {
    pub state: State,
    pub now: Time,
    /// Every event so far.
    pub events: Vec<Event>,
    settings: Settings,
    quotes: Quotes,
    history: Vec<(u64, Time, Vec<Event>)>,
}

pub fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Settings::of(&[btc()]))
    }

    pub fn with(settings: Settings) -> Self {
        let mut bench = Self {
            state: State::default(),
            now: Time(1_771_068_213_740),
            events: Vec::new(),
            settings,
            quotes: Quotes::default(),
            history: Vec::new(),
        };
        bench.quote(dec!(45000));
        bench.start();
        bench.say(Statement::default());
        bench
    }

    /// A start; what the venue says of it comes next.
    pub fn start(&mut self) {
        self.wait(1_000);
        self.ask(Command::Start(Box::new(Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings: self.settings.clone(),
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
        })));
    }

    pub fn wait(&mut self, ms: i64) {
        self.now = self.now + ms;
        if let Some(quote) = self.quotes.get(btc()) {
            self.quote(quote.last);
        }
    }

    fn quote(&mut self, last: Decimal) {
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

    /// A price, a second later, and what time brings with it.
    pub fn price(&mut self, last: Decimal) {
        self.now = self.now + 1_000;
        self.quote(last);
        self.ask(Command::Tick);
    }

    pub fn ask(&mut self, command: Command) -> Reply {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let actor = "operator".parse().unwrap();
        let decision = self.state.handle(&context, actor, &command);
        self.state.ledger.check().unwrap();
        if !decision.events.is_empty() {
            self.events.extend(decision.events.iter().cloned());
            self.history
                .push((self.state.seq, self.state.time, decision.events));
        }
        decision.reply
    }

    pub fn refused(&mut self, command: Command) -> String {
        match self.ask(command) {
            Reply::Refused(refusal) => refusal.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub fn market(side: Side, quantity: Decimal) -> Command {
        let request = OrderRequest::new(btc(), side, Kind::Market, quantity);
        Command::Place(Box::new(request))
    }

    /// An entry with stop and target.
    pub fn buy(&mut self, quantity: Decimal) -> OrderId {
        self.place(OrderRequest {
            stop: Some(dec!(44000)),
            target: Some(dec!(47000)),
            ..OrderRequest::new(btc(), Side::Buy, Kind::Market, quantity)
        })
    }

    pub fn place(&mut self, request: OrderRequest) -> OrderId {
        match self.ask(Command::Place(Box::new(request))) {
            Reply::Order(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// An open position of so much, stop and target working, a second later.
    pub fn position(&mut self, quantity: Decimal) -> PositionId {
        let entry = self.buy(quantity);
        self.accept(entry);
        let execution = format!("in-{entry}");
        self.fill(entry, &execution, dec!(45000), quantity);
        for purpose in [Purpose::Stop, Purpose::Target] {
            let order = self.live(purpose).unwrap();
            self.accept(order);
        }
        self.wait(3_000);
        self.state.orders.get(entry).unwrap().position.unwrap()
    }

    pub fn venue(&mut self, id: OrderId, report: Report) {
        let client_order_id = client_id(id);
        self.ask(Command::Venue {
            client_order_id,
            report,
        });
    }

    pub fn accept(&mut self, id: OrderId) {
        let venue_id = format!("V-{}", id.0);
        self.venue(id, Report::Accepted { venue_id });
    }

    pub fn cancelled(&mut self, id: OrderId) {
        let reason = "asked".to_owned();
        self.venue(id, Report::Cancelled { reason });
    }

    pub fn unknown(&mut self, id: OrderId) {
        let reason = "no answer".to_owned();
        self.venue(id, Report::Unknown { reason });
    }

    /// Fills of a live exit that get in the way of a close.
    pub fn pair_goes(&mut self) {
        for purpose in [Purpose::Stop, Purpose::Target] {
            if let Some(id) = self.live(purpose) {
                self.cancelled(id);
            }
        }
    }

    pub fn execution(&self, id: &str, price: Decimal, quantity: Decimal) -> Fill {
        Fill {
            execution_id: id.into(),
            time: self.now,
            price,
            quantity,
            fee: (price * quantity * dec!(0.0026)).normalize(),
            liquidity: Liquidity::Taker,
        }
    }

    pub fn fill(&mut self, order: OrderId, id: &str, price: Decimal, quantity: Decimal) {
        let fill = self.execution(id, price, quantity);
        self.venue(order, Report::Filled(fill));
    }

    pub fn say(&mut self, statement: Statement) {
        self.ask(Command::Statement(Box::new(statement)));
    }

    /// What the venue would say if it agreed: every order that works, as it is here.
    pub fn agreed(&self) -> Statement {
        let live = self.state.orders.live.values();
        let open = live.map(|o| VenueSaid {
            client_order_id: o.client_order_id.clone(),
            venue_id: format!("V-{}", o.id.0),
            quantity: o.quantity,
            filled: o.filled,
            price: o.price,
            stop_price: o.stop_price,
        });
        Statement {
            open: open.collect(),
            balances: Some(self.state.account.balances.clone()),
            ..Statement::default()
        }
    }

    pub fn live(&self, purpose: Purpose) -> Option<OrderId> {
        let mut live = self.state.orders.live.values();
        live.find(|o| o.purpose == purpose).map(|o| o.id)
    }

    pub fn exits(&self) -> usize {
        let live = self.state.orders.live.values();
        live.filter(|o| o.purpose == Purpose::Exit).count()
    }

    pub fn open(&self, id: PositionId) -> &Position {
        &self.state.positions.open[&id]
    }

    pub fn booked(&self) -> usize {
        let fills = |e: &&Event| matches!(e, Event::OrderFilled { .. });
        self.events.iter().filter(fills).count()
    }

    pub fn flatten(&mut self) -> Vec<PositionId> {
        let reason = "drill".to_owned();
        match self.ask(Command::Flatten { reason }) {
            Reply::Flattening(positions) => positions,
            other => panic!("{other:?}"),
        }
    }

    /// The state is the fold of what was journaled, and survives its snapshot.
    pub fn folds(&self) {
        let mut again = State::default();
        for (seq, time, events) in &self.history {
            again.fold(*seq, *time, events);
        }
        assert_eq!(again, self.state);
        let bytes = minicbor::to_vec(&self.state).unwrap();
        assert_eq!(minicbor::decode::<State>(&bytes).unwrap(), self.state);
    }
}

pub fn client_id(id: OrderId) -> String {
    format!("ph-{}", id.0)
}
