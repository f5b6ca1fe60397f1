//! Cycle phases: what is being decided, how far it is and who is asked.

use super::{Cell, Column, Row, Rows, document_lines, pretty, timeline};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::core::cycle::Phase;
use crate::snapshot::{CycleRow, Snapshot};

/// The pane.
pub struct Cycles;

const COLUMNS: &[Column] = &[
    Column::whole("symbol", 8, 10),
    Column::whole("way", 5, 6),
    Column::whole("phase", 12, 9),
    Column::words("asks", 8, 7),
    Column::number("for", 3, 8),
    Column::whole("began", 8, 2),
    Column::words("result", 10, 5),
    Column::whole("id", 10, 0),
];

/// The phases on the way to an end.
const WAY: [Phase; 5] = [
    Phase::Initializing,
    Phase::StrategyAnalysis,
    Phase::RiskValidation,
    Phase::Execution,
    Phase::Monitoring,
];

fn way(cycle: &CycleRow) -> String {
    WAY.iter()
        .map(|phase| {
            if cycle.phases_completed.contains(phase) {
                '■'
            } else if cycle.phase == *phase {
                '>'
            } else {
                '□'
            }
        })
        .collect()
}

/// A phase in a word.
pub fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::StrategyAnalysis => "strategy",
        Phase::RiskValidation => "risk",
        other => other.as_str(),
    }
}

/// What would be halted, in words.
pub fn terms(cycle: &CycleRow) -> String {
    let agents: Vec<&str> = cycle.active_agents.iter().map(|a| a.as_str()).collect();
    let asks = match agents.is_empty() {
        true => String::new(),
        false => format!(", asks {}", agents.join(" ")),
    };
    format!("{} in {}{asks}", cycle.symbol, words(cycle.phase))
}

fn phase(cycle: &CycleRow) -> Cell {
    match cycle.phase {
        Phase::Failed => Cell::of(Role::Bad, "X failed"),
        Phase::Halted => Cell::of(Role::Warn, "! halted"),
        _ if cycle.approval.is_some() && cycle.ended_at.is_none() => {
            Cell::of(Role::Warn, "! approval")
        }
        other if cycle.halt_requested => Cell::of(Role::Warn, format!("! {}", words(other))),
        other => words(other).into(),
    }
}

impl Rows for Cycles {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let cycles = &snapshot.cycles.items;
        let mut order: Vec<usize> = (0..cycles.len()).collect();
        order.sort_by_key(|i| {
            let c = &cycles[*i];
            let waits = c.approval.is_some() || c.halt_requested;
            (c.ended_at.is_some(), !waits)
        });
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.cycles.items[index].id.to_string()
    }

    fn row(&self, snapshot: &Snapshot, _: Time, index: usize) -> Row {
        let c = &snapshot.cycles.items[index];
        let until = c.ended_at.unwrap_or(snapshot.status.clock);
        let agents: Vec<&str> = c.active_agents.iter().map(|a| a.as_str()).collect();
        let result = c
            .errors
            .first()
            .or(c.halt_reason.as_ref())
            .or(c.result.as_ref());
        Row {
            cells: vec![
                c.symbol.to_string().into(),
                way(c).into(),
                phase(c),
                agents.join(" ").into(),
                figures::span(until - c.started_at).into(),
                figures::clock(c.started_at).into(),
                result.cloned().unwrap_or_default().into(),
                c.id.to_string().into(),
            ],
            quiet: c.ended_at.is_some(),
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        pretty(&snapshot.cycles.items[index])
    }

    fn detail(&self, snapshot: &Snapshot, _: Time, index: usize) -> Vec<String> {
        let mut lines = timeline::lines(&snapshot.cycles.items[index], snapshot.status.clock);
        lines.push(String::new());
        lines.extend(document_lines(&self.document(snapshot, index)));
        lines
    }
}

/// How many run, and what became of the others.
pub fn summary(snapshot: &Snapshot) -> String {
    let running = snapshot
        .cycles
        .items
        .iter()
        .filter(|c| c.ended_at.is_none());
    let s = &snapshot.status.statistics;
    let mut text = format!("{} running · {} done", running.count(), s.cycles_completed);
    for (count, word) in [(s.cycles_halted, "halted"), (s.cycles_failed, "failed")] {
        if count > 0 {
            text.push_str(&format!(" · {count} {word}"));
        }
    }
    text
}
