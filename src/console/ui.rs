//! What the console itself remembers: where the operator is, what is typed, what is asked for and
//! not yet confirmed. Everything else is in the snapshot.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::{self, Action};
use super::form::Form;
use super::keymap::Keymap;
use super::message::{Links, Request};
use super::palette::Typed;
use super::pane::{self, PaneId};
use super::report::Reported;
pub use super::screen::Screen;
use super::sorting::{self, Sort};
use super::theme::Role;
use crate::core::Time;
use crate::snapshot::Snapshot;

/// What lies above the screen and takes the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The focused pane's filter is typed.
    Filter,
    /// An action's name is typed.
    Palette(Typed),
    /// A text is asked for.
    Prompt(Prompt, String),
    /// Figures are changed.
    Form(Form),
    /// A yes is asked for.
    Question(Question),
    /// The keys.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// The selected row in full.
    Detail {
        /// First line shown.
        scroll: usize,
    },
    /// What the journal tells of something.
    Story {
        /// Of what.
        about: String,
        /// In sentences.
        lines: Vec<String>,
        /// First line shown.
        scroll: usize,
    },
    /// Every style.
    LampTest,
}

/// A text that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Why trading may go on.
    ResumeReason,
    /// `CLEAR` and the stop's number.
    ClearWord(u64),
    /// Why the stop may be lifted.
    ClearReason(u64),
    /// `WIDEN`, for what allows more, as it was shown.
    WidenWord(String),
    /// A reservation's new life.
    RenewTtl(String),
    /// Why an entry may go out; it may be left out.
    ApproveReason(String),
    /// Why it may not; it may be left out.
    RejectReason(String),
}

impl Prompt {
    /// What is asked, in words.
    pub fn words(&self) -> String {
        match self {
            Self::ResumeReason => "reason to resume".to_owned(),
            Self::ClearWord(epoch) => format!("type CLEAR {epoch} to lift HARDSTOP {epoch}"),
            Self::ClearReason(epoch) => format!("reason to lift HARDSTOP {epoch}"),
            Self::WidenWord(_) => "type WIDEN to allow more".to_owned(),
            Self::RenewTtl(id) => format!("seconds from now for {id}"),
            Self::ApproveReason(id) => format!("approve {id}; reason, or none"),
            Self::RejectReason(id) => format!("reject {id}; reason, or none"),
        }
    }
}

/// What a yes would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Close a position: its id and what it is.
    Close(String, String),
    /// Cancel an order: its id and its terms.
    Cancel(String, String),
    /// Give back a reservation: its id and of what it is.
    Release(String, String),
    /// Halt a cycle: its id and how far it is.
    Halt(String, String),
    /// Be done with a message: its id, whose it is and what it is about.
    Acknowledge(String, String),
    /// Take note of an alarm: its id, since when, and what it says.
    AckAlarm(String, String, String),
    /// Take note of several: which, and each one's id and since when.
    AckAlarms(String, Vec<(String, String)>),
    /// Let an entry go out: its id and its terms.
    Approve(String, String),
    /// Not to let it.
    Reject(String, String),
    /// Let a sliced order go on.
    GoOn(String),
    /// Close all there is: how many are open.
    Flatten(usize),
    /// Stop a run: its id and how far it is.
    StopRun(String, String),
    /// Give a candidate up: its id and what that does.
    Drop(String, String),
    /// Take a strategy out of service: its name, which deployment of it, and what that does.
    Rollback(String, String, String),
    /// Send a form: what it does.
    Send(Box<Form>, String),
    /// Take what the configuration says now: what that is, and what of it widens as it was shown.
    Reload(String, Option<String>),
    /// End the engine.
    Shutdown,
}

