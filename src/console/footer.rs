//! The footer: what can be done here, from the table of actions; and above it, what is typed or
//! what the operator must be told.

use ratatui::text::{Line, Span};

use super::action::{self, Action};
use super::fitting::{Part, fit};
use super::pane::Look;
use super::theme::Role;
use super::ui::Layer;

/// Every other key gives way before the stop's is said shorter.
const BELOW_THE_STOP: u8 = 10;

/// The keys of this place, the stop at the end of the line.
pub fn line(look: Look<'_>, width: usize) -> Line<'static> {
    let offered = action::offered(look.ui, look.live);
    let (stop, others): (Vec<_>, Vec<_>) = offered
        .into_iter()
        .partition(|b| b.action == Action::Hardstop);
    let mut parts: Vec<Part> = others
        .iter()
        .map(|b| {
            let key = match b.action {
                Action::Screen => look.ui.keys.shown(b),
                _ => look.ui.keys.first(b),
            };
            Part::new(
                b.place(look.ui)
                    .map_or(u8::MAX, |place| place + BELOW_THE_STOP),
                Role::Normal,
                format!("{key} {}", b.words_now(look.ui, look.live)),
            )
        })
        .collect();
    parts.extend(stop.iter().map(|b| {
        // ^X before others that were added: it alone works while the screen is stuck.
        Part::new(0, Role::Stop, format!("^X {}", b.words)).or("^X")
    }));
    fit(parts, width, look.theme)
}

/// The line above the footer, where there is something to say; with the column of the caret while
/// something is typed.
pub fn above(look: Look<'_>, width: usize) -> Option<(Line<'static>, Option<u16>)> {
    let (label, typed) = match &look.ui.layer {
        Some(Layer::Filter) => (
            "filter /".to_owned(),
            look.ui.place(look.ui.focused()).filter,
        ),
        Some(Layer::Palette(typed)) => (":".to_owned(), typed.text.clone()),
        Some(Layer::Prompt(prompt, text)) => (format!("{}: ", prompt.words()), text.clone()),
        _ => return told(look, width).map(|line| (line, None)),
    };
    let room = width.saturating_sub(label.chars().count() + 1);
    let skip = typed.chars().count().saturating_sub(room);
    let tail: String = typed.chars().skip(skip).collect();
    let caret = label.chars().count() + tail.chars().count();
    let line = Line::from(vec![
        look.span(Role::Strong, label),
        look.span(Role::Normal, tail),
    ]);
    Some((line, u16::try_from(caret).ok()))
}

/// What is asked for and not confirmed, then what the operator must be told.
fn told(look: Look<'_>, width: usize) -> Option<Line<'static>> {
    let asked = look.ui.pending.iter().filter(|p| !p.request.is_of_state());
    let words: Vec<String> = asked.map(|p| p.request.words()).collect();
    let mut spans = Vec::new();
    if !words.is_empty() {
        // A notice keeps half of the line.
        let room = look.ui.notice.as_ref().map_or(width, |_| width / 2);
        let words = super::alarms::cut(&words.join("  "), room);
        spans.push(look.span(Role::Warn, words));
    }
    if let Some(notice) = &look.ui.notice {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        let taken: usize = spans.iter().map(Span::width).sum();
        let text = super::alarms::cut(&notice.text, width.saturating_sub(taken));
        spans.push(look.span(notice.role, text));
    }
    (!spans.is_empty()).then(|| Line::from(spans))
}
