//! Recorded data read in place, for whoever goes through all of it as fast as it goes: no instant is
//! built, and numbers are handed out as they were read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::choice::choose;
use super::error::FeedError;
use super::file::Recording;
use super::rows::{Row, Rows};
use super::series::Series;
use super::{files, hex, together};
use crate::core::{Symbol, Time};
use crate::market::Candle;

/// A number as it was read: `mantissa` ÷ 10^`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// The digits.
    pub mantissa: i64,
    /// How many of them follow the point, 0 to 28.
    pub scale: u8,
}

impl From<Fixed> for rust_decimal::Decimal {
    fn from(fixed: Fixed) -> Self {
        Self::new(fixed.mantissa, u32::from(fixed.scale))
    }
}

/// Rows of one symbol, checked, in the order of time: all that were read, or a [slice](Self::slice) of
/// them. A clone shares the rows.
#[derive(Debug, Clone)]
pub struct Tape {
    /// The pair.
    pub symbol: Symbol,
    /// Length of its candles in ms; a minute for trades.
    pub interval_ms: i64,
    price_scale: u8,
    highest: Fixed,
    rows: Arc<Rows>,
    range: Range<usize>,
    /// Rows before the range that a rule may look at.
    lead: usize,
}

/// One candle of a tape.
#[derive(Debug, Clone, Copy)]
pub struct TapeBar<'a>(&'a Row<5>);

/// One trade of a tape.
#[derive(Debug, Clone, Copy)]
pub struct TapeTrade<'a>(&'a Row<2>);

/// What a tape holds.
#[derive(Debug, Clone, Copy)]
pub enum Reel<'a> {
    /// Candles.
    Bars(Bars<'a>),
    /// Trades.
    Trades(Trades<'a>),
}

/// The candles of a tape.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a>(&'a [Row<5>]);

/// The trades of a tape.
#[derive(Debug, Clone, Copy)]
pub struct Trades<'a>(&'a [Row<2>]);

impl<'a> Bars<'a> {
    /// The n-th candle.
    #[inline]
    pub fn get(self, n: usize) -> Option<TapeBar<'a>> {
        self.0.get(n).map(TapeBar)
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = TapeBar<'a>> {
        self.0.iter().map(TapeBar)
    }
}

impl<'a> Trades<'a> {
    /// The n-th trade.
    #[inline]
    pub fn get(self, n: usize) -> Option<TapeTrade<'a>> {
        self.0.get(n).map(TapeTrade)
    }
}

impl TapeBar<'_> {
    /// Where it begins.
    #[inline]
    pub fn open_time(self) -> Time {
        self.0.time
    }

    /// Open, high, low, close, volume.
    #[inline]
    pub fn numbers(self) -> [Fixed; 5] {
        let row = self.0;
        [
            row.fixed(0),
            row.fixed(1),
            row.fixed(2),
            row.fixed(3),
            row.fixed(4),
        ]
    }

    /// The last price.
    #[inline]
    pub fn close(self) -> Fixed {
        self.0.fixed(3)
    }

    /// The first price.
    #[inline]
    pub fn open(self) -> Fixed {
        self.0.fixed(0)
    }

    /// The whole of it, in decimals.
    pub fn candle(self) -> Candle {
        self.0.candle()
    }
}

impl TapeTrade<'_> {
    /// When.
    #[inline]
    pub fn time(self) -> Time {
        self.0.time
    }

    /// Price in quote currency.
    #[inline]
    pub fn price(self) -> Fixed {
        self.0.fixed(0)
    }

    /// Size in base currency.
    #[inline]
    pub fn quantity(self) -> Fixed {
        self.0.fixed(1)
    }
}

/// What was read, and what there is to say about it.
#[derive(Debug)]
pub struct Tapes {
    /// By symbol.
    pub tapes: Vec<Tape>,
    /// SHA-256 of the unpacked content, in hex.
    pub hash: String,
    /// One line a file, and what was left out.
    pub notes: Vec<String>,
}

/// Why there is nothing to go through.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The data itself.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// It is of other symbols.
    #[error("no data of {wanted}: there is {}", found.join(", "))]
    Symbol {
        /// What was asked for.
        wanted: Symbol,
        /// What there is.
        found: Vec<String>,
    },
}

