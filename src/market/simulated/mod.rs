//! A market that is made up: a seed and the elapsed time give every price.
//!
//! One trade a symbol each two seconds. The path begins 500 minutes before the start, so that the
//! history joins the live path without a seam.

mod past;
mod random;
mod walk;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::core::{Symbol, Time};

use super::feed::HISTORY;
use super::recorded::hex;
use super::{Candle, Feed, FeedInfo, FeedKind, Instant, Item, MINUTE_MS};
use past::Past;
use walk::{Market, Walk};

/// Milliseconds between two trades of a symbol.
const STEP_MS: i64 = 2_000;
/// Steps of a minute.
const MINUTE_STEPS: i64 = MINUTE_MS / STEP_MS;
/// Steps before the start.
const PAST_STEPS: i64 = HISTORY as i64 * MINUTE_STEPS;
/// Names the way the path is made; another way is another feed.
const VERSION: &str = "simulated market 1";

/// Trades from a seed, without an end.
#[derive(Debug)]
pub struct SimulatedFeed {
    info: FeedInfo,
    start: Time,
    /// The next step, counted from the start.
    step: i64,
    market: Market,
    quotes: Vec<Quote>,
}

/// A symbol's prices on the scale of its own numbers.
#[derive(Debug)]
struct Quote {
    symbol: Symbol,
    /// The price at the start, in quote currency.
    base: f64,
    /// Decimals of the price.
    decimals: u32,
    /// Where the walk stood at the start.
    origin: f64,
    past: Past,
}

impl SimulatedFeed {
    /// The market of `seed`, which opens at `start`. A pair's path is the same whatever the others are.
    pub fn new(symbols: &[Symbol], seed: u64, start: Time) -> Self {
        let mut symbols = symbols.to_vec();
        symbols.sort();
        symbols.dedup();
        let mut rehearsal = Market::new(seed, &symbols);
        for _ in 0..PAST_STEPS {
            rehearsal.step();
        }
        let quotes = symbols
            .iter()
            .zip(&rehearsal.walks)
            .map(|(symbol, walk)| Quote::new(*symbol, walk))
            .collect();
        let mut feed = Self {
            info: info(&symbols, seed, start),
            start,
            step: -PAST_STEPS,
            market: Market::new(seed, &symbols),
            quotes,
        };
        for _ in 0..PAST_STEPS {
            feed.advance();
        }
        feed
    }

    fn time_of(&self, step: i64) -> Time {
        self.start + step.saturating_mul(STEP_MS)
    }

    /// Makes the next step and remembers its trades.
    fn advance(&mut self) -> Vec<Item> {
        self.market.step();
        let minute = self.time_of(self.step.div_euclid(MINUTE_STEPS) * MINUTE_STEPS);
        let step = self.step;
        self.step += 1;
        self.quotes
            .iter_mut()
            .zip(&self.market.walks)
            .map(|(quote, walk)| {
                let (price, quantity) = quote.trade(walk, step);
                quote.past.trade(minute, price, quantity);
                Item::Trade {
                    symbol: quote.symbol,
                    price,
                    quantity,
                }
            })
            .collect()
    }
}

impl Feed for SimulatedFeed {
    fn info(&self) -> &FeedInfo {
        &self.info
    }

    fn history(&self) -> Vec<(Symbol, i64, Vec<Candle>)> {
        let full = self.step.rem_euclid(MINUTE_STEPS) == 0;
        self.quotes
            .iter()
            .map(|quote| (quote.symbol, MINUTE_MS, quote.past.closed(full)))
            .collect()
    }

    fn peek(&self) -> Option<Time> {
        (!self.quotes.is_empty()).then(|| self.time_of(self.step))
    }

    fn next(&mut self) -> Option<Instant> {
        let time = self.peek()?;
        let items = self.advance();
        Some(Instant { time, items })
    }

    fn resume_after(&mut self, t: Time) {
        let target = (t - self.start).div_euclid(STEP_MS) + 1;
        // What lies further back than the history needs no price.
        let seen_from =
            (target - PAST_STEPS).div_euclid(MINUTE_STEPS) * MINUTE_STEPS - MINUTE_STEPS;
        while self.step < target.min(seen_from) {
            self.market.step();
            self.step += 1;
        }
        while self.step < target {
            self.advance();
        }
    }
}

impl Quote {
    fn new(symbol: Symbol, walk: &Walk) -> Self {
        let (base, decimals) = match symbol.base() {
            "BTC" | "XBT" => (64_000.0, 1),
            "ETH" => (3_200.0, 2),
            "XRP" => (0.55, 4),
            _ => (100.0, 2),
        };
        Self {
            symbol,
            base,
            decimals,
            origin: walk.level(),
            past: Past::default(),
        }
    }

    /// Price and quantity of what was traded within a step: worth 1,000 to 256,000 of the quote.
    fn trade(&self, walk: &Walk, step: i64) -> (Decimal, Decimal) {
        let price = self.base * (walk.level() - self.origin).exp();
        let worth = 1_000.0 * (8.0 * walk.share(step)).exp2();
        let fine = if price >= 1_000.0 {
            5
        } else if price >= 10.0 {
            3
        } else {
            1
        };
        (rounded(price, self.decimals), rounded(worth / price, fine))
    }
}

/// The nearest number of so many decimals, at least the smallest one.
fn rounded(value: f64, decimals: u32) -> Decimal {
    let units = (value * f64::from(10u32.pow(decimals))).round();
    Decimal::new((units as i64).max(1), decimals)
}

fn info(symbols: &[Symbol], seed: u64, start: Time) -> FeedInfo {
    let names: Vec<&str> = symbols.iter().map(Symbol::as_str).collect();
    let what = format!("{VERSION}, seed {seed}, {}", names.join(" "));
    FeedInfo {
        kind: FeedKind::Simulated,
        name: "sim".to_owned(),
        hash: hex(&Sha256::digest(&what)),
        symbols: symbols.to_vec(),
        interval_ms: MINUTE_MS,
        rows: 0,
        first: (!symbols.is_empty()).then_some(start),
        last: None,
        notes: vec![what],
    }
}

#[cfg(test)]
mod tests;
