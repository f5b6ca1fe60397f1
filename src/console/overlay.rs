//! What lies over the panes: help, a row in full, a question, the lamp test. Never over strip,
//! alarms or footer: the area it gets is the panes' own.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::fitting::whole;
use super::form::Form;
use super::pane::{self, Look, PaneId};
use super::theme::Role;
use super::ui::Layer;
use super::{help, palette};

/// Draws what lies above the panes, where something does.
pub fn draw(look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    match &look.ui.layer {
        Some(Layer::Help { scroll }) => {
            let lines = help::lines(look, room(area));
            boxed("KEYS", &lines, *scroll, look, area, frame);
        }
        Some(Layer::Detail { scroll }) => {
            let pane = look.ui.focused();
            let lines = detail(pane, look, room(area));
            boxed(pane.title(), &lines, *scroll, look, area, frame);
        }
        Some(Layer::Story {
            about,
            lines,
            scroll,
        }) => {
            let wide = room(area);
            let lines: Vec<Line<'_>> = lines
                .iter()
                .flat_map(|line| wrapped(line, wide, 4))
                .map(Line::from)
                .collect();
            boxed(about, &lines, *scroll, look, area, frame);
        }
        Some(Layer::Palette(typed)) => palette::draw(typed, look, area, frame),
        Some(Layer::Form(form)) => fill(form, look, area, frame),
        Some(Layer::Question(question)) => {
            let lines = asked(&question.words(), look, area);
            boxed("SURE?", &lines, 0, look, area, frame);
        }
        Some(Layer::LampTest) => {
            let lines: Vec<Line<'_>> = Role::ALL
                .iter()
                .map(|(role, words)| Line::from(look.span(*role, *words)))
                .collect();
            boxed("LAMP TEST", &lines, 0, look, area, frame);
        }
        _ => {}
    }
}

/// A question in as many lines as `area` has room for, the answers always among them.
fn asked(words: &str, look: Look<'_>, area: Rect) -> Vec<Line<'static>> {
    let borders = if has_borders(area) { 2 } else { 0 };
    let height = usize::from(area.height).saturating_sub(borders);
    let mut lines: Vec<Line<'_>> = Vec::new();
    if look.snapshot.status.mode == "live" {
        lines.push(Line::from(look.span(Role::Bad, "LIVE: real orders")));
    }
    let words = wrapped(words, room(area), 0);
    lines.extend(words.into_iter().map(Line::from));
    let left = height.saturating_sub(1);
    if lines.len() > left {
        lines.truncate(left);
        if let Some(last) = lines.last_mut() {
            last.push_span("…");
            let wide = room(area);
            if last.width() > wide {
                let text: String = last.spans.iter().map(|span| &*span.content).collect();
                let kept = text.chars().take(wide.saturating_sub(1));
                *last = Line::from(kept.chain(['…']).collect::<String>());
            }
        }
    } else if lines.len() < left {
        lines.push(Line::default());
    }
    lines.push(Line::from(vec![
        Span::raw(format!("{} yes     ", look.ui.key_of("yes"))),
        look.span(Role::Focus, format!("[{} No]", look.ui.key_of("no"))),
    ]));
    lines
}

/// A form, the caret at the end of the figure that is typed.
fn fill(form: &Form, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let width = room(area);
    let mut lines = Vec::new();
    let mut caret = (0, 0);
    let wrong = |lines: &mut Vec<Line<'static>>, why: &str| {
        let text = format!("  X {why}");
        let wrapped = wrapped(&text, width, 4).into_iter();
        lines.extend(wrapped.map(|text| Line::from(look.span(Role::Bad, text))));
    };
    if look.snapshot.status.mode == "live" {
        lines.push(Line::from(look.span(Role::Bad, "LIVE: real orders")));
    }
    lines.push(Line::from(look.span(Role::Strong, form.words.clone())));
    for (i, field) in form.fields.iter().enumerate() {
        let mark = if i == form.at { ">" } else { " " };
        let role = if i == form.at {
            Role::Focus
        } else {
            Role::Normal
        };
        let label = format!("{mark} {:<10} ", field.label);
        let typed = format!("{:<14}", field.text);
        if i == form.at {
            let before = label.chars().count() + field.text.chars().count();
            caret = (before, lines.len());
        }
        let was = match (&*field.given, field.changes()) {
            (_, false) => String::new(),
            ("", true) => "none now; ".to_owned(),
            (given, true) => format!("now {given}; "),
        };
        let spans = vec![
            Span::raw(label),
            look.span(role, typed),
            look.span(Role::Quiet, format!("  {was}{}", field.hint)),
        ];
        lines.push(Line::from(spans));
        if let Some(why) = &field.error {
            wrong(&mut lines, why);
        }
    }
    if let Some(why) = &form.error {
        wrong(&mut lines, why);
    }
    lines.push(Line::default());
    lines.push(if form.sent {
        Line::from(look.span(Role::Warn, "ASKED… waiting for the engine"))
    } else {
        let key = |id| look.ui.key_of(id);
        Line::from(format!(
            "{} send    {} next    {} cancel",
            key("send"),
            key("next-field"),
            key("cancel-form")
        ))
    });
    // Where there is no room for all of it, what is typed stays in sight.
    let height = usize::from(area.height.saturating_sub(2)).max(1);
    let scroll = (caret.1 + 1).saturating_sub(height);
    let inner = boxed(&form.title(), &lines, scroll, look, area, frame);
    let (x, y) = (caret.0 as u16, (caret.1 - scroll.min(caret.1)) as u16);
    if !inner.is_empty() && y < inner.height {
        frame.set_cursor_position(Position {
            x: inner.x + x.min(inner.width - 1),
            y: inner.y + y,
        });
    }
}

