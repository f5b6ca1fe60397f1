//! The one table of what keys do. Dispatch, footer, help, palette and the README are drawn from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::pane::PaneId;
use super::ui::{Layer, Ui};
use crate::core::trading_state::{Cause, Mode};
use crate::snapshot::Snapshot;

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Engage HARDSTOP.
    Hardstop,
    /// Pause trading.
    Pause,
    /// Resume trading.
    Resume,
    /// Turn the selected agent's task on or off.
    ToggleTask,
    /// Run the selected agent's task now.
    RunTask,
    /// Close the selected position or cancel the selected order.
    Close,
    /// Lift HARDSTOP.
    Clear,
    /// End the engine.
    Shutdown,
    /// The next pane.
    NextPane,
    /// The pane before.
    PreviousPane,
    /// A row up.
    Up,
    /// A row down.
    Down,
    /// Ten rows up.
    PageUp,
    /// Ten rows down.
    PageDown,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// A screen by its digit.
    Screen,
    /// The selected row in full.
    Detail,
    /// One level back.
    Back,
    /// Filter the pane.
    Filter,
    /// Name an action.
    Palette,
    /// The keys of this place.
    Help,
    /// Every style at once.
    LampTest,
    /// Leave the console; the engine goes on.
    Leave,
    /// Draw everything anew.
    Repaint,
    /// Clear the input.
    ClearInput,
    /// Send the input.
    Submit,
    /// Take back a letter.
    Erase,
    /// Complete the palette's word.
    Complete,
    /// Do it.
    Yes,
    /// Do not.
    No,
}

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Everywhere.
    Always,
    /// On a screen, with nothing above it.
    Browsing,
    /// While a filter, a name or a reason is typed.
    Typing,
    /// While a question is open.
    Asking,
    /// While help or a detail is open.
    Reading,
    /// By name in the palette only.
    Named,
}

/// One row of the table.
pub struct Binding {
    /// Its name: in the palette, and in the configuration.
    pub id: &'static str,
    /// What it does.
    pub action: Action,
    /// Its keys.
    pub keys: &'static [Key],
    /// The keys in words.
    pub shown: &'static str,
    /// What it does, in a word or two, for the footer.
    pub words: &'static str,
    /// What it does, in full.
    pub help: &'static str,
    /// Where its keys count.
    pub context: Context,
    /// Whether it changes the engine: not offered to those who may only read.
    pub acts: bool,
    /// Whether it asks first.
    pub dangerous: bool,
    /// Its place in the footer, the lowest first; none: not there.
    pub footer: Option<u8>,
    /// Why it cannot be done now.
    pub blocked: fn(&Ui, &Snapshot) -> Option<String>,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter, as it is typed.
    Letter(char),
    /// Control and a letter.
    Control(char),
    /// Any other.
    Named(KeyCode),
}

impl Key {
    /// The key of an event. Alt and a letter is no letter: it may be an Esc that came in haste.
    pub fn of(event: KeyEvent) -> Self {
        match event.code {
            KeyCode::Char('\u{18}') => Self::Control('x'),
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => {
                Self::Control(c.to_ascii_lowercase())
            }
            KeyCode::Char(c) if !event.modifiers.contains(KeyModifiers::ALT) => Self::Letter(c),
            code => Self::Named(code),
        }
    }
}

const DIGITS: [Key; 10] = [
    Key::Letter('1'),
    Key::Letter('2'),
    Key::Letter('3'),
    Key::Letter('4'),
    Key::Letter('5'),
    Key::Letter('6'),
    Key::Letter('7'),
    Key::Letter('8'),
    Key::Letter('9'),
    Key::Letter('0'),
];

const fn binding(
    id: &'static str,
    action: Action,
    keys: &'static [Key],
    shown: &'static str,
    words: &'static str,
    help: &'static str,
    context: Context,
) -> Binding {
    Binding {
        id,
        action,
        keys,
        shown,
        words,
        help,
        context,
        acts: false,
        dangerous: false,
        footer: None,
        blocked: never,
    }
}

impl Binding {
    const fn acts(mut self, blocked: fn(&Ui, &Snapshot) -> Option<String>) -> Self {
        self.acts = true;
        self.blocked = blocked;
        self
    }

    const fn dangerous(mut self) -> Self {
        self.dangerous = true;
        self
    }

    const fn footer(mut self, place: u8) -> Self {
        self.footer = Some(place);
        self
    }
}

