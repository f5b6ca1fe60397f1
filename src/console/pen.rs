//! The pen: turns cells into as few bytes as it can. It knows where the terminal's cursor stands and
//! in which style the terminal writes, also from one frame to the next, so that neither is said twice.

use std::fmt::Write;

use ratatui::backend::ClearType;
use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

/// What a terminal is told to write in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stroke {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// How well the place of the cursor is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Not at all.
    Lost,
    /// Behind a glyph that a terminal may take for a wide one: good for what follows it at once.
    After(Position),
    /// Exactly.
    Exactly(Position),
}

/// Collects what is to be written.
pub struct Pen {
    text: String,
    at: At,
    /// None where the terminal's style is not known.
    stroke: Option<Stroke>,
}

impl Pen {
    /// On a terminal of which nothing is known.
    pub fn new() -> Self {
        Self {
            text: String::new(),
            at: At::Lost,
            stroke: None,
        }
    }

    /// What was collected since this was last asked.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Whether the cursor is known to stand there.
    pub fn stands_at(&self, place: Position) -> bool {
        self.at == At::Exactly(place)
    }

    /// Writes one cell of a screen that is `width` cells wide.
    pub fn cell(&mut self, place: Position, cell: &Cell, width: u16) {
        self.go(place);
        self.take_up(Stroke {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        });
        let symbol = cell.symbol();
        self.text.push_str(symbol);
        let next = Position::new(place.x.saturating_add(1), place.y);
        self.at = match symbol.is_ascii() {
            // Behind the last column terminals differ.
            _ if next.x >= width => At::Lost,
            true => At::Exactly(next),
            false => At::After(next),
        };
    }

    /// Empties a part of the screen, or all of it.
    pub fn clear(&mut self, region: ClearType) {
        // What is emptied takes the background of the moment.
        self.stroke = None;
        self.take_up(Stroke::default());
        self.text.push_str(match region {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        });
        self.at = At::Lost;
    }

    /// Moves the cursor, by the shortest way.
    pub fn go(&mut self, to: Position) {
        let from = match self.at {
            At::Exactly(from) | At::After(from) if from == to => return,
            At::Exactly(from) => Some(from),
            At::After(_) | At::Lost => None,
        };
        let far = absolute(to);
        let near = from.map(|from| relative(from, to));
        let way = near.filter(|near| near.len() < far.len()).unwrap_or(far);
        self.text.push_str(&way);
        self.at = At::Exactly(to);
    }

    /// Writes in this style from here on.
    fn take_up(&mut self, stroke: Stroke) {
        if self.stroke == Some(stroke) {
            return;
        }
        let whole = from_plain(stroke);
        let codes = match self.stroke.map(|before| change(before, stroke)) {
            Some(change) if change.len() <= whole.len() => change,
            _ => whole,
        };
        // Writing into a text does not fail.
        let _ = write!(self.text, "\x1b[{codes}m");
        self.stroke = Some(stroke);
    }
}

/// To a place, from wherever the cursor is.
fn absolute(to: Position) -> String {
    match (to.x, to.y) {
        (0, 0) => "\x1b[H".to_owned(),
        (0, y) => format!("\x1b[{}H", y + 1),
        (x, y) => format!("\x1b[{};{}H", y + 1, x + 1),
    }
}

/// From one place to another: up or down, then along the line.
fn relative(from: Position, to: Position) -> String {
    let mut way = match (from.y, to.y) {
        (a, b) if a < b => step(b - a, 'B'),
        (a, b) if a > b => step(a - b, 'A'),
        _ => String::new(),
    };
    match (from.x, to.x) {
        (a, b) if a == b => {}
        (_, 0) => way.push('\r'),
        (a, b) if a < b => way.push_str(&step(b - a, 'C')),
        (a, b) if a - b <= 3 => way.extend(std::iter::repeat_n('\u{8}', usize::from(a - b))),
        (a, b) => way.push_str(&step(a - b, 'D')),
    }
    way
}

fn step(by: u16, towards: char) -> String {
    match by {
        1 => format!("\x1b[{towards}"),
        by => format!("\x1b[{by}{towards}"),
    }
}

/// The codes that lead to a style from any other.
fn from_plain(to: Stroke) -> String {
    let mut codes = change(Stroke::default(), to);
    if !codes.is_empty() {
        codes.insert_str(0, "0;");
    }
    codes
}

/// The codes that lead from one style to another; none where they are the same.
fn change(from: Stroke, to: Stroke) -> String {
    let mut codes = Vec::new();
    let gone = from.modifier - to.modifier;
    let mut set = to.modifier - from.modifier;
    for (modifiers, off) in OFF {
        if gone.intersects(modifiers) {
            codes.push(off.to_owned());
            // One code ends both of a pair: what is to stay is said again.
            set |= to.modifier & modifiers;
        }
    }
    for (modifier, on) in ON {
        if set.contains(modifier) {
            codes.push(on.to_owned());
        }
    }
    if from.fg != to.fg {
        codes.push(colour(to.fg, 30));
    }
    if from.bg != to.bg {
        codes.push(colour(to.bg, 40));
    }
    codes.join(";")
}

const ON: [(Modifier, &str); 9] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::SLOW_BLINK, "5"),
    (Modifier::RAPID_BLINK, "6"),
    (Modifier::REVERSED, "7"),
    (Modifier::HIDDEN, "8"),
    (Modifier::CROSSED_OUT, "9"),
];

