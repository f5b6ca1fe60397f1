//! The crew on markets that were, and on one that is made up.

use std::path::PathBuf;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use rust_decimal_macros::dec;

use super::*;
use crate::core::id::ServiceId;
use crate::core::message::{Action, Bias, Regime, TradingSignal};
use crate::core::research::Version;
use crate::core::service::{Book, Kind, Service, Stage};
use crate::core::signal::{self, Voices};
use crate::market::{CandleBook, Feed, MINUTE_MS, RecordedFeed, SimulatedFeed};

const START: Time = Time(1_700_000_000_000);
const TASK: Work = Work::Task(TaskId(1));

/// A brief of minute candles, read as the last one closes.
pub(super) fn brief(candles: Vec<Candle>) -> Brief {
    Brief {
        now: candles.last().map_or(START, |c| c.open_time + MINUTE_MS),
        symbol: "BTC/USDT".parse().unwrap(),
        interval_ms: MINUTE_MS,
        candles,
        quote: None,
        ta: None,
        regime: None,
        sentiment: None,
        position_open: false,
    }
}

/// A service of nothing yet, with 1,000 USD.
pub(super) fn service(kind: Kind, stage: Stage) -> Service {
    let definition = crate::strategies::named("ema_cross").unwrap();
    Service {
        id: ServiceId(7),
        kind,
        version: Version {
            strategy: "ema_cross".parse().unwrap(),
            version: "3".into(),
            definition: definition.to_json(),
            parameters: Vec::new(),
            symbol: "DOT/USD".parse().unwrap(),
            interval_ms: MINUTE_MS,
            has_stop: true,
            promise: None,
            run: None,
            feature_hash: definition.feature_hash(),
        },
        run: None,
        by: "operator".parse().unwrap(),
        asked: dec!(1000),
        capital: dec!(1000),
        stage,
        staged_at: START,
        began_at: Some(START),
        holds: Vec::new(),
        book: Book::new(dec!(1000)),
        left: Vec::new(),
        replaces: None,
        created_at: START,
        ended: None,
    }
}

fn ta(brief: &Brief) -> TaSignal {
    match TechnicalAnalysis.run(brief, &TASK).unwrap().remove(0) {
        Payload::Ta(ta) => ta,
        other => panic!("{other:?}"),
    }
}

fn regime(brief: &Brief) -> RegimeUpdate {
    match RegimeDetection.run(brief, &TASK).unwrap().remove(0) {
        Payload::Regime(regime) => regime,
        other => panic!("{other:?}"),
    }
}

/// What the crew decides of these candles, and what the consensus makes of it.
fn decided(mut brief: Brief) -> (Voices, TradingSignal) {
    brief.ta = Some(ta(&brief));
    brief.regime = Some(regime(&brief));
    let symbol = brief.symbol;
    let ask = Work::Phase(MessageId(1), Payload::Analyse { symbol });
    let words = TradingDecision.run(&brief, &ask).unwrap();
    let [Payload::Signal(decision)] = &words[..] else {
        panic!("{words:?}");
    };
    let voices = Voices {
        ta: brief.ta,
        regime: brief.regime,
        sentiment: None,
    };
    (voices, decision.clone())
}

/// Whether the decision would go on to risk.
fn passes(brief: Brief) -> bool {
    let (voices, decision) = decided(brief);
    let Some(side) = decision.action.side() else {
        return false;
    };
    let weighed = signal::weigh(decision.confidence, signal::agreement(&voices, side));
    let strict = voices.regime.as_ref().is_some_and(|r| r.entry_strictness);
    let minimum = if strict { dec!(0.65) } else { dec!(0.55) };
    weighed >= minimum && signal::conflict(&voices, false).is_none()
}

/// Bitcoin's hours until a time, as Kraken recorded them; none where the data is absent.
fn hours_until(times: &[&str]) -> Option<Vec<Brief>> {
    let root = std::env::var_os("PILOTHOUSE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    let path = root.join("market/kraken_XBTUSD_60.csv.gz");
    if !path.is_file() {
        let required = std::env::var("PILOTHOUSE_REQUIRE").is_ok_and(|list| list.contains("data"));
        assert!(!required, "required data is absent: {}", path.display());
        println!("skipped: no data at {}", path.display());
        return None;
    }
    let mut feed = RecordedFeed::open(&path, None).unwrap();
    let mut at = |time: &&str| {
        let now: Time = serde_json::from_str(&format!("\"{time}\"")).unwrap();
        feed.resume_after(now);
        let (symbol, interval_ms, candles) = feed.history().remove(0);
        Brief {
            now,
            symbol,
            interval_ms,
            ..brief(candles)
        }
    };
    Some(times.iter().map(&mut at).collect())
}

/// Minutes of a walk without drift.
fn noise(seed: u64) -> Vec<Candle> {
    let mut state = seed;
    let mut level = 100.0;
    let mut price = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        level *= 1.0 + 0.0014 * ((state >> 33) as f64 / f64::from(1u32 << 31) - 0.5);
        Decimal::from_f64(level).unwrap().round_dp(4)
    };
    let mut minute = |minute: i64| {
        let mut candle = Candle::of_trade(START + minute * MINUTE_MS, price(), Decimal::ONE);
        for _ in 1..10 {
            candle.extend(price(), Decimal::ONE);
        }
        candle
    };
    (0..500).map(&mut minute).collect()
}