use Context::{Always, Asking, Browsing, Named, Reading, Typing};
use Key::{Control, Letter};

/// Every action and its keys.
#[rustfmt::skip]
pub static ACTIONS: &[Binding] = &[
    binding("hardstop", Action::Hardstop, &[Control('x')], "^X", "HARDSTOP", "engage HARDSTOP, from everywhere, at once", Always).footer(0),
    binding("pause", Action::Pause, &[Letter('p')], "p", "pause", "pause: signals are recorded and ignored", Browsing).acts(pause_blocked).footer(1),
    binding("resume", Action::Resume, &[Letter('r')], "r", "resume", "resume; asks for a reason where the cause wants one", Browsing).acts(resume_blocked).footer(1),
    binding("help", Action::Help, &[Letter('?')], "?", "help", "the keys of this place", Browsing).footer(2),
    binding("leave", Action::Leave, &[Letter('q')], "q", "leave", "leave the console; the engine goes on as it is", Browsing).footer(3),
    binding("pane", Action::NextPane, &[Key::Named(KeyCode::Tab)], "Tab", "pane", "the next pane", Browsing).footer(4),
    binding("filter", Action::Filter, &[Letter('/')], "/", "filter", "show only rows that hold a text", Browsing).footer(5),
    binding("task", Action::ToggleTask, &[Letter('t')], "t", "task", "turn the selected agent's task on or off", Browsing).acts(task_blocked).footer(6),
    binding("run", Action::RunTask, &[Letter('x')], "x", "run", "run the selected agent's task now", Browsing).acts(task_blocked).footer(8),
    binding("close", Action::Close, &[Letter('c')], "c", "close", "close the selected position or cancel the selected order; asks", Browsing).acts(close_blocked).dangerous().footer(9),
    binding("palette", Action::Palette, &[Letter(':')], ":", "command", "do something by its name; Tab completes", Browsing).footer(7),
    binding("detail", Action::Detail, &[Key::Named(KeyCode::Enter)], "Enter", "detail", "the selected row in full", Browsing).footer(10),
    binding("screen", Action::Screen, &DIGITS, "1-9 0", "screen", "1 overview 2 agents 3 reservations 4 cycles 5 positions and orders 6 messages 7 risk 8 research 9 audit 0 logs", Browsing).footer(11),
    binding("back-pane", Action::PreviousPane, &[Key::Named(KeyCode::BackTab)], "S-Tab", "back", "the pane before", Browsing),
    binding("up", Action::Up, &[Letter('k'), Key::Named(KeyCode::Up)], "k Up", "up", "a row up", Browsing),
    binding("down", Action::Down, &[Letter('j'), Key::Named(KeyCode::Down)], "j Down", "down", "a row down", Browsing),
    binding("page-up", Action::PageUp, &[Key::Named(KeyCode::PageUp)], "PgUp", "page up", "ten rows up", Browsing),
    binding("page-down", Action::PageDown, &[Key::Named(KeyCode::PageDown)], "PgDn", "page down", "ten rows down", Browsing),
    binding("first", Action::First, &[Letter('g'), Key::Named(KeyCode::Home)], "g Home", "first", "the first row", Browsing),
    binding("last", Action::Last, &[Letter('G'), Key::Named(KeyCode::End)], "G End", "last", "the last row", Browsing),
    binding("back", Action::Back, &[Key::Named(KeyCode::Esc)], "Esc", "back", "one level back; never acts", Browsing),
    binding("repaint", Action::Repaint, &[Control('l')], "^L", "repaint", "draw the screen anew", Always),
    binding("clear-input", Action::ClearInput, &[Control('c')], "^C", "clear input", "clear what is typed; never leaves, never stops", Always),
    binding("submit", Action::Submit, &[Key::Named(KeyCode::Enter)], "Enter", "take", "take what is typed", Typing).footer(1),
    binding("cancel-input", Action::Back, &[Key::Named(KeyCode::Esc)], "Esc", "cancel", "close the input; nothing is done", Typing).footer(2),
    binding("erase", Action::Erase, &[Key::Named(KeyCode::Backspace), Control('h')], "Bksp", "erase", "take back a letter", Typing),
    binding("complete", Action::Complete, &[Key::Named(KeyCode::Tab)], "Tab", "complete", "complete the name", Typing).footer(3),
    binding("no", Action::No, &[Letter('n'), Letter('q'), Key::Named(KeyCode::Enter), Key::Named(KeyCode::Esc)], "n Enter Esc", "No", "do nothing: the default", Asking).footer(1),
    binding("yes", Action::Yes, &[Letter('y')], "y", "yes", "do it", Asking).acts(never).footer(2),
    binding("read-up", Action::Up, &[Letter('k'), Key::Named(KeyCode::Up)], "k", "up", "scroll up", Reading),
    binding("read-down", Action::Down, &[Letter('j'), Key::Named(KeyCode::Down)], "j", "down", "scroll down", Reading).footer(2),
    binding("read-page-up", Action::PageUp, &[Key::Named(KeyCode::PageUp)], "PgUp", "page up", "scroll up by ten", Reading),
    binding("read-page-down", Action::PageDown, &[Key::Named(KeyCode::PageDown)], "PgDn", "page down", "scroll down by ten", Reading).footer(3),
    binding("close-reading", Action::Back, &[Key::Named(KeyCode::Esc), Letter('q'), Letter('?'), Key::Named(KeyCode::Enter)], "Esc", "close", "close it", Reading).footer(1),
    binding("clear", Action::Clear, &[], ":clear", "lifts HARDSTOP", "lift HARDSTOP: wants CLEAR and its number typed, and a reason; resuming is a second step", Named).acts(clear_blocked).footer(2).dangerous(),
    binding("shutdown", Action::Shutdown, &[], ":shutdown", "shutdown", "end the engine: entries are cancelled, stops and targets stay; asks", Named).acts(never).dangerous(),
    binding("lamptest", Action::LampTest, &[], ":lamptest", "lamptest", "show every style of alarm", Named),
];

