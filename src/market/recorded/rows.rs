//! Rows as they are kept, and the checks that each has passed.

use rust_decimal::Decimal;

use crate::core::Time;

use super::super::Candle;
use super::layout::{Kind, SLOTS};
use super::number::Number;
use super::tape::Fixed;
use super::when::{self, Form};

/// Rows that one file may hold.
const MAX_ROWS: usize = 20_000_000;
/// A trillion, of whatever currency.
const MAX_PRICE: i64 = 1_000_000_000_000;

/// A time and `N` numbers, and the file they came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<const N: usize> {
    pub(super) time: Time,
    mantissas: [i64; N],
    scales: [u8; N],
    pub(super) file: u16,
}

impl<const N: usize> Row<N> {
    fn new(time: Time, numbers: [Number; N]) -> Self {
        Self {
            time,
            mantissas: numbers.map(|n| n.mantissa),
            scales: numbers.map(|n| n.scale),
            file: 0,
        }
    }

    fn value(&self, at: usize) -> Decimal {
        Decimal::new(self.mantissas[at], u32::from(self.scales[at]))
    }

    /// A number as it was read.
    #[inline]
    pub(super) fn fixed(&self, at: usize) -> Fixed {
        Fixed {
            mantissa: self.mantissas[at],
            scale: self.scales[at],
        }
    }
}

impl Row<5> {
    pub(super) fn candle(&self) -> Candle {
        Candle {
            open_time: self.time,
            open: self.value(0),
            high: self.value(1),
            low: self.value(2),
            close: self.value(3),
            volume: self.value(4),
        }
    }

    pub(super) fn open(&self) -> Decimal {
        self.value(0)
    }

    pub(super) fn volume(&self) -> Decimal {
        self.value(4)
    }
}

impl Row<2> {
    pub(super) fn price(&self) -> Decimal {
        self.value(0)
    }

    pub(super) fn quantity(&self) -> Decimal {
        self.value(1)
    }
}

/// All rows of a file or of a symbol, in the order of time.
#[derive(Debug)]
pub(super) enum Rows {
    Candles(Vec<Row<5>>),
    Trades(Vec<Row<2>>),
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Candles(rows) => rows.len(),
            Self::Trades(rows) => rows.len(),
        }
    }
}

impl Rows {
    /// Notes the file that the rows came from.
    pub(super) fn mark(&mut self, file: u16) {
        match self {
            Self::Candles(rows) => rows.iter_mut().for_each(|row| row.file = file),
            Self::Trades(rows) => rows.iter_mut().for_each(|row| row.file = file),
        }
    }

    /// Orders the rows of several files by time; rows of one time keep the order of their files.
    /// Gives the two files and the time of a row that is there twice.
    pub(super) fn sort(&mut self) -> Option<(u16, u16, Time)> {
        match self {
            Self::Candles(rows) => twice(rows, |_, _| true),
            Self::Trades(rows) => twice(rows, |a, b| {
                a.price() == b.price() && a.quantity() == b.quantity()
            }),
        }
    }
}

/// Sorts by time and looks for rows of two files that have one time and are the `same`.
fn twice<const N: usize>(
    rows: &mut [Row<N>],
    same: impl Fn(&Row<N>, &Row<N>) -> bool,
) -> Option<(u16, u16, Time)> {
    rows.sort_by_key(|row| row.time);
    rows.chunk_by(|a, b| a.time == b.time).find_map(|group| {
        group.iter().enumerate().find_map(|(at, b)| {
            let earlier = group[..at].iter();
            let mut others = earlier.filter(|a| a.file != b.file && same(a, b));
            others.next().map(|a| (a.file, b.file, b.time))
        })
    })
}

/// A broken row: the slot at fault and what was found in it.
pub(super) struct Broken {
    pub(super) slot: usize,
    pub(super) found: String,
}

/// Checks row after row and keeps those before the first broken one.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) rows: Rows,
    pub(super) form: Option<Form>,
    last: Option<Time>,
}

