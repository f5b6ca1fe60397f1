//! All rows of one symbol, and how far they have been given out.

use crate::core::{Symbol, Time};

use super::super::feed::{HISTORY, PAST};
use super::super::{Candle, Item, MINUTE_MS};
use super::error::FeedError;
use super::file::Recording;
use super::rows::{Row, Rows};

/// One symbol's rows, in the order of time.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) symbol: Symbol,
    pub(super) interval_ms: i64,
    rows: Rows,
    /// Bars that have opened, or trades that were given.
    given: usize,
    /// Bars that have closed.
    closed: usize,
    /// What has passed, also where no row is.
    passed: Time,
}

impl Series {
    /// Merges the files of one symbol by time.
    ///
    /// # Errors
    /// Candles and trades, candles of several lengths, or the same row twice.
    pub(super) fn merge(files: Vec<Recording>) -> Result<Option<Self>, FeedError> {
        let mut merged: Option<Recording> = None;
        let mut names = Vec::new();
        for (at, mut next) in files.into_iter().enumerate() {
            names.push(next.file.clone());
            next.rows.mark(at as u16);
            merged = Some(match merged {
                None => next,
                Some(so_far) => join(so_far, next)?,
            });
        }
        let Some(mut merged) = merged else {
            return Ok(None);
        };
        if names.len() > 1
            && let Some((first, second, time)) = merged.rows.sort()
        {
            return Err(FeedError::Clash {
                first: names[usize::from(first)].clone(),
                second: names[usize::from(second)].clone(),
                what: format!("both hold the row of {} at {time}", merged.symbol),
            });
        }
        Ok(Some(Self {
            symbol: merged.symbol,
            interval_ms: merged.interval_ms,
            rows: merged.rows,
            given: 0,
            closed: 0,
            passed: Time(i64::MIN),
        }))
    }

    /// All of its rows.
    pub(super) fn into_rows(self) -> Rows {
        self.rows
    }

    /// Time of the next item.
    pub(super) fn peek(&self) -> Option<Time> {
        match &self.rows {
            Rows::Candles(rows) => {
                let bar = rows.get(self.closed).map(|row| row.time + self.interval_ms);
                let open = rows.get(self.given).map(|row| row.time);
                bar.into_iter().chain(open).min()
            }
            Rows::Trades(rows) => rows.get(self.given).map(|row| row.time),
        }
    }

    /// Time of the last item.
    pub(super) fn last(&self) -> Option<Time> {
        match &self.rows {
            Rows::Candles(rows) => rows.last().map(|row| row.time + self.interval_ms),
            Rows::Trades(rows) => rows.last().map(|row| row.time),
        }
    }

    /// Puts the bar that closes at `time` to the items, if there is one.
    pub(super) fn close_at(&mut self, time: Time, items: &mut Vec<Item>) {
        if let Rows::Candles(rows) = &self.rows
            && let Some(row) = rows.get(self.closed)
            && row.time + self.interval_ms == time
        {
            self.closed += 1;
            items.push(Item::Bar {
                symbol: self.symbol,
                interval_ms: self.interval_ms,
                candle: row.candle(),
            });
        }
    }

    /// Puts the bar that opens at `time` to the items, if there is one.
    pub(super) fn open_at(&mut self, time: Time, items: &mut Vec<Item>) {
        if let Rows::Candles(rows) = &self.rows
            && let Some(row) = rows.get(self.given)
            && row.time == time
        {
            self.given += 1;
            items.push(Item::Open {
                symbol: self.symbol,
                price: row.open(),
                volume: row.volume(),
                holds_until: time + self.interval_ms / 3,
            });
        }
    }

    /// Puts all trades of `time` to the items.
    pub(super) fn trades_at(&mut self, time: Time, items: &mut Vec<Item>) {
        self.passed = self.passed.max(time);
        let Rows::Trades(rows) = &self.rows else {
            return;
        };
        while let Some(row) = rows.get(self.given).filter(|row| row.time == time) {
            self.given += 1;
            items.push(Item::Trade {
                symbol: self.symbol,
                price: row.price(),
                quantity: row.quantity(),
            });
        }
    }

    /// Skips what became known up to and including `t`.
    pub(super) fn resume_after(&mut self, t: Time) {
        self.passed = self.passed.max(t);
        let (given, closed) = match &self.rows {
            Rows::Candles(rows) => (
                rows.partition_point(|row| row.time <= t),
                rows.partition_point(|row| row.time + self.interval_ms <= t),
            ),
            Rows::Trades(rows) => (rows.partition_point(|row| row.time <= t), 0),
        };
        self.given = self.given.max(given);
        self.closed = self.closed.max(closed);
    }

    /// The last closed candles of what was given out or skipped.
    pub(super) fn history(&self) -> Vec<Candle> {
        match &self.rows {
            Rows::Candles(rows) => rows[self.closed.saturating_sub(HISTORY)..self.closed]
                .iter()
                .map(Row::candle)
                .collect(),
            Rows::Trades(rows) => minutes(&rows[..self.given], self.passed, HISTORY),
        }
    }

    /// The closed candles from a time on of what was given out or skipped.
    pub(super) fn past(&self, from: Time) -> Vec<Candle> {
        match &self.rows {
            Rows::Candles(rows) => {
                let rows = &rows[..self.closed];
                let first = rows.partition_point(|row| row.time < from);
                let first = first.max(rows.len().saturating_sub(PAST));
                rows[first..].iter().map(Row::candle).collect()
            }
            Rows::Trades(rows) => {
                let first = rows.partition_point(|row| row.time < from);
                let known = rows.get(first..self.given).unwrap_or_default();
                minutes(known, self.passed, PAST)
            }
        }
    }
}

/// The last minutes of these trades that are over at `now`, at most so many.
fn minutes(trades: &[Row<2>], now: Time, most: usize) -> Vec<Candle> {
    let minute = |row: &Row<2>| row.time + -row.time.0.rem_euclid(MINUTE_MS);
    let mut candles = Vec::new();
    let over = trades.partition_point(|row| now - minute(row) >= MINUTE_MS);
    let groups = trades[..over].chunk_by(|a, b| minute(a) == minute(b));
    for group in groups.rev().take(most) {
        let mut rows = group.iter();
        let first = rows.next().expect("a group has a row");
        let mut candle = Candle::of_trade(minute(first), first.price(), first.quantity());
        for row in rows {
            candle.extend(row.price(), row.quantity());
        }
        candles.push(candle);
    }
    candles.reverse();
    candles
}

fn join(mut first: Recording, second: Recording) -> Result<Recording, FeedError> {
    let clash = |what: String| {
        Err(FeedError::Clash {
            first: first.file.clone(),
            second: second.file.clone(),
            what,
        })
    };
    match (&mut first.rows, &second.rows) {
        (Rows::Candles(rows), Rows::Candles(more)) if first.interval_ms == second.interval_ms => {
            rows.extend_from_slice(more);
        }
        (Rows::Candles(_), Rows::Candles(_)) => {
            return clash(format!(
                "candles of {} in two lengths, {} and {} ms: keep one of them",
                first.symbol, first.interval_ms, second.interval_ms
            ));
        }
        (Rows::Trades(rows), Rows::Trades(more)) => rows.extend_from_slice(more),
        _ => {
            return clash(format!(
                "one holds candles of {}, the other trades: keep one of them",
                first.symbol
            ));
        }
    }
    Ok(first)
}