/// The selected row of a pane in full, in lines of at most `width` letters.
pub fn detail(pane: PaneId, look: Look<'_>, width: usize) -> Vec<Line<'static>> {
    let index = look.ui.selected_index(pane, look.snapshot);
    if let Some(lines) = index.and_then(|i| pane::drawn_detail(pane, look, width, i)) {
        return lines;
    }
    let lines = index
        .zip(pane.rows())
        .map(|(i, rows)| rows.detail(look.snapshot, look.moment(), i))
        .unwrap_or_default();
    if lines.is_empty() {
        return vec![Line::from(look.span(Role::Quiet, "nothing is selected"))];
    }
    lines
        .iter()
        .flat_map(|line| wrapped(line, width, 4))
        .map(Line::from)
        .collect()
}

/// The widest box.
const WIDEST: u16 = 110;

/// Whether a box over `area` has room for its borders.
fn has_borders(area: Rect) -> bool {
    area.width >= 4 && area.height >= 3
}

/// Letters of a line within a box over `area`.
fn room(area: Rect) -> usize {
    usize::from(area.width.min(WIDEST).saturating_sub(4))
}

/// A text in lines of at most `width` letters, broken between words where there are any; all but
/// the first begin `indent` further in.
pub fn wrapped(text: &str, width: usize, indent: usize) -> Vec<String> {
    let indent = indent.min(width / 2);
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > width.max(1) {
        let break_at = rest[..=width]
            .iter()
            .rposition(|c| *c == ' ')
            .filter(|at| *at > indent)
            .unwrap_or(width.max(1));
        let next = rest.split_off(break_at);
        lines.push(rest.into_iter().collect());
        let body = next.into_iter().skip_while(|c| *c == ' ');
        rest = std::iter::repeat_n(' ', indent).chain(body).collect();
    }
    lines.push(rest.into_iter().collect());
    lines
}

/// Draws lines in a box in the middle; where within it they stand.
fn boxed(
    title: &str,
    lines: &[Line<'_>],
    scroll: usize,
    look: Look<'_>,
    area: Rect,
    frame: &mut Frame<'_>,
) -> Rect {
    if !has_borders(area) {
        for (line, y) in lines.iter().skip(scroll).zip(area.y..area.bottom()) {
            let line = whole(line.clone(), usize::from(area.width));
            frame.buffer_mut().set_line(area.x, y, &line, area.width);
        }
        return area;
    }
    let widest = lines.iter().map(Line::width).max().unwrap_or(0);
    let width = (widest + 4)
        .clamp(24, usize::from(WIDEST))
        .min(usize::from(area.width)) as u16;
    let height = (lines.len() + 2).min(usize::from(area.height)) as u16;
    let over = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let inner = Rect {
        x: over.x + 2,
        y: over.y + 1,
        width: width.saturating_sub(4),
        height: height - 2,
    };
    let last = lines.len().saturating_sub(usize::from(inner.height));
    look.ui.reach.set(last);
    let first = scroll.min(last);
    let more = match first < last {
        true => format!(" {} more ", look.ui.key_of("read-down")),
        false => String::new(),
    };
    let buffer = frame.buffer_mut();
    Clear.render(over, buffer);
    Block::bordered()
        .title(Span::styled(
            format!(" {title} "),
            look.theme.style(Role::Title),
        ))
        .title_bottom(more)
        .render(over, buffer);
    for (line, y) in lines.iter().skip(first).zip(inner.y..inner.bottom()) {
        let line = whole(line.clone(), usize::from(inner.width));
        buffer.set_line(inner.x, y, &line, inner.width);
    }
    inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_between_words_and_end() {
        assert_eq!(wrapped("one two three", 8, 2), ["one two", "  three"]);
        assert_eq!(wrapped("abcdefgh", 4, 1), ["abcd", " efg", " h"]);
        assert_eq!(wrapped("abc", 0, 4), ["a", "b", "c"]);
        assert_eq!(wrapped("", 5, 0), [""]);
    }
}
