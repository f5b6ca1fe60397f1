//! Recorded prices through the whole program: every file that has absolute times is replayed to its
//! end, broken ones are refused before anything is written, and the same rows give the same journal.

#[path = "support/program.rs"]
mod program;
mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use program::{Home, Said, until};
use serde_json::Value;
use support::data;

/// Candles and trades with absolute times, and how many rows of each are enough to trade on.
const FILES: [(&str, usize); 23] = [
    ("binance_DOTUSDT-1m-2026-02.csv.gz", 1_200),
    ("binance_LTCUSDT-1m-2026-02.csv.gz", 1_200),
    ("binance_XRPETH_1m_2019-10.csv", 1_200),
    ("binance_XRPETH_trades_2019-10.json.gz", 3_000),
    ("binance_futures_BTCUSDT_1d.json", 3),
    ("binance_spot_BTCUSDT_1m_2023.json.gz", 1_200),
    ("binance_spot_BTCUSDT_5m.csv.gz", 300),
    ("binance_spot_ETHUSDT_5m.csv.gz", 300),
    ("binance_spot_XRPUSDT_1m_2023.json.gz", 1_200),
    ("binance_spot_XRPUSDT_5m.csv.gz", 300),
    ("binance_usdm_BTCUSDT_5m.csv.gz", 300),
    ("binance_usdm_ETHUSDT_5m.csv.gz", 300),
    ("binance_usdm_XRPUSDT_5m.csv.gz", 300),
    ("binanceus_BTCUSDC_1m_2023-03.csv.gz", 1_200),
    ("binanceus_BTCUSD_1m_2023-03.csv.gz", 1_200),
    ("btc_perp_1m_2022-01.csv.gz", 1_200),
    ("bybit_linear_BTCUSDT_5m.csv.gz", 300),
    ("bybit_linear_XRPUSDT_5m.csv.gz", 300),
    ("kraken_BCHEUR_trades.csv", 3_000),
    ("kraken_XBTUSDC_1m.csv.gz", 1_200),
    ("kraken_XBTUSD_60.csv.gz", 24),
    ("kraken_XBTUSD_trades_2019-07-01.csv", 3_000),
    ("samples/tardis_bitmex_trades_XBTUSD.csv", 3_000),
];

/// Minutes that are traded on, few enough for an unoptimised program.
const MINUTES: &str = "market/binanceus_BTCUSD_1m_2023-03.csv.gz";

fn read(file: &Path) -> String {
    let mut text = String::new();
    let open = File::open(file).unwrap();
    if file.extension().is_some_and(|e| e == "gz") {
        MultiGzDecoder::new(open).read_to_string(&mut text).unwrap();
    } else {
        (&open).read_to_string(&mut text).unwrap();
    }
    text
}

