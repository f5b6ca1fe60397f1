//! Rows in the order of a column. What is compared is what is read: a cell's text, in which numbers
//! with their units, times of day, marks and the numbers within ids count as what they mean.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::pane::{Fit, Rows};
use crate::snapshot::Snapshot;

/// By which column, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// Its place among the pane's columns.
    pub column: usize,
    /// The largest first.
    pub down: bool,
}

impl Sort {
    /// By a column as one looks at it first: numbers from the largest, words from the A.
    fn of(rows: &dyn Rows, column: usize) -> Self {
        let down = rows.columns()[column].fit == Fit::Number;
        Self { column, down }
    }

    /// The column after `from`, or before it where not `on`. Before the first and after the last
    /// stands the pane's own order, the abnormal first.
    pub fn step(rows: &dyn Rows, from: Option<Self>, on: bool) -> Option<Self> {
        let last = rows.columns().len().checked_sub(1)?;
        let column = match (from, on) {
            (None, true) => 0,
            (None, false) => last,
            (Some(sort), true) => Some(sort.column + 1).filter(|next| *next <= last)?,
            (Some(sort), false) => sort.column.checked_sub(1)?,
        };
        Some(Self::of(rows, column))
    }

    /// The other way round.
    pub fn reversed(self) -> Self {
        Self {
            down: !self.down,
            ..self
        }
    }

    /// What stands beside the column's head.
    pub fn arrow(self) -> char {
        if self.down { '▼' } else { '▲' }
    }
}

/// Sorts rows by a column. Those that are alike in it stay as they were, the abnormal first; those
/// that have nothing in it come last, whichever way.
pub fn sort(rows: &dyn Rows, snapshot: &Snapshot, order: &mut Vec<usize>, by: Sort) {
    let key = |index: &usize| {
        let row = rows.row(snapshot, snapshot.built_at, *index);
        let text = row.cells.get(by.column).map_or("", |cell| &cell.text);
        (Key::of(text), *index)
    };
    let mut keyed: Vec<(Key, usize)> = order.iter().map(key).collect();
    keyed.sort_by(|(a, _), (b, _)| a.compare(b, by.down));
    *order = keyed.into_iter().map(|(_, index)| index).collect();
}

/// A piece of a cell's text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Number(Decimal),
    Word(String),
}

/// What a cell's text is compared by; nothing where it says that there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key(Vec<Piece>);

/// A number no rank and no date reaches: what is of today comes after what has a date.
const TODAY: i64 = 1_000_000;

impl Key {
    fn of(text: &str) -> Self {
        let text = text.trim();
        if matches!(text, "" | "-") {
            return Self(Vec::new());
        }
        let (rank, rest) = marked(text);
        let mut pieces = vec![Piece::Number(rank.into())];
        if is_clock(rest) {
            pieces.push(Piece::Number(TODAY.into()));
        }
        let rest = match amount(rest) {
            Some((amount, rest)) => {
                pieces.push(Piece::Number(amount));
                rest
            }
            None => rest,
        };
        pieces.extend(natural(rest));
        Self(pieces)
    }

    fn compare(&self, other: &Self, down: bool) -> Ordering {
        let absent = self.0.is_empty().cmp(&other.0.is_empty());
        let by_value = self.0.cmp(&other.0);
        absent.then(if down { by_value.reverse() } else { by_value })
    }
}

/// How bad a mark says it is, and what stands behind it: what is bad comes before what is well, and
/// what is off comes last.
fn marked(text: &str) -> (u8, &str) {
    for (mark, rank) in [("X ", 0), ("! ", 1), ("- ", 3)] {
        if let Some(rest) = text.strip_prefix(mark) {
            return (rank, rest.trim_start());
        }
    }
    (2, text)
}

/// Whether a text begins with a time of day, without a date.
fn is_clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8 && bytes[2] == b':' && bytes[5] == b':' && bytes[0].is_ascii_digit()
}

/// What units of spans, sizes and shares are worth.
fn unit(name: &str) -> Option<Decimal> {
    Some(match name {
        "" | "s" | "%" | "x" | "bps" => Decimal::ONE,
        "us" => Decimal::new(1, 6),
        "ms" => Decimal::new(1, 3),
        "m" => Decimal::from(60),
        "h" => Decimal::from(3_600),
        "d" => Decimal::from(86_400),
        "k" => Decimal::from(1_000),
        "M" => Decimal::from(1_000_000),
        "G" => Decimal::from(1_000_000_000),
        _ => return None,
    })
}

