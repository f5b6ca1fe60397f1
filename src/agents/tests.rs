//! The crew on markets that were, and on one that is made up.

use super::*;

pub(super) fn brief(candles: Vec<Candle>) -> Brief {
    Brief {
        now: candles.last().map_or(Time(0), |c| c.open_time + 60_000),
        symbol: "BTC/USDT".parse().unwrap(),
        interval_ms: 60_000,
        candles,
        quote: None,
        ta: None,
        regime: None,
        sentiment: None,
        position_open: false,
    }
}

use crate::core::message::{Action, TradingSignal};
use crate::core::signal::{self, Voices};
use crate::market::{CandleBook, Feed, SimulatedFeed};

fn analyse() -> Work {
    Work::Phase(
        MessageId(1),
        Payload::Analyse {
            symbol: "BTC/USDT".parse().unwrap(),
        },
    )
}

/// What the crew decides of these candles, with what it was decided by.
fn decided(mut brief: Brief) -> (Voices, TradingSignal) {
    let task = Work::Task(TaskId(1));
    for payload in TechnicalAnalysis.run(&brief, &task).unwrap() {
        let Payload::Ta(ta) = payload else { panic!() };
        brief.ta = Some(ta);
    }
    for payload in RegimeDetection.run(&brief, &task).unwrap() {
        let Payload::Regime(regime) = payload else {
            panic!()
        };
        brief.regime = Some(regime);
    }
    let words = TradingDecision.run(&brief, &analyse()).unwrap();
    let [Payload::Signal(decision)] = &words[..] else {
        panic!()
    };
    let voices = Voices {
        ta: brief.ta,
        regime: brief.regime,
        sentiment: None,
    };
    (voices, decision.clone())
}

fn passes(voices: &Voices, s: &TradingSignal) -> bool {
    let Some(side) = s.action.side() else {
        return false;
    };
    let weighed = signal::weigh(s.confidence, signal::agreement(voices, side));
    let strict = voices.regime.as_ref().is_some_and(|r| r.entry_strictness);
    let min = if strict {
        rust_decimal_macros::dec!(0.65)
    } else {
        rust_decimal_macros::dec!(0.55)
    };
    weighed >= min && signal::conflict(voices, false).is_none()
}

#[test]
#[ignore]
fn explore_sim() {
    use rust_decimal::prelude::ToPrimitive;
    use std::collections::BTreeMap;
    let symbols: Vec<Symbol> = ["BTC/USDT", "ETH/USDT", "XRP/USDT"]
        .iter()
        .map(|s| s.parse().unwrap())
        .collect();
    let mut firsts = Vec::new();
    let mut by: BTreeMap<String, (usize, f64, usize)> = BTreeMap::new();
    let mut total = 0;
    for seed in 1..=20u64 {
        let mut feed = SimulatedFeed::new(&symbols, seed, Time(1_700_000_000_000));
        let mut book = CandleBook::new();
        book.seed(&feed.history());
        let mut now = Time(1_700_000_000_000);
        let mut first = None;
        let mut pend: Vec<(i64, Symbol, f64, f64, String)> = vec![];
        for hour in 0..24 * 4 {
            for s in &symbols {
                let candles = book.candles(*s).to_vec();
                let close = candles.last().unwrap().close.to_f64().unwrap();
                pend.retain(|(h, sy, sign, entry, key)| {
                    if sy == s && hour - h >= 4 {
                        let e = by.entry(key.clone()).or_default();
                        let r = sign * (close / entry - 1.0) * 100.0;
                        e.0 += 1;
                        e.1 += r;
                        if r > 0.0 {
                            e.2 += 1
                        }
                        false
                    } else {
                        true
                    }
                });
                let b = Brief {
                    now,
                    symbol: *s,
                    ..brief(candles)
                };
                let (v, d) = decided(b);
                total += 1;
                if passes(&v, &d) {
                    if first.is_none() {
                        first = Some(hour);
                    }
                    if seed == 1 && hour == 0 {
                        println!("{v:?} {d:?}");
                    }
                    let key = format!("{:?} {:?}", d.action, v.regime.as_ref().unwrap().regime);
                    pend.push((
                        hour,
                        *s,
                        if d.action == Action::Buy { 1.0 } else { -1.0 },
                        close,
                        key,
                    ));
                } else {
                    let key = format!(
                        "zz hold {:?} {:?}",
                        v.ta.as_ref().unwrap().bias,
                        v.regime.as_ref().unwrap().regime
                    );
                    by.entry(key).or_default().0 += 1;
                }
            }
            let end = now + 3_600_000 / 4;
            while feed.peek().is_some_and(|t| t < end) {
                book.apply(&feed.next().unwrap());
            }
            book.advance(end);
            now = end;
        }
        firsts.push((seed, first));
    }
    println!("{firsts:?} {total}");
    for (k, (n, sum, w)) in by {
        println!(
            "{k}: {n} mean {:.3}% win {:.2}",
            sum / n as f64,
            w as f64 / n as f64
        );
    }
}
