//! One who trades: orders, fills and what a venue may say of them, in whatever order.

use std::collections::BTreeMap;

use pilothouse::core::command::{Press, Report, Start, Statement, TaskAction, VenueSaid};
use pilothouse::core::id::OrderId;
use pilothouse::core::order::{Fill, Kind, Liquidity, OrderRequest, Purpose, Side};
use pilothouse::core::position::Amount;
use pilothouse::core::reservation::{ReserveItem, Resource, Standing};
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{
    Command, Context, Event, Name, Quote, Quotes, Settings, State, Symbol, Time,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::invariants::Auditor;

/// Something that happens in a history; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Reserve(u8, u8, u16),
    Release(u8),
    Place(u8, bool, bool, u16),
    Answer(u8, u8, u16),
    Cancel(u8),
    Close(u8),
    Protect(u8, u16),
    Pass(u32),
    Price(u8, u16),
    Pause(bool),
    Stop,
    Clear,
    Task(u8),
    Flatten,
    Trail(u8, u8),
    Compare(u8, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (any::<u8>(), any::<u8>(), any::<u16>()).prop_map(|(a, b, c)| Step::Reserve(a, b, c)),
        2 => any::<u8>().prop_map(Step::Release),
        5 => (any::<u8>(), any::<bool>(), any::<bool>(), any::<u16>())
            .prop_map(|(a, b, c, d)| Step::Place(a, b, c, d)),
        8 => (any::<u8>(), any::<u8>(), any::<u16>()).prop_map(|(a, b, c)| Step::Answer(a, b, c)),
        1 => any::<u8>().prop_map(Step::Cancel),
        1 => any::<u8>().prop_map(Step::Close),
        1 => (any::<u8>(), any::<u16>()).prop_map(|(a, b)| Step::Protect(a, b)),
        4 => (0u32..8_000_000).prop_map(Step::Pass),
        4 => (any::<u8>(), any::<u16>()).prop_map(|(a, b)| Step::Price(a, b)),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => Just(Step::Stop),
        2 => Just(Step::Clear),
        1 => any::<u8>().prop_map(Step::Task),
        1 => Just(Step::Flatten),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(a, b)| Step::Trail(a, b)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(a, b)| Step::Compare(a, b)),
    ];
    prop::collection::vec(step, 1..120)
}

struct World {
    state: State,
    auditor: Auditor,
    quotes: Quotes,
    now: Time,
    symbols: [Symbol; 2],
    fills: u64,
    presses: u64,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

impl World {
    fn new() -> Self {
        let symbols = ["BTC/USDT".parse().unwrap(), "ETH/USDT".parse().unwrap()];
        let mut world = Self {
            state: State::default(),
            auditor: Auditor::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            symbols,
            fills: 0,
            presses: 0,
        };
        world.price(0, dec!(45000));
        world.price(1, dec!(3000));
        world.ask(Command::Start(Box::new(Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings: Settings::of(&symbols),
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
        })));
        world.ask(Command::Statement(Box::default()));
        world
    }

    fn price(&mut self, symbol: usize, last: Decimal) {
        let quote = Quote {
            last,
            bid: last,
            ask: last,
            time: self.now,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        };
        self.quotes.set(self.symbols[symbol], quote);
    }

