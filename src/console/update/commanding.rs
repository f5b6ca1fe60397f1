//! Commands by name: chosen, completed, recalled and done. What is not named in full is completed by
//! the first Enter and done by the second, so that nothing is done that was not read.

use super::{acting, barred, moving, past, perform};
use crate::client::Call;
use crate::console::action::{Action, Binding};
use crate::console::form::Form;
use crate::console::message::{Effect, Effects, Request};
use crate::console::palette::{self, Command, REMEMBERED, Told, Typed};
use crate::console::theme::Role;
use crate::console::ui::{Layer, Ui};
use crate::snapshot::Snapshot;

/// The command that is typed, taken away from the console for a moment.
fn typed(ui: &mut Ui) -> Option<Typed> {
    match ui.layer.take() {
        Some(Layer::Palette(typed)) => Some(typed),
        other => {
            ui.layer = other;
            None
        }
    }
}

/// Completes what is typed by the chosen line, or by the best.
pub(super) fn complete(ui: &mut Ui, snapshot: &Snapshot) {
    let Some(typed) = typed(ui) else { return };
    let shown = past(ui);
    let shown = shown.as_deref().unwrap_or(snapshot);
    let offers = palette::offers(&typed, ui, shown);
    let offer = offers.get(typed.chosen.unwrap_or(0));
    let line = match offer {
        // It stands there already: what it may be told comes next.
        Some(offer) if offer.line == typed.text && palette::takes_more(&offer.line) => {
            format!("{} ", offer.line)
        }
        Some(offer) => offer.line.clone(),
        None => typed.text,
    };
    ui.layer = Some(Layer::Palette(line.as_str().into()));
}

/// Chooses another line of those offered; on an empty line recalls what was done before.
pub(super) fn choose(ui: &mut Ui, action: Action, snapshot: &Snapshot) {
    let Some(mut typed) = typed(ui) else { return };
    let up = action == Action::Up;
    let recalls = typed.recalled.is_some() || up && typed.text.is_empty() && typed.chosen.is_none();
    if recalls {
        let last = ui.commands.len().checked_sub(1);
        typed.recalled = match (typed.recalled, up) {
            (None, _) => last.map(|_| 0),
            (Some(n), true) => last.map(|last| (n + 1).min(last)),
            (Some(n), false) => n.checked_sub(1),
        };
        let line = typed
            .recalled
            .zip(last)
            .map(|(n, last)| &ui.commands[last - n]);
        typed.text = line.cloned().unwrap_or_default();
    } else {
        let shown = past(ui);
        let offers = palette::offers(&typed, ui, shown.as_deref().unwrap_or(snapshot)).len();
        typed.chosen = match (typed.chosen, up) {
            (None, true) => None,
            (None, false) => (offers > 0).then_some(0),
            (Some(at), true) => at.checked_sub(1),
            (Some(at), false) => Some((at + 1).min(offers.saturating_sub(1))),
        };
    }
    typed.error = None;
    ui.layer = Some(Layer::Palette(typed));
}

/// Does what was chosen or named in full; completes what was not.
pub(super) fn submit(ui: &mut Ui, typed: Typed, snapshot: &Snapshot) -> Effects {
    let shown = past(ui);
    let shown = shown.as_deref().unwrap_or(snapshot);
    let offers = palette::offers(&typed, ui, shown);
    if let Some(offer) = typed.chosen.and_then(|at| offers.get(at)) {
        if offer.whole {
            return done(ui, offer.line.trim(), snapshot);
        }
        ui.layer = Some(Layer::Palette(offer.line.as_str().into()));
        return Vec::new();
    }
    let line = typed.text.trim();
    if line.is_empty() {
        return Vec::new();
    }
    let best = offers.first().filter(|offer| offer.line.trim() != line);
    match (palette::read(line, ui, shown), best) {
        (Err(_), Some(best)) => {
            ui.layer = Some(Layer::Palette(best.line.as_str().into()));
            Vec::new()
        }
        _ => done(ui, line, snapshot),
    }
}

/// Does what a line says; one that says nothing that can be done stays, with what would mend it.
pub(super) fn done(ui: &mut Ui, line: &str, snapshot: &Snapshot) -> Effects {
    let shown = past(ui);
    let shown = shown.as_deref().unwrap_or(snapshot);
    match palette::read(line, ui, shown) {
        Ok(command) => {
            remember(ui, line);
            carry_out(ui, command, shown, snapshot)
        }
        Err(error) => {
            ui.layer = Some(Layer::Palette(Typed {
                error: Some(error),
                ..line.into()
            }));
            Vec::new()
        }
    }
}

fn remember(ui: &mut Ui, line: &str) {
    ui.commands.retain(|known| known != line);
    ui.commands.push(line.to_owned());
    let more = ui.commands.len().saturating_sub(REMEMBERED);
    ui.commands.drain(..more);
}

fn carry_out(ui: &mut Ui, command: Command<'_>, shown: &Snapshot, live: &Snapshot) -> Effects {
    let binding = command.binding;
    match command.told {
        Told::Nothing => perform(ui, binding, None, live),
        Told::Row(pane, index) => {
            moving::to(ui, pane, index, shown);
            match binding.action {
                Action::Go => Vec::new(),
                _ => perform(ui, binding, None, live),
            }
        }
        Told::Screen(screen) => {
            moving::show(ui, screen);
            Vec::new()
        }
        Told::Theme(named) => vec![Effect::Theme(named)],
        Told::Id(id) => {
            let call = Call::get(format!("explain/{id}"));
            acting::ask(ui, Request::Explain(id.to_owned()), call)
        }
        Told::Text(text) => with_text(ui, binding, text),
    }
}

fn with_text(ui: &mut Ui, binding: &Binding, text: &str) -> Effects {
    if let Some(why) = barred(ui, binding) {
        ui.tell(Role::Warn, why);
        return Vec::new();
    }
    match binding.action {
        Action::Filter if ui.focused().rows().is_some() => {
            text.clone_into(&mut ui.place_mut().filter);
        }
        Action::Filter => ui.tell(Role::Normal, "this pane has no rows to filter"),
        Action::Optimise => ui.layer = Some(Layer::Form(Form::optimise(text))),
        Action::Pause => return acting::symbol(ui, text, true),
        _ => return acting::symbol(ui, text, false),
    }
    Vec::new()
}
