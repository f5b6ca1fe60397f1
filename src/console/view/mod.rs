//! A frame, from what is known and nothing else: no clock, no input, no output.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::fitting::whole;
use super::layout::{self, Division};
use super::pane::{self, Look};
use super::theme::{Role, Theme};
use super::ui::Ui;
use super::{alarms, footer, overlay, strip};
use crate::core::Time;
use crate::snapshot::Snapshot;

/// Draws everything; `now` is wall time.
pub fn view(snapshot: &Snapshot, ui: &Ui, theme: &Theme, now: Time, frame: &mut Frame<'_>) {
    let look = Look {
        snapshot: ui.frozen.as_ref().map_or(snapshot, |f| &f.shown),
        live: snapshot,
        ui,
        theme: *theme,
        now,
    };
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    ui.cramped.set(layout::is_tiny(area));
    if ui.cramped.get() {
        put(
            area,
            [strip::one_line(look, usize::from(area.width))],
            frame,
        );
    } else {
        all(look, area, frame);
    }
    theme.finish(frame.buffer_mut());
}

/// Above the selected row in full.
const HEAD: &str = "── DETAIL ";

fn all(look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let width = usize::from(area.width);
    let above = footer::above(look, width);
    let Division {
        strip,
        alarms,
        panes,
        detail,
        body,
        told,
        footer,
    } = layout::divide(area, look.ui, look.snapshot, above.is_some());
    for (pane, area) in panes {
        pane::draw(pane, look, area, frame);
    }
    if let Some(area) = detail {
        let rest = usize::from(area.width).saturating_sub(HEAD.chars().count());
        let title = format!("{HEAD}{}", "─".repeat(rest));
        let title = Line::from(look.span(Role::Quiet, title));
        let rows = overlay::detail(look.ui.focused(), look, usize::from(area.width));
        put(area, std::iter::once(title).chain(rows), frame);
    }
    overlay::draw(look, body, frame);
    put(strip, strip::lines(look, width), frame);
    put(
        alarms,
        alarms::lines(look, width, usize::from(alarms.height)),
        frame,
    );
    put(footer, [footer::line(look, width)], frame);
    if let Some((line, caret)) = above {
        put(told, [line], frame);
        if let Some(x) = caret {
            let x = x.min(told.width.saturating_sub(1));
            frame.set_cursor_position(Position { x, y: told.y });
        }
    }
}

fn put(area: Rect, lines: impl IntoIterator<Item = Line<'static>>, frame: &mut Frame<'_>) {
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        let line = whole(line, usize::from(area.width));
        frame.buffer_mut().set_line(area.x, y, &line, area.width);
    }
}

#[cfg(test)]
mod research_tests;
#[cfg(test)]
mod screens_tests;
#[cfg(test)]
mod size_tests;
#[cfg(test)]
mod states;
#[cfg(test)]
mod tests;
