//! The panes: each says which rows it has, in which order, and what stands in them. How rows become
//! a table is said once, here and in [`table`].

mod agents;
mod audit;
mod cycles;
mod log;
mod messages;
pub mod orders;
mod positions;
mod queues;
mod reservations;
mod risk;
mod table;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::theme::{Role, Theme};
use super::ui::{Layer, Ui};
use crate::core::Time;
use crate::snapshot::Snapshot;

pub use table::{Cell, Column, Row};

/// Which pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaneId {
    /// Who is well.
    Agents,
    /// What is open.
    Positions,
    /// What works at the venue.
    Orders,
    /// What is being decided.
    Cycles,
    /// Who holds what.
    Reservations,
    /// Who has something waiting.
    Queues,
    /// Who said what.
    Messages,
    /// Limits and their use.
    Risk,
    /// What is not there yet.
    Research,
    /// What happened.
    Audit,
    /// What was logged.
    Log,
}

/// A pane made of rows.
pub trait Rows: Sync {
    /// Its columns.
    fn columns(&self) -> &'static [Column];

    /// The indices of its rows in the snapshot, the abnormal ones first.
    fn order(&self, snapshot: &Snapshot) -> Vec<usize>;

    /// What a row is known by, whatever its place.
    fn id(&self, snapshot: &Snapshot, index: usize) -> String;

    /// What stands in a row.
    fn row(&self, snapshot: &Snapshot, now: Time, index: usize) -> Row;

    /// A row's document, as JSON.
    fn document(&self, snapshot: &Snapshot, index: usize) -> String;
}

impl PaneId {
    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Agents => "AGENTS",
            Self::Positions => "POSITIONS",
            Self::Orders => "ORDERS",
            Self::Cycles => "CYCLE PHASES",
            Self::Reservations => "RESERVATIONS",
            Self::Queues => "MESSAGE QUEUES",
            Self::Messages => "MESSAGES",
            Self::Risk => "RISK",
            Self::Research => "RESEARCH",
            Self::Audit => "AUDIT",
            Self::Log => "LOG",
        }
    }

    /// Its rows, where it is made of rows.
    pub fn rows(self) -> Option<&'static dyn Rows> {
        Some(match self {
            Self::Agents => &agents::Agents,
            Self::Positions => &positions::Positions,
            Self::Orders => &orders::Orders,
            Self::Cycles => &cycles::Cycles,
            Self::Reservations => &reservations::Reservations,
            Self::Queues => &queues::Queues,
            Self::Messages => &messages::Messages,
            Self::Audit => &audit::Audit,
            Self::Risk | Self::Research | Self::Log => return None,
        })
    }

    /// What its title says of it.
    fn summary(self, snapshot: &Snapshot) -> String {
        match self {
            Self::Agents => agents::summary(snapshot),
            Self::Positions => positions::summary(snapshot),
            Self::Orders => orders::summary(snapshot),
            Self::Cycles => cycles::summary(snapshot),
            Self::Reservations => reservations::summary(snapshot),
            Self::Queues => queues::summary(snapshot),
            Self::Messages => messages::summary(snapshot),
            Self::Audit => audit::summary(snapshot),
            Self::Risk | Self::Research | Self::Log => String::new(),
        }
    }
}

/// The rows of a pane that pass its filter, as indices into the snapshot.
pub fn shown(pane: PaneId, snapshot: &Snapshot, filter: &str) -> Vec<usize> {
    let Some(rows) = pane.rows() else {
        return Vec::new();
    };
    let mut order = rows.order(snapshot);
    if !filter.is_empty() {
        let wanted = filter.to_lowercase();
        order.retain(|i| {
            rows.row(snapshot, snapshot.built_at, *i)
                .text()
                .to_lowercase()
                .contains(&wanted)
        });
    }
    order
}

/// What every pane is drawn with.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// What is shown.
    pub snapshot: &'a Snapshot,
    /// What the console remembers.
    pub ui: &'a Ui,
    /// How it looks.
    pub theme: Theme,
    /// Wall time.
    pub now: Time,
}

impl Look<'_> {
    /// Text with a meaning.
    pub fn span(&self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.theme.style(role))
    }
}

/// Draws a pane: its title, and below it as many rows as there is room for.
pub fn draw(pane: PaneId, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    title(pane, look, area, frame);
    let body = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    if body.is_empty() {
        return;
    }
    match pane {
        PaneId::Log => log::draw(look, body, frame),
        PaneId::Risk => risk::draw(look, body, frame),
        PaneId::Research => risk::draw_research(look, body, frame),
        PaneId::Positions => {
            let feet = positions::feet(look, body);
            let height = body.height.saturating_sub(feet.len() as u16);
            rows(pane, look, Rect { height, ..body }, frame);
            for (i, line) in feet.into_iter().enumerate() {
                let y = body.y + height + i as u16;
                frame.buffer_mut().set_line(body.x, y, &line, body.width);
            }
        }
        _ => rows(pane, look, body, frame),
    }
}

