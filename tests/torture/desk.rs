//! One who trades, asks and writes letters by chance, before the real core.

use std::collections::BTreeMap;

use pilothouse::core::command::{Letter, Press, Report, Start};
use pilothouse::core::message::{MessageKind, Payload, Priority};
use pilothouse::core::order::{Fill, Kind, Liquidity, Order, OrderRequest, Side, Status};
use pilothouse::core::position::Amount;
use pilothouse::core::reservation::{ReserveItem, Resource};
use pilothouse::core::{
    Command, Context, Name, Quote, Quotes, RecordBody, Settings, State, Symbol, Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::dice::Dice;

pub struct Desk {
    pub state: State,
    pub dice: Dice,
    quotes: Quotes,
    now: Time,
    symbols: [Symbol; 2],
    fills: u64,
    presses: u64,
    /// Nobody clears the stop any more.
    pub is_closing: bool,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

impl Desk {
    pub fn new(seed: u64) -> Self {
        Self {
            state: State::default(),
            dice: Dice::new(seed),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            symbols: ["BTC/USDT".parse().unwrap(), "ETH/USDT".parse().unwrap()],
            fills: 0,
            presses: 0,
            is_closing: false,
        }
    }

    /// The first commands of an engine.
    pub fn opening(&mut self) -> Vec<Command> {
        self.price(0, dec!(45000));
        self.price(1, dec!(3000));
        let balances = BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]);
        vec![
            Command::Start(Box::new(Start {
                version: "test".into(),
                account: "paper".into(),
                feed: "test".into(),
                feed_hash: String::new(),
                settings: Settings::of(&self.symbols),
                balances,
            })),
            Command::Statement(Box::default()),
        ]
    }

    /// Decides; the record of it, where anything came of it.
    pub fn decide(&mut self, command: Command) -> Option<RecordBody> {
        let actor = name(self.dice.pick(&["operator", "trader", "risk"]).unwrap());
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, actor, &command);
        (!decision.events.is_empty()).then_some(RecordBody {
            actor,
            cause: 0,
            command,
            quotes: decision.looked,
            events: decision.events,
            origin: None,
        })
    }

    /// What happens next.
    pub fn next(&mut self) -> Command {
        match self.dice.below(100) {
            0..18 => self.place(),
            18..50 => self.answer().unwrap_or(Command::Tick),
            50..62 => self.reserve(),
            62..66 => match self.state.ledger.live().next().map(|row| row.id) {
                Some(id) => Command::Release { id },
                None => Command::Tick,
            },
            66..72 => self.letter(),
            72..76 => {
                let open = self.state.positions.open.keys().next_back().copied();
                open.map_or(Command::Tick, |position| Command::Close {
                    position,
                    limit: None,
                    reason: "chance".into(),
                })
            }
            76..78 => self.press(),
            78..90 => self.widen(),
            _ => self.pass(),
        }
    }

    /// Somebody presses the stop.
    pub fn press(&mut self) -> Command {
        self.presses += 1;
        let trading = &self.state.trading;
        Command::GateSeen {
            epoch: trading.epoch + u64::from(trading.hardstop.is_none()),
            presses: self.presses,
            notes: vec![Press {
                by: name("operator"),
                how: "key".into(),
                reason: "by chance".into(),
            }],
        }
    }

    fn widen(&mut self) -> Command {
        if self.state.trading.hardstop.is_none() || self.is_closing {
            return Command::Resume {
                symbol: None,
                reason: "looked at".into(),
            };
        }
        Command::Clear {
            epoch: self.state.trading.epoch,
            reason: "looked at".into(),
            presses: self.presses,
            since_press_ms: 10_000,
        }
    }

    fn pass(&mut self) -> Command {
        self.now = self.now + i64::try_from(self.dice.below(90_000)).unwrap();
        for symbol in 0..2 {
            let last = self.quotes.get(self.symbols[symbol]).unwrap().last;
            let change = Decimal::from(self.dice.below(2001)) - dec!(1000);
            self.price(
                symbol,
                (last * (dec!(1) + change / dec!(200000))).round_dp(2),
            );
        }
        Command::Tick
    }

    fn price(&mut self, symbol: usize, last: Decimal) {
        let quote = Quote {
            last,
            bid: last,
            ask: last,
            time: self.now,
            bar_ms: 0,
            traded: dec!(0),
        };
        self.quotes.set(self.symbols[symbol], quote);
    }

    fn place(&mut self) -> Command {
        let symbol = self.symbols[self.dice.below(2)];
        let last = self.quotes.get(symbol).unwrap().last;
        let quantity = (Decimal::from(20 + self.dice.below(900)) / last).round_dp(8);
        let kind = if self.dice.chance(50) {
            Kind::Limit
        } else {
            Kind::Market
        };
        Command::Place(Box::new(OrderRequest {
            price: (kind == Kind::Limit).then_some(last),
            stop: Some((last * dec!(0.97)).round_dp(2)),
            target: Some((last * dec!(1.03)).round_dp(2)),
            ..OrderRequest::new(symbol, Side::Buy, kind, quantity)
        }))
    }

    fn reserve(&mut self) -> Command {
        let capital = self.dice.chance(70);
        let resource = if capital {
            Resource::Capital
        } else {
            Resource::Api
        };
        Command::Reserve {
            items: vec![ReserveItem {
                resource,
                class: None,
                amount: Decimal::from(1 + self.dice.below(400)),
                purpose: self
                    .dice
                    .pick(&["paper", "live", "research"])
                    .unwrap()
                    .into(),
                ttl_s: Some(60 + self.dice.roll() % 4000),
                agent: None,
                strategy: None,
                sharpe: None,
            }],
            key: None,
            wait: self.dice.chance(30),
        }
    }

    fn letter(&mut self) -> Command {
        Command::Send(Box::new(Letter {
            from: None,
            to: Some(name("deployer")),
            topic: None,
            kind: MessageKind::Request,
            priority: self.dice.pick(Priority::ALL).unwrap(),
            subject: "a word".into(),
            payload: Payload::Json { text: "{}".into() },
            ttl_s: Some(120),
            in_reply_to: None,
        }))
    }

    /// The venue speaks of a live order, within what a venue may say of one.
    fn answer(&mut self) -> Option<Command> {
        let live: Vec<_> = self.state.orders.live.keys().copied().collect();
        let order = self.state.orders.live[&self.dice.pick(&live)?].clone();
        let report = match self.dice.below(8) {
            _ if order.cancel.is_some() => Report::Cancelled {
                reason: "asked".into(),
            },
            0 | 1 if order.status == Status::Pending => Report::Submitted,
            2 | 3 if order.status <= Status::Submitted => Report::Accepted {
                venue_id: format!("P-{}", order.id.0),
            },
            4 if order.status <= Status::Submitted && order.purpose.reduces() => return None,
            4 if order.status <= Status::Submitted => Report::Rejected {
                reason: "no".into(),
            },
            n => Report::Filled(self.fill(&order, n == 5)?),
        };
        Some(Command::Venue {
            client_order_id: order.client_order_id,
            report,
        })
    }

    fn fill(&mut self, order: &Order, half: bool) -> Option<Fill> {
        // What rests at the venue reduces only.
        let most = if order.purpose.reduces() {
            let open = self.state.positions.open.get(&order.position?)?;
            order.remaining().min(open.quantity)
        } else {
            order.remaining()
        };
        let quantity = if half {
            (most / dec!(2)).round_dp(8)
        } else {
            most
        };
        let price = self.quotes.get(order.request.symbol)?.last;
        self.fills += 1;
        (quantity > Decimal::ZERO).then(|| Fill {
            execution_id: format!("x{}", self.fills),
            time: self.now,
            price,
            quantity,
            fee: (price * quantity * dec!(0.0026)).round_dp(8),
            liquidity: Liquidity::Taker,
        })
    }
}