/// The binding of an action by its name.
pub fn named(id: &str) -> Option<&'static Binding> {
    palette().find(|b| b.id == id)
}

/// What the palette offers.
pub fn palette() -> impl Iterator<Item = &'static Binding> {
    ACTIONS.iter().filter(|b| match b.context {
        Named | Always => b.action != Action::ClearInput,
        Browsing => matches!(
            b.action,
            Action::Pause
                | Action::Resume
                | Action::ToggleTask
                | Action::RunTask
                | Action::Close
                | Action::Help
                | Action::Leave
        ),
        Typing | Asking | Reading => false,
    })
}

/// Where keys count at this moment.
pub fn context(ui: &Ui) -> Context {
    match ui.layer {
        None => Browsing,
        Some(Layer::Filter | Layer::Palette(_) | Layer::Prompt(..)) => Typing,
        Some(Layer::Question(_)) => Asking,
        Some(Layer::Help { .. } | Layer::Detail { .. } | Layer::LampTest) => Reading,
    }
}

/// What a key does at this moment.
pub fn lookup(ui: &Ui, key: Key) -> Option<&'static Binding> {
    let here = context(ui);
    ACTIONS
        .iter()
        .find(|b| (b.context == Always || b.context == here) && b.keys.contains(&key))
}

/// What the footer offers here, in its order; a read-only console is offered nothing that acts but
/// the stop.
pub fn offered(ui: &Ui, snapshot: &Snapshot) -> Vec<&'static Binding> {
    let here = context(ui);
    let resumes = shows_resume(snapshot);
    let mut rows: Vec<&Binding> = ACTIONS
        .iter()
        .filter(|b| b.footer.is_some())
        .filter(|b| {
            b.context == Always || b.context == here || b.context == Named && here == Browsing
        })
        .filter(|b| !(ui.read_only && b.acts))
        .filter(|b| match b.action {
            Action::Pause => !resumes,
            Action::Resume => resumes,
            Action::Clear => snapshot.status.hardstop.is_some(),
            Action::Complete => matches!(ui.layer, Some(Layer::Palette(_))),
            Action::ToggleTask | Action::RunTask => ui.focused() == PaneId::Agents,
            Action::Close => matches!(ui.focused(), PaneId::Positions | PaneId::Orders),
            _ => true,
        })
        .collect();
    rows.sort_by_key(|b| b.footer);
    rows
}

/// The README's table of keys, in Markdown.
pub fn readme() -> String {
    let mut text = String::from("| key | does |\n|---|---|\n");
    for b in ACTIONS
        .iter()
        .filter(|b| matches!(b.context, Always | Browsing | Named))
    {
        let keys: Vec<String> = b.shown.split(' ').map(|key| format!("`{key}`")).collect();
        text.push_str(&format!("| {} | {} |\n", keys.join(" "), b.help));
    }
    text
}

