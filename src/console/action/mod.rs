//! The one table of what keys do. Dispatch, footer, help, palette and the README are drawn from it.

mod blocked;
mod context;
mod key;
mod table;

use super::keymap::Keymap;
use super::pane::PaneId;
use super::ui::{Screen, Ui};
use crate::core::trading_state::Mode;
use crate::snapshot::Snapshot;
use Context::{Always, Browsing, Named};

pub use context::{Context, context};
pub use key::{Key, NAMED};
pub use table::{ACTIONS, PLACES};

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
    /// Close the selected position, cancel the order, release the reservation, halt the cycle.
    Close,
    /// Change the figures of the selected position or order, renew the reservation.
    Edit,
    /// Hold the selected sliced order, or let it go on.
    Slices,
    /// Put the selected version into service.
    Deploy,
    /// Begin to search parameters.
    Optimise,
    /// Tell the story of what is selected.
    Explain,
    /// Compare with the venue now.
    Sync,
    /// Close all there is.
    Flatten,
    /// Let the selected entry go out.
    Approve,
    /// Do not let it.
    Reject,
    /// Say that the selected message is done with.
    Acknowledge,
    /// Take note of every alarm.
    AcknowledgeAll,
    /// The list of alarms, and back.
    Alarms,
    /// Freeze the panes, or follow again.
    Freeze,
    /// A record back.
    StepBack,
    /// A record on.
    StepOn,
    /// A hundred back.
    LeapBack,
    /// A hundred on.
    LeapOn,
    /// Lift HARDSTOP.
    Clear,
    /// Read the configuration again.
    Reload,
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
    /// Sort by the next column.
    SortOn,
    /// Sort by the column before.
    SortBefore,
    /// Turn the order round.
    SortReverse,
    /// Sort no more: the abnormal first.
    AbnormalFirst,
    /// Name an action.
    Palette,
    /// The keys of this place.
    Help,
    /// Every style at once.
    LampTest,
    /// The row of an id, on its screen.
    Go,
    /// How everything looks.
    Theme,
    /// The selected row's id, or what is read, to the terminal's clipboard.
    Copy,
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

/// One row of the table.
pub struct Binding {
    /// Its name: in the palette, and in the configuration.
    pub id: &'static str,
    /// What it does.
    pub action: Action,
    /// Its keys, where the configuration says nothing else.
    pub keys: &'static [Key],
    /// What it may be told where it is called by its name.
    pub takes: Takes,
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

/// What an action may be told besides its name, where it is called by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// The id of a row in one of these panes, instead of the selected one.
    Row(&'static [PaneId]),
    /// An id, whatever it is of; without one the selected row's.
    Id,
    /// The id of any row; it must be told.
    Place,
    /// A screen; it must be told.
    Screen,
    /// A theme; it must be told.
    Theme,
    /// What rows must hold.
    Text,
    /// A strategy.
    Strategy,
    /// A symbol.
    Symbol,
}

/// Whether an action is done by its name too.
pub fn by_name(binding: &Binding) -> bool {
    matches!(binding.context, Always | Browsing | Named)
        && !matches!(binding.action, Action::ClearInput | Action::Palette)
}

/// The row of an action in the table.
pub fn of(action: Action) -> &'static Binding {
    let row = ACTIONS.iter().find(|b| b.action == action);
    row.expect("every action has a row")
}

/// What a key does at this moment.
pub fn lookup(ui: &Ui, key: Key) -> Option<&'static Binding> {
    let here = context(ui);
    let mut counting = ACTIONS.iter().filter(|b| b.context.counts_in(here));
    counting.find(|b| ui.keys.keys(b).contains(&key))
}

