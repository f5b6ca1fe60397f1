//! Readings against tables worked by hand, and against TA-Lib's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;

/// What an indicator reads at each bar; none while it is not ready.
fn readings(is: &Indicator, bars: &[Bar]) -> Vec<Option<f64>> {
    let entry = Condition::Above(reading("it"), Operand::Number(dec!(0)));
    let mut rule = built(made(vec![("it", is.clone())], entry, never()));
    let mut next = |bar| {
        rule.on_bar(bar, Standing::Waiting);
        Some(rule.features()[0]).filter(|reading| !reading.is_nan())
    };
    bars.iter().map(&mut next).collect()
}

fn over(length: u32) -> Term {
    number(length.into())
}

const OF: Source = Source::Close;

#[test]
fn readings_are_those_worked_by_hand() {
    let length = || over(3);
    let width = number(dec!(2));
    let closes = [2.0, 4.0, 6.0, 8.0, 4.0, 4.0, 4.0];
    let root = |x: f64| x.sqrt();
    let deviations = [root(8.0 / 3.0), root(8.0 / 3.0), root(8.0 / 3.0)];
    let table: Vec<(Indicator, Vec<f64>)> = vec![
        // Half of each new close.
        (
            Indicator::Ema {
                of: OF,
                length: length(),
            },
            vec![2.0, 3.0, 4.5, 6.25, 5.125, 4.5625, 4.28125],
        ),
        (
            Indicator::Sma {
                of: OF,
                length: length(),
            },
            vec![4.0, 6.0, 6.0, 16.0 / 3.0, 4.0],
        ),
        (
            Indicator::Stddev {
                of: OF,
                length: length(),
            },
            vec![
                deviations[0],
                deviations[1],
                deviations[2],
                root(32.0 / 9.0),
                0.0,
            ],
        ),
        (
            Indicator::Zscore {
                of: OF,
                length: length(),
            },
            vec![
                2.0 / deviations[0],
                2.0 / deviations[1],
                -2.0 / deviations[2],
                (4.0 - 16.0 / 3.0) / root(32.0 / 9.0),
                0.0,
            ],
        ),
        (
            Indicator::UpperBand {
                of: OF,
                length: length(),
                width: width.clone(),
            },
            vec![
                4.0 + 2.0 * deviations[0],
                6.0 + 2.0 * deviations[1],
                6.0 + 2.0 * deviations[2],
                16.0 / 3.0 + 2.0 * root(32.0 / 9.0),
                4.0,
            ],
        ),
        (
            Indicator::LowerBand {
                of: OF,
                length: length(),
                width,
            },
            vec![
                4.0 - 2.0 * deviations[0],
                6.0 - 2.0 * deviations[1],
                6.0 - 2.0 * deviations[2],
                16.0 / 3.0 - 2.0 * root(32.0 / 9.0),
                4.0,
            ],
        ),
        // Of the three bars before, this one left out.
        (
            Indicator::Highest {
                of: OF,
                length: length(),
            },
            vec![6.0, 8.0, 8.0, 8.0],
        ),
        (
            Indicator::Lowest {
                of: OF,
                length: length(),
            },
            vec![2.0, 4.0, 4.0, 4.0],
        ),
        (
            Indicator::Roc {
                of: OF,
                length: length(),
            },
            vec![300.0, 0.0, -100.0 / 3.0, -50.0],
        ),
        // Gains 2 2 2 0 0 0, losses 0 0 0 4 0 0; then a third of each new one.
        (
            Indicator::Rsi {
                of: OF,
                length: length(),
            },
            vec![
                100.0,
                100.0 * (4.0 / 3.0) / (4.0 / 3.0 + 4.0 / 3.0),
                50.0,
                50.0,
            ],
        ),
        // These bars have no height: the distance to the close before.
        (
            Indicator::Atr { length: length() },
            vec![2.0, 2.0 + 2.0 / 3.0, 16.0 / 9.0, 32.0 / 27.0],
        ),
    ];
    for (is, expected) in table {
        let found = readings(&is, &closes.map(bar));
        let ready = closes.len() - expected.len();
        assert!(
            found[..ready].iter().all(Option::is_none),
            "{is:?}: {found:?}"
        );
        for (found, expected) in found[ready..].iter().zip(&expected) {
            let near = (found.unwrap() - expected).abs() < 1e-9;
            assert!(near, "{is:?}: {found:?}, not {expected}");
        }
        let chosen = made(
            vec![("it", is.clone())],
            Condition::Above(reading("it"), close()),
            never(),
        );
        let chosen = Arc::new(chosen).with(&[]).unwrap();
        let expected = if matches!(is, Indicator::Ema { .. }) {
            3
        } else {
            ready + 1
        };
        assert_eq!(chosen.warm_up() as usize, expected, "{is:?}");
    }
}

#[test]
fn an_average_true_range_looks_at_height_and_at_gaps() {
    let tall = |high, low, close| Bar {
        high,
        low,
        ..bar(close)
    };
    let bars = [
        tall(11.0, 9.0, 10.0),
        // Its height; then a gap up, and one down.
        tall(12.0, 9.5, 10.0),
        tall(15.0, 14.0, 14.5),
        tall(11.0, 10.5, 11.0),
    ];
    let found = readings(&Indicator::Atr { length: over(1) }, &bars);
    assert_eq!(found, [None, Some(2.5), Some(5.0), Some(4.0)]);
}

