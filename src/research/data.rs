//! The bars of a run: one symbol's, read once, shared by all trials.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::refused;
use crate::core::{Refusal, Symbol, Time};
use crate::market::{Bars, Reel, Tape, TapeError, Tapes};

/// A hole longer than this is refused, milliseconds.
const LONGEST_GAP_MS: i64 = 3_600_000;
/// More missing bars than one in so many are refused.
const MISSING_ONE_IN: u64 = 100;

/// What is missing between the first bar and the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    /// Bars that are not there.
    pub missing: u64,
    /// The longest time without a bar, milliseconds.
    pub longest_ms: i64,
    /// Where the longest begins, Unix milliseconds; 0 where there is none.
    pub longest_at: i64,
}

/// The bars of one symbol.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The bars; clones share them.
    pub tape: Tape,
    /// SHA-256 of the unpacked files, in hex.
    pub hash: String,
    /// What is missing.
    pub gaps: Gaps,
}

impl Dataset {
    /// Reads the files, and the files of folders.
    ///
    /// # Errors
    /// `RESEARCH_DATA`: missing, neither a file nor a folder, not readable, without candles, or of several
    /// symbols.
    pub fn open(paths: &[PathBuf], symbol: Option<Symbol>) -> Result<Self, Refusal> {
        paths.iter().try_for_each(|path| ends(path))?;
        let tapes = Tapes::open(paths, symbol).map_err(|error| {
            let hint = match error {
                TapeError::Symbol { .. } => "name one of those with --symbol, or leave it out",
                TapeError::Feed(_) => "--data names a file of candles, or a folder of them",
            };
            refused::data(error.to_string(), hint)
        })?;
        Self::of(tapes)
    }

    fn of(tapes: Tapes) -> Result<Self, Refusal> {
        let mut all = tapes.tapes;
        let names: Vec<_> = all.iter().map(|tape| tape.symbol.to_string()).collect();
        let tape = match (all.pop(), all.is_empty()) {
            (Some(tape), true) => tape,
            (None, _) => {
                return Err(refused::data(
                    "there is no bar",
                    "name other files with --data",
                ));
            }
            (Some(_), false) => {
                let message = format!("the data is of several symbols: {}", names.join(", "));
                return Err(refused::data(message, "choose one with --symbol"));
            }
        };
        let gaps = match tape.reel() {
            Reel::Bars(bars) => gaps(bars, tape.interval_ms),
            Reel::Trades(_) => {
                let message = format!("the data of {} is of trades, without a candle", tape.symbol);
                return Err(refused::data(message, "name files of candles with --data"));
            }
        };
        Ok(Self {
            tape,
            hash: tapes.hash,
            gaps,
        })
    }

    /// Bars there are.
    pub fn bars(&self) -> usize {
        self.tape.len()
    }

    /// The candles.
    pub(super) fn candles(&self) -> Bars<'_> {
        match self.tape.reel() {
            Reel::Bars(bars) => bars,
            Reel::Trades(_) => self.tape.lead_in(),
        }
    }

    /// Refuses holes.
    ///
    /// # Errors
    /// `RESEARCH_DATA_GAP`: one longer than an hour, or more than one bar in a hundred missing.
    pub(super) fn whole(&self) -> Result<(), Refusal> {
        let Gaps {
            missing,
            longest_ms,
            longest_at,
        } = self.gaps;
        if longest_ms > LONGEST_GAP_MS {
            let message = format!(
                "{} has no bar for {} s from {} on",
                self.tape.symbol,
                longest_ms / 1000,
                Time(longest_at)
            );
            let refusal = refused::gap(message);
            return Err(refusal.measured(LONGEST_GAP_MS / 1000, longest_ms / 1000));
        }
        let wanted = self.bars() as u64 + missing;
        if missing * MISSING_ONE_IN > wanted {
            let message = format!(
                "{missing} of {wanted} bars of {} are missing, more than 1 %",
                self.tape.symbol
            );
            let refusal = refused::gap(message);
            return Err(refusal.measured(wanted / MISSING_ONE_IN, missing));
        }
        Ok(())
    }
}

