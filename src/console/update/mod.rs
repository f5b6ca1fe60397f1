//! What a key, an answer or a snapshot changes, and what it wants done. No input, no output, no
//! clock: the same messages always come to the same end.

mod acting;
mod alarming;
mod answers;
mod commanding;
mod copying;
mod explaining;
mod moving;
mod reloading;
mod researching;
mod scrubbing;
mod terms;
mod typing;

use std::sync::Arc;

use super::action::{self, Action, Binding, Key};
use super::message::{Effect, Effects, Msg};
use super::palette::Typed;
use super::theme::Role;
use super::ui::{Layer, Press, Ui};
use crate::snapshot::Snapshot;

/// The byte of the stop key.
const STOP_BYTE: char = '\u{18}';

/// Why nothing but the stop acts where neither rows nor questions can be read.
pub const CRAMPED: &str = "window too small: enlarge it";

/// Takes one message.
pub fn update(ui: &mut Ui, msg: Msg, snapshot: &Snapshot) -> Effects {
    ui.touched |= matches!(msg, Msg::Key(_) | Msg::Paste(_) | Msg::Line(_));
    match msg {
        Msg::Key(event) => key(ui, Key::of(event), snapshot),
        Msg::Paste(text) => paste(ui, &text),
        Msg::NextField => {
            if let Some(Layer::Form(form)) = &mut ui.layer {
                form.step(true);
            }
            Vec::new()
        }
        Msg::Line(line) => commanding::done(ui, line.trim(), snapshot),
        Msg::Snapshot => {
            answers::confirm(ui, snapshot);
            if ui.frozen.is_none() {
                moving::keep_selection(ui, snapshot);
            }
            Vec::new()
        }
        Msg::Past(seq, answer) => {
            let effects = scrubbing::read(ui, seq, answer);
            if let Some(shown) = past(ui) {
                moving::keep_selection(ui, &shown);
            }
            effects
        }
        Msg::Links(links) => {
            answers::linked(ui, links);
            Vec::new()
        }
        Msg::Told(words) => {
            ui.tell(Role::Bad, words);
            Vec::new()
        }
        Msg::Answered(request, answer) => answers::answered(ui, request, answer),
        Msg::Stopped(answer) => answers::stopped(ui, answer, snapshot),
        Msg::Pressed => {
            ui.press = Press::Requested;
            vec![Effect::Repaint]
        }
    }
}

/// What the panes show instead of what is.
fn past(ui: &Ui) -> Option<Arc<Snapshot>> {
    ui.frozen.as_ref().map(|f| Arc::clone(&f.shown))
}

fn key(ui: &mut Ui, key: Key, snapshot: &Snapshot) -> Effects {
    match action::lookup(ui, key) {
        Some(binding) => perform(ui, binding, Some(key), snapshot),
        None => {
            if let Key::Letter(letter) = key {
                typing::insert(ui, letter);
            }
            Vec::new()
        }
    }
}

/// The kernel cannot tell a pasted stop byte from a pressed one, so neither do we. Nothing else
/// that is pasted acts.
fn paste(ui: &mut Ui, text: &str) -> Effects {
    if text.contains(STOP_BYTE) {
        return stop(ui);
    }
    text.chars()
        .filter(|c| !c.is_control())
        .for_each(|c| typing::insert(ui, c));
    Vec::new()
}

fn stop(ui: &mut Ui) -> Effects {
    ui.press = Press::Requested;
    vec![Effect::Stop, Effect::Repaint]
}

/// Why nothing of the kind can be done on this console at this moment, whatever it is done to.
fn barred(ui: &Ui, binding: &Binding) -> Option<String> {
    let answers = binding.action == Action::Submit
        && matches!(ui.layer, Some(Layer::Prompt(..) | Layer::Form(_)));
    if ui.cramped.get() && (binding.acts || answers) {
        return Some(CRAMPED.to_owned());
    }
    if !binding.acts {
        return None;
    }
    if ui.read_only {
        return Some("this console may only read; ^X is the stop".to_owned());
    }
    scrubbing::refusal(ui)
}