/// The number a text begins with, in its unit, and what stands behind it. A time of day and a date
/// are none.
fn amount(text: &str) -> Option<(Decimal, &str)> {
    let bare = text.trim_start_matches(['<', '~']);
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let signs = usize::from(bare.starts_with(['+', '-']));
    let digits = bare[signs..].find(|c| !of_number(c));
    let (number, rest) = bare.split_at(digits.map_or(bare.len(), |at| at + signs));
    let letters = rest.find(|c: char| !(c.is_ascii_alphabetic() || c == '%'));
    let (name, rest) = rest.split_at(letters.unwrap_or(rest.len()));
    if rest.starts_with([':', '-', '_']) {
        return None;
    }
    let value: Decimal = number.replace(',', "").parse().ok()?;
    Some((value.checked_mul(unit(name)?)?, rest))
}

/// Words and the whole numbers between them, so that `order_9` comes before `order_10`.
fn natural(text: &str) -> impl Iterator<Item = Piece> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits);
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let number = piece.parse().ok().filter(|_| digits);
        Some(number.map_or_else(|| Piece::Word(piece.to_lowercase()), Piece::Number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;
    use crate::console::pane::PaneId;

    fn sorted(mut texts: Vec<&str>, down: bool) -> Vec<&str> {
        texts.sort_by(|a, b| Key::of(a).compare(&Key::of(b), down));
        texts
    }

    #[test]
    fn what_is_read_is_what_is_compared() {
        for order in [
            vec!["999us", "12ms", "0.4s", "62s", "12m", "5h", "3d"],
            vec!["-1,240.00", "-12.40", "0.00", "+12.40", "+1,024.00"],
            vec!["850", "1.2k", "4k", "1.5M"],
            vec!["order_9", "order_10", "order_100"],
            vec!["X STALE", "! LAGGY", "  ok", "- off"],
            vec!["2026-02-12 23:00:00", "2026-02-13 11:20:00", "14:02:11"],
            vec!["3/14", "12/14"],
            vec!["alpha", "Beta", "gamma"],
        ] {
            let mut backwards = order.clone();
            backwards.reverse();
            assert_eq!(sorted(backwards.clone(), false), order);
            assert_eq!(sorted(order, true), backwards);
        }
    }

    #[test]
    fn what_has_nothing_comes_last_whichever_way() {
        assert_eq!(
            sorted(vec!["-", "2", "", "10"], false),
            ["2", "10", "-", ""]
        );
        assert_eq!(sorted(vec!["-", "2", "10"], true), ["10", "2", "-"]);
    }

    #[test]
    fn any_text_is_survived() {
        let long = "9".repeat(60);
        let mixed = "–…é9-x".to_owned();
        for text in [
            &long,
            &mixed,
            &"1d".repeat(40),
            &"79228162514264337593543950335G".to_owned(),
        ] {
            let key = Key::of(text);
            assert_eq!(key.compare(&Key::of(text), true), Ordering::Equal);
        }
    }

    #[test]
    fn the_way_through_the_columns_ends_where_it_began() {
        for pane in [PaneId::Agents, PaneId::Orders, PaneId::Audit] {
            let rows = pane.rows().unwrap();
            for on in [true, false] {
                let mut sort = Sort::step(rows, None, on);
                let mut stops = 0;
                while let Some(at) = sort {
                    let number = rows.columns()[at.column].fit == Fit::Number;
                    assert_eq!(at.down, number);
                    stops += 1;
                    sort = Sort::step(rows, sort, on);
                }
                assert_eq!(stops, rows.columns().len());
            }
        }
    }

    #[test]
    fn rows_that_are_alike_stay_abnormal_first() {
        let snapshot = fixture::snapshot();
        let rows = PaneId::Agents.rows().unwrap();
        let own = rows.order(&snapshot);
        let mut order = own.clone();
        let task = rows.columns().iter().position(|c| c.head == "task");
        let by = Sort {
            column: task.unwrap(),
            down: false,
        };
        sort(rows, &snapshot, &mut order, by);
        let id = |i: &usize| rows.id(&snapshot, *i);
        assert_eq!(id(&order[0]), "technical_analysis", "its task is off");
        let without = |order: &[usize]| -> Vec<usize> {
            let agents = &snapshot.status.agents;
            let none = order.iter().filter(|i| agents[**i].task_enabled.is_none());
            none.copied().collect()
        };
        assert_eq!(without(&order), without(&own));
    }
}
