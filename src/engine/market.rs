//! What the engine knows of prices: the candle book and the last quote of each symbol.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::core::{Quote, Quotes, Symbol, Time};
use crate::market::bars::{begins, composes, gather};
use crate::market::{Candle, CandleBook, FeedInfo, Instant, Item, MINUTE_MS};
use crate::snapshot::ClosesSample;

/// Bars an agent gets.
const BARS: usize = 300;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;
/// Closes a chart gets.
const CLOSES: usize = 120;

/// Bars that have just closed.
pub(super) struct Closed {
    /// Oldest first; none where none has.
    pub(super) bars: Vec<Candle>,
    /// Where the bar before them begins, where it is known.
    pub(super) before: Option<Time>,
}

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

    /// The bars of a length that were completed by candles which closed after `since`.
    ///
    /// # Errors
    /// Such bars cannot be made of the feed's, in words.
    pub(super) fn closed_since(
        &self,
        symbol: Symbol,
        wanted_ms: i64,
        since: Time,
    ) -> Result<Closed, String> {
        let none = Closed {
            bars: Vec::new(),
            before: None,
        };
        let Some(of_ms) = self.book.interval_ms(symbol) else {
            return Ok(none);
        };
        composes(of_ms, wanted_ms)?;
        let candles = self.book.candles(symbol);
        let new = candles
            .iter()
            .rev()
            .take_while(|c| c.open_time + of_ms > since)
            .count();
        let old = candles.len() - new;
        let start = |candle: &Candle| begins(candle.open_time, of_ms, wanted_ms);
        if new == 0 {
            return Ok(none);
        }
        // From the bar that the last old candle lies in; it may be completed by now.
        let from = candles[..old].last().map(start);
        let first = from.map_or(0, |from| candles.partition_point(|c| c.open_time < from));
        // With the candle before it, a bar that lacks its own first one is not taken for one that was
        // seen from its midst on.
        let first = first.saturating_sub(1);
        let done = gather(&candles[first..old], of_ms, wanted_ms).len();
        let mut bars = gather(&candles[first..], of_ms, wanted_ms);
        bars.drain(..done.min(bars.len()));
        let earlier = bars.first().and_then(|bar| {
            let at = candles.partition_point(|c| c.open_time < bar.open_time);
            at.checked_sub(1).map(|at| start(&candles[at]))
        });
        Ok(Closed {
            bars,
            before: earlier,
        })
    }

    /// All closed candles that are kept of a symbol, and their length.
    pub(super) fn kept(&self, symbol: Symbol) -> (&[Candle], i64) {
        (self.book.candles(symbol), self.interval_ms(symbol))
    }

    /// What is usually traded in each hour of the UTC day, relative to the busiest; an hour nobody
    /// has recorded counts as the mean of the others, and without any candle all are alike.
    pub(super) fn volume_profile(&self, symbol: Symbol) -> Vec<u32> {
        volume_profile(self.book.candles(symbol))
    }

    /// The latest closes, for a chart.
    pub(super) fn closes(&self) -> BTreeMap<Symbol, ClosesSample> {
        self.quotes
            .iter()
            .map(|(symbol, _)| {
                let (candles, bar_ms) = self.kept(*symbol);
                let latest = &candles[candles.len().saturating_sub(CLOSES)..];
                let closes = ClosesSample {
                    values: latest.iter().filter_map(|c| c.close.to_f64()).collect(),
                    bar_ms,
                    closed_at: latest.last().map(|c| c.open_time + bar_ms),
                };
                (*symbol, closes)
            })
            .collect()
    }
}

/// Weight of the busiest hour of a profile.
const BUSIEST: u32 = 10_000;

fn volume_profile(candles: &[Candle]) -> Vec<u32> {
    let mut hours = [(Decimal::ZERO, 0_u32); 24];
    for candle in candles {
        let hour = candle.open_time.0.div_euclid(HOUR_MS).rem_euclid(24);
        if let Some((volume, count)) = usize::try_from(hour).ok().and_then(|h| hours.get_mut(h)) {
            *volume = volume.saturating_add(candle.volume);
            *count += 1;
        }
    }
    let means = hours.map(|(volume, count)| volume.checked_div(Decimal::from(count)));
    let known: Vec<Decimal> = means.into_iter().flatten().collect();
    let sum = known
        .iter()
        .fold(Decimal::ZERO, |s, m| s.saturating_add(*m));
    let mean = sum.checked_div(Decimal::from(known.len()));
    let most = known.iter().copied().max().unwrap_or_default();
    means
        .into_iter()
        .map(|hour| {
            let share = hour.or(mean).and_then(|volume| volume.checked_div(most));
            let weight = share.map(|s| (s * Decimal::from(BUSIEST)).round());
            weight.map_or(1, |w| w.to_u32().unwrap_or(BUSIEST))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn candle(hour: i64, volume: Decimal) -> Candle {
        Candle::of_trade(Time(hour * HOUR_MS), dec!(100), volume)
    }

    #[test]
    fn a_bar_without_its_first_candle_closes_once_and_follows_the_one_before_it() {
        const MINUTE: i64 = 60_000;
        let symbol: Symbol = "BTC/USD".parse().unwrap();
        let minute = |n: i64| Candle::of_trade(Time(n * MINUTE), dec!(100), dec!(1));
        // Bars of five minutes; nobody traded in minute 10.
        let minutes: Vec<Candle> = (0..20).filter(|n| *n != 10).map(minute).collect();
        let mut book = CandleBook::new();
        book.seed(&[(symbol, MINUTE, Vec::new())]);
        let mut market = Market {
            quotes: Quotes::default(),
            book,
            spread: Decimal::ZERO,
            bar_ms: MINUTE,
        };
        let mut closed = Vec::new();
        for candle in minutes {
            market.seed(&[(symbol, MINUTE, vec![candle])]);
            let since = candle.open_time;
            let look = market.closed_since(symbol, 5 * MINUTE, since).unwrap();
            let before = look.before.map(|before| before.0 / MINUTE);
            let bars = look.bars.iter();
            closed.extend(bars.map(|bar| (before, bar.open_time.0 / MINUTE)));
        }
        let expected = [(None, 0), (Some(0), 5), (Some(5), 10), (Some(10), 15)];
        assert_eq!(closed, expected);
    }

    #[test]
    fn a_profile_is_the_mean_of_each_hour_and_flat_where_nothing_is_known() {
        assert_eq!(volume_profile(&[]), vec![1; 24]);
        // Hour 0 on two days: 2 and 4; hour 1: 6. The busiest is hour 1, others are the mean of 3
        // and 6.
        let candles = [candle(0, dec!(2)), candle(1, dec!(6)), candle(24, dec!(4))];
        let profile = volume_profile(&candles);
        assert_eq!((profile[0], profile[1], profile[2]), (5_000, 10_000, 7_500));
        assert_eq!(profile.len(), 24);
        // Bars without volume say nothing.
        assert_eq!(volume_profile(&[candle(3, dec!(0))]), vec![1; 24]);
    }
}
