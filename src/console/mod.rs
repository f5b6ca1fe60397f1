//! The operator's console: what the operator sees and presses.
//!
//! [`update`](update::update) takes a message and says what is wanted; [`view`](view::view) draws a
//! frame from a snapshot. Neither knows a clock, a terminal or an engine: those are [`run`]'s, which
//! talks to the engine through [`Link`](crate::client::Link) and nothing else.

mod about;
mod action;
mod alarms;
mod axis;
mod canvas;
mod errands;
mod figures;
mod fitting;
mod footer;
mod form;
mod help;
mod inbox;
mod keyboard;
mod keymap;
mod layout;
mod message;
mod news;
mod overlay;
mod palette;
mod pane;
mod pen;
mod plain;
mod plain_lists;
mod plain_run;
mod plain_talk;
mod plot;
mod report;
mod run;
mod screen;
mod sorting;
mod strip;
mod terminal;
mod theme;
mod ui;
mod update;
mod view;

#[cfg(test)]
mod fixture;

pub use action::readme as readme_keys;
pub use inbox::ConsoleSignals;
pub use keymap::Keymap;
pub use run::{ConsoleOptions, Exit, run};
pub use terminal::give_modes_back;
pub use theme::{Named as NamedTheme, Terminal as ShownOn};
