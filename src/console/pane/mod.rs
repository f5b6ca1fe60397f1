//! The panes: each says which rows it has, in which order, and what stands in them. How rows become
//! a table is said once, here and in [`table`].

mod activities;
mod agents;
mod alarm_words;
pub mod alarms;
mod allocation;
pub mod approvals;
pub mod audit;
mod chart;
mod conflicts;
mod cooldowns;
pub mod cycles;
mod dead;
mod document;
mod empty;
mod engine;
mod equity;
mod filter;
mod gates;
mod guard;
mod limits;
mod log;
pub mod messages;
mod order_detail;
pub mod orders;
mod plane;
mod position_detail;
pub mod positions;
mod queues;
pub mod reservations;
mod resources;
mod risk;
mod run_detail;
pub mod runs;
mod service_detail;
pub mod services;
mod table;
mod timeline;
mod waiting;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::fitting::whole;
use super::overlay;
use super::theme::{Role, Theme};
use super::ui::{Layer, Screen, Ui};
use crate::core::Time;
use crate::snapshot::Snapshot;

use document::{document_lines, pretty};
pub use table::{Cell, Column, Fit, Row};

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
    /// How much is left of each resource.
    Resources,
    /// Who waits for what.
    Waiting,
    /// Who is at what.
    Activities,
    /// Who stands in whose way.
    Conflicts,
    /// What waits for the operator.
    Approvals,
    /// Who has something waiting.
    Queues,
    /// Who said what.
    Messages,
    /// What never arrived.
    Dead,
    /// How much of the account each asset is.
    Allocation,
    /// How quick the engine is and how full its queues are.
    Engine,
    /// The price, and what is at stake in it.
    Chart,
    /// What the account is worth, over time.
    Equity,
    /// What holds entries up, and how near the account is to its limits.
    Risk,
    /// Each limit of the gate and its use.
    Limits,
    /// How the venues are.
    Guard,
    /// Strategies that have to wait.
    Cooldowns,
    /// What is searched, and what came of it.
    Runs,
    /// Which strategies are at work, and how far they have come.
    Services,
    /// What happened.
    Audit,
    /// What was logged.
    Log,
    /// What is wrong.
    Alarms,
}

/// A pane made of rows.
pub trait Rows: Sync {
    /// Its columns.
    fn columns(&self) -> &'static [Column];

    /// The indices of its rows in the snapshot, the abnormal ones first.
    fn order(&self, snapshot: &Snapshot) -> Vec<usize>;

    /// The indices of those that pass a filter, which may be empty.
    fn shown(&self, snapshot: &Snapshot, filter: &str) -> Vec<usize> {
        let mut order = self.order(snapshot);
        if !filter.is_empty() {
            order.retain(|i| self.passes(snapshot, *i, filter));
        }
        order
    }

    /// What a row is known by, whatever its place.
    fn id(&self, snapshot: &Snapshot, index: usize) -> String;

    /// What stands in a row.
    fn row(&self, snapshot: &Snapshot, now: Time, index: usize) -> Row;

    /// A row's document, as JSON.
    fn document(&self, snapshot: &Snapshot, index: usize) -> String;

    /// A row in full, in lines.
    fn detail(&self, snapshot: &Snapshot, _now: Time, index: usize) -> Vec<String> {
        document_lines(&self.document(snapshot, index))
    }

