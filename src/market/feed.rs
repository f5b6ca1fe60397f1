//! The port that every source of market data implements.

use crate::core::{Symbol, Time};

use super::{Candle, Instant, MINUTE_MS};

/// Where a feed's data comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedKind {
    /// Made up from a seed.
    Simulated,
    /// Read from files.
    Recorded,
    /// None: the clock is the wall clock.
    Idle,
}

/// What a feed is, for the journal and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedInfo {
    /// Where the data comes from.
    pub kind: FeedKind,
    /// The path, or what the feed is called.
    pub name: String,
    /// SHA-256 in hex: of the unpacked content, or of seed and symbols.
    pub hash: String,
    /// The pairs it brings, in order.
    pub symbols: Vec<Symbol>,
    /// Length of its bars, or of the candles its trades are gathered into.
    pub interval_ms: i64,
    /// Recorded rows, 0 where there are none.
    pub rows: u64,
    /// Time of its first instant.
    pub first: Option<Time>,
    /// Time of its last instant; none where it never ends.
    pub last: Option<Time>,
    /// What was found out while opening, one line a file.
    pub notes: Vec<String>,
}

/// Market data in the order of its time.
pub trait Feed: Send {
    /// What it is.
    fn info(&self) -> &FeedInfo;
    /// What was known before the first instant that [`Feed::next`] will give: symbol, interval in ms
    /// and at most 500 closed candles, oldest first.
    fn history(&self) -> Vec<(Symbol, i64, Vec<Candle>)>;
    /// The closed candles of a symbol that were known before the first instant that [`Feed::next`] will
    /// give, from a time on and as far as they are there: oldest first, the latest 600,000 at most.
    fn past(&self, symbol: Symbol, from: Time) -> Vec<Candle> {
        let known = self.history().into_iter().find(|(of, ..)| *of == symbol);
        let mut candles = known.map_or_else(Vec::new, |(_, _, candles)| candles);
        candles.retain(|candle| candle.open_time >= from);
        candles
    }
    /// Time of the next instant; none at the end.
    fn peek(&self) -> Option<Time>;
    /// The next instant; none at the end. Times rise from one to the next.
    fn next(&mut self) -> Option<Instant>;
    /// Skips everything up to and including `t`. It never goes back.
    fn resume_after(&mut self, t: Time);
}

/// Candles that [`Feed::history`] gives at most, a symbol.
pub(super) const HISTORY: usize = 500;
/// Candles that [`Feed::past`] gives at most.
pub(super) const PAST: usize = 600_000;

/// No market data.
#[derive(Debug)]
pub struct IdleFeed {
    info: FeedInfo,
}

impl IdleFeed {
    /// A silent feed; `symbols` are those the engine trades all the same.
    pub fn new(symbols: &[Symbol]) -> Self {
        Self {
            info: FeedInfo {
                kind: FeedKind::Idle,
                name: "idle".to_owned(),
                hash: String::new(),
                symbols: symbols.to_vec(),
                interval_ms: MINUTE_MS,
                rows: 0,
                first: None,
                last: None,
                notes: Vec::new(),
            },
        }
    }
}

impl Feed for IdleFeed {
    fn info(&self) -> &FeedInfo {
        &self.info
    }

    fn history(&self) -> Vec<(Symbol, i64, Vec<Candle>)> {
        Vec::new()
    }

    fn peek(&self) -> Option<Time> {
        None
    }

    fn next(&mut self) -> Option<Instant> {
        None
    }

    fn resume_after(&mut self, _: Time) {}
}