impl Checked {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            rows: match kind {
                Kind::Candles => Rows::Candles(Vec::new()),
                Kind::Trades => Rows::Trades(Vec::new()),
            },
            form: None,
            last: None,
        }
    }

    /// Checks a row and keeps it.
    pub(super) fn push(&mut self, cells: &[&str; SLOTS]) -> Result<(), Broken> {
        let broken = |slot| move |found| Broken { slot, found };
        if self.rows.len() >= MAX_ROWS {
            return Err(broken(0)(format!("more than {MAX_ROWS} rows")));
        }
        let time = self.time(cells[0]).map_err(broken(0))?;
        let price = |slot: usize| {
            let number = Number::parse(cells[slot]).map_err(broken(slot))?;
            if number.mantissa <= 0 {
                let found = format!("price {:.40} is not above 0", cells[slot]);
                return Err(broken(slot)(found));
            }
            // Beyond it, a price times a quantity could not be counted any more.
            if number.mantissa >= MAX_PRICE && number.decimal() >= MAX_PRICE.into() {
                let found = format!("price {:.40} is not below {MAX_PRICE}", cells[slot]);
                return Err(broken(slot)(found));
            }
            Ok(number)
        };
        let volume = |slot: usize| {
            let number = Number::parse(cells[slot]).map_err(broken(slot))?;
            if number.mantissa < 0 {
                return Err(broken(slot)(format!(
                    "volume {:.40} is below 0",
                    cells[slot]
                )));
            }
            Ok(number)
        };
        match &mut self.rows {
            Rows::Candles(rows) => {
                let numbers = [price(1)?, price(2)?, price(3)?, price(4)?, volume(5)?];
                if numbers[1].compare(numbers[2]).is_lt() {
                    let found = format!("high {:.40} is below low {:.40}", cells[2], cells[3]);
                    return Err(broken(2)(found));
                }
                rows.push(Row::new(time, numbers));
            }
            Rows::Trades(rows) => rows.push(Row::new(time, [price(1)?, volume(2)?])),
        }
        Ok(())
    }

    /// Keeps a row where nothing is wrong with it; else says so and leaves everything as it was.
    pub(super) fn admit(&mut self, time: Time, form: Form, numbers: &[Number; SLOTS]) -> bool {
        let (Some(first), Some(last)) = (self.form, self.last) else {
            return false;
        };
        let is_price = |n: Number| {
            let below = n.scale >= 6 || n.mantissa < MAX_PRICE * 10i64.pow(u32::from(n.scale));
            n.mantissa > 0 && below
        };
        if form != first || self.rows.len() >= MAX_ROWS {
            return false;
        }
        let [_, open, high, low, close, volume] = *numbers;
        match &mut self.rows {
            Rows::Candles(rows) => {
                let right = time > last
                    && [open, high, low, close].into_iter().all(is_price)
                    && high.compare(low).is_ge();
                if !right {
                    return false;
                }
                rows.push(Row::new(time, [open, high, low, close, volume]));
            }
            Rows::Trades(rows) => {
                if time < last || !is_price(open) {
                    return false;
                }
                rows.push(Row::new(time, [open, high]));
            }
        }
        self.last = Some(time);
        true
    }

    fn time(&mut self, text: &str) -> Result<Time, String> {
        let (time, form) = when::parse(text)?;
        let first = *self.form.get_or_insert(form);
        if form != first {
            return Err(format!(
                "time {text:.40} is written in {form}, where {first} came before"
            ));
        }
        let rising = match (&self.rows, self.last) {
            (_, None) => true,
            (Rows::Candles(_), Some(last)) => time > last,
            (Rows::Trades(_), Some(last)) => time >= last,
        };
        if !rising {
            let what = match self.rows {
                Rows::Candles(_) => "does not rise",
                Rows::Trades(_) => "goes back",
            };
            let last = self.last.unwrap_or_default();
            return Err(format!("time {text:.40} {what}: {last} came before"));
        }
        self.last = Some(time);
        Ok(time)
    }
}