    /// Whether a row passes a filter that is not empty.
    fn passes(&self, snapshot: &Snapshot, index: usize, filter: &str) -> bool {
        let row = self.row(snapshot, snapshot.built_at, index);
        let text = row.text().to_lowercase();
        filter::holds(filter, |word| text.contains(word))
    }
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
            Self::Resources => "RESOURCES",
            Self::Waiting => "QUEUE",
            Self::Activities => "ACTIVITIES",
            Self::Conflicts => "CONFLICTS",
            Self::Approvals => "APPROVALS",
            Self::Dead => "DEAD LETTERS",
            Self::Queues => "MESSAGE QUEUES",
            Self::Messages => "MESSAGES",
            Self::Allocation => "ALLOCATION",
            Self::Engine => "ENGINE",
            Self::Chart => "CHART",
            Self::Equity => "EQUITY AND P&L",
            Self::Risk => "RISK",
            Self::Limits => "LIMITS",
            Self::Guard => "LIVE GUARD",
            Self::Cooldowns => "COOLDOWNS",
            Self::Runs => "RUNS",
            Self::Services => "STRATEGIES AT WORK",
            Self::Audit => "AUDIT",
            Self::Log => "LOG",
            Self::Alarms => "ALARMS",
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
            Self::Resources => &resources::Resources,
            Self::Waiting => &waiting::Waiting,
            Self::Activities => &activities::Activities,
            Self::Conflicts => &conflicts::Conflicts,
            Self::Approvals => &approvals::Approvals,
            Self::Dead => &dead::Dead,
            Self::Queues => &queues::Queues,
            Self::Messages => &messages::Messages,
            Self::Allocation => &allocation::Allocation,
            Self::Engine => &engine::Engine,
            Self::Alarms => &alarms::Alarms,
            Self::Audit => &audit::Audit,
            Self::Limits => &limits::Limits,
            Self::Guard => &guard::Guard,
            Self::Cooldowns => &cooldowns::Cooldowns,
            Self::Runs => &runs::Runs,
            Self::Services => &services::Services,
            Self::Chart | Self::Equity | Self::Risk | Self::Log => return None,
        })
    }

    /// Lines it would fill: its title, its rows with their heads, and what stands below them.
    pub fn wanted(self, ui: &Ui, snapshot: &Snapshot) -> u16 {
        let rows = match self.rows() {
            Some(_) => shown(self, snapshot, ui.filter(self)).len(),
            None if self == Self::Risk => return risk::height(snapshot),
            None => return u16::MAX,
        };
        let feet = match self {
            // Below its list the chart says what prices did.
            Self::Positions if ui.screen == Screen::Positions => 1,
            Self::Positions => snapshot.prices.len() + 1,
            Self::Cycles => timeline::height(ui, snapshot) + 1,
            _ => 0,
        };
        u16::try_from(rows.max(1) + feet + 2).unwrap_or(u16::MAX)
    }

    /// What its title says of it.
    fn summary(self, snapshot: &Snapshot) -> String {
        match self {
            Self::Agents => agents::summary(snapshot),
            Self::Positions => positions::summary(snapshot),
            Self::Orders => orders::summary(snapshot),
            Self::Cycles => cycles::summary(snapshot),
            Self::Reservations => reservations::summary(snapshot),
            Self::Resources => resources::summary(),
            Self::Waiting => waiting::summary(snapshot),
            Self::Activities => activities::summary(snapshot),
            Self::Conflicts => conflicts::summary(snapshot),
            Self::Approvals => approvals::summary(snapshot),
            Self::Dead => dead::summary(snapshot),
            Self::Queues => queues::summary(snapshot),
            Self::Messages => messages::summary(snapshot),
            Self::Alarms => alarms::summary(snapshot),
            Self::Audit => audit::summary(snapshot),
            Self::Allocation => allocation::summary(snapshot),
            Self::Engine => engine::summary(snapshot),
            Self::Equity => equity::summary(snapshot),
            Self::Limits => limits::summary(snapshot),
            Self::Guard => guard::summary(snapshot),
            Self::Cooldowns => cooldowns::summary(snapshot),
            Self::Runs => runs::summary(snapshot),
            Self::Services => services::summary(snapshot),
            Self::Chart | Self::Risk | Self::Log => String::new(),
        }
    }
}

/// The rows of a pane that pass its filter, as indices into the snapshot.
pub fn shown(pane: PaneId, snapshot: &Snapshot, filter: &str) -> Vec<usize> {
    let Some(rows) = pane.rows() else {
        return Vec::new();
    };
    rows.shown(snapshot, filter)
}

/// What every pane is drawn with.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// What the panes show: what is, or what was.
    pub snapshot: &'a Snapshot,
    /// What is.
    pub live: &'a Snapshot,
    /// What the console remembers.
    pub ui: &'a Ui,
    /// How it looks.
    pub theme: Theme,
    /// Wall time.
    pub now: Time,
}

impl Look<'_> {
    /// The moment the panes show, wall time: ages of what is frozen stand still.
    pub fn moment(&self) -> Time {
        match self.ui.frozen {
            Some(_) => self.snapshot.built_at,
            None => self.now,
        }
    }

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
        PaneId::Chart => put(chart::lines(look, body), body, frame),
        PaneId::Equity => put(equity::lines(look, body), body, frame),
        PaneId::Risk => put(risk::lines(look, body), body, frame),
        PaneId::Positions => with_feet(pane, positions::feet(look, body), look, body, frame),
        PaneId::Cycles => with_feet(pane, timeline::feet(look, body), look, body, frame),
        _ => rows(pane, look, body, frame),
    }
}