impl Tapes {
    /// Reads files, and the files of folders. With `symbol` only its own; it also names the pair of
    /// files whose names tell none. Without it, one such file is BAR/USD, and of several each is a pair
    /// of its own, after its name. Where there are candles, trades are left out.
    ///
    /// # Errors
    /// Nothing there, nothing of that symbol, not readable, a broken line, or files that contradict each
    /// other.
    pub fn open(paths: &[PathBuf], symbol: Option<Symbol>) -> Result<Self, TapeError> {
        let mut all = Vec::new();
        for path in paths {
            all.extend(files(path)?);
        }
        let (chosen, others) = choose(all, symbol)?;
        if let (Some(wanted), true) = (symbol, chosen.is_empty()) {
            let found = others.iter().map(ToString::to_string).collect();
            return Err(TapeError::Symbol { wanted, found });
        }
        let mut recordings = read(chosen)?;
        let mut notes = Vec::new();
        let candles = |r: &Recording| matches!(r.rows, Rows::Candles(_));
        if recordings.iter().any(candles) {
            recordings.retain(|r| {
                if !candles(r) {
                    notes.push(format!(
                        "{}: trades beside candles, left out",
                        r.file.display()
                    ));
                }
                candles(r)
            });
        }
        notes.extend(recordings.iter().map(Recording::note));
        let hashes: Vec<_> = recordings.iter().map(|r| r.hash).collect();
        let mut by_symbol: BTreeMap<Symbol, Vec<Recording>> = BTreeMap::new();
        for recording in recordings {
            by_symbol
                .entry(recording.symbol)
                .or_default()
                .push(recording);
        }
        let tapes = by_symbol
            .into_values()
            .filter_map(|files| Series::merge(files).transpose())
            .map(|series| series.map(Tape::from))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            tapes,
            hash: hex(&together(&hashes)),
            notes,
        })
    }
}

impl From<Series> for Tape {
    fn from(series: Series) -> Self {
        let (symbol, interval_ms) = (series.symbol, series.interval_ms);
        let rows = series.into_rows();
        let (price_scale, highest) = match &rows {
            Rows::Candles(rows) => finest(
                rows.iter()
                    .flat_map(|row| [row.fixed(1), row.fixed(2), row.fixed(0), row.fixed(3)]),
            ),
            Rows::Trades(rows) => finest(rows.iter().map(|row| row.fixed(0))),
        };
        Self {
            symbol,
            interval_ms,
            price_scale,
            highest,
            range: 0..rows.len(),
            lead: 0,
            rows: Arc::new(rows),
        }
    }
}

/// Most digits after the point of any price, and a price that none exceeds.
fn finest(prices: impl Iterator<Item = Fixed>) -> (u8, Fixed) {
    // The largest of each scale: nothing has to be brought to one scale, row by row.
    let mut largest = [0i64; 29];
    for price in prices {
        let of = &mut largest[usize::from(price.scale)];
        *of = (*of).max(price.mantissa);
    }
    let mut scale = 0;
    let mut whole = 0;
    for (at, mantissa) in (0u8..).zip(largest) {
        if mantissa > 0 {
            scale = at;
            whole = whole.max(mantissa / 10i64.saturating_pow(at.into()) + 1);
        }
    }
    let highest = Fixed {
        mantissa: whole,
        scale: 0,
    };
    (scale, highest)
}

impl Tape {
    /// Rows in it.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Some of its rows, counted from its first, and up to `lead` of those before them: a rule sees
    /// these and nothing is traded on them. What lies beyond this tape's rows and lead is not reached.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>, lead: usize) -> Self {
        let end = rows.end.min(self.len());
        let start = rows.start.min(end);
        Self {
            range: self.range.start + start..self.range.start + end,
            lead: lead.min(start + self.lead),
            rows: Arc::clone(&self.rows),
            ..*self
        }
    }

    /// The candles before its first that a rule may look at; of trades there are none.
    pub fn lead_in(&self) -> Bars<'_> {
        let from = self.range.start - self.lead;
        match &*self.rows {
            Rows::Candles(rows) => Bars(&rows[from..self.range.start]),
            Rows::Trades(_) => Bars(&[]),
        }
    }

    /// Whether it has none; a file without rows is refused, so no tape is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds.
    #[inline]
    pub fn reel(&self) -> Reel<'_> {
        match &*self.rows {
            Rows::Candles(rows) => Reel::Bars(Bars(&rows[self.range.clone()])),
            Rows::Trades(rows) => Reel::Trades(Trades(&rows[self.range.clone()])),
        }
    }

    /// Most digits after the point of any price in it.
    pub fn price_scale(&self) -> u8 {
        self.price_scale
    }

    /// A price that none in it exceeds.
    pub fn highest(&self) -> Fixed {
        self.highest
    }

    /// Where its first row begins.
    pub fn first(&self) -> Option<Time> {
        match self.reel() {
            Reel::Bars(bars) => bars.get(0).map(TapeBar::open_time),
            Reel::Trades(trades) => trades.get(0).map(TapeTrade::time),
        }
    }

    /// Where its last row ends; a trade ends with its minute.
    pub fn last(&self) -> Option<Time> {
        let last = self.len().checked_sub(1)?;
        match self.reel() {
            Reel::Bars(bars) => bars.get(last).map(|bar| bar.open_time() + self.interval_ms),
            Reel::Trades(trades) => trades.get(last).map(|trade| {
                let into = trade.time().0.rem_euclid(self.interval_ms);
                trade.time() + (self.interval_ms - into)
            }),
        }
    }
}

