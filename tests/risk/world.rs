//! A core with its prices, and somebody who counts for himself what it lets pass.

use std::collections::BTreeMap;

use pilothouse::core::command::{Report, Start};
use pilothouse::core::id::OrderId;
use pilothouse::core::order::{Fill, Kind, Liquidity, Order, OrderRequest, Purpose, Status};
use pilothouse::core::position::Amount;
use pilothouse::core::risk::Limits;
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{
    Command, Context, Event, Name, Quote, Quotes, Reply, Settings, State, Symbol, Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

pub const SYMBOLS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
pub const STRATEGIES: [Option<&str>; 3] = [None, Some("narrow"), Some("wide")];

/// What an observer knows of an approved entry.
struct Seen {
    at: Time,
    symbol: Symbol,
    strategy: Option<Name>,
}

pub struct World {
    pub symbols: [Symbol; 3],
    state: State,
    quotes: Quotes,
    now: Time,
    settings: Settings,
    seen: Vec<Seen>,
    fills: u64,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn settings(symbols: &[Symbol]) -> Settings {
    let mut settings = Settings::of(symbols);
    settings.execution.minimum_value = dec!(0.00001);
    let risk = &mut settings.risk;
    (risk.positions_per_symbol, risk.positions_total) = (3, 6);
    (risk.orders_per_minute, risk.orders_burst) = (20, 4);
    (risk.cooldown_s, risk.daily_loss_usd) = (5, dec!(50));
    let mut narrow = Limits::from(&settings.risk);
    (narrow.max_exposure_usd, narrow.positions_total) = (dec!(3000), 2);
    (narrow.orders_per_minute, narrow.orders_burst) = (7, 2);
    (narrow.max_leverage, narrow.max_order_value_usd) = (dec!(2), dec!(1500));
    narrow.daily_loss_usd = dec!(20);
    settings.narrower.strategy.insert(name("narrow"), narrow);
    let mut narrow = Limits::from(&settings.risk);
    (narrow.max_exposure_usd, narrow.positions_per_symbol) = (dec!(2500), 1);
    settings.narrower.instrument.insert(symbols[2], narrow);
    settings
}

impl World {
    pub fn new() -> Self {
        let symbols = SYMBOLS.map(|s| s.parse().unwrap());
        let mut world = Self {
            symbols,
            state: State::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            settings: settings(&symbols),
            seen: Vec::new(),
            fills: 0,
        };
        for (symbol, last) in symbols
            .into_iter()
            .zip([dec!(40000), dec!(2000), dec!(0.05)])
        {
            world.quote(symbol, last, dec!(0));
        }
        world.start();
        world
    }

    fn start(&mut self) {
        self.ask(Command::Start(Box::new(Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings: self.settings.clone(),
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(20000)))]),
        })));
        self.ask(Command::Statement(Box::default()));
        self.ask(Command::Tick);
    }

    fn quote(&mut self, symbol: Symbol, last: Decimal, half: Decimal) {
        let quote = Quote {
            last,
            bid: last * (dec!(1) - half),
            ask: last * (dec!(1) + half),
            time: self.now,
            bar_ms: 0,
            traded: dec!(0),
        };
        self.quotes.set(symbol, quote);
    }

    pub fn last(&self, symbol: Symbol) -> Decimal {
        self.quotes.get(symbol).unwrap().last
    }

    /// USD of one of a currency, by this world's own pairs.
    pub fn usd(&self, currency: &str) -> Decimal {
        match currency {
            "BTC" => self.last(self.symbols[0]),
            _ => dec!(1),
        }
    }

    fn ask(&mut self, command: Command) -> (Vec<Event>, Reply) {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name("operator"), &command);
        for event in &decision.events {
            if let Event::OrderApproved { order } = event
                && order.purpose == Purpose::Entry
            {
                self.approved(order);
            }
        }
        (decision.events, decision.reply)
    }

    /// Every limit, measured anew at the moment something was let in.
    fn approved(&mut self, order: &Order) {
        let request = &order.request;
        assert_eq!(self.state.mode(), Mode::Running);
        assert!(self.state.risk.guard.is_empty(), "a breached venue");
        self.seen.push(Seen {
            at: self.now,
            symbol: request.symbol,
            strategy: request.strategy,
        });
        let value = request.quantity
            * request.price.unwrap_or_else(|| self.last(request.symbol))
            * self.usd(request.symbol.quote());
        let narrower = &self.settings.narrower;
        let instrument = narrower.instrument.get(&request.symbol);
        let strategy = request.strategy.and_then(|s| narrower.strategy.get(&s));
        let whole = Limits::from(&self.settings.risk);
        for (limits, symbol, owner) in [
            (Some(&whole), None, None),
            (instrument, Some(request.symbol), None),
            (strategy, None, request.strategy),
        ] {
            let Some(limits) = limits else {
                continue;
            };
            let of = |s: Symbol, o: Option<Name>| {
                symbol.is_none_or(|of| of == s) && (owner.is_none() || owner == o)
            };
            assert!(value <= limits.max_order_value_usd, "worth {value}");
            assert!(request.leverage <= limits.max_leverage);
            let exposure = self.exposure(&of);
            assert!(exposure <= limits.max_exposure_usd, "at risk {exposure}");
            self.count(limits, &of);
            self.rate(limits, &of);
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Order> {
        let live = self.state.orders.live.values();
        live.filter(|o| o.purpose == Purpose::Entry)
    }

    fn exposure(&self, of: &dyn Fn(Symbol, Option<Name>) -> bool) -> Decimal {
        let positions = self.state.positions.open.values();
        let held: Decimal = positions
            .filter(|p| of(p.symbol, p.strategy))
            .map(|p| p.quantity * self.last(p.symbol) * self.usd(p.symbol.quote()))
            .sum();
        let asked: Decimal = self
            .entries()
            .filter(|o| of(o.request.symbol, o.request.strategy))
            .map(|o| {
                let price = o.price.unwrap_or(o.decision_price);
                o.remaining() * price * self.usd(o.request.symbol.quote())
            })
            .sum();
        held + asked
    }

    fn count(&self, limits: &Limits, of: &dyn Fn(Symbol, Option<Name>) -> bool) {
        let mut by_symbol = BTreeMap::<Symbol, u32>::new();
        for p in self.state.positions.open.values() {
            if of(p.symbol, p.strategy) {
                *by_symbol.entry(p.symbol).or_default() += 1;
            }
        }
        for o in self.entries() {
            let waits = o.filled.is_zero();
            if waits && of(o.request.symbol, o.request.strategy) {
                *by_symbol.entry(o.request.symbol).or_default() += 1;
            }
        }
        let all: u32 = by_symbol.values().sum();
        assert!(all <= limits.positions_total, "{by_symbol:?}");
        let most = by_symbol.values().max().copied().unwrap_or(0);
        assert!(most <= limits.positions_per_symbol, "{by_symbol:?}");
    }

    /// In any span there are no more entries than the burst and what the even rate adds meanwhile.
    fn rate(&self, limits: &Limits, of: &dyn Fn(Symbol, Option<Name>) -> bool) {
        let own = self.seen.iter().rev().filter(|s| of(s.symbol, s.strategy));
        for (n, entry) in own.enumerate() {
            let span = Decimal::from(self.now - entry.at);
            let refilled = span * Decimal::from(limits.orders_per_minute) / dec!(60000);
            let most = Decimal::from(limits.orders_burst) + refilled;
            assert!(Decimal::from(n + 1) <= most, "{} in {span} ms", n + 1);
        }
    }

    pub fn enter(&mut self, request: OrderRequest) {
        let (events, reply) = self.ask(Command::Place(Box::new(request)));
        if let Reply::Refused(refusal) = reply {
            assert!(refusal.limit.is_some() && refusal.value.is_some());
            let told = events.iter().any(|e| matches!(e, Event::Refused { .. }));
            assert!(told, "a refusal is a fact");
        }
    }

    /// Reduces an open position; what would go further is no exit.
    pub fn exit(&mut self, n: usize, part: u8) {
        let open: Vec<_> = self.state.positions.open.values().cloned().collect();
        let Some(position) = (!open.is_empty()).then(|| &open[n % open.len()]) else {
            return;
        };
        let quantity = (position.quantity * Decimal::new(part.into(), 2)).round_dp(8);
        let request = OrderRequest {
            reduce_only: true,
            ..OrderRequest::new(
                position.symbol,
                position.side.opposite(),
                Kind::Market,
                quantity,
            )
        };
        let (_, reply) = self.ask(Command::Place(Box::new(request)));
        let spoken_for: Decimal = self
            .state
            .orders
            .live
            .values()
            .filter(|o| o.purpose == Purpose::Exit && o.position == Some(position.id))
            .map(Order::remaining)
            .sum();
        match reply {
            Reply::Order(id) => assert!(self.state.orders.get(id).unwrap().purpose.reduces()),
            Reply::Refused(refusal) => {
                assert_eq!(refusal.code, "RISK_SIZE", "{refusal}");
                let free = position.quantity - spoken_for;
                assert!(quantity > free || quantity.is_zero(), "{refusal}");
            }
            other => panic!("{other:?}"),
        }
    }

    fn nth(&self, n: usize) -> Option<OrderId> {
        let live: Vec<_> = self.state.orders.live.keys().copied().collect();
        (!live.is_empty()).then(|| live[n % live.len()])
    }

    fn tell(&mut self, id: OrderId, report: Report) {
        let client_order_id = self.state.orders.get(id).unwrap().client_order_id.clone();
        self.ask(Command::Venue {
            client_order_id,
            report,
        });
    }

    pub fn fill(&mut self, n: usize, part: u8) {
        let Some(id) = self.nth(n) else { return };
        let order = self.state.orders.live[&id].clone();
        let most = order.remaining();
        let quantity = (most * Decimal::new(part.into(), 2)).round_dp(8).min(most);
        let open = order
            .position
            .and_then(|p| self.state.positions.open.get(&p))
            .map_or(dec!(0), |p| p.quantity);
        let quantity = if order.purpose.reduces() {
            quantity.min(open)
        } else {
            quantity
        };
        if quantity <= dec!(0) {
            return;
        }
        self.fills += 1;
        let price = self.last(order.request.symbol);
        let fill = Fill {
            execution_id: format!("x{}", self.fills),
            time: self.now,
            price,
            quantity,
            fee: (price * quantity * dec!(0.0026)).round_dp(8),
            liquidity: Liquidity::Taker,
        };
        self.tell(id, Report::Filled(fill));
    }

    pub fn reject(&mut self, n: usize) {
        if let Some(id) = self.nth(n)
            && self.state.orders.live[&id].status == Status::Pending
        {
            self.tell(id, Report::Submitted);
            let reason = "no".to_owned();
            self.tell(id, Report::Rejected { reason });
        }
    }

    pub fn cancel(&mut self, n: usize) {
        if let Some(id) = self.nth(n) {
            let reason = "asked".to_owned();
            self.tell(id, Report::Cancelled { reason });
        }
    }

    /// Moves the price of a resting entry; what it comes to is measured like a new one.
    pub fn amend(&mut self, n: usize, by: i8) {
        let Some(id) = self.nth(n) else { return };
        let order = self.state.orders.live[&id].clone();
        let (Some(price), Purpose::Entry) = (order.price, order.purpose) else {
            return;
        };
        if order.status == Status::Pending {
            let venue_id = id.to_string();
            self.tell(id, Report::Submitted);
            self.tell(id, Report::Accepted { venue_id });
        }
        let to = (price * (dec!(1) + Decimal::new(by.into(), 3))).round_dp(8);
        let (_, reply) = self.ask(Command::Amend {
            order: id,
            quantity: None,
            price: Some(to),
            stop_price: None,
        });
        if matches!(reply, Reply::Order(_)) && to > price {
            let exposure = self.exposure(&|_, _| true);
            let most = self.settings.risk.max_exposure_usd;
            assert!(exposure <= most, "amended to {exposure}");
        }
    }

    pub fn pass(&mut self, ms: i64) {
        self.now = self.now + ms;
        for symbol in self.symbols {
            self.quote(symbol, self.last(symbol), dec!(0));
        }
        self.ask(Command::Tick);
    }

    pub fn move_price(&mut self, symbol: usize, factor: Decimal) {
        let symbol = self.symbols[symbol];
        self.quote(symbol, (self.last(symbol) * factor).round_dp(8), dec!(0));
        self.ask(Command::Tick);
    }

    pub fn widen(&mut self, symbol: usize, by: i64) {
        let symbol = self.symbols[symbol];
        self.quote(symbol, self.last(symbol), Decimal::new(by, 3));
    }

    pub fn pause(&mut self, pause: bool) {
        let (symbol, reason) = (None, "because".to_owned());
        self.ask(if pause {
            Command::Pause { symbol, reason }
        } else {
            Command::Resume { symbol, reason }
        });
    }

    pub fn guard(&mut self, breach: bool) {
        let breach = breach.then(|| "rejections 0.3, at most 0.2".to_owned());
        let venue = name("paper");
        self.ask(Command::Guard { venue, breach });
    }

    /// A crash and a start, sometimes with tighter limits.
    pub fn restart(&mut self, n: u8) {
        let bytes = minicbor::to_vec(&self.state).unwrap();
        self.state = minicbor::decode(&bytes).unwrap();
        if n.is_multiple_of(3) {
            self.settings.risk.max_exposure_usd = dec!(6000);
        }
        self.start();
    }
}