/// Refuses what reading may never come to the end of: a pipe, a device. What is missing is left to the
/// reading to tell, and of a folder only files are read.
fn ends(path: &Path) -> Result<(), Refusal> {
    match path.metadata() {
        Ok(is) if !is.is_file() && !is.is_dir() => {
            let message = format!("{} is neither a file nor a folder", path.display());
            Err(refused::data(message, "name files of candles with --data"))
        }
        _ => Ok(()),
    }
}

fn gaps(bars: Bars<'_>, interval_ms: i64) -> Gaps {
    let mut gaps = Gaps::default();
    let mut ends: Option<Time> = None;
    for bar in bars.iter() {
        let opens = bar.open_time();
        if let Some(end) = ends {
            let hole = (opens - end).max(0);
            gaps.missing += (hole / interval_ms.max(1)).unsigned_abs();
            if hole > gaps.longest_ms {
                (gaps.longest_ms, gaps.longest_at) = (hole, end.0);
            }
        }
        ends = Some(opens + interval_ms);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes, without those of the list.
    fn minutes(dir: &Path, name: &str, count: i64, without: impl Fn(i64) -> bool) -> PathBuf {
        let rows: Vec<_> = (0..count)
            .filter(|n| !without(*n))
            .map(|n| format!("{},1,2,1,{},5", 1_704_067_200_000 + n * 60_000, n % 2 + 1))
            .collect();
        let path = dir.join(name);
        std::fs::write(&path, rows.join("\n")).unwrap();
        path
    }

    #[test]
    fn bad_data_is_refused_with_its_code() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let open = |path: PathBuf| Dataset::open(&[path], None).and_then(|d| d.whole());
        let code = |path| open(path).unwrap_err().code;
        assert_eq!(code(dir.join("nowhere.csv")), "RESEARCH_DATA");
        std::fs::write(dir.join("broken.csv"), "1704067200000,1,2,1,-3,5\n").unwrap();
        assert_eq!(code(dir.join("broken.csv")), "RESEARCH_DATA");
        std::fs::write(
            dir.join("XBTUSD_trades.csv"),
            "1704067200,10,1\n1704067201,11,1\n",
        )
        .unwrap();
        assert_eq!(code(dir.join("XBTUSD_trades.csv")), "RESEARCH_DATA");
        assert_eq!(code("/dev/zero".into()), "RESEARCH_DATA");
        let two = dir.join("two");
        std::fs::create_dir(&two).unwrap();
        minutes(&two, "XBTUSD.csv", 9, |_| false);
        minutes(&two, "ETHUSD.csv", 9, |_| false);
        assert_eq!(code(two.clone()), "RESEARCH_DATA");
        let one =
            Dataset::open(std::slice::from_ref(&two), Some("ETH/USD".parse().unwrap())).unwrap();
        assert_eq!((one.bars(), one.gaps), (9, Gaps::default()));
        let none = Dataset::open(&[two], Some("XRP/USD".parse().unwrap())).unwrap_err();
        assert_eq!(none.code, "RESEARCH_DATA");

        open(minutes(dir, "whole.csv", 1_000, |_| false)).unwrap();
        open(minutes(dir, "hour.csv", 9_000, |n| (100..160).contains(&n))).unwrap();
        let long = open(minutes(dir, "long.csv", 9_000, |n| (100..161).contains(&n))).unwrap_err();
        assert_eq!(long.code, "RESEARCH_DATA_GAP");
        assert_eq!(
            (long.limit.as_deref(), long.value.as_deref()),
            (Some("3600"), Some("3660"))
        );
        open(minutes(dir, "some.csv", 1_000, |n| n % 100 == 50)).unwrap();
        let many = open(minutes(dir, "many.csv", 1_000, |n| n % 90 == 50)).unwrap_err();
        assert_eq!(
            (many.code.as_str(), many.value.as_deref()),
            ("RESEARCH_DATA_GAP", Some("11"))
        );
    }
}
