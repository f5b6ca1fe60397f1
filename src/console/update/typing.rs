//! What is typed: a filter, an action's name, a reason.

use serde_json::json;

use super::{acting, commanding, reloading};
use crate::client::Call;
use crate::console::action::Action;
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
        Some(Layer::Palette(typed)) => Some(typed.input()),
        Some(Layer::Prompt(_, text)) => Some(text),
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
        None => {
            let leave = ui.key(Action::Leave);
            let words = format!("{leave} leaves, and the engine goes on as it is; ^X is the stop");
            ui.tell(Role::Normal, words);
        }
    }
}

/// Takes what is typed.
pub(super) fn submit(ui: &mut Ui, snapshot: &Snapshot) -> Effects {
    match ui.layer.take() {
        Some(Layer::Palette(typed)) => commanding::submit(ui, typed, snapshot),
        Some(Layer::Prompt(prompt, text)) => answer(ui, prompt, text.trim()),
        Some(Layer::Form(form)) => acting::submit(ui, form, snapshot),
        _ => Vec::new(),
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
        Prompt::WidenWord(shown) => reloading::widen(ui, shown, text),
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
