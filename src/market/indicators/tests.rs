//! Readings against TA-Lib's on real candles.

use std::collections::BTreeMap;

use super::super::recordings;
use super::*;

/// The columns of a reference file by name; what is blank there is not ready yet.
fn columns(name: &str) -> Option<BTreeMap<String, Vec<Option<f64>>>> {
    let path = recordings::folder("reference")?.join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut columns = BTreeMap::new();
    for line in lines {
        for (name, cell) in names.iter().zip(line.split(',')) {
            let column: &mut Vec<_> = columns.entry((*name).to_owned()).or_default();
            column.push(cell.parse().ok());
        }
    }
    Some(columns)
}

/// All readings of all indicators, by the names that the reference gives them.
fn readings(bars: &[Bar]) -> BTreeMap<&'static str, Vec<Option<f64>>> {
    let (mut sma, mut ema12, mut ema26, mut ema50) =
        (Sma::new(20), Ema::new(12), Ema::new(26), Ema::new(50));
    let (mut rsi, mut macd, mut atr) = (Rsi::new(14), Macd::new(12, 26, 9), Atr::new(14));
    let (mut adx, mut bollinger) = (Adx::new(14), Bollinger::new(20, 2.0));
    let mut stochastic = Stochastic::new(STOCHASTIC.0, STOCHASTIC.1, STOCHASTIC.2);
    let mut all: BTreeMap<&'static str, Vec<Option<f64>>> = BTreeMap::new();
    for bar in bars {
        let (macd, adx) = (macd.next(bar.close), adx.next(*bar));
        let (bands, swing) = (bollinger.next(bar.close), stochastic.next(*bar));
        for (name, value) in [
            ("sma20", sma.next(bar.close)),
            ("ema12", ema12.next(bar.close)),
            ("ema26", ema26.next(bar.close)),
            ("ema50", ema50.next(bar.close)),
            ("rsi14", rsi.next(bar.close)),
            ("macd", macd.map(|m| m.macd)),
            ("macd_signal", macd.map(|m| m.signal)),
            ("macd_hist", macd.map(|m| m.histogram)),
            ("atr14", atr.next(*bar)),
            ("adx14", adx.map(|d| d.adx)),
            ("plus_di14", adx.map(|d| d.plus_di)),
            ("minus_di14", adx.map(|d| d.minus_di)),
            ("bb_upper", bands.map(|b| b.upper)),
            ("bb_mid", bands.map(|b| b.middle)),
            ("bb_lower", bands.map(|b| b.lower)),
            ("stoch_k", swing.map(|s| s.k)),
            ("stoch_d", swing.map(|s| s.d)),
        ] {
            all.entry(name).or_default().push(value);
        }
    }
    all
}

const STOCHASTIC: (usize, usize, usize) = (14, 3, 3);

#[test]
fn readings_agree_with_talib() {
    for file in ["talib_binance_BTCUSDT_5m.csv", "talib_kraken_XBTUSD_1h.csv"] {
        let Some(reference) = columns(file) else {
            return;
        };
        let bars: Vec<Bar> = (0..reference["close"].len())
            .map(|at| Bar {
                high: reference["high"][at].unwrap(),
                low: reference["low"][at].unwrap(),
                close: reference["close"][at].unwrap(),
            })
            .collect();
        for (name, ours) in readings(&bars) {
            // DI lines alone are ready earlier in the reference; here they come with ADX.
            let ready = ours.iter().position(Option::is_some).unwrap();
            for (at, theirs) in reference[name].iter().enumerate().skip(ready) {
                let (ours, theirs) = (ours[at].unwrap(), theirs.unwrap());
                let near = (ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0);
                assert!(near, "{file} {name} at {at}: {ours}, not {theirs}");
            }
            if !name.contains("_di") {
                let theirs = reference[name].iter().position(Option::is_some);
                assert_eq!(theirs, Some(ready), "{file} {name} is ready in time");
            }
        }
    }
}

fn bar(middle: f64, close: f64) -> Bar {
    Bar {
        high: middle + 1.0,
        low: middle - 1.0,
        close,
    }
}

#[test]
fn supertrend_starts_by_the_close_against_the_middle_of_the_bar() {
    for (close, up) in [(100.5, true), (99.5, false)] {
        let mut line = Supertrend::new(10, 3.0);
        let mut reading = None;
        for _ in 0..11 {
            assert_eq!(reading, None);
            reading = line.next(bar(100.0, close));
        }
        let reading = reading.unwrap();
        assert_eq!(reading.up, up);
        assert_eq!(reading.line, if up { 94.0 } else { 106.0 });
    }
}

#[test]
fn supertrend_tightens_and_turns_where_the_close_crosses_it() {
    let mut line = Supertrend::new(1, 1.0);
    let mut readings = Vec::new();
    for middle in [100.0, 100.0, 103.0, 102.5, 98.0, 98.0] {
        if let Some(reading) = line.next(bar(middle, middle)) {
            readings.push((reading.line, reading.up));
        }
    }
    assert_eq!(
        readings,
        [
            (98.0, true),
            (99.0, true),
            (100.5, true),
            (103.5, false),
            (100.0, false)
        ]
    );
}

#[test]
fn a_market_that_stands_still_reads_as_neither() {
    let mut rsi = Rsi::new(3);
    let mut adx = Adx::new(3);
    let mut last = (None, None);
    for _ in 0..10 {
        let still = Bar {
            high: 5.0,
            low: 5.0,
            close: 5.0,
        };
        last = (rsi.next(5.0), adx.next(still));
    }
    assert_eq!(last.0, Some(50.0));
    assert_eq!(last.1.unwrap().adx, 0.0);
}
