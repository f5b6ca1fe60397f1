//! Rows in columns. A column is shown whole or not at all; only plain words may be cut, and show it
//! by `…`.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Look;
use crate::console::fitting::cut;
use crate::console::sorting::Sort;
use crate::console::theme::Role;

/// How a column takes its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// As wide as its widest text, at the left.
    Whole,
    /// As wide as its widest text, at the right.
    Number,
    /// As wide as there is room for, cut where there is none.
    Words,
}

/// A column.
pub struct Column {
    /// What stands above it.
    pub head: &'static str,
    /// How it takes its room.
    pub fit: Fit,
    /// The least width.
    pub least: u16,
    /// The lowest goes first where room is short.
    pub keep: u8,
    /// How far below its least width it may be cut before it goes.
    pub last: u16,
}

impl Column {
    /// Shown whole, at the left.
    pub const fn whole(head: &'static str, least: u16, keep: u8) -> Self {
        Self {
            head,
            fit: Fit::Whole,
            least,
            keep,
            last: least,
        }
    }

    /// Shown whole, at the right.
    pub const fn number(head: &'static str, least: u16, keep: u8) -> Self {
        Self {
            head,
            fit: Fit::Number,
            least,
            keep,
            last: least,
        }
    }

    /// Cut where room is short.
    pub const fn words(head: &'static str, least: u16, keep: u8) -> Self {
        Self {
            head,
            fit: Fit::Words,
            least,
            keep,
            last: least,
        }
    }

    /// Words that are cut down to so many cells, below their least width, before they go.
    #[must_use]
    pub const fn down_to(mut self, last: u16) -> Self {
        self.last = last;
        self
    }
}

/// What stands in a column.
#[derive(Debug, Clone)]
pub struct Cell {
    /// In words.
    pub text: String,
    /// What it means.
    pub role: Role,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self {
            text,
            role: Role::Normal,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Cell {
    /// With a meaning.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub struct Row {
    /// One for each column.
    pub cells: Vec<Cell>,
    /// Of little interest now.
    pub quiet: bool,
}

impl Row {
    /// Its words, for the filter.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.cells.iter().map(|c| c.text.as_str()).collect();
        words.join(" ")
    }
}

/// The line above the rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heads {
    /// By which column the rows are sorted.
    pub sort: Option<Sort>,
}

impl Heads {
    /// What stands above a column; an arrow where it is the one by which the rows are sorted.
    fn text(self, columns: &[Column], i: usize) -> String {
        let head = columns[i].head;
        match self.sort {
            Some(sort) if sort.column == i => format!("{head}{}", sort.arrow()),
            _ => head.to_owned(),
        }
    }
}

/// Between two columns.
const GAP: usize = 2;
/// Before the first: the mark of the selected row.
const MARK: usize = 1;

/// The width of each column, none for those that have no room.
fn widths(columns: &[Column], rows: &[Row], heads: Heads, room: usize) -> Vec<Option<usize>> {
    let least = |i: usize| {
        let least = usize::from(columns[i].least);
        match heads.sort {
            Some(sort) if sort.column == i => least.max(width_of(&heads.text(columns, i))),
            _ => least,
        }
    };
    let natural: Vec<usize> = (0..columns.len())
        .map(|i| {
            rows.iter()
                .map(|row| width_of(&row.cells[i].text))
                .fold(least(i), usize::max)
        })
        .collect();
    let mut needs: Vec<usize> = (0..columns.len())
        .map(|i| match columns[i].fit {
            Fit::Words => least(i),
            Fit::Whole | Fit::Number => natural[i],
        })
        .collect();
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    loop {
        let gaps = GAP * kept.len().saturating_sub(1);
        let sum: usize = kept.iter().map(|i| needs[*i]).sum::<usize>() + gaps;
        if sum <= room || kept.is_empty() {
            let mut spare = room.saturating_sub(sum);
            let mut widths = vec![None; columns.len()];
            for i in kept {
                let more = (natural[i] - needs[i]).min(spare);
                spare -= more;
                widths[i] = Some(needs[i] + more);
            }
            return widths;
        }
        if let Some(least) = (0..kept.len()).min_by_key(|at| columns[kept[*at]].keep) {
            let column = kept[least];
            let cut = needs[column].saturating_sub(sum - room);
            let words = columns[column].fit == Fit::Words;
            if words && cut < needs[column] && cut >= usize::from(columns[column].last) {
                needs[column] = cut;
            } else {
                kept.remove(least);
            }
        }
    }
}

/// Columns a text takes.
fn width_of(text: &str) -> usize {
    Span::raw(text).width()
}

