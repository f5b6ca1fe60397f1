//! Prices for those outside: looked at four times a second, however fast they move.

use std::time::{Duration, Instant};

use crate::core::Quotes;
use crate::core::message::MarketData;
use crate::engine::world::World;

/// Between two looks.
const BETWEEN: Duration = Duration::from_millis(250);

/// What was told last, and when.
#[derive(Debug, Default)]
pub(in crate::engine) struct Told {
    quotes: Quotes,
    at: Option<Instant>,
}

impl Told {
    /// The prices that have moved since they were told, where it is time to tell them.
    pub(super) fn moved(&mut self, quotes: &Quotes, now: Instant) -> Vec<MarketData> {
        if self
            .at
            .is_some_and(|at| now.saturating_duration_since(at) < BETWEEN)
        {
            return Vec::new();
        }
        self.at = Some(now);
        let mut moved = Vec::new();
        for (symbol, quote) in quotes.iter() {
            if self.quotes.get(*symbol) != Some(quote) {
                self.quotes.set(*symbol, *quote);
                moved.push(MarketData {
                    symbol: *symbol,
                    price: quote.last,
                    time: quote.time,
                });
            }
        }
        moved
    }
}

impl World {
    pub(in crate::engine) fn tell_market(&mut self) {
        let moved = self.told.moved(&self.market.quotes, Instant::now());
        if !moved.is_empty() {
            self.handle.mailboxes().quote(moved.into_iter());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Quote, Time};

    #[test]
    fn a_symbol_is_told_four_times_a_second_and_the_last_price_is_never_left_out() {
        let (mut told, mut quotes) = (Told::default(), Quotes::default());
        let mut now = Instant::now();
        let mut prices = Vec::new();
        for price in 1..=1_000_u32 {
            quotes.set(
                "BTC/USDT".parse().unwrap(),
                Quote {
                    last: price.into(),
                    bid: price.into(),
                    ask: price.into(),
                    time: Time(0),
                    bar_ms: 0,
                    traded: rust_decimal::Decimal::ZERO,
                },
            );
            now += Duration::from_millis(1);
            prices.extend(told.moved(&quotes, now));
        }
        now += BETWEEN;
        prices.extend(told.moved(&quotes, now));
        assert_eq!(prices.len(), 5);
        assert_eq!(prices[4].price, 1_000.into());
        assert!(told.moved(&quotes, now + BETWEEN).is_empty());
    }
}
