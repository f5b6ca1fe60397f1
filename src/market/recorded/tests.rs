//! Whole files and folders: what loads, what is refused, and in which order it comes out.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use tempfile::TempDir;

use super::super::{CandleBook, Item, MINUTE_MS, recordings};
use super::*;

const T: i64 = 1_700_000_000_000 / MINUTE_MS * MINUTE_MS;

fn minute(n: i64) -> Time {
    Time(T + n * MINUTE_MS)
}

/// Kraken's own form: seconds, no header.
fn kraken(minutes: impl IntoIterator<Item = i64>) -> String {
    let line = |n| format!("{},10,12,9,11,{}.5,3\n", minute(n).0 / 1000, n);
    minutes.into_iter().map(line).collect()
}

fn put(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn opened(name: &str, content: impl AsRef<[u8]>) -> Result<RecordedFeed, FeedError> {
    let folder = TempDir::new().unwrap();
    RecordedFeed::open(&put(&folder, name, content), None)
}

fn refused(name: &str, content: impl AsRef<[u8]>) -> (u64, String) {
    match opened(name, content).unwrap_err() {
        FeedError::Line { line, found, .. } => (line, found),
        other => panic!("{other}"),
    }
}

fn all(feed: &mut RecordedFeed) -> Vec<Instant> {
    std::iter::from_fn(|| feed.next()).collect()
}

fn gzip(content: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(content.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn every_recording_with_absolute_times_loads() {
    let Some(folder) = recordings::folder("market") else {
        return;
    };
    for (name, symbol, rows, minutes, form) in [
        (
            "binance_DOTUSDT-1m-2026-02.csv.gz",
            "DOT/USDT",
            40_320,
            1,
            "milliseconds",
        ),
        (
            "binance_LTCUSDT-1m-2026-02.csv.gz",
            "LTC/USDT",
            40_320,
            1,
            "milliseconds",
        ),
        (
            "binance_XRPETH_1m_2019-10.csv",
            "XRP/ETH",
            2_469,
            1,
            "milliseconds",
        ),
        (
            "binance_XRPETH_trades_2019-10.json.gz",
            "XRP/ETH",
            12_477,
            0,
            "milliseconds",
        ),
        (
            "binance_futures_BTCUSDT_1d.json",
            "BTC/USDT",
            366,
            1_440,
            "milliseconds",
        ),
        (
            "binance_spot_BTCUSDT_1m_2023.json.gz",
            "BTC/USDT",
            66_087,
            1,
            "milliseconds",
        ),
        (
            "binance_spot_BTCUSDT_5m.csv.gz",
            "BTC/USDT",
            78_912,
            5,
            "milliseconds",
        ),
        (
            "binance_spot_ETHUSDT_5m.csv.gz",
            "ETH/USDT",
            78_912,
            5,
            "milliseconds",
        ),
        (
            "binance_spot_XRPUSDT_1m_2023.json.gz",
            "XRP/USDT",
            43_199,
            1,
            "milliseconds",
        ),
        (
            "binance_spot_XRPUSDT_5m.csv.gz",
            "XRP/USDT",
            78_912,
            5,
            "milliseconds",
        ),
        (
            "binance_usdm_BTCUSDT_5m.csv.gz",
            "BTC/USDT",
            78_912,
            5,
            "milliseconds",
        ),
        (
            "binance_usdm_ETHUSDT_5m.csv.gz",
            "ETH/USDT",
            78_912,
            5,
            "milliseconds",
        ),
        (
            "binance_usdm_XRPUSDT_5m.csv.gz",
            "XRP/USDT",
            78_912,
            5,
            "milliseconds",
        ),
        (
            "binanceus_BTCUSDC_1m_2023-03.csv.gz",
            "BTC/USDC",
            14_400,
            1,
            "ISO 8601",
        ),
        (
            "binanceus_BTCUSD_1m_2023-03.csv.gz",
            "BTC/USD",
            14_400,
            1,
            "ISO 8601",
        ),
        (
            "btc_perp_1m_2022-01.csv.gz",
            "BAR/USD",
            45_031,
            1,
            "ISO 8601",
        ),
        (
            "bybit_linear_BTCUSDT_5m.csv.gz",
            "BTC/USDT",
            25_920,
            5,
            "ISO 8601",
        ),
        (
            "bybit_linear_XRPUSDT_5m.csv.gz",
            "XRP/USDT",
            25_920,
            5,
            "ISO 8601",
        ),
        ("kraken_BCHEUR_trades.csv", "BCH/EUR", 486, 0, "seconds"),
        ("kraken_XBTUSDC_1m.csv.gz", "BTC/USDC", 41_327, 1, "seconds"),
        ("kraken_XBTUSD_60.csv.gz", "BTC/USD", 52_675, 60, "seconds"),
        (
            "kraken_XBTUSD_trades_2019-07-01.csv",
            "BTC/USD",
            2_672,
            0,
            "ISO 8601",
        ),
    ] {
        let feed =
            RecordedFeed::open(&folder.join(name), None).unwrap_or_else(|e| panic!("{name}: {e}"));
        let what = match minutes {
            0 => format!("{rows} trades"),
            _ => format!("{rows} candles of {minutes} min"),
        };
        let note = format!("{name}: {symbol}, {what}, times in {form}");
        assert_eq!(feed.info().notes, [note]);
        assert_eq!(feed.info().rows, rows);
        assert_eq!(feed.info().interval_ms, i64::max(minutes, 1) * MINUTE_MS);
    }
}

#[test]
fn times_without_a_day_are_refused_and_the_reason_is_given() {
    let Some(folder) = recordings::folder("market") else {
        return;
    };
    for name in [
        "coinbase_btcusd_1m_trade_20180404.csv",
        "coinbase_btcusd_1m_quote_20180404.csv",
    ] {
        let error = RecordedFeed::open(&folder.join(name), None).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(&format!("{name}:1: 0 is not an absolute time")),
            "{text}"
        );
    }
}

#[test]
fn a_bar_opens_with_one_price_and_is_known_when_it_closes() {
    let mut feed = opened("XBTUSD_1.csv", kraken([0, 1, 3])).unwrap();
    let symbol: Symbol = "BTC/USD".parse().unwrap();
    let info = feed.info().clone();
    assert_eq!((info.first, info.last), (Some(minute(0)), Some(minute(4))));
    let instants = all(&mut feed);
    let times: Vec<_> = instants.iter().map(|i| i.time).collect();
    assert_eq!(times, [0, 1, 2, 3, 4].map(minute));
    assert_eq!(
        instants[0].items,
        [Item::Open {
            symbol,
            price: dec!(10),
            volume: dec!(0.5),
            holds_until: Time(minute(0).0 + 20_000),
        }]
    );
    let [
        Item::Bar {
            candle,
            interval_ms,
            ..
        },
        Item::Open { .. },
    ] = instants[1].items[..]
    else {
        panic!("{:?}", instants[1]);
    };
    assert_eq!((candle.open_time, interval_ms), (minute(0), MINUTE_MS));
    assert_eq!(
        (candle.high, candle.low, candle.close),
        (dec!(12), dec!(9), dec!(11))
    );
    assert!(
        matches!(instants[2].items[..], [Item::Bar { .. }]),
        "a gap opens nothing"
    );
}

#[test]
fn one_content_reads_alike_in_every_form() {
    let plain = kraken([0, 1, 2]);
    let mut expected = opened("XBTUSD_1.csv", &plain).unwrap();
    let hash = expected.info().hash.clone();
    assert_eq!(hash, hex(&Sha256::digest(&plain)));
    let expected = all(&mut expected);
    let ms = |n| minute(n).0;
    let header = format!(
        "\u{feff}Close, Volume ,note,low,high,open,ts_ns\r\n{}",
        [0, 1, 2]
            .map(|n| format!("11,{n}.5,x,9,1.2e1,\"10\",{}000000\r\n", ms(n)))
            .concat()
    );
    let rows = [0, 1, 2].map(|n| format!("[{},10.0,\"12\",9,11,{n}.5]", ms(n)));
    let objects = [0, 1, 2].map(|n| {
        format!(
            "{{\"x\":{{\"y\":[1]}},\"close\":11,\"open\":10,\"high\":12,\"low\":9,\"qty\":{n}.5,\"time\":{}}}",
            ms(n)
        )
    });
    for (name, content) in [
        ("XBTUSD_1.csv.gz", gzip(&plain)),
        ("XBTUSD.csv", header.into_bytes()),
        (
            "XBTUSD.json",
            format!("[{}]", rows.join(",\n")).into_bytes(),
        ),
        (
            "BOM XBTUSD.json",
            format!("\u{feff}[{}]", rows.join(",")).into_bytes(),
        ),
        ("XBTUSD.json.gz", gzip(&format!("[{}]", objects.join(", ")))),
        ("no ending, XBTUSD", plain.clone().into_bytes()),
    ] {
        let mut feed = opened(name, content).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(all(&mut feed), expected, "{name}");
    }
    let packed = opened("XBTUSD_1.csv.gz", gzip(&plain)).unwrap();
    assert_eq!(
        packed.info().hash,
        hash,
        "packing does not change the content"
    );
}

#[test]
fn trades_of_one_time_come_together_in_their_order() {
    let mut feed = opened(
        "XBTUSD.csv",
        "ts_ms,side,price,qty\n1700000000000,buy,5,1\n1700000000000,buy,6,2\n1700000000001,sell,5,0\n",
    )
    .unwrap();
    let prices: Vec<Vec<Decimal>> = all(&mut feed)
        .iter()
        .map(|instant| {
            let price = |item: &Item| match item {
                Item::Trade { price, .. } => *price,
                other => panic!("{other:?}"),
            };
            instant.items.iter().map(price).collect()
        })
        .collect();
    assert_eq!(prices, [vec![dec!(5), dec!(6)], vec![dec!(5)]]);
}

#[test]
fn every_broken_line_is_refused_with_its_number() {
    let good = kraken([0]);
    let next = minute(1).0 / 1000;
    for (line, found) in [
        (format!("{next},10,12,9,x,1,3"), "\"x\" is not a number"),
        (format!("{next},10,12,9,,1,3"), "\"\" is not a number"),
        (format!("{next},NaN,12,9,11,1,3"), "NaN is not finite"),
        (format!("{next},10,inf,9,11,1,3"), "inf is not finite"),
        (format!("{next},10,12,0,11,1,3"), "price 0 is not above 0"),
        (
            format!("{next},-10,12,9,11,1,3"),
            "price -10 is not above 0",
        ),
        (format!("{next},10,12,9,11,-1,3"), "volume -1 is below 0"),
        (format!("{next},10,8,9,11,1,3"), "high 8 is below low 9"),
        (
            format!("{},10,12,9,11,1,3", minute(0).0 / 1000),
            "does not rise",
        ),
        (
            format!("{},10,12,9,11,1,3", minute(-1).0 / 1000),
            "does not rise",
        ),
        (
            format!("{}000,10,12,9,11,1,3", next),
            "written in milliseconds, where seconds",
        ),
        ("soon,10,12,9,11,1,3".to_owned(), "\"soon\" is not a time"),
        (
            format!("{next},10,12,9,11,1"),
            "6 columns, where 7 are expected",
        ),
        (
            format!("{next},10,12,9,11,1,3,4"),
            "8 columns, where 7 are expected",
        ),
    ] {
        let content = format!("{good}{line}\n{}", kraken([2]));
        let (number, text) = refused("XBTUSD_1.csv", content);
        assert!(
            number == 2 && text.contains(found),
            "{line}: {number}: {text}"
        );
    }
    let mut bytes = good.clone().into_bytes();
    bytes.extend(b"\xff\xfe,1\n");
    assert_eq!(
        refused("a.csv", bytes),
        (2, "the line is not UTF-8".to_owned())
    );
    let gap = format!("{good}\n{}", kraken([1]));
    assert_eq!(refused("a.csv", gap), (2, "the line is empty".to_owned()));
    let (line, found) = refused("a.csv", "time,open,high,low,volume\n");
    assert_eq!((line, found.as_str()), (1, "no column is named close"));
    let (line, found) = refused("a.csv", "1700000000,1,2,3\n");
    assert!(
        line == 1 && found.starts_with("4 columns without names"),
        "{found}"
    );
    let trades = "1700000000,5,1\n1700000000,5,1\n1699999999,5,1\n";
    let (line, found) = refused("a.csv", trades);
    assert!(line == 3 && found.contains("goes back"), "{found}");
}

#[test]
fn broken_json_is_refused_with_its_line() {
    for (content, number, found) in [
        (
            "[[1700000000,1,2,1,1,1],\n[1700000060,1,2,1,null,1]]",
            2,
            "\"null\" is not a number",
        ),
        (
            "[[1700000000,1,2,1,1,1],\n[1700000060,1,2,1]]",
            2,
            "4 columns, where 6",
        ),
        ("[[1700000000,1,2,1,1,1],\n7]", 2, "\"7\" is no row"),
        (
            "[[1700000000,1,2,1,1,1],\n[1700000060,1,2,1,1,1]",
            2,
            "no JSON array of rows",
        ),
        ("{\"a\":1}", 1, "no JSON array of rows"),
        (
            "[{\"time\":1700000000,\n\"price\":0,\n\"amount\":1}]",
            2,
            "price 0 is not above 0",
        ),
        (
            "[{\"time\":1700000000,\"price\":1,\"amount\":1},\n{\"time\":1700000000}]",
            2,
            "price is missing",
        ),
        ("[{\"bid\":1}]", 1, "without a price"),
    ] {
        let (line, text) = refused("a.json", content);
        assert!(
            line == number && text.contains(found),
            "{content}: {line}: {text}"
        );
    }
    let (line, _) = refused("a.json", b"[[1700000000,1,2,1,1,1],\n\"\xff\"]");
    assert_eq!(line, 2);
}

#[test]
fn what_holds_no_row_is_an_error() {
    for content in ["", "\n \n", "time,open,high,low,close,volume\n"] {
        assert!(
            matches!(opened("a.csv", content), Err(FeedError::Empty(_))),
            "{content:?}"
        );
    }
    assert!(matches!(opened("a.json", "[]"), Err(FeedError::Empty(_))));
    assert!(matches!(
        opened("a.csv.gz", gzip("")),
        Err(FeedError::Empty(_))
    ));
    let mut cut = gzip(&kraken(0..500));
    cut.truncate(cut.len() / 2);
    assert!(matches!(
        opened("a.csv.gz", cut),
        Err(FeedError::Unreadable { .. })
    ));
    let folder = TempDir::new().unwrap();
    let missing = RecordedFeed::open(&folder.path().join("a.csv"), None).unwrap_err();
    assert!(matches!(missing, FeedError::Missing(_)), "{missing}");
    put(&folder, "readme.txt", "1");
    let none = RecordedFeed::open(folder.path(), None).unwrap_err();
    assert!(matches!(none, FeedError::NoFiles(_)), "{none}");
}

#[test]
fn a_folder_is_merged_by_time_and_symbol() {
    let folder = TempDir::new().unwrap();
    put(&folder, "b_XBTUSD_1.csv", kraken([0, 1]));
    put(&folder, "a_XBTUSD_1.csv", kraken([2, 3]));
    put(&folder, "ETHUSD_1.csv.gz", gzip(&kraken([1, 2])));
    put(&folder, "notes.md", "not data");
    let mut feed = RecordedFeed::open(folder.path(), None).unwrap();
    let symbols: Vec<_> = feed.info().symbols.iter().map(Symbol::as_str).collect();
    assert_eq!(symbols, ["BTC/USD", "ETH/USD"]);
    assert_eq!((feed.info().rows, feed.info().notes.len()), (6, 3));
    let instants = all(&mut feed);
    let times: Vec<_> = instants.iter().map(|i| i.time).collect();
    assert_eq!(times, [0, 1, 2, 3, 4].map(minute));
    let kinds: String = instants[2]
        .items
        .iter()
        .map(|item| match item {
            Item::Bar { symbol, .. } => format!("bar {symbol} "),
            Item::Open { symbol, .. } => format!("open {symbol} "),
            Item::Trade { .. } => unreachable!(),
        })
        .collect();
    assert_eq!(kinds, "bar BTC/USD bar ETH/USD open BTC/USD open ETH/USD ");
}

#[test]
fn files_that_contradict_each_other_are_named() {
    for (first, second, name, found) in [
        (
            kraken([0, 1]),
            kraken([1, 2]),
            "XBTUSD_2.csv",
            "both hold the row of BTC/USD",
        ),
        (
            kraken([0, 1]),
            kraken([5, 10]),
            "XBTUSD_2.csv",
            "in two lengths",
        ),
        (
            kraken([0, 1]),
            "1700000000,5,1\n".to_owned(),
            "XBTUSD_2.csv",
            "the other trades",
        ),
        (
            "1700000000,5,1\n1700000000,5,1\n".to_owned(),
            "1700000000,5.0,1\n".to_owned(),
            "XBTUSD_2.csv",
            "both hold the row",
        ),
    ] {
        let folder = TempDir::new().unwrap();
        put(&folder, "XBTUSD_1.csv", first);
        put(&folder, name, second);
        let error = RecordedFeed::open(folder.path(), None)
            .unwrap_err()
            .to_string();
        let names = error.contains("XBTUSD_1.csv") && error.contains("XBTUSD_2.csv");
        assert!(names && error.contains(found), "{error}");
    }
}

#[test]
fn the_caller_names_the_pair_where_the_file_does_not() {
    let folder = TempDir::new().unwrap();
    let given: Symbol = "SOL/EUR".parse().unwrap();
    for (name, symbol, expected) in [
        ("bars_42.csv", None, "BAR/USD"),
        ("bars_42.csv", Some(given), "SOL/EUR"),
        ("XBTUSD_1.csv", Some(given), "BTC/USD"),
    ] {
        let path = put(&folder, name, kraken([0]));
        let feed = RecordedFeed::open(&path, symbol).unwrap();
        assert_eq!(feed.info().symbols[0].as_str(), expected);
    }
}

#[test]
fn resuming_gives_the_same_continuation_and_the_same_past() {
    let trades: String = (0..3_000)
        .map(|n| format!("{},{},1\n", (T + n * 7_000) / 1000, 100 + n % 13))
        .collect();
    for content in [kraken((0..700).filter(|n| n % 7 != 3)), trades] {
        let mut whole = opened("XBTUSD.csv", &content).unwrap();
        assert!(whole.history().is_empty());
        let mut book = CandleBook::new();
        for _ in 0..650 {
            book.apply(&whole.next().unwrap());
        }
        let mut resumed = opened("XBTUSD.csv", &content).unwrap();
        let now = Time(whole.peek().unwrap().0 - 1);
        resumed.resume_after(now);
        resumed.resume_after(Time(0));
        book.advance(now);
        let (symbol, _, past) = resumed.history().remove(0);
        let kept = book.candles(symbol);
        assert_eq!(past, kept[kept.len() - past.len()..]);
        assert_eq!(past.len(), kept.len().min(500));
        assert_eq!(all(&mut resumed), all(&mut whole));
        assert_eq!(resumed.peek(), None);
    }
}

proptest! {
    /// Whatever a file holds, reading it ends with rows or with a reason.
    #[test]
    fn no_content_makes_a_reader_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[-0-9:,.eETZ+ \\n\"\\[\\]{}a-z]{0,200}",
    ) {
        for content in [&bytes[..], text.as_bytes()] {
            let _ = csv::read(content);
            let _ = json::read(content);
        }
        for cell in text.split(',') {
            let _ = when::parse(cell);
            let _ = number::Number::parse(cell);
            let _ = (pair::symbol(cell), pair::interval_ms(cell));
        }
    }

    /// A number is read as the decimal that is written.
    #[test]
    fn every_number_keeps_its_value(
        mantissa in -999_999_999_999_999_999i64..=999_999_999_999_999_999,
        scale in 0u32..=28,
    ) {
        let expected = Decimal::new(mantissa, scale);
        for text in [expected.to_string(), format!("{mantissa}e-{scale}")] {
            let read = number::Number::parse(&text).unwrap().decimal();
            prop_assert_eq!(read, expected);
        }
    }
}