impl Question {
    /// What is asked, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Close(id, terms) => format!("Close {id} at the market: {terms}?"),
            Self::Cancel(id, terms) => format!("Cancel {id}: {terms}?"),
            Self::Release(id, terms) => format!("Release {id}: {terms}?"),
            Self::Halt(id, terms) => format!("Halt {id}: {terms}?"),
            Self::Acknowledge(id, about) => format!("Acknowledge {id} for {about}?"),
            Self::AckAlarm(_, _, text) => format!("Acknowledge the alarm: {text}?"),
            Self::AckAlarms(what, _) => format!("Acknowledge {what}?"),
            Self::Approve(id, terms) => format!("APPROVE {id}: {terms}?"),
            Self::Reject(id, terms) => format!("REJECT {id}: {terms}?"),
            Self::GoOn(id) => format!("Let {id} send slices again?"),
            Self::Flatten(open) => {
                format!("Close all {open} open positions at the market and cancel the entries?")
            }
            Self::StopRun(id, how_far) => {
                format!("Stop {id}, {how_far}? What it has computed is lost for the verdict.")
            }
            Self::Drop(id, what) => format!("Drop {id}? {what}"),
            Self::Rollback(strategy, _, what) => format!("ROLL BACK {strategy}? {what}"),
            Self::Send(_, what) => what.clone(),
            Self::Reload(what, _) => format!("RELOAD? {what}"),
            Self::Shutdown => {
                "End the engine? Entries are cancelled, stops and targets stay.".to_owned()
            }
        }
    }
}

/// A line for the operator, kept until Esc or the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub role: Role,
    /// In words.
    pub text: String,
}

/// What was asked for and no snapshot has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What.
    pub request: Request,
    /// The record that did it, once it is known: a snapshot of that position shows it.
    pub seq: Option<u64>,
}

/// How far a press of the stop got, as this console knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Press {
    /// None, or a snapshot shows the stop.
    #[default]
    None,
    /// Pressed, not answered.
    Requested,
    /// The gate is closed; no snapshot shows it yet. Microseconds from the press.
    GateClosed(u64),
    /// It did not get through.
    Failed,
}

/// Where a pane stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The selected row's id; none is the first row.
    pub selected: Option<String>,
    /// Where that row was, for when it goes.
    pub index: usize,
    /// Only rows that hold this are shown.
    pub filter: String,
    /// In which order; none is the pane's own, the abnormal first.
    pub sort: Option<Sort>,
}

/// What the console remembers.
#[derive(Debug, Clone)]
pub struct Ui {
    /// Whether nothing but the stop may act.
    pub read_only: bool,
    /// Which screen.
    pub screen: Screen,
    /// Which pane of it.
    pub focus: usize,
    /// Where the list of alarms leads back to.
    pub came_from: Option<(Screen, usize)>,
    /// Where each pane stands.
    pub places: BTreeMap<PaneId, Place>,
    /// What lies above the screen.
    pub layer: Option<Layer>,
    /// How far what lies above can be scrolled, as it was last drawn: only whoever draws it knows in
    /// how many lines.
    pub reach: Cell<usize>,
    /// Whether the window was too small for more than the strip's line when it was last drawn: only
    /// whoever draws it knows its size.
    pub cramped: Cell<bool>,
    /// The line for the operator.
    pub notice: Option<Notice>,
    /// Whether anything was pressed since what a reload would change was asked for: a question that
    /// opened by itself would take the next key for its answer.
    pub touched: bool,
    /// Asked for, not confirmed.
    pub pending: Vec<Pending>,
    /// How far the stop got.
    pub press: Press,
    /// When the snapshot was built and at which record, at the answer to a press of the stop.
    pub press_answered: (Time, u64),
    /// How the links are.
    pub links: Links,
    /// What is looked at instead of what is; none while the panes follow the engine.
    pub frozen: Option<Frozen>,
    /// The report that was read last.
    pub reported: Option<Reported>,
    /// Which keys do what.
    pub keys: Arc<Keymap>,
    /// Commands that were done by name, the latest last.
    pub commands: Vec<String>,
}

/// A look at what was; the engine goes on meanwhile.
#[derive(Debug, Clone)]
pub struct Frozen {
    /// What the panes show.
    pub shown: Arc<Snapshot>,
    /// The record the operator has gone on to, while it is not shown yet.
    pub wanted: Option<u64>,
    /// The record that is being read.
    pub reading: Option<u64>,
}