/// Reads the files, two at a time, and gives them in their order.
fn read(files: Vec<(PathBuf, Symbol)>) -> Result<Vec<Recording>, FeedError> {
    let mut read = Vec::with_capacity(files.len());
    for two in files.chunks(2) {
        let both: Vec<_> = std::thread::scope(|scope| {
            let (first, rest) = two.split_first().expect("a chunk has one");
            let other = rest
                .first()
                .map(|(file, symbol)| scope.spawn(|| Recording::open(file, *symbol)));
            let mut both = vec![Recording::open(&first.0, first.1)];
            both.extend(other.map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }));
            both
        });
        for recording in both {
            read.push(recording?);
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn write(dir: &Path, name: &str, rows: &[&str]) {
        std::fs::write(dir.join(name), rows.join("\n")).unwrap();
    }

    fn symbols(tapes: &Tapes) -> Vec<String> {
        tapes.tapes.iter().map(|t| t.symbol.to_string()).collect()
    }

    #[test]
    fn a_slice_sees_its_rows_and_its_lead_in_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let rows: Vec<_> = (0..10)
            .map(|n| format!("{},1,20,1,{},7", 1_704_067_200_000i64 + n * 60_000, n + 1))
            .collect();
        let rows: Vec<_> = rows.iter().map(String::as_str).collect();
        write(dir.path(), "XBTUSD.csv", &rows);
        let tapes = Tapes::open(&[dir.path().to_owned()], None).unwrap();
        let closes = |bars: Bars<'_>| bars.iter().map(|b| b.close().mantissa).collect::<Vec<_>>();
        let seen = |tape: &Tape| match tape.reel() {
            Reel::Bars(bars) => (closes(tape.lead_in()), closes(bars)),
            Reel::Trades(_) => panic!("candles"),
        };
        let slice = tapes.tapes[0].slice(4..7, 2);
        assert_eq!(seen(&slice), (vec![3, 4], vec![5, 6, 7]));
        assert_eq!(
            (slice.first(), slice.last()),
            (Some(Time(1_704_067_440_000)), Some(Time(1_704_067_620_000)))
        );
        assert_eq!(
            seen(&slice.slice(1..9, 9)),
            (vec![3, 4, 5], vec![6, 7]),
            "no further than it sees"
        );
        assert_eq!(seen(&tapes.tapes[0].slice(1..2, 9)), (vec![1], vec![2]));
        assert!(tapes.tapes[0].slice(12..15, 1).is_empty());
    }

    #[test]
    fn files_without_a_pair_in_their_names_are_pairs_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let bar = ["1704067200000,1,2,0.5,1.50,7", "1704067260000,2,2,2,2,7"];
        write(dir.path(), "bars0.csv", &bar);
        let open = |symbol: Option<&str>| {
            Tapes::open(&[dir.path().to_owned()], symbol.map(|s| s.parse().unwrap()))
        };
        assert_eq!(symbols(&open(None).unwrap()), ["BAR/USD"]);
        write(dir.path(), "bars1.csv", &bar);
        write(dir.path(), "ticks.csv", &["1704067200000,1,2"]);
        let all = open(None).unwrap();
        assert_eq!(symbols(&all), ["BARS0/USD", "BARS1/USD"]);
        assert!(all.notes[0].contains("left out"), "{:?}", all.notes);
        assert_eq!(symbols(&open(Some("BARS1/USD")).unwrap()), ["BARS1/USD"]);
        let tape = &all.tapes[0];
        assert_eq!((tape.len(), tape.price_scale()), (2, 1));
        assert_eq!(tape.last(), Some(Time(1_704_067_320_000)));
    }

    #[test]
    fn another_symbol_than_those_there_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "XBTUSD_1.csv", &["1704067200,1,1,1,1,1,1"]);
        let wrong = Tapes::open(&[dir.path().to_owned()], Some("ETH/USD".parse().unwrap()));
        let text = wrong.unwrap_err().to_string();
        assert_eq!(text, "no data of ETH/USD: there is BTC/USD");
    }
}
