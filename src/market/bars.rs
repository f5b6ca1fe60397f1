//! Longer bars out of shorter ones.

use crate::core::Time;

use super::Candle;

/// Whether bars of one length can be put together out of closed candles of another.
///
/// # Errors
/// Why not, in words.
pub fn composes(of_ms: i64, wanted_ms: i64) -> Result<(), String> {
    let s = |ms: i64| ms / 1_000;
    if of_ms <= 0 || wanted_ms < of_ms || wanted_ms % of_ms != 0 {
        return Err(format!(
            "bars of {} s cannot be made of the feed's, which have {} s",
            s(wanted_ms),
            s(of_ms)
        ));
    }
    Ok(())
}

/// Where the bar of this length around a time begins: whole multiples since 1970-01-01T00:00:00Z. Bars
/// of the candles' own length begin where these do.
pub fn begins(time: Time, of_ms: i64, wanted_ms: i64) -> Time {
    if of_ms == wanted_ms {
        return time;
    }
    time + -time.0.rem_euclid(wanted_ms)
}

/// The bars that these closed candles, oldest first, complete. One is complete with the last candle that
/// lies in it, or with the first after it where that one is missing. The first bar is left out where the
/// candles begin in its midst.
pub fn gather(candles: &[Candle], of_ms: i64, wanted_ms: i64) -> Vec<Candle> {
    if of_ms == wanted_ms {
        return candles.to_vec();
    }
    let start = |candle: &Candle| begins(candle.open_time, of_ms, wanted_ms);
    let whole = |first: &Candle| first.open_time - start(first) < of_ms;
    let mut bars = Vec::new();
    let groups = candles.chunk_by(|a, b| start(a) == start(b));
    for (at, group) in groups.enumerate() {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let ends = start(first) + wanted_ms;
        let followed = candles
            .last()
            .is_some_and(|newest| newest.open_time >= ends);
        if at == 0 && !whole(first) || !followed && last.open_time + of_ms < ends {
            continue;
        }
        let mut bar = Candle {
            open_time: start(first),
            ..*first
        };
        for candle in &group[1..] {
            bar.high = bar.high.max(candle.high);
            bar.low = bar.low.min(candle.low);
            bar.close = candle.close;
            bar.volume = bar.volume.saturating_add(candle.volume);
        }
        bars.push(bar);
    }
    bars
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;
    use crate::market::MINUTE_MS;

    const FIVE: i64 = 5 * MINUTE_MS;

    /// A minute candle whose prices are around its number.
    fn minute(n: i64) -> Candle {
        let price = rust_decimal::Decimal::from(100 + n);
        Candle {
            open_time: Time(n * MINUTE_MS),
            open: price,
            high: price + dec!(2),
            low: price - dec!(2),
            close: price + dec!(1),
            volume: dec!(1),
        }
    }

    fn opens(bars: &[Candle]) -> Vec<i64> {
        bars.iter().map(|b| b.open_time.0 / MINUTE_MS).collect()
    }

    #[test]
    fn five_minutes_make_a_bar_as_the_last_of_them_closes() {
        let minutes: Vec<Candle> = (0..10).map(minute).collect();
        assert!(gather(&minutes[..4], MINUTE_MS, FIVE).is_empty());
        let bars = gather(&minutes[..5], MINUTE_MS, FIVE);
        assert_eq!(
            bars,
            [Candle {
                open_time: Time(0),
                open: dec!(100),
                high: dec!(106),
                low: dec!(98),
                close: dec!(105),
                volume: dec!(5),
            }]
        );
        assert_eq!(opens(&gather(&minutes, MINUTE_MS, FIVE)), [0, 5]);
        assert_eq!(gather(&minutes, MINUTE_MS, MINUTE_MS), minutes);
    }

    #[test]
    fn a_bar_that_was_not_seen_from_its_beginning_is_left_out() {
        let minutes: Vec<Candle> = (2..10).map(minute).collect();
        assert_eq!(opens(&gather(&minutes, MINUTE_MS, FIVE)), [5]);
    }

    #[test]
    fn a_missing_last_minute_closes_its_bar_with_the_next() {
        let minutes: Vec<Candle> = (0..4).chain(6..7).map(minute).collect();
        assert!(gather(&minutes[..4], MINUTE_MS, FIVE).is_empty());
        assert_eq!(opens(&gather(&minutes, MINUTE_MS, FIVE)), [0]);
    }

    #[test]
    fn only_multiples_can_be_put_together() {
        assert!(composes(MINUTE_MS, FIVE).is_ok());
        assert!(composes(MINUTE_MS, MINUTE_MS).is_ok());
        for (of, wanted) in [(FIVE, MINUTE_MS), (FIVE, 7 * MINUTE_MS), (0, MINUTE_MS)] {
            assert!(composes(of, wanted).is_err(), "{of} {wanted}");
        }
        assert_eq!(
            composes(FIVE, MINUTE_MS).unwrap_err(),
            "bars of 60 s cannot be made of the feed's, which have 300 s"
        );
    }
}
