//! Rows of a table, written as they come.

use std::io::{self, Write as _};
use std::path::Path;

use super::aside::Aside;
use crate::backtest::trade::Trade;
use crate::backtest::valuation::Equity;
use crate::core::Time;
use crate::core::order::Side;
use crate::core::time::DAY_MS;

/// Bytes kept before they are written.
const BUFFER: usize = 256 * 1024;

/// A file of rows.
#[derive(Debug)]
pub(super) struct Rows {
    file: Aside,
    buffer: Vec<u8>,
    /// The day that `date` is the text of.
    day: i64,
    date: String,
    /// The last equity's text.
    last: Option<Equity>,
    digits: Vec<u8>,
}

impl Rows {
    pub fn create(folder: &Path, name: &str, head: &str) -> io::Result<Self> {
        let mut buffer = Vec::with_capacity(BUFFER + 4096);
        buffer.extend_from_slice(head.as_bytes());
        Ok(Self {
            file: Aside::create(folder, name)?,
            buffer,
            day: i64::MIN,
            date: String::new(),
            last: None,
            digits: Vec::new(),
        })
    }

    /// A row of time and equity.
    pub fn equity(&mut self, at: Time, equity: Equity) -> io::Result<()> {
        self.time(at);
        self.buffer.push(b',');
        if self.last != Some(equity) {
            self.last = Some(equity);
            self.digits.clear();
            equity.write_into(&mut self.digits);
        }
        self.buffer.extend_from_slice(&self.digits);
        self.end()
    }

    /// A row of a trade.
    pub fn trade(&mut self, trade: &Trade) -> io::Result<()> {
        let side = match trade.side {
            Side::Buy => "long",
            Side::Sell => "short",
        };
        write!(self.buffer, "{},{},{side},", trade.id, trade.symbol)?;
        self.time(trade.entry_time);
        write!(self.buffer, ",{},", trade.entry_price)?;
        if let Some(at) = trade.exit_time {
            self.time(at);
        }
        self.buffer.push(b',');
        if let Some(price) = trade.exit_price {
            write!(self.buffer, "{price}")?;
        }
        let Trade {
            quantity,
            fees,
            pnl,
            ..
        } = trade;
        write!(self.buffer, ",{quantity},{fees},{pnl}")?;
        self.end()
    }

    /// Writes the rest; the file still wants its name.
    pub fn finish(mut self) -> io::Result<Aside> {
        self.flush()?;
        Ok(self.file)
    }

    fn end(&mut self) -> io::Result<()> {
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// RFC 3339 with milliseconds; the calendar is asked once a day.
    fn time(&mut self, at: Time) {
        let day = at.day();
        if day != self.day {
            self.day = day;
            self.date = Time(day.saturating_mul(DAY_MS)).to_string();
            self.date.truncate(11);
        }
        self.buffer.extend_from_slice(self.date.as_bytes());
        let ms = at.0.rem_euclid(DAY_MS) as u32;
        let (s, ms) = (ms / 1000, ms % 1000);
        let mut clock = *b"00:00:00.000";
        let hundreds = [(9, ms / 100 % 10), (10, ms / 10 % 10), (11, ms % 10)];
        let places = [
            (0, s / 36_000),
            (1, s / 3600 % 10),
            (3, s / 600 % 6),
            (4, s / 60 % 10),
            (6, s / 10 % 6),
            (7, s % 10),
        ];
        for (place, digit) in places.into_iter().chain(hundreds) {
            clock[place] = b'0' + digit as u8;
        }
        self.buffer.extend_from_slice(&clock);
        self.buffer.push(b'Z');
    }
}
