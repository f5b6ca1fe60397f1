//! What is said in lines: a line is a list's name, a command, or the answer to what was asked. Nothing
//! acts on a selected row, as nobody would see which row that is.

use super::action::{self, Action, Binding, Key, Takes};
use super::form::Form;
use super::message::Msg;
use super::overlay;
use super::palette;
use super::pane::Look;
use super::plain_lists::{LISTS, list};
use super::theme::Theme;
use super::ui::{Layer, Ui};
use crate::config::nearest;
use crate::core::Time;
use crate::snapshot::Snapshot;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The stop key's byte.
const STOP_BYTE: char = '\u{18}';
/// What takes an answer back.
const CANCEL: &str = "cancel";
/// Letters of a line of a detail.
const WIDTH: usize = 100;

/// What a line comes to.
#[derive(Debug, Clone)]
pub enum Heard {
    /// Something for the console.
    Told(Vec<Msg>),
    /// Something to be printed, and nothing else.
    Said(Vec<String>),
}

/// What is offered to begin with.
pub fn offered(ui: &Ui) -> String {
    let key = |action| ui.key(action);
    let mut words = format!(
        "help lists all; {} leaves; Ctrl-X is HARDSTOP",
        key(Action::Leave)
    );
    if !ui.read_only {
        let (pause, resume) = (key(Action::Pause), key(Action::Resume));
        words = format!("{pause} pauses, {resume} resumes, {words}");
    }
    words
}

/// Hears a line.
pub fn hear(line: &str, ui: &Ui, snapshot: &Snapshot, now: Time, theme: Theme) -> Heard {
    if line.contains(STOP_BYTE) {
        return Heard::Told(vec![Msg::Paste(line.to_owned())]);
    }
    let text = line.trim();
    match &ui.layer {
        Some(Layer::Question(_)) => {
            let yes = text.eq_ignore_ascii_case("y") || text.eq_ignore_ascii_case("yes");
            Heard::Told(vec![press(if yes {
                ui.key_of("yes")
            } else {
                "Esc".into()
            })])
        }
        Some(Layer::Prompt(..) | Layer::Form(_)) if text == CANCEL => {
            Heard::Told(vec![press("Esc".into())])
        }
        Some(Layer::Prompt(..)) => {
            Heard::Told(vec![Msg::Paste(text.to_owned()), press("Enter".into())])
        }
        Some(Layer::Form(form)) => Heard::Told(field(form, text)),
        _ => command(text, ui, snapshot, now, theme),
    }
}

/// A key of that name, pressed.
fn press(name: String) -> Msg {
    let (code, modifiers) = match Key::parse(&name) {
        Ok(Key::Letter(letter)) => (KeyCode::Char(letter), KeyModifiers::NONE),
        Ok(Key::Control(letter)) => (KeyCode::Char(letter), KeyModifiers::CONTROL),
        Ok(Key::Named(code)) => (code, KeyModifiers::NONE),
        Err(_) => (KeyCode::Esc, KeyModifiers::NONE),
    };
    Msg::Key(KeyEvent::new(code, modifiers))
}

/// The next figure of a form; an empty line leaves it as it is, the last one sends.
fn field(form: &Form, text: &str) -> Vec<Msg> {
    let mut keys = Vec::new();
    if !text.is_empty() {
        let clear = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        keys.extend([Msg::Key(clear), Msg::Paste(text.to_owned())]);
    }
    let last = form.at + 1 == form.fields.len();
    keys.push(match last {
        true => press("Enter".to_owned()),
        false => Msg::NextField,
    });
    keys
}

/// Whether an action can be done by a line.
fn speaks(binding: &Binding) -> bool {
    let unseen = matches!(
        binding.action,
        Action::Filter
            | Action::Screen
            | Action::Theme
            | Action::Copy
            | Action::Go
            | Action::LampTest
            | Action::Repaint
            | Action::Back
            | Action::Freeze
            | Action::SortOn
            | Action::SortBefore
            | Action::SortReverse
            | Action::AbnormalFirst
            | Action::NextPane
            | Action::PreviousPane
            | Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
    );
    !(unseen || binding.action.scrubs())
}

