//! From what is typed to a command, or to what would mend it.

use super::arguments::{candidates, panes};
use super::{Command, Told, commands, stands_alone};
use crate::config::nearest;
use crate::console::action::{ACTIONS, Takes, by_name};
use crate::console::theme::Named;
use crate::console::ui::{Screen, Ui};
use crate::snapshot::Snapshot;

/// Examples that a sentence gives.
const EXAMPLES: usize = 4;

/// What a line comes to.
///
/// # Errors
/// What is wrong with it, and what would mend it.
pub fn read<'a>(line: &'a str, ui: &Ui, snapshot: &Snapshot) -> Result<Command<'a>, String> {
    let line = line.trim();
    let (name, argument) = match line.split_once(' ') {
        Some((name, argument)) => (name, argument.trim()),
        None => (line, ""),
    };
    let Some(binding) = commands(ui).find(|b| b.id == name) else {
        return Err(unnamed(name, ui));
    };
    if argument.is_empty() {
        if stands_alone(binding.takes) {
            return Ok(Command {
                binding,
                told: Told::Nothing,
            });
        }
        return Err(format!(
            "{name} needs {}",
            examples(binding.takes, ui, snapshot)
        ));
    }
    let told = match binding.takes {
        Takes::Nothing => return Err(format!("{name} takes nothing after its name")),
        Takes::Text | Takes::Strategy => Told::Text(argument),
        Takes::Symbol => {
            let symbols = candidates(binding.takes, ui, snapshot);
            let same = |text: &str| text.eq_ignore_ascii_case(&argument.replace('_', "/"));
            if !symbols.iter().any(|c| same(&c.text)) {
                let known = examples(binding.takes, ui, snapshot);
                return Err(format!(
                    "{argument:?} is no symbol that is watched; {known}"
                ));
            }
            Told::Text(argument)
        }
        Takes::Screen => match Screen::named(argument) {
            Some(screen) => Told::Screen(screen),
            None => return Err(unknown("screen", binding.takes, argument, ui, snapshot)),
        },
        Takes::Theme => match Named::of_word(argument) {
            Some(theme) => Told::Theme(theme),
            None => return Err(unknown("theme", binding.takes, argument, ui, snapshot)),
        },
        Takes::Row(_) | Takes::Id | Takes::Place => match row(binding.takes, argument, snapshot) {
            Some((pane, index)) => Told::Row(pane, index),
            // The journal knows what is shown no more.
            None if binding.takes == Takes::Id => Told::Id(argument),
            None => return Err(unknown("row", binding.takes, argument, ui, snapshot)),
        },
    };
    Ok(Command { binding, told })
}

/// Why a name is none here.
fn unnamed(name: &str, ui: &Ui) -> String {
    let known = ACTIONS.iter().any(|b| b.id == name && by_name(b));
    if known && ui.read_only {
        return format!("{name}: this console may only read; ^X is the stop");
    }
    let meant = nearest(name, commands(ui).map(|b| b.id.to_owned()));
    let meant = meant.map_or(String::new(), |id| format!("did you mean {id}? "));
    format!("{name:?} is nothing known; {meant}help lists all")
}

/// The row of an id among the panes a command looks into.
fn row(takes: Takes, id: &str, snapshot: &Snapshot) -> Option<(super::PaneId, usize)> {
    panes(takes).iter().find_map(|pane| {
        let rows = pane.rows()?;
        let mut order = rows.order(snapshot).into_iter();
        let found = order.find(|i| rows.id(snapshot, *i).eq_ignore_ascii_case(id))?;
        Some((*pane, found))
    })
}

fn unknown(what: &str, takes: Takes, argument: &str, ui: &Ui, snapshot: &Snapshot) -> String {
    let names = candidates(takes, ui, snapshot).into_iter().map(|c| c.text);
    match nearest(argument, names) {
        Some(meant) => format!("no {what} here is {argument:?}; did you mean {meant}?"),
        None => format!(
            "no {what} here is {argument:?}; {}",
            examples(takes, ui, snapshot)
        ),
    }
}

/// What could be told instead.
fn examples(takes: Takes, ui: &Ui, snapshot: &Snapshot) -> String {
    let all = candidates(takes, ui, snapshot);
    let few: Vec<&str> = all.iter().take(EXAMPLES).map(|c| c.text.as_str()).collect();
    match (few.is_empty(), all.len() > few.len()) {
        (true, _) => "there is none at present".to_owned(),
        (_, more) => format!(
            "such as {}{}",
            few.join(", "),
            if more { ", …" } else { "" }
        ),
    }
}