/// Does what a binding says; `key` is what was pressed for it, where a key was.
fn perform(ui: &mut Ui, binding: &Binding, key: Option<Key>, snapshot: &Snapshot) -> Effects {
    if binding.action == Action::Hardstop {
        return stop(ui);
    }
    if let Some(why) = barred(ui, binding).or_else(|| (binding.blocked)(ui, snapshot)) {
        ui.tell(Role::Warn, why);
        return Vec::new();
    }
    let live = snapshot;
    let past = past(ui);
    let snapshot = past.as_deref().unwrap_or(live);
    match binding.action {
        Action::Leave => return vec![Effect::Leave],
        Action::Repaint => return vec![Effect::Repaint],
        Action::Freeze => {
            scrubbing::freeze(ui, live);
            moving::keep_selection(ui, live);
        }
        Action::StepBack | Action::StepOn | Action::LeapBack | Action::LeapOn => {
            return scrubbing::step(ui, binding.action, live);
        }
        Action::Pause
        | Action::Resume
        | Action::ToggleTask
        | Action::RunTask
        | Action::Close
        | Action::Edit
        | Action::Slices
        | Action::Sync
        | Action::Flatten
        | Action::Deploy
        | Action::Optimise
        | Action::Approve
        | Action::Reject
        | Action::Acknowledge
        | Action::AcknowledgeAll
        | Action::Clear
        | Action::Reload
        | Action::Shutdown
        | Action::Yes => return acting::act(ui, binding.action, snapshot),
        Action::Submit => return typing::submit(ui, live),
        Action::No => ui.layer = None,
        Action::ClearInput => typing::clear(ui),
        Action::Erase => typing::erase(ui),
        Action::Complete => commanding::complete(ui, snapshot),
        Action::Up | Action::Down if matches!(ui.layer, Some(Layer::Palette(_))) => {
            commanding::choose(ui, binding.action, live);
        }
        Action::Copy => return copying::copy(ui, snapshot, live),
        Action::Filter if ui.focused().rows().is_some() => ui.layer = Some(Layer::Filter),
        Action::Filter => ui.tell(Role::Normal, "this pane has no rows to filter"),
        Action::SortOn | Action::SortBefore | Action::SortReverse | Action::AbnormalFirst => {
            moving::sort(ui, binding.action, snapshot);
        }
        Action::Palette | Action::Go | Action::Theme => {
            ui.layer = Some(Layer::Palette(Typed::default()));
        }
        Action::Help => ui.layer = Some(Layer::Help { scroll: 0 }),
        Action::LampTest => ui.layer = Some(Layer::LampTest),
        Action::Alarms => alarming::toggle(ui),
        Action::Detail if ui.selected_id(snapshot).is_some() => {
            return explaining::open(ui, snapshot);
        }
        Action::Explain => return explaining::story(ui, snapshot),
        Action::Detail => ui.tell(Role::Normal, "nothing is selected"),
        Action::Back => back(ui),
        Action::NextPane
        | Action::PreviousPane
        | Action::Screen
        | Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last => moving::go(ui, binding.action, key, snapshot),
        Action::Hardstop => return stop(ui),
    }
    Vec::new()
}

/// One level back: what lies above, then what is told, then the filter, then the screen.
fn back(ui: &mut Ui) {
    match ui.layer.take() {
        Some(Layer::Filter) => return ui.place_mut().filter.clear(),
        Some(_) => return,
        None => {}
    }
    if ui.notice.take().is_some() {
        return;
    }
    if !ui.filter(ui.focused()).is_empty() {
        ui.place_mut().filter.clear();
        return;
    }
    alarming::leave(ui);
}

#[cfg(test)]
mod alarming_tests;
#[cfg(test)]
mod command_tests;
#[cfg(test)]
mod execution_tests;
#[cfg(test)]
mod research_tests;
#[cfg(test)]
mod sorting_tests;
#[cfg(test)]
mod tests;
