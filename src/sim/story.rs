//! A world and its story: what there is, how time passes in it, and what it is told as.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::audit::Audit;
use super::coverage::Coverage;
use super::dice::Dice;
use super::fault::{Fault, Weather};
use super::node::{Node, Snapshot};
use super::venue::{Exchange, HALF_SPREAD, Shared};
use crate::core::order::OrderRequest;
use crate::core::{Quote, Quotes, Symbol, Time};
use crate::execution::{Moment, Wall};
use crate::journal::{Chain, Hash, MemoryStore, Reader};
use crate::market::{Instant, Item};

/// A rule that was broken, in words.
pub type Found = Result<(), String>;

/// Prices move at least so often, milliseconds.
const PRICES_MS: i64 = 2_000;
/// How long a moment is that came to nothing, milliseconds.
const AGAIN_MS: i64 = 1_000;

/// One step as it is shown.
#[derive(Debug, Clone)]
pub struct Step {
    /// From 1.
    pub number: usize,
    /// Engine time at its beginning.
    pub at: Time,
    /// Who acted.
    pub who: String,
    /// What they did.
    pub what: String,
    /// What came of it: decisions, words of the venue, what went wrong.
    pub then: Vec<String>,
}

/// A world.
pub struct World {
    pub(super) dice: Dice,
    pub(super) now: Time,
    pub(super) exchange: Shared,
    pub(super) quotes: Quotes,
    pub(super) symbols: [Symbol; 2],
    pub(super) store: MemoryStore,
    pub(super) snapshot: Snapshot,
    pub(super) node: Option<Node>,
    /// What the last engine died of.
    pub(super) died_of: Option<Fault>,
    /// A fault of the disk that nothing has met yet.
    pub(super) pending: Option<Fault>,
    /// Epoch of the stop that is in a file, 0 for none.
    pub(super) sentinel: u64,
    /// One that is not in its file yet.
    pub(super) unwritten: u64,
    /// When the stop was pressed last.
    pub(super) pressed_at: Option<Time>,
    /// Prices stand still, so that what is on its way arrives.
    pub(super) still: bool,
    pub(super) audit: Audit,
    /// Every record that was decided and may be durable.
    pub(super) decided: Vec<Vec<u8>>,
    /// So many of them are durable for certain.
    pub(super) told: usize,
    /// Whether the stop was engaged when they were.
    pub(super) stopped: bool,
    /// Requests that came with an id of their own.
    pub(super) asked: Vec<OrderRequest>,
    pub(super) ids: u64,
    /// Prices moved, and nobody was told yet.
    moved: bool,
    /// A moment that was due and came to nothing.
    fruitless: Option<Time>,
    /// What is still to be told of the present step.
    pub(super) coverage: Coverage,
    pub(super) steps: Vec<Step>,
    pub(super) count: usize,
    pub(super) traced: bool,
}

impl World {
    /// The world of a seed.
    pub fn new(seed: u64, traced: bool) -> Self {
        let mut dice = Dice::new(seed);
        let weather = Weather::of(seed, &mut dice);
        Self::under(weather, dice, traced)
    }

    /// A quiet world whose stop is pressed all the time.
    pub fn of_stops(seed: u64, traced: bool) -> Self {
        let mut dice = Dice::new(seed ^ 0x5706);
        let weather = Weather::of_stops(&mut dice);
        Self::under(weather, dice, traced)
    }

    fn under(weather: Weather, mut dice: Dice, traced: bool) -> Self {
        let symbols: [Symbol; 2] = ["BTC/USDT", "ETH/USDT"].map(|s| s.parse().expect("a pair"));
        let now = Time(1_771_068_213_740);
        let prices = [(symbols[0], dec!(40000)), (symbols[1], dec!(2000))];
        let exchange = Exchange::open(
            now,
            weather,
            Dice::new(dice.roll()),
            &super::start::opening(),
            prices.into(),
        );
        exchange.get().lines = traced.then(Vec::new);
        let mut world = Self {
            dice,
            now,
            exchange,
            quotes: Quotes::default(),
            symbols,
            store: MemoryStore::new(),
            snapshot: None,
            node: None,
            died_of: None,
            pending: None,
            sentinel: 0,
            unwritten: 0,
            pressed_at: None,
            still: false,
            audit: Audit::default(),
            decided: Vec::new(),
            told: 0,
            stopped: false,
            asked: Vec::new(),
            ids: 0,
            moved: false,
            fruitless: None,
            coverage: Coverage::default(),
            steps: Vec::new(),
            count: 0,
            traced,
        };
        world.quote();
        world
    }

    /// Now, by both clocks.
    pub(super) fn moment(&self) -> Moment {
        Moment {
            now: self.now,
            wall: Wall(self.exchange.get().wall()),
        }
    }

    pub(super) fn note(&self, line: impl FnOnce() -> String) {
        if self.traced {
            self.exchange.get().note(line);
        }
    }

    /// Begins a step.
    pub(super) fn begin(&mut self, who: &str, what: impl FnOnce() -> String) {
        self.count += 1;
        if !self.traced {
            return;
        }
        self.end_step();
        self.steps.push(Step {
            number: self.count,
            at: self.now,
            who: who.to_owned(),
            what: what(),
            then: Vec::new(),
        });
    }

