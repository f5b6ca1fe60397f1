//! A core, two dozen agents who want things of it, and the auditor that looks at every decision.

use pilothouse::core::command::{Press, Start, Statement, VenueSaid};
use pilothouse::core::id::ReservationId;
use pilothouse::core::position::Amount;
use pilothouse::core::reservation::{Class, Reservation, ReserveItem, Resource, Standing};
use pilothouse::core::{
    Command, Context, Name, Quote, Quotes, RecordBody, Reply, Settings, State, Symbol, Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::invariants::Auditor;
use crate::keys::Keys;

/// Those with a part of their own, and a crowd that only wants.
const PARTS: [&str; 8] = [
    "deployer",
    "optimizer",
    "discoverer",
    "trader",
    "risk",
    "execution",
    "technical_analysis",
    "portfolio_rebalance",
];
/// How many take part.
pub const AGENTS: u8 = 24;

/// One command, as it was asked.
struct Asked {
    now: Time,
    quotes: Quotes,
    actor: Name,
    command: Command,
}

/// A history as it unfolds.
pub struct Crowd {
    pub state: State,
    pub auditor: Auditor,
    pub quotes: Quotes,
    pub now: Time,
    pub symbol: Symbol,
    pub presses: u64,
    pub fills: u64,
    pub keys: Keys,
    asked: Vec<Asked>,
    records: Vec<Vec<u8>>,
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The n-th of the two dozen.
pub fn agent(n: u8) -> Name {
    let n = usize::from(n % AGENTS);
    PARTS
        .get(n)
        .map_or_else(|| name(&format!("agent_{n:02}")), |part| name(part))
}

impl Crowd {
    pub fn new() -> Self {
        let symbol = "BTC/USDT".parse().unwrap();
        let mut crowd = Self {
            state: State::default(),
            auditor: Auditor::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            symbol,
            presses: 0,
            fills: 0,
            keys: Keys::default(),
            asked: Vec::new(),
            records: Vec::new(),
        };
        crowd.price(dec!(40000));
        crowd.start(0);
        crowd
    }

    /// Starts the engine; some starts bring other limits.
    pub fn start(&mut self, limits: u8) {
        let mut settings = Settings::of(&[self.symbol]);
        for schedule in &mut settings.schedules {
            schedule.enabled = schedule.name.as_str() == "technical_analysis";
        }
        settings.guide = limits.is_multiple_of(3);
        settings.queue = 8;
        settings.resources.api_per_minute = 60;
        settings.resources.api_per_hour = 600;
        settings.risk.daily_loss_usd = dec!(2000);
        if limits % 4 == 1 {
            settings.resources.backtests = 2;
            settings.resources.paper_trades = 3;
            settings.resources.capital_pool_usd = Some(dec!(600));
        }
        let balances = [("USDT", dec!(600)), ("BTC", dec!(0.01))];
        let start = Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: balances
                .map(|(asset, n)| (asset.to_owned(), Amount(n)))
                .into(),
        };
        self.presses = 0;
        let bytes = minicbor::to_vec(&self.state).unwrap();
        self.auditor.recovered(minicbor::decode(&bytes).unwrap());
        self.ask("engine", Command::Start(Box::new(start)));
        let orders = self.state.orders.live.values();
        let open = orders.map(|o| VenueSaid {
            client_order_id: o.client_order_id.clone(),
            venue_id: String::new(),
            quantity: o.quantity,
            filled: o.filled,
            price: o.price,
            stop_price: o.stop_price,
        });
        let statement = Statement {
            open: open.collect(),
            absence_is_proof: true,
            ..Statement::default()
        };
        self.ask("engine", Command::Statement(Box::new(statement)));
    }

    pub fn price(&mut self, last: Decimal) {
        let quote = Quote {
            last,
            bid: last,
            ask: last,
            time: self.now,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        };
        self.quotes.set(self.symbol, quote);
    }

    pub fn last(&self) -> Decimal {
        self.quotes.get(self.symbol).unwrap().last
    }

    pub fn ask(&mut self, actor: &str, command: Command) -> Reply {
        let actor = name(actor);
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, actor, &command);
        if let Err(broken) = self
            .auditor
            .decision(&self.state, &command, &decision.events)
        {
            panic!("{broken}");
        }
        self.keys.answered(actor, &command, &decision.reply);
        self.keys.follow(&self.state, &decision.events);
        let lost = decision.events.iter().find_map(State::press_of);
        self.asked.push(Asked {
            now: self.now,
            quotes: self.quotes.clone(),
            actor,
            command: command.clone(),
        });
        if !decision.events.is_empty() {
            let body = RecordBody {
                actor,
                cause: 0,
                command,
                quotes: decision.looked,
                events: decision.events,
                origin: None,
            };
            let mut bytes = Vec::new();
            body.encode_into(&mut bytes);
            assert_eq!(RecordBody::decode(&bytes).unwrap(), body);
            self.records.push(bytes);
        }
        if let Some(press) = lost {
            self.press(press);
        }
        decision.reply
    }

    pub fn press(&mut self, press: Press) {
        self.presses += 1;
        let trading = &self.state.trading;
        let epoch = trading.epoch + u64::from(trading.hardstop.is_none());
        let presses = self.presses;
        let notes = vec![press];
        self.ask(
            "gate",
            Command::GateSeen {
                epoch,
                presses,
                notes,
            },
        );
    }

    /// The state is the fold of what was decided, survives encoding, and comes out again of the
    /// same commands, byte for byte.
    pub fn over(self) {
        assert_eq!(self.auditor.shadow, self.state, "the state is the fold");
        let bytes = minicbor::to_vec(&self.state).unwrap();
        assert_eq!(minicbor::decode::<State>(&bytes).unwrap(), self.state);
        let mut again = State::default();
        let mut records = self.records.iter();
        for asked in self.asked {
            let context = Context {
                now: asked.now,
                quotes: &asked.quotes,
            };
            let decision = again.handle(&context, asked.actor, &asked.command);
            if !decision.events.is_empty() {
                let body = RecordBody {
                    actor: asked.actor,
                    cause: 0,
                    command: asked.command,
                    quotes: decision.looked,
                    events: decision.events,
                    origin: None,
                };
                let mut bytes = Vec::new();
                body.encode_into(&mut bytes);
                assert_eq!(Some(&bytes), records.next(), "the same again");
            }
        }
        assert_eq!(minicbor::to_vec(&again).unwrap(), bytes);
    }

    /// The n-th live reservation.
    pub fn live(&self, n: u8) -> Option<&Reservation> {
        let count = self.state.ledger.live_count().max(1);
        self.state.ledger.live().nth(usize::from(n) % count)
    }

    /// One that an order which costs so much may draw on, where there is one.
    pub fn drawable(&self, amount: Decimal) -> Option<ReservationId> {
        let mut rows = self.state.ledger.live();
        let pays = |r: &&Reservation| matches!(r.class, Class::Live | Class::Deployment);
        let found = rows.find(|r| {
            pays(r)
                && r.resource == Resource::Capital
                && r.standing == Standing::Held
                && r.amount >= amount
        });
        found.map(|r| r.id)
    }

    /// The n-th of those that ended lately.
    pub fn past(&self, n: u8) -> Option<&Reservation> {
        let count = self.state.ledger.past().count().max(1);
        self.state.ledger.past().nth(usize::from(n) % count)
    }
}

/// An item of a request.
pub fn item(resource: Resource, amount: Decimal, purpose: &str) -> ReserveItem {
    ReserveItem {
        resource,
        class: None,
        amount,
        purpose: purpose.into(),
        ttl_s: None,
        agent: None,
        strategy: None,
        sharpe: None,
    }
}
