//! What a command may be told, as it is offered while one types.

use super::super::action::{PLACES, Takes};
use super::super::pane::PaneId;
use super::super::theme::Named;
use super::super::ui::{Screen, Ui};
use crate::snapshot::Snapshot;

/// Something that a command may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// As it is typed.
    pub text: String,
    /// What it is.
    pub about: String,
}

impl Candidate {
    fn new(text: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            about: about.into(),
        }
    }
}

/// The panes whose rows a command may be told.
pub fn panes(takes: Takes) -> &'static [PaneId] {
    match takes {
        Takes::Row(panes) => panes,
        Takes::Place | Takes::Id => PLACES,
        _ => &[],
    }
}

/// All that a command may be told now.
pub fn candidates(takes: Takes, ui: &Ui, snapshot: &Snapshot) -> Vec<Candidate> {
    match takes {
        Takes::Nothing | Takes::Text => Vec::new(),
        Takes::Row(_) | Takes::Id | Takes::Place => rows(panes(takes), ui, snapshot),
        Takes::Screen => Screen::all()
            .map(|screen| Candidate::new(screen.name(), screen.about()))
            .collect(),
        Takes::Theme => Named::ALL
            .iter()
            .map(|(name, about)| Candidate::new(name.word(), *about))
            .collect(),
        Takes::Strategy => strategies(snapshot),
        Takes::Symbol => snapshot
            .prices
            .iter()
            .map(|price| Candidate::new(price.symbol.to_string(), "a symbol alone"))
            .collect(),
    }
}

/// The rows of some panes by their ids, as far as they are shown, each pane's in its order.
fn rows(panes: &[PaneId], ui: &Ui, snapshot: &Snapshot) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for pane in panes {
        let Some(rows) = pane.rows() else { continue };
        for index in rows.order(snapshot) {
            let id = rows.id(snapshot, index);
            let row = rows.row(snapshot, snapshot.built_at, index);
            let text = row.text();
            // What a row hangs on is drawn before its id.
            let words = text.trim_start_matches('└');
            let words = words
                .strip_prefix(id.as_str())
                .unwrap_or(words)
                .trim_start();
            let about = format!("{}: {words}", pane.title().to_lowercase());
            found.push(Candidate::new(id, about));
        }
    }
    // What is looked at comes first.
    let focused = ui.focused();
    if panes.contains(&focused) {
        let title = format!("{}:", focused.title().to_lowercase());
        found.sort_by_key(|c| !c.about.starts_with(&title));
    }
    found
}

fn strategies(snapshot: &Snapshot) -> Vec<Candidate> {
    let research = &snapshot.research;
    let runs = research.runs.iter().filter_map(|run| run.strategy.as_ref());
    let services = research.services.iter().map(|service| &service.strategy);
    let mut names: Vec<String> = runs.chain(services).map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    let named = names.into_iter();
    named
        .map(|name| Candidate::new(name, "a strategy"))
        .collect()
}