fn write(file: &Path, text: &[u8]) {
    let mut open = File::create(file).unwrap();
    if file.extension().is_some_and(|e| e == "gz") {
        let mut packed = GzEncoder::new(open, Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap();
    } else {
        open.write_all(text).unwrap();
    }
}

/// A file's first rows, under the same name, packed and written as it is.
fn cut(file: &Path, rows: usize, into: &Path) -> PathBuf {
    let text = read(file);
    let name = file.file_name().unwrap();
    let text = if name.to_str().unwrap().contains(".json") {
        // Rows stay as they are written: a number is not read and written again.
        let all: Vec<&serde_json::value::RawValue> = serde_json::from_str(&text).unwrap();
        serde_json::to_string(&all[..rows.min(all.len())]).unwrap()
    } else {
        text.split_inclusive('\n').take(rows + 1).collect()
    };
    let cut = into.join(name);
    write(&cut, text.as_bytes());
    cut
}

fn replay(home: &Home, feed: &Path, speed: &str) -> Said {
    let feed = feed.to_str().unwrap();
    let flags = ["run", "--headless", "--exit-at-end", "--speed", speed];
    home.verb(&[&flags[..], &["--feed", feed]].concat())
}

/// The summary of a recording that was replayed to its end.
fn summary(said: &Said) -> Value {
    let summary = said.done();
    for field in ["seq", "clock", "orders", "fills", "equity", "journal_hash"] {
        assert!(!summary[field].is_null(), "{field}: {summary}");
    }
    summary
}

fn assert_replayed(name: &str, rows: usize) {
    let Some(file) = data(&format!("market/{name}")) else {
        return;
    };
    let home = Home::new();
    let feed = cut(&file, rows, home.path());
    let summary = summary(&replay(&home, &feed, "max"));
    assert!(summary["seq"].as_u64() > Some(4), "{name}: {summary}");
    let verified = home.read(&["journal", "verify"]);
    assert_eq!(verified["hash"], summary["journal_hash"], "{name}");
}

#[test]
fn every_recording_with_absolute_times_is_replayed_to_its_end() {
    let half = FILES.len() / 2;
    std::thread::scope(|scope| {
        for part in [&FILES[..half], &FILES[half..]] {
            scope.spawn(move || {
                for (name, rows) in part {
                    assert_replayed(name, *rows);
                }
            });
        }
    });
}

#[test]
fn a_time_of_day_without_its_day_is_refused() {
    for name in [
        "market/coinbase_btcusd_1m_trade_20180404.csv",
        "market/coinbase_btcusd_1m_quote_20180405.csv",
    ] {
        let Some(file) = data(name) else { return };
        let said = replay(&Home::new(), &file, "max");
        assert_eq!(said.refusal(), (Some(1), "FEED_INVALID".into()));
        let message = said.problem()["message"].to_string();
        assert!(
            message.contains(":1: 0 is not an absolute time"),
            "{message}"
        );
    }
}

/// Lines that are no candle after a header and a good one, and what is said of them.
const BROKEN: [(&str, &[u8]); 11] = [
    ("no number", b"1570752060000,abc,2,1,1.5,3"),
    ("not finite", b"1570752060000,NaN,2,1,1.5,3"),
    ("infinite", b"1570752060000,1,inf,1,1.5,3"),
    ("no price", b"1570752060000,0,2,0,1.5,3"),
    ("a price below nought", b"1570752060000,1,2,-1,1.5,3"),
    ("a volume below nought", b"1570752060000,1,2,1,1.5,-3"),
    ("high below low", b"1570752060000,1,1,2,1.5,3"),
    ("time going back", b"1570751940000,1,2,1,1.5,3"),
    ("time standing still", b"1570752000000,1,2,1,1.5,3"),
    ("a column short", b"1570752060000,1,2,1,1.5"),
    ("not UTF-8", b"1570752060000,1,2,1,1.5,\xff3"),
];

#[test]
fn a_broken_line_is_named_and_nothing_is_written() {
    let home = Home::new();
    let feed = home.path().join("BTCUSDT_1m.csv");
    let good = &b"ts_ms,open,high,low,close,volume\n1570752000000,1,2,1,1.5,3\n"[..];
    for (what, line) in BROKEN {
        write(&feed, &[good, line, b"\n"].concat());
        let said = replay(&home, &feed, "max");
        let refused = (Some(1), "FEED_INVALID".to_owned());
        assert_eq!(said.refusal(), refused, "{what}: {said:?}");
        let message = said.problem()["message"].as_str().unwrap().to_owned();
        let place = format!("{}:3: ", feed.display());
        let found = message.strip_prefix(&place);
        assert!(found.is_some_and(|f| !f.is_empty()), "{what}: {message}");
        assert_eq!(records(&home), 0, "{what}");
    }
}

/// How many records the state folder's journal has.
fn records(home: &Home) -> u64 {
    if !home.state().join("journal").exists() {
        return 0;
    }
    home.read(&["journal", "verify"])["records"]
        .as_u64()
        .unwrap()
}

#[test]
fn an_empty_a_missing_and_an_unpacked_file_are_refused() {
    let home = Home::new();
    let within = |name: &str| home.path().join(name);
    write(&within("empty.csv"), b"");
    write(&within("header.csv"), b"ts_ms,open,high,low,close,volume\n");
    write(&within("nothing.json"), b"[]");
    fs::write(within("torn.csv.gz"), b"\x1f\x8b\x08\x00").unwrap();
    fs::create_dir(within("folder")).unwrap();
    for name in [
        "empty.csv",
        "header.csv",
        "nothing.json",
        "torn.csv.gz",
        "folder",
        "missing.csv",
    ] {
        let said = replay(&home, &within(name), "max");
        let refused = (Some(1), "FEED_INVALID".to_owned());
        assert_eq!(said.refusal(), refused, "{name}");
        let message = said.problem()["message"].to_string();
        assert!(message.contains(name), "{message}");
        assert_eq!(records(&home), 0, "{name}");
    }
}

#[test]
fn a_broken_recording_leaves_a_journal_that_was_there_as_it_was() {
    let home = Home::new();
    let feed = home.path().join("BTCUSDT_1m.csv");
    let good = "ts_ms,open,high,low,close,volume\n1570752000000,1,2,1,1.5,3\n";
    write(&feed, good.as_bytes());
    summary(&replay(&home, &feed, "max"));
    let before = home.read(&["journal", "verify"]);
    write(
        &feed,
        format!("{good}1570752060000,1,1,2,1.5,3\n").as_bytes(),
    );
    assert_eq!(replay(&home, &feed, "max").code, Some(1));
    assert_eq!(home.read(&["journal", "verify"]), before);
}

#[test]
fn a_folder_is_one_recording() {
    let names = [
        "market/bybit_linear_BTCUSDT_5m.csv.gz",
        "market/bybit_linear_XRPUSDT_5m.csv.gz",
    ];
    let files: Vec<_> = names.iter().filter_map(|name| data(name)).collect();
    if files.len() < names.len() {
        return;
    }
    let home = Home::new();
    let folder = home.path().join("both");
    fs::create_dir(&folder).unwrap();
    for file in &files {
        cut(file, 150, &folder);
    }
    let feed = folder.to_str().unwrap();
    // Read while it runs, for what is traded.
    let engine = home.engine(&["--feed", feed, "--speed", "1"]);
    let symbols = home.status()["schedules"][0]["symbols"].clone();
    assert_eq!(symbols, serde_json::json!(["BTC/USDT", "XRP/USDT"]));
    engine.kill();
    summary(&replay(&home, &folder, "max"));
}

#[test]
fn the_same_rows_give_the_same_journal_at_any_speed() {
    let Some(file) = data(MINUTES) else { return };
    let (first, second, paced) = (Home::new(), Home::new(), Home::new());
    let feed = cut(&file, 600, first.path());
    let hash = |home: &Home, speed| summary(&replay(home, &feed, speed))["journal_hash"].clone();
    let at_once = hash(&first, "max");
    assert_eq!(hash(&second, "max"), at_once);
    assert_eq!(hash(&paced, "1000000"), at_once);
}

#[test]
fn a_recording_goes_on_to_its_end_after_a_kill() {
    let Some(file) = data(MINUTES) else { return };
    let home = Home::new();
    let feed = cut(&file, 1_200, home.path());
    let path = feed.to_str().unwrap();
    let engine = home.engine(&["--feed", path, "--speed", "3600"]);
    let start = home.status()["clock"].as_str().unwrap().to_owned();
    until("the middle", || {
        let clock = home.status()["clock"].as_str().unwrap().to_owned();
        (hours(&clock) > hours(&start)).then_some(())
    });
    engine.kill();
    let left = home.status();
    let clock = left["clock"].as_str().unwrap();
    assert!(clock < "2023-03-01T19:00:00", "{clock} is no middle");
    let summary = summary(&replay(&home, &feed, "max"));
    assert!(summary["seq"].as_u64() > left["seq"].as_u64());
    let end = summary["clock"].as_str().unwrap();
    assert!(
        end.starts_with("2023-03-01T19:59") || end.starts_with("2023-03-01T20:00"),
        "{end}"
    );
    assert_eq!(home.read(&["journal", "verify"])["ok"], true);
}

/// Day and hour of an RFC 3339 time.
fn hours(time: &str) -> &str {
    &time[..13]
}