#[test]
fn where_nothing_can_be_divided_by_a_reading_is_neutral() {
    let still = [bar(5.0); 4];
    let rsi = Indicator::Rsi {
        of: OF,
        length: over(2),
    };
    assert_eq!(readings(&rsi, &still)[2..], [Some(50.0); 2]);
    let zscore = Indicator::Zscore {
        of: OF,
        length: over(2),
    };
    assert_eq!(readings(&zscore, &still)[1..], [Some(0.0); 3]);
    let roc = Indicator::Roc {
        of: OF,
        length: over(1),
    };
    assert_eq!(readings(&roc, &[bar(0.0), bar(1.0)])[1], Some(0.0));
}

#[test]
fn equal_prices_after_wild_ones_deviate_by_nothing() {
    let is = Indicator::Stddev {
        of: OF,
        length: over(50),
    };
    let wild = (0..75).map(|n| bar(30_000.0 + f64::from(n * 7919 % 1000) / 7.0));
    let bars: Vec<Bar> = wild.chain(std::iter::repeat_n(bar(30_011.1), 60)).collect();
    let found = readings(&is, &bars);
    assert!(found[73].unwrap() > 10.0);
    // From the bar on at which the window holds nothing else.
    assert!(found[125..].iter().all(|d| *d == Some(0.0)), "{found:?}");
}

#[test]
fn a_long_run_keeps_its_digits() {
    let is = Indicator::Stddev {
        of: OF,
        length: over(7),
    };
    let closes: Vec<f64> = (0..20_000i32)
        .map(|n| 60_000.0 + f64::from(n.wrapping_mul(7919).rem_euclid(1000)) / 100.0)
        .collect();
    let bars: Vec<Bar> = closes.iter().copied().map(bar).collect();
    let found = readings(&is, &bars);
    for (at, window) in closes.windows(7).enumerate() {
        let mean = window.iter().sum::<f64>() / 7.0;
        let squares: f64 = window.iter().map(|c| (c - mean).powi(2)).sum();
        let expected = (squares / 7.0).sqrt();
        let found = found[at + 6].unwrap();
        assert!(
            (found - expected).abs() < 1e-7,
            "{at}: {found}, not {expected}"
        );
    }
}

#[test]
fn highest_is_what_a_search_would_find() {
    let closes: Vec<f64> = (0..3_000u32)
        .map(|n| f64::from(n.wrapping_mul(2_654_435_761) >> 24))
        .collect();
    let bars: Vec<Bar> = closes.iter().copied().map(bar).collect();
    for length in [1, 2, 7, 100] {
        let highest = readings(
            &Indicator::Highest {
                of: OF,
                length: over(length),
            },
            &bars,
        );
        let lowest = readings(
            &Indicator::Lowest {
                of: OF,
                length: over(length),
            },
            &bars,
        );
        let length = length as usize;
        for at in length..closes.len() {
            let window = &closes[at - length..at];
            let most = window.iter().copied().fold(f64::MIN, f64::max);
            let least = window.iter().copied().fold(f64::MAX, f64::min);
            assert_eq!((highest[at], lowest[at]), (Some(most), Some(least)));
        }
    }
}

/// The columns of a reference file, or none where the data is not there.
fn columns(file: &str) -> Option<BTreeMap<String, Vec<Option<f64>>>> {
    let root = std::env::var_os("PILOTHOUSE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    let path = root.join("reference").join(file);
    let required = std::env::var("PILOTHOUSE_REQUIRE").is_ok_and(|list| list.contains("data"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(!required, "required data is absent: {}", path.display());
        println!("skipped: no data at {}", path.display());
        return None;
    };
    let mut lines = text.lines().map(|line| line.split(','));
    let mut columns: Vec<(String, Vec<Option<f64>>)> = lines
        .next()
        .unwrap()
        .map(|name| (name.to_owned(), Vec::new()))
        .collect();
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line) {
            column.1.push(cell.parse().ok());
        }
    }
    Some(columns.into_iter().collect())
}

#[test]
fn readings_agree_with_talib() {
    let band = || (number(dec!(2)), over(20));
    let of = OF;
    let indicators = [
        (
            "sma20",
            Indicator::Sma {
                of,
                length: over(20),
            },
        ),
        (
            "stddev20",
            Indicator::Stddev {
                of,
                length: over(20),
            },
        ),
        (
            "rsi14",
            Indicator::Rsi {
                of,
                length: over(14),
            },
        ),
        ("atr14", Indicator::Atr { length: over(14) }),
        (
            "roc10",
            Indicator::Roc {
                of,
                length: over(10),
            },
        ),
        ("bb_upper", {
            let (width, length) = band();
            Indicator::UpperBand { of, length, width }
        }),
        ("bb_lower", {
            let (width, length) = band();
            Indicator::LowerBand { of, length, width }
        }),
    ];
    for file in ["talib_binance_BTCUSDT_5m.csv", "talib_kraken_XBTUSD_1h.csv"] {
        let Some(reference) = columns(file) else {
            return;
        };
        let of = |name: &str, at: usize| reference[name][at].unwrap();
        let bars: Vec<Bar> = (0..reference["close"].len())
            .map(|at| Bar {
                open_time: Time(0),
                open: of("open", at),
                high: of("high", at),
                low: of("low", at),
                close: of("close", at),
                volume: of("volume", at),
            })
            .collect();
        for (name, is) in &indicators {
            for (at, ours) in readings(is, &bars).into_iter().enumerate() {
                let theirs = reference[*name][at];
                let near = match (ours, theirs) {
                    (Some(ours), Some(theirs)) => {
                        (ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0)
                    }
                    (ours, theirs) => ours.is_none() && theirs.is_none(),
                };
                assert!(near, "{file} {name} at {at}: {ours:?}, not {theirs:?}");
            }
        }
    }
}