const OFF: [(Modifier, &str); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), "22"),
    (Modifier::ITALIC, "23"),
    (Modifier::UNDERLINED, "24"),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), "25"),
    (Modifier::REVERSED, "27"),
    (Modifier::HIDDEN, "28"),
    (Modifier::CROSSED_OUT, "29"),
];

/// The code of a colour; `base` is 30 for letters, 40 for what is behind them.
fn colour(colour: Color, base: u8) -> String {
    let of = |n: u8| (base + n).to_string();
    // The bright ones have numbers of their own.
    let bright = |n: u8| (base + 60 + n).to_string();
    match colour {
        Color::Reset => of(9),
        Color::Black => of(0),
        Color::Red => of(1),
        Color::Green => of(2),
        Color::Yellow => of(3),
        Color::Blue => of(4),
        Color::Magenta => of(5),
        Color::Cyan => of(6),
        Color::Gray => of(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(n) => format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    const AREA: Rect = Rect::new(0, 0, 12, 5);

    fn style() -> impl Strategy<Value = Style> {
        let modifier = prop_oneof![
            3 => Just(Modifier::empty()),
            1 => Just(Modifier::BOLD),
            1 => Just(Modifier::DIM),
            1 => Just(Modifier::BOLD.union(Modifier::REVERSED)),
            1 => Just(Modifier::UNDERLINED),
        ];
        let colour = prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::DarkGray),
            Just(Color::Indexed(200)),
        ];
        (modifier, colour.clone(), colour)
            .prop_map(|(modifier, fg, bg)| Style::reset().fg(fg).bg(bg).add_modifier(modifier))
    }

    /// Words here and there.
    fn screen() -> impl Strategy<Value = Buffer> {
        let words = (0..AREA.width, 0..AREA.height, "[a-z ─é]{1,9}", style());
        prop::collection::vec(words, 0..9).prop_map(|words| {
            let mut buffer = Buffer::empty(AREA);
            for (x, y, text, style) in words {
                buffer.set_string(x, y, text, style);
            }
            buffer
        })
    }

    fn seen(color: vt100::Color) -> Color {
        match color {
            vt100::Color::Default => Color::Reset,
            vt100::Color::Idx(1) => Color::Red,
            vt100::Color::Idx(8) => Color::DarkGray,
            vt100::Color::Idx(n) => Color::Indexed(n),
            vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
        }
    }

    fn assert_shows(terminal: &vt100::Parser, wanted: &Buffer) {
        for place in AREA.positions() {
            let (cell, is) = (
                &wanted[place],
                terminal.screen().cell(place.y, place.x).unwrap(),
            );
            let letter = if is.contents().is_empty() {
                " "
            } else {
                is.contents()
            };
            assert_eq!(letter, cell.symbol(), "{place:?}");
            assert_eq!(seen(is.fgcolor()), cell.fg, "{place:?}");
            assert_eq!(seen(is.bgcolor()), cell.bg, "{place:?}");
            for (on, modifier) in [
                (is.bold(), Modifier::BOLD),
                (is.dim(), Modifier::DIM),
                (is.inverse(), Modifier::REVERSED),
                (is.underline(), Modifier::UNDERLINED),
            ] {
                assert_eq!(
                    on,
                    cell.modifier.contains(modifier),
                    "{modifier:?} {place:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn a_terminal_shows_what_was_drawn_whatever_it_showed_before(
            frames in prop::collection::vec((screen(), 0..AREA.width, 0..AREA.height), 1..6)
        ) {
            let mut terminal = vt100::Parser::new(AREA.height, AREA.width, 0);
            terminal.process(b"\x1b[1;31;44msomebody else's\x1b[3;3H");
            let mut pen = Pen::new();
            pen.clear(ClearType::All);
            let mut before = Buffer::empty(AREA);
            for (frame, x, y) in frames {
                for (x, y, cell) in before.diff(&frame) {
                    pen.cell(Position::new(x, y), cell, AREA.width);
                }
                pen.go(Position::new(x, y));
                terminal.process(pen.take().as_bytes());
                prop_assert_eq!(terminal.screen().cursor_position(), (y, x));
                assert_shows(&terminal, &frame);
                before = frame;
            }
        }
    }

    #[test]
    fn a_column_of_figures_costs_a_few_bytes_a_row() {
        let mut pen = Pen::new();
        pen.clear(ClearType::All);
        pen.go(Position::new(0, 7));
        pen.take();
        let mut digit = Cell::default();
        digit.set_char('7');
        for y in 7..15 {
            pen.cell(Position::new(37, y), &digit, 120);
        }
        pen.go(Position::new(0, 7));
        assert_eq!(
            pen.take(),
            format!("\x1b[37C7{}\x1b[8H", "\x1b[B\u{8}7".repeat(7))
        );
    }

    #[test]
    fn a_style_is_said_once_and_only_what_changes_of_it() {
        let mut pen = Pen::new();
        pen.clear(ClearType::All);
        pen.go(Position::ORIGIN);
        pen.take();
        let mut x = 0;
        let mut write = |style: Style| {
            let mut cell = Cell::default();
            cell.set_char('a').set_style(style);
            pen.cell(Position::new(x, 0), &cell, 80);
            x += 1;
            pen.take()
        };
        let quiet = Style::reset().fg(Color::DarkGray);
        assert_eq!(write(quiet), "\x1b[90ma");
        assert_eq!(write(quiet), "a");
        assert_eq!(write(quiet.add_modifier(Modifier::BOLD)), "\x1b[1ma");
        assert_eq!(write(quiet), "\x1b[22ma");
        assert_eq!(write(Style::reset()), "\x1b[ma");
    }
}