    fn ask(&mut self, command: Command) {
        let before = self.state.mode();
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name("operator"), &command);
        for event in &decision.events {
            match event {
                Event::OrderApproved { order } if order.purpose == Purpose::Entry => {
                    assert_eq!(before, Mode::Running, "an entry while {before:?}");
                }
                Event::CancelAsked { id, reason } if reason == "HARDSTOP" => {
                    assert_eq!(self.state.orders.get(*id).unwrap().purpose, Purpose::Entry);
                }
                _ => {}
            }
        }
        self.auditor
            .decision(&self.state, &command, &decision.events)
            .unwrap();
        self.check();
    }

    fn check(&self) {
        for position in self.state.positions.open.values() {
            assert!(position.quantity > Decimal::ZERO, "{position:?}");
            let row = position.reservation.and_then(|r| self.state.ledger.get(r));
            assert_eq!(row.map(|r| r.standing), Some(Standing::Bound));
        }
        for order in self.state.orders.live.values() {
            if order.purpose == Purpose::Entry {
                let row = order.reservation.and_then(|r| self.state.ledger.get(r));
                assert_eq!(row.map(|r| r.standing), Some(Standing::Bound));
            }
        }
        // Bound ⇔ a live entry or position.
        for row in self.state.ledger.live() {
            if row.standing == Standing::Bound {
                let order = row
                    .order
                    .is_some_and(|o| self.state.orders.live.contains_key(&o));
                let position = row
                    .position
                    .is_some_and(|p| self.state.positions.open.contains_key(&p));
                let by_entry = self
                    .state
                    .positions
                    .open
                    .values()
                    .any(|p| p.reservation == Some(row.id));
                assert!(order || position || by_entry, "{row:?}");
            }
        }
        // The books are spot books: balances are the opening plus every fill.
        let base: Decimal = self
            .state
            .positions
            .open
            .values()
            .filter(|p| p.symbol == self.symbols[0])
            .map(|p| p.quantity * p.side.sign())
            .sum();
        let held = self
            .state
            .account
            .balances
            .get("BTC")
            .map_or(dec!(0), |a| a.0);
        assert_eq!(held, base);
    }

    fn nth<T: Copy>(items: impl Iterator<Item = T>, n: u8) -> Option<T> {
        let all: Vec<T> = items.collect();
        (!all.is_empty()).then(|| all[usize::from(n) % all.len()])
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Reserve(what, purpose, amount) => {
                let resource =
                    [Resource::Capital, Resource::Compute, Resource::Api][usize::from(what) % 3];
                let purposes = ["exit", "live", "deploy", "paper", "backtest", "research"];
                let amount = Decimal::from(amount % 4000 / if what % 3 == 0 { 1 } else { 1000 });
                self.ask(Command::Reserve {
                    items: vec![ReserveItem {
                        resource,
                        class: None,
                        amount,
                        purpose: purposes[usize::from(purpose) % 6].into(),
                        ttl_s: Some(u64::from(amount.trunc().mantissa() as u32) % 5000 + 1),
                        agent: None,
                        strategy: None,
                        sharpe: None,
                    }],
                    key: None,
                    wait: false,
                });
            }
            Step::Release(n) => {
                if let Some(id) = Self::nth(self.state.ledger.live().map(|r| r.id), n) {
                    self.ask(Command::Release { id });
                }
            }
            Step::Place(symbol, buy, limit, size) => {
                let i = usize::from(symbol) % 2;
                let last = self.quotes.get(self.symbols[i]).unwrap().last;
                let side = if buy { Side::Buy } else { Side::Sell };
                let kind = if limit { Kind::Limit } else { Kind::Market };
                let quantity = (Decimal::from(size % 3000) / last).round_dp(8);
                let percent = last * dec!(0.02);
                let offset = percent * side.sign();
                let mut rows = self.state.ledger.live();
                let source = rows.find(|r| r.class.pays() && r.lends()).map(|r| r.id);
                let draws = source.filter(|_| size % 4 < 2);
                drop(rows);
                self.ask(Command::Place(Box::new(OrderRequest {
                    draws,
                    price: limit.then_some(last),
                    stop: Some((last - offset).round_dp(8)),
                    target: (size % 2 == 0).then(|| (last + offset).round_dp(8)),
                    ..OrderRequest::new(self.symbols[i], side, kind, quantity)
                })));
            }
            Step::Answer(n, how, part) => self.answer(n, how, part),
            Step::Cancel(n) => {
                if let Some(order) = Self::nth(self.state.orders.live.keys().copied(), n) {
                    let reason = String::new();
                    self.ask(Command::Cancel { order, reason });
                }
            }
            Step::Close(n) => {
                if let Some(position) = Self::nth(self.state.positions.open.keys().copied(), n) {
                    self.ask(Command::Close {
                        position,
                        limit: None,
                        reason: String::new(),
                    });
                }
            }
            Step::Protect(n, to) => {
                if let Some(position) = Self::nth(self.state.positions.open.keys().copied(), n) {
                    self.ask(Command::Protect {
                        position,
                        stop: Some(Decimal::from(to)),
                        target: None,
                        trail: None,
                    });
                }
            }
            Step::Pass(ms) => {
                self.now = self.now + i64::from(ms);
                for i in 0..2 {
                    let last = self.quotes.get(self.symbols[i]).unwrap().last;
                    self.price(i, last);
                }
                self.ask(Command::Tick);
            }
            Step::Price(symbol, change) => {
                let i = usize::from(symbol) % 2;
                let last = self.quotes.get(self.symbols[i]).unwrap().last;
                let factor = dec!(1) + (Decimal::from(change) - dec!(32768)) / dec!(1000000);
                self.price(i, (last * factor).round_dp(2));
                self.ask(Command::Tick);
            }
            Step::Pause(pause) => {
                let (symbol, reason) = (None, "because".to_owned());
                self.ask(if pause {
                    Command::Pause { symbol, reason }
                } else {
                    Command::Resume { symbol, reason }
                });
            }
            Step::Stop => {
                self.presses += 1;
                let epoch =
                    self.state.trading.epoch + u64::from(self.state.trading.hardstop.is_none());
                self.ask(Command::GateSeen {
                    epoch,
                    presses: self.presses,
                    notes: vec![Press {
                        by: name("operator"),
                        how: "key".into(),
                        reason: "random".into(),
                    }],
                });
                assert_eq!(self.state.mode(), Mode::Hardstopped);
            }
            Step::Clear => self.ask(Command::Clear {
                epoch: self.state.trading.epoch,
                reason: "looked".into(),
                presses: self.presses,
                since_press_ms: 10_000,
            }),
            Step::Task(n) => {
                let names = [
                    "technical_analysis",
                    "trading_decision",
                    "ta_analysis",
                    "nobody",
                ];
                self.ask(Command::Task {
                    name: names[usize::from(n) % 4].into(),
                    action: [TaskAction::Run, TaskAction::Enable, TaskAction::Disable]
                        [usize::from(n) % 3],
                });
            }
            Step::Flatten => self.ask(Command::Flatten {
                reason: "random".into(),
            }),
            Step::Trail(n, percent) => {
                if let Some(position) = Self::nth(self.state.positions.open.keys().copied(), n) {
                    self.ask(Command::Protect {
                        position,
                        stop: None,
                        target: None,
                        trail: Some(Decimal::new(i64::from(percent % 5), 2)),
                    });
                }
            }
            Step::Compare(n, proof) => self.compare(n, proof),
        }
    }

    /// The venue names all it works; one order it does not, and of one it has other figures.
    fn compare(&mut self, n: u8, absence_is_proof: bool) {
        let live = self.state.orders.live.values();
        let mut open: Vec<VenueSaid> = live
            .filter(|o| o.venue_order_id.is_some())
            .map(|o| VenueSaid {
                client_order_id: o.client_order_id.clone(),
                venue_id: format!("P-{}", o.id.0),
                quantity: o.quantity,
                filled: o.filled,
                price: o.price,
                stop_price: o.stop_price,
            })
            .collect();
        let n = usize::from(n);
        if let Some(said) = open.get_mut(n % 7) {
            said.quantity = said.filled + (said.quantity - said.filled) / dec!(2);
        }
        if n.is_multiple_of(3) && !open.is_empty() {
            open.remove(n % open.len());
        }
        self.ask(Command::Statement(Box::new(Statement {
            open,
            absence_is_proof,
            balances: n
                .is_multiple_of(2)
                .then(|| self.state.account.balances.clone()),
            ..Statement::default()
        })));
    }

    /// The venue speaks of a live order, within what a venue may say of one.
    fn answer(&mut self, n: u8, how: u8, part: u16) {
        let Some(id) = Self::nth(self.state.orders.live.keys().copied(), n) else {
            return;
        };
        let order = self.state.orders.live[&id].clone();
        let report = match how % 6 {
            0 if order.status == pilothouse::core::order::Status::Pending => Report::Submitted,
            1..=3 => {
                let whole = how % 6 == 3;
                let most = order.remaining();
                let quantity = if whole {
                    most
                } else {
                    (most * Decimal::from(part % 100 + 1) / dec!(100)).round_dp(8)
                };
                // An exit cannot fill more than its position holds: the venue reduces only.
                let open = order
                    .position
                    .and_then(|p| self.state.positions.open.get(&p))
                    .map_or(dec!(0), |p| p.quantity);
                let quantity = if order.purpose.reduces() {
                    quantity.min(open)
                } else {
                    quantity
                };
                if quantity <= Decimal::ZERO {
                    return;
                }
                self.fills += 1;
                let price = self.quotes.get(order.request.symbol).unwrap().last;
                Report::Filled(Fill {
                    execution_id: format!("x{}", self.fills),
                    time: self.now,
                    price,
                    quantity,
                    fee: (price * quantity * dec!(0.0026)).round_dp(8),
                    liquidity: Liquidity::Taker,
                })
            }
            4 if order.cancel.is_some() => Report::Cancelled {
                reason: "asked".into(),
            },
            5 if order.status <= pilothouse::core::order::Status::Submitted => {
                if part.is_multiple_of(2) {
                    Report::Rejected {
                        reason: "no".into(),
                    }
                } else {
                    Report::Accepted {
                        venue_id: format!("P-{}", id.0),
                    }
                }
            }
            _ => return,
        };
        self.tell(id, report);
    }

    fn tell(&mut self, id: OrderId, report: Report) {
        self.ask(Command::Venue {
            client_order_id: format!("ph-{}", id.0),
            report,
        });
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_the_sums_hold_and_the_state_is_the_fold(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        prop_assert_eq!(&world.auditor.shadow, &world.state);
        let bytes = minicbor::to_vec(&world.state).unwrap();
        prop_assert_eq!(minicbor::decode::<State>(&bytes).unwrap(), world.state);
    }
}
