//! What is typed: a filter, an action's name, a reason.

use serde_json::json;

use super::{acting, perform};
use crate::client::Call;
use crate::console::action::{self, Key};
use crate::console::message::{Effects, Request};
use crate::console::theme::Role;
use crate::console::ui::{Layer, Prompt, Ui};
use crate::snapshot::Snapshot;

/// Letters of an input, at most.
const LETTERS: usize = 200;

/// What is typed now, to change it.
fn input(ui: &mut Ui) -> Option<&mut String> {
    if ui.layer == Some(Layer::Filter) {
        return Some(&mut ui.place_mut().filter);
    }
    match &mut ui.layer {
        Some(Layer::Palette(text) | Layer::Prompt(_, text)) => Some(text),
        Some(Layer::Form(form)) => form.input(),
        _ => None,
    }
}

/// Adds a letter.
pub(super) fn insert(ui: &mut Ui, letter: char) {
    if let Some(text) = input(ui)
        && text.chars().count() < LETTERS
    {
        text.push(letter);
    }
}

/// Takes back a letter.
pub(super) fn erase(ui: &mut Ui) {
    if let Some(text) = input(ui) {
        text.pop();
    }
}

/// Clears what is typed; where nothing is, says which keys leave and stop.
pub(super) fn clear(ui: &mut Ui) {
    match input(ui) {
        Some(text) => text.clear(),
        None => ui.tell(
            Role::Normal,
            "q leaves, and the engine goes on as it is; ^X is the stop",
        ),
    }
}

/// Completes a name as far as all that begin like it agree.
pub(super) fn complete(ui: &mut Ui) {
    let read_only = ui.read_only;
    let Some(Layer::Palette(text)) = &mut ui.layer else {
        return;
    };
    let names: Vec<&str> = action::palette()
        .filter(|b| !(read_only && b.acts))
        .map(|b| b.id)
        .filter(|id| id.starts_with(text.as_str()))
        .collect();
    let Some(first) = names.first() else { return };
    let agreed = (0..=first.len())
        .rev()
        .find(|n| names.iter().all(|name| name.starts_with(&first[..*n])))
        .unwrap_or(0);
    *text = first[..agreed].to_owned();
}

/// Takes what is typed.
pub(super) fn submit(ui: &mut Ui, snapshot: &Snapshot) -> Effects {
    match ui.layer.take() {
        Some(Layer::Palette(text)) => by_name(ui, text.trim(), snapshot),
        Some(Layer::Prompt(prompt, text)) => answer(ui, prompt, text.trim()),
        Some(Layer::Form(form)) => acting::submit(ui, form, snapshot),
        _ => Vec::new(),
    }
}

fn by_name(ui: &mut Ui, name: &str, snapshot: &Snapshot) -> Effects {
    if name.is_empty() {
        return Vec::new();
    }
    match action::named(name) {
        Some(binding) => {
            let key = binding.keys.first().copied().unwrap_or(Key::Letter(':'));
            perform(ui, binding, key, snapshot)
        }
        None => {
            ui.tell(
                Role::Warn,
                format!("{name:?} is nothing known; Tab completes, ? shows all"),
            );
            Vec::new()
        }
    }
}

fn answer(ui: &mut Ui, prompt: Prompt, text: &str) -> Effects {
    match prompt {
        Prompt::ResumeReason | Prompt::ClearReason(_) if text.is_empty() => {
            ui.tell(Role::Warn, "a reason is needed; nothing was done");
            Vec::new()
        }
        Prompt::ResumeReason => acting::resume(ui, text),
        Prompt::ClearWord(epoch) if text == format!("CLEAR {epoch}") => {
            ui.layer = Some(Layer::Prompt(Prompt::ClearReason(epoch), String::new()));
            Vec::new()
        }
        Prompt::ClearWord(epoch) => {
            ui.tell(
                Role::Warn,
                format!("CLEAR {epoch} was expected; nothing was done"),
            );
            Vec::new()
        }
        Prompt::RenewTtl(id) => acting::renew(ui, id, text),
        Prompt::ApproveReason(id) => acting::decide(ui, id, true, text),
        Prompt::RejectReason(id) => acting::decide(ui, id, false, text),
        Prompt::ClearReason(epoch) => acting::ask(
            ui,
            Request::Clear,
            Call::post(
                "coordinator/clear",
                json!({"reason": text, "epoch": epoch, "confirm": "CLEAR"}),
            ),
        ),
    }
}
