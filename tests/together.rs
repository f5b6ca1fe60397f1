//! All four consumers at once, on recorded prices, with capital for half of them: the three scenarios of
//! document 000 in one engine, and what must hold whoever wins.

#[path = "invariants/mod.rs"]
#[allow(dead_code)] // each test takes what it needs
mod invariants;
mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use pilothouse::core::{RecordBody, State};
use pilothouse::demo::{Market, Terms, Told, tell, write_market};
use pilothouse::journal::Reader;
use pilothouse::market::{Reel, Tapes};
use rust_decimal::Decimal;

/// Bars that research looks at.
const BEFORE: usize = 4_000;
/// Bars that are traded.
const AFTER: usize = 30_000;

/// Two recordings out of one: what comes before, and what is traded.
fn recorded(dir: &Path) -> Option<Market> {
    let file = support::data("market/binance_DOTUSDT-1m-2026-02.csv.gz")?;
    let tapes = Tapes::open(&[file], None).unwrap();
    let tape = &tapes.tapes[0];
    let Reel::Bars(bars) = tape.reel() else {
        panic!("candles are expected")
    };
    let write = |name: &str, from: usize, rows: usize| {
        let mut text = String::from("ts_ms,open,high,low,close,volume\n");
        for n in from..from + rows {
            let Some(bar) = bars.get(n) else { break };
            let numbers = bar.numbers().map(|n| Decimal::from(n).to_string());
            writeln!(text, "{},{}", bar.open_time().0, numbers.join(",")).unwrap();
        }
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    Some(Market {
        history: write("before_DOT_USDT.csv", 0, BEFORE),
        feed: write("DOT_USDT.csv", BEFORE, AFTER),
        symbol: tape.symbol,
        interval_ms: tape.interval_ms,
    })
}

fn told(dir: &Path, market: Market) -> Told {
    let terms = Terms {
        trials: 48,
        candidates: 8,
        stage_s: 7_200,
        follow: false,
        patience: Duration::from_secs(240),
        ..Terms::default()
    };
    tell(&dir.join("state"), market, terms, |line| println!("{line}")).unwrap()
}

/// Reads the whole journal again, with every rule of who gets what checked at every event.
fn audit(dir: &Path) -> State {
    let mut state = State::default();
    let mut auditor = invariants::Auditor::default();
    let mut reader = Reader::open_dir(&dir.join("state/journal"), 1).unwrap();
    while let Some(record) = reader.next_record().unwrap() {
        let body = RecordBody::decode(record.body).unwrap();
        state.fold(record.seq, record.time, &body.events);
        if let Err(broken) = auditor.decision(&state, &body.command, &body.events) {
            panic!("record {}: {broken}", record.seq);
        }
    }
    state
}

fn holds(told: &Told, state: &State) {
    assert!(told.held, "the optimisation was not held: {told:?}");
    assert!(matches!(
        told.optimisation_status.as_str(),
        "passed" | "failed" | "not_judged"
    ));
    let [one, two] = &told.shared[..] else {
        panic!("{told:?}")
    };
    assert!(
        one.granted < one.asked && two.granted < two.asked,
        "{told:?}"
    );
    assert!(
        one.granted > two.granted,
        "the higher Sharpe ratio gets more: {told:?}"
    );
    assert_eq!(told.discovery_status, "cancelled");
    assert_eq!(told.leaked, 0);
    assert!(state.research.live.is_empty() && state.services.live.is_empty());
    assert!(state.trading.hardstop.is_some());
}

#[test]
fn the_four_get_in_each_others_way_on_recorded_prices_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let Some(market) = recorded(dir.path()) else {
        return;
    };
    let began = std::time::Instant::now();
    let told = told(dir.path(), market);
    eprintln!("told in {:?}", began.elapsed());
    holds(&told, &audit(dir.path()));
    eprintln!("audited in {:?}", began.elapsed());
}

#[test]
fn the_story_is_told_on_a_market_of_our_own() {
    let dir = tempfile::tempdir().unwrap();
    let market = write_market(&dir.path().join("market"), 7).unwrap();
    let told = told(dir.path(), market);
    holds(&told, &audit(dir.path()));
    assert_eq!(told.deployment_stage, "in_service", "{told:?}");
    assert!(told.candidates > 0, "{told:?}");
}
