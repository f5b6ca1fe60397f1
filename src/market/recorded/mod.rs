//! Recorded data as a feed: one file or a folder of them, candles or trades, CSV or JSON, plain or
//! gzipped.
//!
//! A file is read and checked as a whole before anything of it is given out: a broken line refuses
//! the file, with its number and what was found in it.

mod choice;
mod csv;
mod error;
mod file;
mod json;
mod layout;
mod number;
mod pair;
mod rows;
mod series;
mod tape;
mod when;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::core::{Symbol, Time};

use super::{Candle, Feed, FeedInfo, FeedKind, Instant};
use error::Fault;
use file::Recording;
use series::Series;

pub use error::FeedError;
pub use tape::{Bars, Fixed, Reel, Tape, TapeBar, TapeError, TapeTrade, Tapes, Trades};

/// The pair where neither a file's name nor the caller tells one.
const UNNAMED: &str = "BAR/USD";
/// Files that a folder may hold.
const MAX_FILES: usize = 10_000;
/// What files a folder's data is in.
const ENDINGS: [&str; 4] = [".csv", ".json", ".csv.gz", ".json.gz"];

/// Market data out of files.
///
/// A bar gives two items: what it opens at when it opens, and the whole of it when it closes.
#[derive(Debug)]
pub struct RecordedFeed {
    info: FeedInfo,
    series: Vec<Series>,
}

impl RecordedFeed {
    /// Reads a file, or every `.csv` and `.json` file of a folder (`.gz` too, folders in it not). The
    /// pair is what a file's name tells, else `symbol`, else BAR/USD.
    ///
    /// # Errors
    /// Nothing there, nothing in it, not readable, a broken line, or files that contradict each other.
    pub fn open(path: &Path, symbol: Option<Symbol>) -> Result<Self, FeedError> {
        let fallback = symbol.unwrap_or_else(|| UNNAMED.parse().expect("a pair"));
        let mut notes = Vec::new();
        let mut hashes = Vec::new();
        let mut rows = 0;
        let mut by_symbol: BTreeMap<Symbol, Vec<Recording>> = BTreeMap::new();
        for file in files(path)? {
            let recording = Recording::open(&file, fallback)?;
            notes.push(recording.note());
            hashes.push(recording.hash);
            rows += recording.rows.len() as u64;
            let group = by_symbol.entry(recording.symbol).or_default();
            group.push(recording);
        }
        let series: Vec<Series> = by_symbol
            .into_values()
            .filter_map(|files| Series::merge(files).transpose())
            .collect::<Result<_, _>>()?;
        let info = FeedInfo {
            kind: FeedKind::Recorded,
            name: path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            ),
            hash: hex(&together(&hashes)),
            symbols: series.iter().map(|series| series.symbol).collect(),
            interval_ms: series
                .iter()
                .map(|series| series.interval_ms)
                .min()
                .unwrap_or(super::MINUTE_MS),
            rows,
            first: series.iter().filter_map(Series::peek).min(),
            last: series.iter().filter_map(Series::last).max(),
            notes,
        };
        Ok(Self { info, series })
    }
}

impl Feed for RecordedFeed {
    fn info(&self) -> &FeedInfo {
        &self.info
    }

    fn history(&self) -> Vec<(Symbol, i64, Vec<Candle>)> {
        self.series
            .iter()
            .map(|series| (series.symbol, series.interval_ms, series.history()))
            .filter(|(_, _, candles)| !candles.is_empty())
            .collect()
    }

    fn past(&self, symbol: Symbol, from: Time) -> Vec<Candle> {
        let series = self.series.iter().find(|series| series.symbol == symbol);
        series.map_or_else(Vec::new, |series| series.past(from))
    }

    fn peek(&self) -> Option<Time> {
        self.series.iter().filter_map(Series::peek).min()
    }

    fn next(&mut self) -> Option<Instant> {
        let time = self.peek()?;
        let mut items = Vec::with_capacity(2 * self.series.len());
        for series in &mut self.series {
            series.close_at(time, &mut items);
        }
        for series in &mut self.series {
            series.open_at(time, &mut items);
        }
        for series in &mut self.series {
            series.trades_at(time, &mut items);
        }
        Some(Instant { time, items })
    }

    fn resume_after(&mut self, t: Time) {
        for series in &mut self.series {
            series.resume_after(t);
        }
    }
}

/// The file itself, or the readable files of a folder by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, FeedError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in path.read_dir().map_err(|e| Fault::Io(e).of(path))? {
        let file = entry.map_err(|e| Fault::Io(e).of(path))?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if ENDINGS.iter().any(|ending| name.ends_with(ending)) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    match files.len() {
        0 => Err(FeedError::NoFiles(path.to_owned())),
        1..=MAX_FILES => Ok(files),
        count => {
            let found = format!("{count} files, at most {MAX_FILES} are read");
            Err(Fault::Io(io::Error::other(found)).of(path))
        }
    }
}

/// One file's hash is the hash of its content; several hashes are hashed once more.
fn together(hashes: &[[u8; 32]]) -> [u8; 32] {
    match hashes {
        [one] => *one,
        many => Sha256::digest(many.concat()).into(),
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

#[cfg(test)]
mod tests;
