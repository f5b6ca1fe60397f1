//! The last closed candles of each symbol, from bars or gathered from trades.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::core::{Symbol, Time};

use super::{Candle, Instant, Item, MINUTE_MS};

/// Closed candles kept a symbol: two days of minutes, so that a day's bar can be put together.
const KEPT: usize = 2_880;
/// How far a series grows beyond `KEPT` before it is cut back, so that cutting is rare.
const SLACK: usize = 256;

/// Closed candles of the base interval, at most 2,880 a symbol, and the last price of each.
///
/// The base interval is that of the first bar or history; trades make one-minute candles, and a
/// minute without a trade makes none.
#[derive(Debug, Default)]
pub struct CandleBook {
    series: BTreeMap<Symbol, Series>,
}

#[derive(Debug)]
struct Series {
    /// Unknown until the first candle or trade.
    interval_ms: Option<i64>,
    closed: Vec<Candle>,
    forming: Option<Candle>,
    last: Option<(Time, Decimal)>,
}

impl CandleBook {
    /// An empty book.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what was known before a feed's first instant.
    pub fn seed(&mut self, history: &[(Symbol, i64, Vec<Candle>)]) {
        for (symbol, interval_ms, candles) in history {
            let series = self.series(*symbol);
            for candle in candles {
                series.close(*interval_ms, *candle);
            }
        }
    }

    /// Takes in what became known. Trades close the minutes that lie before them.
    pub fn apply(&mut self, instant: &Instant) {
        self.advance(instant.time);
        for item in &instant.items {
            match *item {
                Item::Bar {
                    symbol,
                    interval_ms,
                    candle,
                } => {
                    let series = self.series(symbol);
                    series.close(interval_ms, candle);
                    series.last = Some((instant.time, candle.close));
                }
                Item::Open { symbol, price, .. } => {
                    self.series(symbol).last = Some((instant.time, price));
                }
                Item::Trade {
                    symbol,
                    price,
                    quantity,
                } => self.series(symbol).trade(instant.time, price, quantity),
            }
        }
    }

    /// Closes the minutes that have passed by `now`, though no trade came after them.
    pub fn advance(&mut self, now: Time) {
        for series in self.series.values_mut() {
            series.close_passed(now);
        }
    }

    /// Closed candles, oldest first; none for an unknown symbol.
    pub fn candles(&self, symbol: Symbol) -> &[Candle] {
        self.series.get(&symbol).map_or(&[], |series| {
            &series.closed[series.closed.len().saturating_sub(KEPT)..]
        })
    }

    /// Length of the symbol's candles in ms; none before the first of them.
    pub fn interval_ms(&self, symbol: Symbol) -> Option<i64> {
        self.series
            .get(&symbol)
            .and_then(|series| series.interval_ms)
    }

    /// The last price, and when it became known.
    pub fn last(&self, symbol: Symbol) -> Option<(Time, Decimal)> {
        self.series.get(&symbol).and_then(|series| series.last)
    }

    fn series(&mut self, symbol: Symbol) -> &mut Series {
        self.series.entry(symbol).or_insert(Series {
            interval_ms: None,
            closed: Vec::new(),
            forming: None,
            last: None,
        })
    }
}

impl Series {
    fn close(&mut self, interval_ms: i64, candle: Candle) {
        let newer = self
            .closed
            .last()
            .is_none_or(|last| last.open_time < candle.open_time);
        if !newer || interval_ms != *self.interval_ms.get_or_insert(interval_ms) {
            return;
        }
        self.last = Some((candle.open_time + interval_ms, candle.close));
        self.closed.push(candle);
        if self.closed.len() >= KEPT + SLACK {
            self.closed.drain(..self.closed.len() - KEPT);
        }
    }

    fn trade(&mut self, time: Time, price: Decimal, quantity: Decimal) {
        self.last = Some((time, price));
        if *self.interval_ms.get_or_insert(MINUTE_MS) != MINUTE_MS {
            return;
        }
        match &mut self.forming {
            Some(candle) => candle.extend(price, quantity),
            None => {
                self.forming = Some(Candle::of_trade(self.minute_of(time), price, quantity));
            }
        }
    }

    fn close_passed(&mut self, now: Time) {
        if let Some(candle) = self
            .forming
            .take_if(|candle| now - candle.open_time >= MINUTE_MS)
        {
            let last = self.last;
            self.close(MINUTE_MS, candle);
            self.last = last;
        }
    }

    /// Where the minute around `time` begins. Minutes go on from those of the history, which need not
    /// be whole minutes of the wall clock.
    fn minute_of(&self, time: Time) -> Time {
        let phase = self
            .closed
            .last()
            .map_or(0, |candle| candle.open_time.0.rem_euclid(MINUTE_MS));
        time + -(time.0 - phase).rem_euclid(MINUTE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn symbol() -> Symbol {
        "BTC/USD".parse().unwrap()
    }

    fn trade(ms: i64, price: Decimal) -> Instant {
        Instant {
            time: Time(ms),
            items: vec![Item::Trade {
                symbol: symbol(),
                price,
                quantity: dec!(1),
            }],
        }
    }

    fn bar(minute: i64, close: i64) -> Instant {
        Instant {
            time: Time((minute + 1) * MINUTE_MS),
            items: vec![Item::Bar {
                symbol: symbol(),
                interval_ms: MINUTE_MS,
                candle: Candle::of_trade(Time(minute * MINUTE_MS), close.into(), dec!(2)),
            }],
        }
    }

    #[test]
    fn trades_make_minutes_and_silent_minutes_make_none() {
        let mut book = CandleBook::new();
        for (ms, price) in [(1_000, dec!(5)), (20_000, dec!(7)), (59_999, dec!(4))] {
            book.apply(&trade(ms, price));
        }
        assert!(book.candles(symbol()).is_empty(), "the minute still runs");
        book.advance(Time(60_000));
        assert_eq!(
            book.candles(symbol()),
            [Candle {
                open_time: Time(0),
                open: dec!(5),
                high: dec!(7),
                low: dec!(4),
                close: dec!(4),
                volume: dec!(3),
            }]
        );
        book.apply(&trade(300_500, dec!(9)));
        book.advance(Time(360_000));
        let times: Vec<_> = book.candles(symbol()).iter().map(|c| c.open_time).collect();
        assert_eq!(times, [Time(0), Time(300_000)]);
        assert_eq!(book.last(symbol()), Some((Time(300_500), dec!(9))));
    }

    #[test]
    fn minutes_go_on_from_a_history_that_began_between_two_minutes() {
        let mut book = CandleBook::new();
        let past = Candle::of_trade(Time(13_000), dec!(1), dec!(1));
        book.seed(&[(symbol(), MINUTE_MS, vec![past])]);
        assert_eq!(book.last(symbol()), Some((Time(73_000), dec!(1))));
        book.apply(&trade(75_000, dec!(2)));
        book.advance(Time(133_000));
        assert_eq!(book.candles(symbol())[1].open_time, Time(73_000));
    }

    #[test]
    fn a_book_keeps_the_last_two_days_of_minutes() {
        let mut book = CandleBook::new();
        for minute in 0..5_000 {
            book.apply(&bar(minute, minute + 1));
            assert!(book.candles(symbol()).len() <= 2_880);
        }
        let kept = book.candles(symbol());
        assert_eq!((kept.len(), kept[2_879].close), (2_880, dec!(5000)));
    }
}
