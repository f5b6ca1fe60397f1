//! The lines that are offered while a command is named, above the line that is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::{Offer, Typed, offers};
use crate::console::alarms::cut;
use crate::console::fitting::whole;
use crate::console::overlay::wrapped;
use crate::console::pane::Look;
use crate::console::theme::Role;

/// Lines shown at a time.
const SHOWN: usize = 12;
/// Columns of a name, at least: most lists stand still while they are narrowed.
const NAME: usize = 20;

/// Draws what is offered at the foot of the panes' area.
pub fn draw(typed: &Typed, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    if area.width < 4 || area.height < 3 {
        return;
    }
    let room = usize::from(area.width) - 4;
    let all = offers(typed, look.ui, look.snapshot);
    let height = SHOWN.min(usize::from(area.height) - 2);
    let lines = match &typed.error {
        Some(error) => said(error, look, room),
        None if all.is_empty() => said(&empty(typed), look, room),
        None => offered(&all, typed.chosen, height, look, room),
    };
    let title = match all.len() {
        0 => " COMMANDS ".to_owned(),
        n => match typed.chosen {
            Some(at) => format!(" COMMANDS {} of {n} ", at + 1),
            None => format!(" COMMANDS {n} "),
        },
    };
    let height = lines.len().min(height) as u16 + 2;
    let over = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    let buffer = frame.buffer_mut();
    Clear.render(over, buffer);
    Block::bordered()
        .title(Span::styled(title, look.theme.style(Role::Title)))
        .render(over, buffer);
    for (line, y) in lines.iter().zip(over.y + 1..over.bottom() - 1) {
        buffer.set_line(over.x + 2, y, line, over.width - 4);
    }
}

/// What is said where nothing fits.
fn empty(typed: &Typed) -> String {
    let text = typed.text.trim();
    match text.split_once(' ') {
        Some((name @ ("filter" | "explain" | "optimise"), _)) => {
            format!("Enter: {name} takes it as it is")
        }
        Some((name, told)) => format!("{name} knows no {told:?} here"),
        None => format!("nothing is called {text:?}; Esc closes, ^C clears"),
    }
}

fn said(text: &str, look: Look<'_>, room: usize) -> Vec<Line<'static>> {
    let lines = wrapped(text, room, 2).into_iter();
    lines
        .map(|line| Line::from(look.span(Role::Warn, line)))
        .collect()
}

/// A page of lines, the chosen one marked.
fn offered(
    all: &[Offer],
    chosen: Option<usize>,
    height: usize,
    look: Look<'_>,
    room: usize,
) -> Vec<Line<'static>> {
    let at = chosen.unwrap_or(0);
    let first = (at / height.max(1) * height).min(all.len().saturating_sub(height));
    let page = all.iter().enumerate().skip(first).take(height);
    // An id is shown whole: two may differ in their last letter.
    let widths = Widths {
        name: widest(page.clone().map(|(_, offer)| &offer.name)).max(NAME),
        keys: widest(page.clone().map(|(_, offer)| &offer.keys)),
    };
    page.map(|(i, offer)| line(offer, chosen == Some(i), widths, look, room))
        .collect()
}

/// Columns of names and keys on a page.
#[derive(Clone, Copy)]
struct Widths {
    name: usize,
    keys: usize,
}

fn widest<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

fn line(offer: &Offer, chosen: bool, widths: Widths, look: Look<'_>, room: usize) -> Line<'static> {
    let mark = if chosen { ">" } else { " " };
    let name = format!("{mark} {:<1$}  ", offer.name, widths.name);
    let keys = match widths.keys {
        0 => String::new(),
        wide => format!("{:<wide$}  ", offer.keys),
    };
    let used = name.chars().count() + keys.chars().count();
    let (role, about) = match &offer.blocked {
        Some(why) => (Role::Quiet, format!("not now: {why}")),
        None => (Role::Normal, offer.about.clone()),
    };
    let shown = if chosen { Role::Focus } else { Role::Strong };
    let named = match offer.blocked.is_some() && !chosen {
        true => Role::Quiet,
        false => shown,
    };
    let line = Line::from(vec![
        look.span(named, name),
        look.span(Role::Normal, keys),
        look.span(role, cut(&about, room.saturating_sub(used))),
    ]);
    whole(line, room)
}