#[test]
fn the_crash_of_march_2020_is_bearish() {
    let Some(briefs) = hours_until(&[
        "2020-03-08T22:00:00Z",
        "2020-03-09T00:00:00Z",
        "2020-03-12T12:00:00Z",
        "2020-03-13T00:00:00Z",
    ]) else {
        return;
    };
    let regimes = [
        Regime::TrendingBear,
        Regime::TrendingBear,
        Regime::Volatile,
        Regime::Volatile,
    ];
    for (brief, expected) in briefs.into_iter().zip(regimes) {
        let (now, (voices, decision)) = (brief.now, decided(brief));
        let (ta, regime) = (voices.ta.unwrap(), voices.regime.unwrap());
        assert_eq!(
            (ta.bias, &*ta.trend_direction),
            (Bias::Bearish, "down"),
            "{now}"
        );
        assert!(ta.confidence >= dec!(0.6), "{now}: {ta:?}");
        assert_eq!(regime.regime, expected, "{now}");
        assert_eq!(decision.action, Action::Sell, "{now}");
        let careful = expected == Regime::Volatile;
        assert_eq!(regime.entry_strictness, careful);
        assert_eq!(regime.position_size_multiplier < Decimal::ONE, careful);
    }
}

#[test]
fn the_rise_of_december_2020_is_bullish() {
    let Some(briefs) = hours_until(&["2020-12-17T12:00:00Z", "2020-12-17T15:00:00Z"]) else {
        return;
    };
    for brief in briefs {
        let (voices, decision) = decided(brief);
        let (ta, regime) = (voices.ta.unwrap(), voices.regime.unwrap());
        assert_eq!((ta.bias, &*ta.trend_direction), (Bias::Bullish, "up"));
        assert!(ta.confidence >= dec!(0.6));
        assert_eq!(regime.regime, Regime::TrendingBull);
        assert_eq!(regime.position_size_multiplier, Decimal::ONE);
        assert_eq!(decision.action, Action::Buy);
        let (stop, target) = (decision.stop_loss_pct, decision.take_profit_pct);
        assert!(stop.is_some_and(|stop| (dec!(2.5)..=dec!(8)).contains(&stop)));
        assert_eq!(target, stop.map(|stop| stop * dec!(2)));
    }
}

#[test]
fn equal_briefs_get_equal_answers() {
    for seed in 0..5 {
        let brief = brief(noise(seed));
        assert_eq!(decided(brief.clone()), decided(brief));
    }
}

#[test]
fn noise_is_seldom_traded() {
    let traded = (0..100).filter(|seed| passes(brief(noise(*seed)))).count();
    assert!(traded <= 25, "{traded} of 100 walks without drift");
}

#[test]
fn too_little_is_waited_for() {
    let mut agents: [Box<dyn Agent>; 2] = [Box::new(TechnicalAnalysis), Box::new(RegimeDetection)];
    for agent in &mut agents {
        let few = agent.run(&brief(noise(1)[..59].to_vec()), &TASK);
        assert_eq!(few, Err(Unable::Waits("59 of 60 candles".into())));
        let late = Brief {
            now: START + 600 * MINUTE_MS,
            ..brief(noise(1))
        };
        let late = agent.run(&late, &TASK).unwrap_err().to_string();
        assert!(late.ends_with("more than half are missing"), "{late}");
        let still = Candle::of_trade(START, dec!(100), dec!(1));
        let still = (0..60).map(|minute| Candle {
            open_time: START + minute * MINUTE_MS,
            ..still
        });
        let still = agent.run(&brief(still.collect()), &TASK).unwrap_err();
        assert!(matches!(still, Unable::Waits(_)));
        let still = still.to_string();
        assert!(still.contains("prices that move"), "{still}");
    }
}

#[test]
fn a_made_up_market_is_traded_soon() {
    let symbols = ["BTC/USDT", "ETH/USDT", "XRP/USDT"].map(|s| s.parse().unwrap());
    let quarters: Vec<Option<i64>> = (1..=20)
        .map(|seed| {
            let mut feed = SimulatedFeed::new(&symbols, seed, START);
            let mut book = CandleBook::new();
            book.seed(&feed.history());
            (0..16).find(|quarter| {
                let now = START + quarter * 15 * MINUTE_MS;
                while feed.peek().is_some_and(|time| time < now) {
                    book.apply(&feed.next().unwrap());
                }
                book.advance(now);
                symbols.iter().any(|symbol| {
                    passes(Brief {
                        now,
                        symbol: *symbol,
                        ..brief(book.candles(*symbol).to_vec())
                    })
                })
            })
        })
        .collect();
    assert_eq!(quarters[0], Some(0), "the default seed trades at once");
    let at_once = quarters.iter().filter(|q| **q == Some(0)).count();
    assert!(at_once >= 12, "{quarters:?}");
    assert!(quarters.iter().all(Option::is_some), "{quarters:?}");
}
