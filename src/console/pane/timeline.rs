//! A cycle's way: each phase, how long it took, who was asked and what came of it.

use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::cycles::words;
use super::{Look, PaneId};
use crate::console::alarms::cut;
use crate::console::figures;
use crate::console::theme::Role;
use crate::console::ui::{Screen, Ui};
use crate::core::Time;
use crate::snapshot::{CycleRow, Snapshot};

/// Cells of the longest bar.
const BAR: usize = 16;
/// Rows the list of cycles keeps.
const LEAST: usize = 4;

/// The way of the selected cycle, on the screen of the cycles, where there is room for it.
pub fn feet(look: Look<'_>, area: Rect) -> Vec<Line<'static>> {
    let Some(cycle) = selected(look.ui, look.snapshot) else {
        return Vec::new();
    };
    let width = usize::from(area.width);
    let room = usize::from(area.height).saturating_sub(LEAST);
    let lines = lines(cycle, look.snapshot.status.clock);
    if lines.len() > room {
        return Vec::new();
    }
    let styled = lines.into_iter().enumerate().map(|(i, text)| {
        let role = match text.trim_start().chars().next() {
            Some('X') => Role::Bad,
            Some('!') => Role::Warn,
            _ if i == 0 => Role::Title,
            _ => Role::Normal,
        };
        Line::from(look.span(role, cut(&text, width)))
    });
    styled.collect()
}

/// Its lines.
pub fn height(ui: &Ui, snapshot: &Snapshot) -> usize {
    selected(ui, snapshot).map_or(0, |c| lines(c, snapshot.status.clock).len())
}

fn selected<'a>(ui: &Ui, snapshot: &'a Snapshot) -> Option<&'a CycleRow> {
    if ui.screen != Screen::Cycles {
        return None;
    }
    let index = ui.selected_index(PaneId::Cycles, snapshot)?;
    Some(&snapshot.cycles.items[index])
}

/// The same in lines, the cycle's name first.
pub fn lines(cycle: &CycleRow, now: Time) -> Vec<String> {
    let until = cycle.ended_at.unwrap_or(now);
    let whole = until - cycle.started_at;
    let mut lines = vec![format!(
        " {} {}: {} {}",
        cycle.id,
        cycle.symbol,
        match cycle.ended_at {
            Some(_) => "took",
            None => "runs for",
        },
        figures::took(whole)
    )];
    let longest = cycle
        .phases
        .iter()
        .map(|p| p.ended_at.unwrap_or(until) - p.started_at)
        .fold(1, i64::max);
    for p in &cycle.phases {
        let lasted = p.ended_at.unwrap_or(until) - p.started_at;
        let share = [(Decimal::from(lasted.max(0)), '■')];
        let bar = figures::bar(&share, Decimal::from(longest), BAR);
        let agent = p.agent.map_or_else(String::new, |a| format!("  {a}"));
        let came = match (&p.result, p.ended_at) {
            (Some(result), _) => format!(": {result}"),
            (None, None) => ": still at it".to_owned(),
            (None, Some(_)) => String::new(),
        };
        lines.push(format!(
            "  {:<12} {bar} {:>7}{agent}{came}",
            words(p.phase),
            figures::took(lasted)
        ));
    }
    if let Some(approval) = &cycle.approval {
        lines.push(format!(
            "! {approval} waits for the operator: to approve or to reject"
        ));
    }
    if let Some(reason) = &cycle.halt_reason {
        lines.push(format!("! halted: {reason}"));
    }
    lines.extend(cycle.errors.iter().map(|error| format!("X {error}")));
    if let Some(result) = &cycle.result {
        lines.push(format!("  result: {result}"));
    }
    lines
}