fn padded(text: &str, fit: Fit, width: usize) -> String {
    let text = cut(text, width);
    let pad = " ".repeat(width.saturating_sub(width_of(&text)));
    match fit {
        Fit::Number => pad + &text,
        Fit::Whole | Fit::Words => text + &pad,
    }
}

/// Draws rows, with their heads where there is room for them; the `selected` one is marked by `>` and reverse.
pub fn draw(
    columns: &[Column],
    rows: &[Row],
    selected: Option<usize>,
    heads: Option<Heads>,
    look: Look<'_>,
    area: Rect,
    frame: &mut Frame<'_>,
) {
    let room = usize::from(area.width).saturating_sub(MARK);
    let widths = widths(columns, rows, heads.unwrap_or_default(), room);
    let line = |mark: &str, cell: &dyn Fn(usize) -> (Role, String)| {
        let mut spans = vec![Span::raw(mark.to_owned())];
        for (i, width) in widths.iter().enumerate() {
            let Some(width) = width else { continue };
            if spans.len() > 1 {
                spans.push(Span::raw(" ".repeat(GAP)));
            }
            let (role, text) = cell(i);
            spans.push(look.span(role, padded(&text, columns[i].fit, *width)));
        }
        Line::from(spans)
    };
    let mut y = area.y;
    let mut put = |line: Line<'_>, frame: &mut Frame<'_>| {
        if y < area.bottom() {
            frame.buffer_mut().set_line(area.x, y, &line, area.width);
        }
        y += 1;
    };
    if let Some(heads) = heads {
        let head = line(" ", &|i| {
            let sorted = heads.sort.is_some_and(|sort| sort.column == i);
            let role = if sorted { Role::Strong } else { Role::Quiet };
            (role, heads.text(columns, i))
        });
        put(head, frame);
    }
    for (at, row) in rows.iter().enumerate() {
        let marked = selected == Some(at);
        let line = line(if marked { ">" } else { " " }, &|i| {
            let cell = &row.cells[i];
            let quiet = row.quiet && cell.role == Role::Normal;
            (
                if quiet { Role::Quiet } else { cell.role },
                cell.text.clone(),
            )
        });
        put(line, frame);
        if marked {
            let y = area.y + u16::from(heads.is_some()) + at as u16;
            let name = widths.iter().flatten().next().unwrap_or(&0);
            // Mark and name only: a move of the selection stays a small frame on a slow link.
            let marked = Rect {
                y,
                height: 1,
                width: (MARK + name) as u16,
                ..area
            };
            frame
                .buffer_mut()
                .set_style(marked.intersection(area), look.theme.selected());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        Row {
            cells: cells.iter().map(|c| Cell::from(*c)).collect(),
            quiet: false,
        }
    }

    #[test]
    fn numbers_are_whole_or_absent() {
        let columns = [
            Column::words("name", 4, 9),
            Column::number("price", 3, 5),
            Column::number("size", 3, 1),
        ];
        let rows = [row(&["technical", "64,231.5", "0.25"])];
        assert_eq!(
            widths(&columns, &rows, Heads::default(), 40),
            [Some(9), Some(8), Some(4)]
        );
        assert_eq!(
            widths(&columns, &rows, Heads::default(), 20),
            [Some(4), Some(8), Some(4)]
        );
        assert_eq!(
            widths(&columns, &rows, Heads::default(), 19),
            [Some(9), Some(8), None]
        );
        assert_eq!(
            widths(&columns, &rows, Heads::default(), 13),
            [Some(9), None, None]
        );
        assert_eq!(
            widths(&columns, &rows, Heads::default(), 2),
            [None, None, None]
        );
    }

    #[test]
    fn words_that_matter_are_cut_before_they_go() {
        let columns = [
            Column::whole("severity", 8, 9),
            Column::number("times", 5, 2),
            Column::words("what", 44, 8).down_to(8),
        ];
        let rows = [row(&["critical", "3", "a long sentence on what is wrong"])];
        let widths = |room| widths(&columns, &rows, Heads::default(), room);
        assert_eq!(widths(61), [Some(8), Some(5), Some(44)]);
        assert_eq!(widths(60), [Some(8), None, Some(44)]);
        assert_eq!(widths(40), [Some(8), None, Some(30)]);
        assert_eq!(widths(18), [Some(8), None, Some(8)]);
        assert_eq!(widths(17), [Some(8), None, None]);
    }

    #[test]
    fn texts_fill_their_columns() {
        assert_eq!(padded("7", Fit::Number, 3), "  7");
        assert_eq!(padded("7", Fit::Whole, 3), "7  ");
    }
}