/// The selected row in full where it is drawn, not only told: lines of at most `width` letters.
pub fn drawn_detail(
    pane: PaneId,
    look: Look<'_>,
    width: usize,
    index: usize,
) -> Option<Vec<Line<'static>>> {
    match pane {
        PaneId::Runs => Some(run_detail::lines(look, width, index)),
        PaneId::Services => Some(service_detail::lines(look, width, index)),
        _ => None,
    }
}

/// What is told, in lines of at most `width` letters.
fn told(look: Look<'_>, said: Vec<(Role, String)>, width: usize) -> Vec<Line<'static>> {
    let lines = said.iter().flat_map(|(role, text)| {
        let wrapped = overlay::wrapped(text, width, 4).into_iter();
        wrapped.map(|line| Line::from(look.span(*role, line)))
    });
    lines.collect()
}

/// Lines, from the top.
fn put(lines: Vec<Line<'static>>, area: Rect, frame: &mut Frame<'_>) {
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        let line = whole(line, usize::from(area.width));
        frame.buffer_mut().set_line(area.x, y, &line, area.width);
    }
}

/// Rows, and lines below them.
fn with_feet(
    pane: PaneId,
    feet: Vec<Line<'static>>,
    look: Look<'_>,
    body: Rect,
    frame: &mut Frame<'_>,
) {
    let height = body.height.saturating_sub(feet.len() as u16);
    rows(pane, look, Rect { height, ..body }, frame);
    let below = Rect {
        y: body.y + height,
        height: body.height - height,
        ..body
    };
    put(feet, below, frame);
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
        let total = pane
            .rows()
            .map_or(0, |rows| rows.order(look.snapshot).len());
        let passing = shown(pane, look.snapshot, filter).len();
        let counted = format!(" filter /{filter} {passing}/{total} ");
        add(look.span(Role::Warn, counted), true);
    }
    if let (Some(sort), Some(rows)) = (look.ui.sort(pane), pane.rows()) {
        let head = rows.columns()[sort.column].head;
        add(
            look.span(Role::Strong, format!(" by {head}{} ", sort.arrow())),
            false,
        );
    }
    let summary = pane.summary(look.snapshot);
    for (i, part) in summary.split(" · ").filter(|p| !p.is_empty()).enumerate() {
        let dot = if i > 0 { "· " } else { " " };
        add(look.span(Role::Normal, format!("{dot}{part} ")), false);
    }
    let rest = usize::from(area.width).saturating_sub(used);
    spans.push(look.span(Role::Quiet, "─".repeat(rest)));
    put(vec![Line::from(spans)], area, frame);
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
    let order = look.ui.shown(pane, look.snapshot);
    if order.is_empty() {
        let filtered = !look.ui.filter(pane).is_empty();
        let text = if filtered {
            let key = look.ui.key_of("filter");
            format!("none passes the filter: {key} changes it")
        } else {
            empty::words(pane).to_owned()
        };
        let text = crate::console::alarms::cut(&format!("  {text}"), usize::from(area.width));
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
        .map(|i| rows.row(look.snapshot, look.moment(), *i))
        .collect();
    let focused = look.ui.focused() == pane;
    let cursor = focused.then(|| selected - first);
    let heads = with_head.then_some(table::Heads {
        sort: look.ui.sort(pane),
    });
    table::draw(rows.columns(), &visible, cursor, heads, look, area, frame);
    let typing = !matches!(look.ui.layer, None | Some(Layer::LampTest));
    if let Some(row) = cursor.filter(|_| !typing) {
        let y = area.y + u16::from(with_head) + row as u16;
        frame.set_cursor_position(Position { x: area.x, y });
    }
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
    fn a_detail_is_the_rows_document_and_measures_are_rounded() {
        let mut snapshot = fixture::snapshot();
        let index = shown(PaneId::Agents, &snapshot, "")[0];
        snapshot.status.agents[index].mean_ms = Some(12.345_678);
        let rows = PaneId::Agents.rows().unwrap();
        let lines = rows.detail(&snapshot, fixture::NOW, index);
        assert_eq!(lines[0], "name: \"technical_analysis\"");
        assert!(lines.contains(&"health: \"stale\"".to_owned()));
        assert!(lines.contains(&"mean_ms: 12.35".to_owned()), "{lines:#?}");
        assert!(lines.contains(&"error_rate: \"0\"".to_owned()));
        assert!(lines.iter().any(|l| l.contains("in_flight")), "its queue");
    }
}