    /// Gives the last step what came of it.
    pub(super) fn end_step(&mut self) {
        let lines = self.exchange.get().lines.as_mut().map(std::mem::take);
        if let (Some(step), Some(lines)) = (self.steps.last_mut(), lines) {
            step.then.extend(lines);
        }
    }

    /// Whether this goes wrong now.
    pub(super) fn strikes(&mut self, fault: Fault) -> bool {
        let exchange = self.exchange.get();
        exchange.weather.strikes(fault, &mut self.dice)
    }

    /// Counts what went wrong since, by where the orders stand that it met.
    pub(super) fn meet(&mut self) {
        let happened = std::mem::take(&mut self.exchange.get().happened);
        for (fault, id) in happened {
            self.coverage.strike(fault);
            let Some(node) = &self.node else { continue };
            let orders = &node.state.orders;
            if id.is_empty() {
                for order in orders.live.values() {
                    self.coverage.meet(fault, order.status);
                }
            } else if let Some(order) = orders.by_client_id(&id) {
                self.coverage.meet(fault, order.status);
            }
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, ms: i64) -> Found {
        let until = self.now + ms;
        let pause = if self.still { ms } else { PRICES_MS };
        let mut prices_at = self.now + pause;
        while self.now < until {
            let next = self.next_moment().unwrap_or(until);
            let next = next.max(Time(self.now.0 + 1)).min(prices_at).min(until);
            self.now = next;
            if next >= prices_at || next >= until {
                self.prices();
                prices_at = self.now + pause;
                self.moved = true;
            }
            self.instant()?;
        }
        Ok(())
    }

    /// The next moment at which something is due by itself.
    fn next_moment(&self) -> Option<Time> {
        let exchange = self.exchange.get();
        let (venue, ahead) = (exchange.wakes_at(), exchange.wall_ahead);
        drop(exchange);
        let node = self.node.as_ref();
        let due = node.and_then(|n| n.state.next_due());
        let due = due.map(|at| self.fruitless.map_or(at, |since| at.max(since + AGAIN_MS)));
        let desk = node.and_then(|n| n.desk.wakes_at(self.now));
        let wall = node.and_then(|n| n.desk.wall_wakes_at());
        let wall = wall.map(|w| Time(w.0 - ahead));
        [venue, due, desk, wall].into_iter().flatten().min()
    }

    /// Everything that is due at this moment.
    pub(super) fn instant(&mut self) -> Found {
        {
            let mut exchange = self.exchange.get();
            exchange.now = self.now;
            exchange.settle();
        }
        self.meet();
        let at = self.moment();
        let Some(node) = &mut self.node else {
            return Ok(());
        };
        node.desk.advance(&node.state, at);
        self.hear()?;
        let Some(node) = &self.node else {
            return Ok(());
        };
        let before = node.state.seq;
        let due = node.state.next_due().is_some_and(|due| due <= self.now);
        if !due && !std::mem::take(&mut self.moved) {
            return self.settle();
        }
        self.submit(0, "clock", crate::core::Command::Tick)?;
        if let Some(node) = &self.node {
            let again = node.state.next_due().is_some_and(|due| due <= self.now);
            self.fruitless = (again && node.state.seq == before).then_some(self.now);
        }
        self.settle()
    }

    /// Prices walk, and now and then they jump.
    fn prices(&mut self) {
        for symbol in self.symbols {
            let mut exchange = self.exchange.get();
            exchange.now = self.now;
            let last = exchange.prices[&symbol];
            let reach = if self.dice.chance(3) { 300 } else { 15 };
            let reach = if self.still { 0 } else { reach };
            let step: i64 = (0..3).map(|_| self.dice.between(-reach, reach)).sum();
            let price = last * (Decimal::ONE + Decimal::new(step, 5));
            let opening = if symbol == self.symbols[0] {
                dec!(40000)
            } else {
                dec!(2000)
            };
            // It stays where orders of a sensible size can be placed.
            let price = price
                .clamp(opening * dec!(0.5), opening * dec!(2))
                .round_dp(2);
            exchange.moves(symbol, price);
        }
        self.quote();
    }

    /// The engine gets to know the prices.
    pub(super) fn quote(&mut self) {
        let mut items = Vec::new();
        for symbol in self.symbols {
            let last = self.exchange.get().prices[&symbol];
            let quantity = Decimal::new(self.dice.between(1, 500), 3);
            let traded = self.quotes.get(symbol).map_or(Decimal::ZERO, |q| q.traded);
            let half = (last * HALF_SPREAD).round_dp(2);
            let quote = Quote {
                last,
                bid: last - half,
                ask: last + half,
                time: self.now,
                bar_ms: 0,
                traded: traded + quantity,
            };
            self.quotes.set(symbol, quote);
            items.push(Item::Trade {
                symbol,
                price: last,
                quantity,
            });
        }
        let time = self.now;
        if let Some(node) = &mut self.node {
            node.desk.on_market(&Instant { time, items });
        }
    }

    pub(super) fn last(&self, symbol: Symbol) -> Decimal {
        self.quotes.get(symbol).map_or(Decimal::ONE, |q| q.last)
    }

    /// The hash chain over all that is durable.
    pub fn hash(&self) -> Hash {
        let mut chain = Chain::default();
        let store = Box::new(self.store.clone());
        let mut reader = Reader::open(store, 1).expect("memory can be read");
        while let Some(record) = reader.next_record().expect("memory can be read") {
            chain.absorb(record.seq, record.time, record.body);
        }
        chain.hash()
    }
}