fn title(pane: PaneId, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let focused = look.ui.focused() == pane;
    let role = if focused { Role::Focus } else { Role::Title };
    let mut used = 2;
    let mut spans = vec![look.span(Role::Quiet, "──")];
    let mut add = |span: Span<'static>, cut: bool| {
        let width = span.width();
        if used + width <= usize::from(area.width) || cut {
            used += width;
            spans.push(span);
        }
    };
    add(look.span(role, format!(" {} ", pane.title())), true);
    let filter = look.ui.filter(pane);
    if !filter.is_empty() {
        add(look.span(Role::Warn, format!(" filter /{filter} ")), true);
    }
    let summary = pane.summary(look.snapshot);
    for (i, part) in summary.split(" · ").filter(|p| !p.is_empty()).enumerate() {
        let dot = if i > 0 { "· " } else { " " };
        add(look.span(Role::Normal, format!("{dot}{part} ")), false);
    }
    let rest = usize::from(area.width).saturating_sub(used);
    spans.push(look.span(Role::Quiet, "─".repeat(rest)));
    let line = Line::from(spans);
    frame
        .buffer_mut()
        .set_line(area.x, area.y, &line, area.width);
}

/// The first row shown: pages that keep still while the selection moves within them.
fn first_row(selected: usize, height: usize, rows: usize) -> usize {
    let page = selected.checked_div(height).unwrap_or(0) * height;
    page.min(rows.saturating_sub(height))
}

fn rows(pane: PaneId, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let Some(rows) = pane.rows() else { return };
    if area.is_empty() {
        return;
    }
    let order = shown(pane, look.snapshot, look.ui.filter(pane));
    if order.is_empty() {
        let filtered = !look.ui.filter(pane).is_empty();
        let text = if filtered {
            "  none passes the filter: / changes it"
        } else {
            "  none"
        };
        let line = Line::from(look.span(Role::Quiet, text));
        frame
            .buffer_mut()
            .set_line(area.x, area.y, &line, area.width);
        return;
    }
    let with_head = area.height >= 5;
    let height = usize::from(area.height) - usize::from(with_head);
    let selected = look.ui.selected_row(pane, look.snapshot, &order);
    let first = first_row(selected, height, order.len());
    let visible: Vec<Row> = order
        .iter()
        .skip(first)
        .take(height)
        .map(|i| rows.row(look.snapshot, look.now, *i))
        .collect();
    let focused = look.ui.focused() == pane;
    let cursor = focused.then(|| selected - first);
    table::draw(
        rows.columns(),
        &visible,
        cursor,
        with_head,
        look,
        area,
        frame,
    );
    let typing = !matches!(look.ui.layer, None | Some(Layer::LampTest));
    if let Some(row) = cursor.filter(|_| !typing) {
        let y = area.y + u16::from(with_head) + row as u16;
        frame.set_cursor_position(Position { x: area.x, y });
    }
}

/// A pretty JSON document as lines without its braces, quotes and commas.
pub fn document_lines(pane: PaneId, snapshot: &Snapshot, index: usize) -> Vec<String> {
    let Some(rows) = pane.rows() else {
        return Vec::new();
    };
    rows.document(snapshot, index)
        .lines()
        .filter_map(|line| {
            let body = line.strip_prefix("  ")?.trim_end_matches(',');
            Some(body.replacen('"', "", 2))
        })
        .collect()
}

fn pretty<T: serde::Serialize>(row: &T) -> String {
    serde_json::to_string_pretty(row).unwrap_or_else(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn pages_keep_still_and_the_last_is_full() {
        assert_eq!(first_row(4, 5, 20), 0);
        assert_eq!(first_row(5, 5, 20), 5);
        assert_eq!(first_row(19, 6, 20), 14);
        assert_eq!(first_row(0, 0, 3), 0);
    }

    #[test]
    fn abnormal_rows_come_first_and_filters_hold() {
        let snapshot = fixture::snapshot();
        let rows = PaneId::Agents.rows().unwrap();
        let names = |filter: &str| -> Vec<String> {
            shown(PaneId::Agents, &snapshot, filter)
                .iter()
                .map(|i| rows.id(&snapshot, *i))
                .collect()
        };
        assert_eq!(names("")[..2], ["technical_analysis", "regime_detection"]);
        assert_eq!(names("STALE"), ["technical_analysis"]);
        assert!(names("nobody").is_empty());
    }

    #[test]
    fn a_detail_is_the_rows_document() {
        let snapshot = fixture::snapshot();
        let index = shown(PaneId::Agents, &snapshot, "")[0];
        let lines = document_lines(PaneId::Agents, &snapshot, index);
        assert_eq!(lines[0], "name: \"technical_analysis\"");
        assert!(lines.contains(&"health: \"stale\"".to_owned()));
    }
}
