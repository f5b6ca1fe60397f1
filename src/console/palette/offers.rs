//! What is offered for what is typed, the best first.

use super::arguments::candidates;
use super::ranking::Ranking;
use super::{Typed, commands, stands_alone};
use crate::console::action::{Action, Binding, Takes};
use crate::console::ui::Ui;
use crate::snapshot::Snapshot;

/// Lines offered, at most.
const MOST: usize = 200;

/// Letters of the stop's name that make it meant.
const MEANT: usize = 3;

/// A line that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What is typed, completed by it.
    pub line: String,
    /// What it is called: the name of a command, or what it is told.
    pub name: String,
    /// Its keys.
    pub keys: String,
    /// What it does, or is.
    pub about: String,
    /// Why it cannot be done now.
    pub blocked: Option<String>,
    /// Whether it can be done as it stands.
    pub whole: bool,
}

/// The lines offered for what is typed.
pub fn offers(typed: &Typed, ui: &Ui, snapshot: &Snapshot) -> Vec<Offer> {
    let text = typed.text.trim_start();
    match text.split_once(' ') {
        None => names(text, ui, snapshot),
        Some((name, argument)) => {
            let binding = commands(ui).find(|b| b.id == name);
            binding.map_or_else(Vec::new, |b| told(b, argument.trim_start(), ui, snapshot))
        }
    }
}

/// Commands by their names, then by what they do.
fn names(text: &str, ui: &Ui, snapshot: &Snapshot) -> Vec<Offer> {
    let mut ranking = Ranking::of(text);
    let mut ranked: Vec<(u32, &'static Binding)> = commands(ui)
        .filter_map(|b| {
            let spoken = |ranking: &mut Ranking| {
                let says = ranking.sentence(b.words) || ranking.sentence(b.help);
                says.then_some(0)
            };
            let score = ranking.name(b.id).or_else(|| spoken(&mut ranking))?;
            Some((score, b))
        })
        .collect();
    // Equal ones stay in the order of the table, which has the most important first.
    ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    if !means_the_stop(text) && ranked.first().is_some_and(|(_, b)| stops(b)) {
        match ranked.len() {
            1 => ranked.clear(),
            _ => ranked.swap(0, 1),
        }
    }
    let frozen = ui.frozen.is_some();
    ranked
        .into_iter()
        .map(|(_, b)| {
            let blocked = match frozen && b.acts {
                true => Some("frozen".to_owned()),
                // Told what to do it to, it may well be done.
                false if matches!(b.takes, Takes::Row(_) | Takes::Id) => None,
                false => (b.blocked)(ui, snapshot),
            };
            Offer {
                line: match stands_alone(b.takes) {
                    true => b.id.to_owned(),
                    false => format!("{} ", b.id),
                },
                name: format!("{}{}", b.id, wanted(b.takes)),
                keys: match ui.keys.keys(b) {
                    [] => String::new(),
                    _ => ui.keys.shown(b),
                },
                about: b.help.to_owned(),
                blocked,
                whole: stands_alone(b.takes),
            }
        })
        .collect()
}

/// Whether it is the one that must not be taken for another: what is offered first is what a second
/// Enter does.
fn stops(binding: &Binding) -> bool {
    binding.action == Action::Hardstop
}

/// Whether enough of the stop's name is typed, wherever in it.
fn means_the_stop(text: &str) -> bool {
    text.chars().count() >= MEANT && "hardstop".contains(&text.to_lowercase())
}

/// What a command is told, in a word.
fn wanted(takes: Takes) -> &'static str {
    match takes {
        Takes::Nothing => "",
        Takes::Row(_) | Takes::Id => " [ID]",
        Takes::Place => " ID",
        Takes::Screen => " SCREEN",
        Takes::Theme => " THEME",
        Takes::Text => " [WORDS]",
        Takes::Strategy => " [STRATEGY]",
        Takes::Symbol => " [SYMBOL]",
    }
}

/// What a command may be told, as far as it fits.
fn told(binding: &'static Binding, argument: &str, ui: &Ui, snapshot: &Snapshot) -> Vec<Offer> {
    let mut ranking = Ranking::of(argument);
    let all = candidates(binding.takes, ui, snapshot);
    let mut ranked: Vec<(u32, _)> = all
        .into_iter()
        .filter_map(|candidate| {
            let by_name = ranking.name(&candidate.text);
            let score = by_name.or_else(|| ranking.sentence(&candidate.about).then_some(0))?;
            Some((score, candidate))
        })
        .collect();
    ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    ranked.truncate(MOST);
    let offered = ranked.into_iter().map(|(_, candidate)| Offer {
        line: format!("{} {}", binding.id, candidate.text),
        name: candidate.text,
        keys: String::new(),
        about: candidate.about,
        blocked: None,
        whole: true,
    });
    offered.collect()
}