impl Ui {
    /// A console at its beginning.
    pub fn new(read_only: bool) -> Self {
        Self {
            read_only,
            screen: Screen::default(),
            focus: 0,
            came_from: None,
            places: BTreeMap::new(),
            layer: None,
            reach: Cell::new(usize::MAX),
            cramped: Cell::new(false),
            notice: None,
            touched: false,
            pending: Vec::new(),
            press: Press::default(),
            press_answered: (Time(0), 0),
            links: Links {
                engine: true,
                stop: true,
            },
            frozen: None,
            reported: None,
            keys: Arc::default(),
            commands: Vec::new(),
        }
    }

    /// A console at its beginning, with keys of its own.
    pub fn with_keys(read_only: bool, keys: Arc<Keymap>) -> Self {
        Self {
            keys,
            ..Self::new(read_only)
        }
    }

    /// The key that does something on a screen, for a sentence: `p`, or `:pause` where it has none.
    pub fn key(&self, action: Action) -> String {
        self.keys.first(action::of(action))
    }

    /// The key of the row of the table that has this name.
    pub fn key_of(&self, id: &str) -> String {
        let row = action::ACTIONS.iter().find(|b| b.id == id);
        row.map_or_else(String::new, |row| self.keys.first(row))
    }

    /// The key of a screen, for a sentence.
    pub fn screen_key(&self, screen: Screen) -> String {
        if screen == Screen::Alarms {
            return self.key(Action::Alarms);
        }
        let keys = self.keys.keys(action::of(Action::Screen));
        let place = Screen::KEYED.iter().position(|s| *s == screen);
        match place.and_then(|place| keys.get(place)) {
            Some(key) => key.to_string(),
            None => format!(":screen {}", screen.name()),
        }
    }

    /// The pane that takes the keys.
    pub fn focused(&self) -> PaneId {
        let panes = self.screen.panes();
        panes[self.focus.min(panes.len() - 1)]
    }

    /// Where a pane stands.
    pub fn place(&self, pane: PaneId) -> Place {
        self.places.get(&pane).cloned().unwrap_or_default()
    }

    /// The filter of a pane.
    pub fn filter(&self, pane: PaneId) -> &str {
        self.places.get(&pane).map_or("", |p| p.filter.as_str())
    }

    /// The rows of a pane that pass its filter, in its order, as indices into the snapshot.
    pub fn shown(&self, pane: PaneId, snapshot: &Snapshot) -> Vec<usize> {
        let mut order = pane::shown(pane, snapshot, self.filter(pane));
        if let (Some(rows), Some(by)) = (pane.rows(), self.sort(pane)) {
            sorting::sort(rows, snapshot, &mut order, by);
        }
        order
    }

    /// By which column a pane is sorted.
    pub fn sort(&self, pane: PaneId) -> Option<Sort> {
        self.places.get(&pane).and_then(|place| place.sort)
    }

    /// The focused pane's place, to change it.
    pub fn place_mut(&mut self) -> &mut Place {
        self.places.entry(self.focused()).or_default()
    }

    /// The row of the shown rows that is selected: the one of that id, or the one in its place.
    pub fn selected_row(&self, pane: PaneId, snapshot: &Snapshot, shown: &[usize]) -> usize {
        let last = shown.len().saturating_sub(1);
        let Some(place) = self.places.get(&pane) else {
            return 0;
        };
        let Some(id) = &place.selected else {
            return 0;
        };
        let Some(rows) = pane.rows() else { return 0 };
        shown
            .iter()
            .position(|i| rows.id(snapshot, *i) == *id)
            .unwrap_or(place.index.min(last))
    }

    /// The index of a pane's selected row in the snapshot.
    pub fn selected_index(&self, pane: PaneId, snapshot: &Snapshot) -> Option<usize> {
        let shown = self.shown(pane, snapshot);
        let row = self.selected_row(pane, snapshot, &shown);
        shown.get(row).copied()
    }

    /// The id of the focused pane's selected row.
    pub fn selected_id(&self, snapshot: &Snapshot) -> Option<String> {
        let pane = self.focused();
        let index = self.selected_index(pane, snapshot)?;
        pane.rows().map(|rows| rows.id(snapshot, index))
    }

    /// Puts a line before the operator.
    pub fn tell(&mut self, role: Role, text: impl Into<String>) {
        self.notice = Some(Notice {
            role,
            text: text.into(),
        });
    }
}