/// What the footer offers here, in its order; a read-only console is offered nothing that acts but
/// the stop.
pub fn offered(ui: &Ui, snapshot: &Snapshot) -> Vec<&'static Binding> {
    let here = context(ui);
    let resumes = shows_resume(snapshot);
    let mut rows: Vec<&Binding> = ACTIONS
        .iter()
        .filter(|b| b.footer.is_some())
        .filter(|b| b.context.counts_in(here))
        .filter(|b| !(b.acts && (ui.read_only || ui.frozen.is_some())))
        .filter(|b| match b.action {
            Action::Pause => !resumes,
            Action::Resume => resumes,
            Action::Clear => snapshot.status.hardstop.is_some(),
            Action::ToggleTask | Action::RunTask => ui.focused() == PaneId::Agents,
            Action::Close => word_of_close(ui.focused()).is_some(),
            Action::Edit => word_of_edit(ui.focused()).is_some(),
            Action::Slices => blocked::slicing(ui, snapshot).is_some(),
            Action::Sync => matches!(ui.focused(), PaneId::Orders | PaneId::Risk | PaneId::Guard),
            Action::Deploy => blocked::deploy_blocked(ui, snapshot).is_none(),
            Action::Optimise => ui.screen == Screen::Research,
            Action::Explain => super::about::tells_stories(ui.focused()),
            Action::Approve | Action::Reject => ui.focused() == PaneId::Approvals,
            Action::Acknowledge => blocked::acknowledge_blocked(ui, snapshot).is_none(),
            action if action.scrubs() => ui.frozen.is_some(),
            _ => true,
        })
        .collect();
    rows.sort_by_key(|b| b.place(ui));
    rows
}

/// What closing means in a pane, where it means something.
fn word_of_close(pane: PaneId) -> Option<&'static str> {
    match pane {
        PaneId::Positions => Some("close"),
        PaneId::Orders => Some("cancel"),
        PaneId::Reservations | PaneId::Waiting => Some("release"),
        PaneId::Cycles => Some("halt"),
        PaneId::Runs => Some("stop run"),
        PaneId::Services => Some("roll back"),
        _ => None,
    }
}

/// What changing something means in a pane, where it means something.
fn word_of_edit(pane: PaneId) -> Option<&'static str> {
    match pane {
        PaneId::Positions | PaneId::Orders => Some("edit"),
        PaneId::Reservations | PaneId::Waiting => Some("renew"),
        _ => None,
    }
}

impl Action {
    /// Whether it goes through the journal.
    pub fn scrubs(self) -> bool {
        matches!(
            self,
            Self::StepBack | Self::StepOn | Self::LeapBack | Self::LeapOn
        )
    }
}

impl Binding {
    /// Its place in the footer at this moment; while frozen, first what leads through time.
    pub fn place(&self, ui: &Ui) -> Option<u8> {
        let leads = self.action == Action::Freeze || self.action.scrubs();
        match ui.frozen {
            Some(_) if leads => Some(1),
            _ => self.footer,
        }
    }

    /// What it does at this moment, in a word or two.
    pub fn words_now(&self, ui: &Ui, snapshot: &Snapshot) -> &'static str {
        match self.action {
            Action::Close if blocked::drops(ui, snapshot) => "drop",
            Action::Close => word_of_close(ui.focused()).unwrap_or(self.words),
            Action::Edit => word_of_edit(ui.focused()).unwrap_or(self.words),
            Action::Freeze if ui.frozen.is_some() => "follow",
            _ => self.words,
        }
    }
}

/// The README's table of keys, in Markdown: the built-in ones.
pub fn readme() -> String {
    let keymap = Keymap::built_in();
    let mut text = String::from("| key | action | does |\n|---|---|---|\n");
    for b in ACTIONS
        .iter()
        .filter(|b| matches!(b.context, Always | Browsing | Named))
    {
        let shown = keymap.shown(b);
        let keys: Vec<String> = shown.split(' ').map(|key| format!("`{key}`")).collect();
        text.push_str(&format!(
            "| {} | `{}` | {} |\n",
            keys.join(" "),
            b.id,
            b.help
        ));
    }
    text
}

/// Whether resuming is what an operator would look for now.
fn shows_resume(snapshot: &Snapshot) -> bool {
    !matches!(snapshot.status.state, Mode::Running | Mode::Recovering)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn names_are_given_once() {
        for (i, a) in ACTIONS.iter().enumerate() {
            assert!(ACTIONS[i + 1..].iter().all(|b| a.id != b.id), "{}", a.id);
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
        assert!(
            table.contains("| `^X` | `hardstop` | engage HARDSTOP, from everywhere, at once |")
        );
        assert!(table.contains("| `k` `Up` | `up` | a row up |"));
        assert!(!table.contains("do nothing: the default"));
    }

    #[test]
    fn what_asks_is_never_bound_to_an_accident() {
        for b in ACTIONS.iter().filter(|b| b.dangerous) {
            assert!(b.acts, "{}", b.id);
        }
        let enter = Key::parse("Enter").unwrap();
        assert!(of(Action::No).keys.contains(&enter));
    }
}