/// Whether resuming is what an operator would look for now.
fn shows_resume(snapshot: &Snapshot) -> bool {
    !matches!(snapshot.status.state, Mode::Running | Mode::Recovering)
}

fn never(_: &Ui, _: &Snapshot) -> Option<String> {
    None
}

fn pause_blocked(_: &Ui, snapshot: &Snapshot) -> Option<String> {
    let paused = Cause::Pause.as_str();
    let causes = &snapshot.status.causes;
    causes
        .iter()
        .any(|c| c.cause == paused)
        .then(|| "it is paused already: r resumes".to_owned())
}

fn resume_blocked(_: &Ui, snapshot: &Snapshot) -> Option<String> {
    match snapshot.status.state {
        Mode::Running => Some("it is running already".to_owned()),
        Mode::Hardstopped => Some("HARDSTOP is engaged: :clear lifts it".to_owned()),
        _ => None,
    }
}

fn clear_blocked(_: &Ui, snapshot: &Snapshot) -> Option<String> {
    match snapshot.status.hardstop {
        Some(_) => None,
        None => Some("HARDSTOP is not engaged".to_owned()),
    }
}

fn task_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    if ui.focused() != PaneId::Agents {
        return Some("select an agent first: Tab goes to the next pane".to_owned());
    }
    let Some(agent) = ui.selected_id(snapshot) else {
        return Some("no agent is shown".to_owned());
    };
    let tasks = &snapshot.status.schedules;
    match tasks.iter().find(|t| t.agent.as_str() == agent) {
        None => Some(format!("{agent} has no task of its own")),
        Some(task) if !task.available => Some(format!("{agent} is not at work in this version")),
        Some(_) => None,
    }
}

fn close_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let selected = ui.selected_id(snapshot);
    match (ui.focused(), selected) {
        (PaneId::Positions | PaneId::Orders, None) => Some("nothing is selected".to_owned()),
        (PaneId::Positions, Some(id)) => {
            let open = |p: &&crate::snapshot::PositionRow| p.id.to_string() == id;
            let row = snapshot.positions.items.iter().find(open)?;
            (row.status != "open").then(|| format!("{id} is closed already"))
        }
        (PaneId::Orders, Some(id)) => {
            let this = |o: &&crate::snapshot::OrderRow| o.id.to_string() == id;
            let row = snapshot.orders.items.iter().find(this)?;
            row.status
                .is_terminal()
                .then(|| format!("{id} has ended already"))
        }
        _ => Some("select a position or an order first: 5 shows both".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    fn overlap(a: Context, b: Context) -> bool {
        a == b || a == Always || b == Always
    }

    #[test]
    fn no_key_does_two_things_in_one_context() {
        for (i, a) in ACTIONS.iter().enumerate() {
            for b in &ACTIONS[i + 1..] {
                assert_ne!(a.id, b.id);
                for key in a.keys {
                    assert!(
                        !(overlap(a.context, b.context) && b.keys.contains(key)),
                        "{key:?} is both {} and {}",
                        a.id,
                        b.id
                    );
                }
            }
        }
    }

    #[test]
    fn the_footer_offers_what_it_must_and_to_readers_only_the_stop() {
        let snapshot = fixture::snapshot();
        let mut ui = Ui::new(false);
        let ids = |ui: &Ui| -> Vec<&str> { offered(ui, &snapshot).iter().map(|b| b.id).collect() };
        assert_eq!(ids(&ui)[..4], ["hardstop", "pause", "help", "leave"]);
        ui = Ui::new(true);
        assert!(offered(&ui, &snapshot).iter().all(|b| !b.acts));
        assert!(ids(&ui).contains(&"hardstop"));
        assert!(!ids(&ui).contains(&"pause"));
    }

    #[test]
    fn the_readme_table_names_every_key_once() {
        let table = readme();
        assert!(table.contains("| `^X` | engage HARDSTOP, from everywhere, at once |"));
        assert!(table.contains("| `k` `Up` | a row up |"));
        assert!(!table.contains("do nothing: the default"));
    }

    #[test]
    fn what_asks_is_never_bound_to_an_accident() {
        for b in ACTIONS.iter().filter(|b| b.dangerous) {
            assert!(b.acts, "{}", b.id);
        }
        let no = ACTIONS.iter().find(|b| b.id == "no").unwrap();
        assert!(no.keys.contains(&Key::Named(KeyCode::Enter)));
    }
}
