use super::super::CandleBook;
use super::super::indicators::{Adx, Bar, Ema};
use super::*;

fn symbols() -> Vec<Symbol> {
    ["BTC/USDT", "ETH/USDT", "XRP/USDT"]
        .map(|s| s.parse().unwrap())
        .to_vec()
}

const START: Time = Time(1_771_068_213_740);

fn prices(feed: &mut SimulatedFeed, count: usize) -> Vec<Vec<Item>> {
    (0..count).map(|_| feed.next().unwrap().items).collect()
}

#[test]
fn seed_and_elapsed_time_alone_give_the_prices() {
    let later = Time(START.0 + 987_654_321);
    let mut feed = SimulatedFeed::new(&symbols(), 7, START);
    let mut again = SimulatedFeed::new(&symbols(), 7, later);
    let mut other = SimulatedFeed::new(&symbols(), 8, START);
    assert_eq!(feed.info().hash, again.info().hash);
    assert_ne!(feed.info().hash, other.info().hash);
    let path = prices(&mut feed, 500);
    assert_eq!(path, prices(&mut again, 500));
    assert_ne!(path, prices(&mut other, 500));
    let mut alone = SimulatedFeed::new(&symbols()[1..2], 7, START);
    let ether: Vec<_> = path.iter().map(|items| vec![items[1]]).collect();
    assert_eq!(prices(&mut alone, 500), ether, "a pair's path is its own");
}

#[test]
fn the_history_joins_the_live_path() {
    let mut feed = SimulatedFeed::new(&symbols(), 1, START);
    let history = feed.history();
    assert_eq!(feed.peek(), Some(START));
    let mut book = CandleBook::new();
    book.seed(&history);
    for (symbol, interval_ms, candles) in &history {
        assert_eq!((*interval_ms, candles.len()), (MINUTE_MS, 500), "{symbol}");
        assert_eq!(candles[499].open_time + MINUTE_MS, START);
        let ratio = candles[499].close
            / match symbol.base() {
                "BTC" => Decimal::from(64_000),
                "ETH" => Decimal::from(3_200),
                _ => Decimal::new(55, 2),
            };
        assert!((ratio - Decimal::ONE).abs() < Decimal::new(1, 3), "{ratio}");
    }
    for _ in 0..61 {
        book.apply(&feed.next().unwrap());
    }
    for (symbol, _, candles) in feed.history() {
        let kept = book.candles(symbol);
        assert_eq!(kept.len(), 502);
        assert_eq!(kept[2..], candles[..], "{symbol}");
    }
}

#[test]
fn a_resumed_market_goes_on_as_if_it_had_never_stopped() {
    for elapsed_ms in [0, 1_999, 59_999, 60_000, 3_600_500, 3 * 86_400_000 + 7] {
        let t = START + elapsed_ms;
        let mut whole = SimulatedFeed::new(&symbols(), 3, START);
        while whole.peek().unwrap() <= t {
            whole.next();
        }
        let mut resumed = SimulatedFeed::new(&symbols(), 3, START);
        resumed.resume_after(t);
        resumed.resume_after(START);
        assert_eq!(resumed.history(), whole.history(), "{elapsed_ms}");
        for _ in 0..100 {
            assert_eq!(resumed.next(), whole.next());
        }
    }
}

/// ADX with its lines, and two averages, at the end of the candles.
fn trend(candles: &[Candle]) -> (f64, bool) {
    let (mut adx, mut fast, mut slow) = (Adx::new(14), Ema::new(20), Ema::new(50));
    let mut last = (None, None, None);
    for bar in candles.iter().map(Bar::from) {
        last = (adx.next(bar), fast.next(bar.close), slow.next(bar.close));
    }
    let (adx, fast, slow) = (last.0.unwrap(), last.1.unwrap(), last.2.unwrap());
    (adx.adx, adx.plus_di > adx.minus_di && fast > slow)
}

#[test]
fn the_default_market_opens_with_a_bull_trend_that_goes_on() {
    let mut feed = SimulatedFeed::new(&symbols(), 1, START);
    let history = feed.history();
    let (symbol, _, candles) = history
        .iter()
        .find(|(_, _, candles)| matches!(trend(candles), (adx, true) if adx > 25.0))
        .expect("one of the symbols rises");
    feed.resume_after(START + 3_600_000);
    let later = feed.history();
    let (_, _, now) = later.iter().find(|(other, ..)| other == symbol).unwrap();
    assert!(now[499].close > candles[499].close, "{symbol}");
}

#[test]
fn prices_move_as_much_as_real_ones_and_stay_sensible() {
    let mut feed = SimulatedFeed::new(&symbols(), 5, START);
    let (mut seen, mut sum, mut count) = (Vec::new(), 0.0, 0.0);
    for day in 1..=30 {
        feed.resume_after(START + day * 86_400_000);
        for (symbol, _, candles) in feed.history() {
            let closes: Vec<f64> = candles.iter().map(|c| Bar::from(c).close).collect();
            for two in closes.windows(2) {
                sum += (two[1] / two[0]).ln().powi(2);
                count += 1.0;
            }
            if symbol.base() == "BTC" {
                seen.push(closes[499]);
            }
        }
    }
    let a_year = (sum / count * 525_600.0f64).sqrt();
    assert!((0.35..0.65).contains(&a_year), "{a_year}");
    assert!(
        seen.iter().all(|p| (35_000.0..110_000.0).contains(p)),
        "{seen:?}"
    );
}
