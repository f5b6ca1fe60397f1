//! What the engine knows of prices: the candle book and the last quote of each symbol.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::core::{Quote, Quotes, Symbol, Time};
use crate::market::{Candle, CandleBook, FeedInfo, Instant, Item, MINUTE_MS};

/// Bars an agent gets.
const BARS: usize = 300;
/// Closes a sparkline gets.
const CLOSES: usize = 60;

pub(super) struct Market {
    pub(super) quotes: Quotes,
    book: CandleBook,
    spread: Decimal,
    bar_ms: i64,
}

impl Market {
    pub(super) fn new(info: &FeedInfo, spread: Decimal) -> Self {
        Self {
            quotes: Quotes::default(),
            book: CandleBook::new(),
            spread,
            bar_ms: match info.kind {
                crate::market::FeedKind::Recorded => info.interval_ms,
                _ => 0,
            },
        }
    }

    /// What was known before the first instant.
    pub(super) fn seed(&mut self, history: &[(Symbol, i64, Vec<Candle>)]) {
        self.book.seed(history);
        for (symbol, interval, candles) in history {
            if let Some(last) = candles.last() {
                let time = last.open_time + *interval;
                self.price(*symbol, last.close, time, Decimal::ZERO);
            }
        }
    }

    pub(super) fn apply(&mut self, instant: &Instant) {
        self.book.apply(instant);
        for item in &instant.items {
            let (symbol, price, quantity) = match item {
                Item::Bar { symbol, candle, .. } => (*symbol, candle.close, candle.volume),
                Item::Open { symbol, price, .. } => (*symbol, *price, Decimal::ZERO),
                Item::Trade {
                    symbol,
                    price,
                    quantity,
                    ..
                } => (*symbol, *price, *quantity),
            };
            self.price(symbol, price, instant.time, quantity);
        }
    }

    pub(super) fn advance(&mut self, now: Time) {
        self.book.advance(now);
    }

    /// Quantity traded becomes known with a bar's close or with a trade.
    fn price(&mut self, symbol: Symbol, last: Decimal, time: Time, quantity: Decimal) {
        let before = self.quotes.get(symbol).map_or(Decimal::ZERO, |q| q.traded);
        let traded = before.saturating_add(quantity);
        let half = last * self.spread / Decimal::TWO;
        self.quotes.set(
            symbol,
            Quote {
                last,
                bid: (last - half).round_dp(8),
                ask: (last + half).round_dp(8),
                time,
                bar_ms: self.bar_ms,
                traded,
            },
        );
    }

    pub(super) fn interval_ms(&self, symbol: Symbol) -> i64 {
        self.book.interval_ms(symbol).unwrap_or(MINUTE_MS)
    }

    /// The latest closed bars, oldest first.
    pub(super) fn recent(&self, symbol: Symbol) -> Vec<Candle> {
        let candles = self.book.candles(symbol);
        candles[candles.len().saturating_sub(BARS)..].to_vec()
    }

    /// The latest closes, for a sparkline.
    pub(super) fn closes(&self) -> BTreeMap<Symbol, Vec<f64>> {
        use rust_decimal::prelude::ToPrimitive;
        self.quotes
            .iter()
            .map(|(symbol, _)| {
                let candles = self.book.candles(*symbol);
                let closes = candles[candles.len().saturating_sub(CLOSES)..]
                    .iter()
                    .filter_map(|c| c.close.to_f64())
                    .collect();
                (*symbol, closes)
            })
            .collect()
    }
}
