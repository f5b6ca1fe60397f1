//! Commands by name: what is typed after `:`, what is offered for it, and what it comes to.

mod arguments;
mod drawing;
mod offers;
mod ranking;
mod reading;

use super::action::{self, Binding, Takes};
use super::pane::PaneId;
use super::theme::Named;
use super::ui::{Screen, Ui};

pub use drawing::draw;
pub use offers::{Offer, offers};
pub use reading::read;

/// Commands that are remembered.
pub const REMEMBERED: usize = 50;

/// A command that is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// What is typed.
    pub text: String,
    /// Which of the lines offered was chosen by hand.
    pub chosen: Option<usize>,
    /// Which of the remembered commands stands here, counted from the latest.
    pub recalled: Option<usize>,
    /// What is wrong with it, once it was sent.
    pub error: Option<String>,
}

impl From<&str> for Typed {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

impl Typed {
    /// The text, to change it: what was chosen or wrong before counts no more.
    pub fn input(&mut self) -> &mut String {
        self.chosen = None;
        self.recalled = None;
        self.error = None;
        &mut self.text
    }
}

/// A command that can be done.
#[derive(Clone, Copy)]
pub struct Command<'a> {
    /// What is done.
    pub binding: &'static Binding,
    /// What it was told.
    pub told: Told<'a>,
}

/// What a command was told besides its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// Nothing.
    Nothing,
    /// A row: its pane, and its place among the pane's rows in the snapshot.
    Row(PaneId, usize),
    /// An id, whatever it is of.
    Id(&'a str),
    /// A screen.
    Screen(Screen),
    /// A theme.
    Theme(Named),
    /// A text.
    Text(&'a str),
}

/// What can be done by name here: all of it, save what only makes sense as a key.
pub fn commands(ui: &Ui) -> impl Iterator<Item = &'static Binding> {
    let read_only = ui.read_only;
    action::ACTIONS
        .iter()
        .filter(|b| action::by_name(b))
        .filter(move |b| !(read_only && b.acts))
}

/// Whether a command may stand alone.
fn stands_alone(takes: Takes) -> bool {
    !matches!(takes, Takes::Place | Takes::Screen | Takes::Theme)
}

/// Whether a line is a command's name alone that may be told something.
pub fn takes_more(line: &str) -> bool {
    let mut all = action::ACTIONS.iter();
    all.any(|b| b.id == line && b.takes != Takes::Nothing)
}