fn command(text: &str, ui: &Ui, snapshot: &Snapshot, now: Time, theme: Theme) -> Heard {
    let text = text.strip_prefix(':').unwrap_or(text).trim();
    let (name, argument) = match text.split_once(' ') {
        Some((name, argument)) => (name, argument.trim()),
        None => (text, ""),
    };
    if let Some(lines) = list(name, argument, snapshot, now, theme) {
        return Heard::Said(lines);
    }
    let by_key = Key::parse(name)
        .ok()
        .filter(|_| argument.is_empty())
        .and_then(|key| action::lookup(ui, key));
    let known = palette::commands(ui).find(|b| b.id == name).or(by_key);
    match known {
        _ if text.is_empty() => Heard::Said(vec![offered(ui)]),
        Some(b) if b.action == Action::Help => Heard::Said(help(ui)),
        Some(b) if !speaks(b) => Heard::Said(vec![format!("{} needs a screen", b.id)]),
        Some(b) if argument.is_empty() && matches!(b.takes, Takes::Row(_) | Takes::Id) => {
            Heard::Said(vec![format!(
                "{0} needs an id, such as: {0} {1}",
                b.id,
                example(b)
            )])
        }
        Some(b) => Heard::Told(vec![Msg::Line(format!("{} {argument}", b.id))]),
        // What only acts elsewhere is said to do so by the command itself.
        None if ui.read_only && action::ACTIONS.iter().any(|b| b.id == name) => {
            Heard::Told(vec![Msg::Line(text.to_owned())])
        }
        None => {
            let lists = LISTS.iter().map(|(name, _)| (*name).to_owned());
            let names = palette::commands(ui).map(|b| b.id.to_owned());
            let meant = nearest(name, lists.chain(names));
            let meant = meant.map_or(String::new(), |name| format!("; did you mean {name}?"));
            Heard::Said(vec![format!(
                "{name:?} is nothing known{meant} {}",
                offered(ui)
            )])
        }
    }
}

/// An id of the kind that an action is done to.
fn example(binding: &Binding) -> &'static str {
    match binding.action {
        Action::ToggleTask | Action::RunTask => "technical_analysis",
        Action::Close | Action::Edit => "position_3",
        Action::Approve | Action::Reject => "approval_3",
        Action::Acknowledge => "message_12",
        Action::Deploy => "run_7",
        _ => "order_12",
    }
}

/// Everything that can be said.
fn help(ui: &Ui) -> Vec<String> {
    let mut lines =
        vec!["lists, with words that rows must hold after the name, or !word:".to_owned()];
    let names: Vec<&str> = LISTS.iter().map(|(name, _)| *name).collect();
    lines.push(format!("  alarms prices {}", names.join(" ")));
    lines.push("commands, with the id of what they are done to where it says so:".to_owned());
    for b in palette::commands(ui).filter(|b| speaks(b)) {
        let told = match b.takes {
            Takes::Row(_) | Takes::Id => " ID",
            Takes::Strategy => " [STRATEGY]",
            Takes::Symbol => " [SYMBOL]",
            _ => "",
        };
        lines.push(format!("  {}{told}: {}", b.id, b.help));
    }
    lines.push("what is asked is answered by y or n, by a figure, or by cancel".to_owned());
    lines.push("Ctrl-X is HARDSTOP, at any time, whatever is typed".to_owned());
    lines
}

/// What is asked of the operator, or told, in lines; and whether that is all there is to it, so that
/// it is closed.
pub fn said(ui: &Ui, snapshot: &Snapshot, now: Time, theme: Theme) -> (Vec<String>, bool) {
    let look = Look {
        snapshot,
        live: snapshot,
        ui,
        theme,
        now,
    };
    match &ui.layer {
        Some(Layer::Question(question)) => (vec![format!("{} y or n", question.words())], false),
        Some(Layer::Prompt(prompt, _)) => {
            (vec![format!("{}, or {CANCEL}:", prompt.words())], false)
        }
        Some(Layer::Form(form)) if form.sent => {
            (vec!["asked; waiting for the engine".into()], false)
        }
        Some(Layer::Form(form)) => (asked(form), false),
        Some(Layer::Palette(typed)) => {
            let error = typed.error.clone();
            (error.into_iter().collect(), true)
        }
        Some(Layer::Story { about, lines, .. }) => {
            let head = std::iter::once(format!("{about}:"));
            (head.chain(lines.iter().cloned()).collect(), true)
        }
        Some(Layer::Detail { .. }) => {
            let lines = overlay::detail(ui.focused(), look, WIDTH);
            (lines.iter().map(ToString::to_string).collect(), true)
        }
        Some(_) => (Vec::new(), true),
        None => match (&ui.notice, ui.pending.last()) {
            (Some(notice), _) => (vec![notice.text.clone()], false),
            (None, Some(pending)) => (vec![pending.request.words()], false),
            (None, None) => (Vec::new(), false),
        },
    }
}

/// The figure of a form that is asked for, after what was wrong.
fn asked(form: &Form) -> Vec<String> {
    let wrong = form.fields.iter().filter_map(|field| {
        let error = field.error.as_ref()?;
        Some(format!("{}: {error}", field.label))
    });
    let mut lines: Vec<String> = wrong.chain(form.error.clone()).collect();
    if form.at == 0 && lines.is_empty() {
        lines.push(format!("{} {}", form.title(), form.words));
    }
    if let Some(field) = form.fields.get(form.at) {
        let now = match field.text.as_str() {
            "" => "none".to_owned(),
            text => text.to_owned(),
        };
        lines.push(format!(
            "{} ({}), now {now}; an empty line keeps it, {CANCEL} ends:",
            field.label, field.hint
        ));
    }
    lines
}

#[cfg(test)]
mod tests;
