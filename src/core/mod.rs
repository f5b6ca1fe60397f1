//! The decider: everything that is decided is decided here, and nowhere else.
//!
//! What must not come in: I/O, a clock, randomness, hash order, async, floats for money. Only std,
//! serde, minicbor, chrono, rust_decimal, strum, thiserror and the core's own modules are imported.
//!
//! A [`Command`] is [handled](State::handle): decided and folded in one go, each step through
//! [`State::evolve`], which alone changes anything. The [events](Event) that come out are what the
//! journal keeps; folding them again gives the same state.

pub mod access;
pub mod activity;
pub mod alarm;
pub mod approval;
pub mod codec;
pub mod command;
pub mod configure;
pub mod cycle;
mod decide;
pub mod degradation;
pub mod event;
pub mod health;
pub mod id;
pub mod message;
pub mod operator;
pub mod order;
pub mod position;
pub mod quote;
pub mod reconcile;
pub mod record;
mod refusal;
pub mod research;
pub mod reservation;
pub mod risk;
pub mod schedule;
mod schedule_decide;
pub mod service;
pub mod settings;
pub mod signal;
pub mod slicing;
mod state;
mod stop;
pub mod strategy;
pub mod text;
mod tick;
pub mod time;
pub mod trading_state;

pub use command::Command;
pub use event::Event;
pub use quote::{Quote, Quotes};
pub use record::{RecordBody, RecordError};
pub use refusal::Refusal;
pub use settings::Settings;
pub use state::{Context, Decision, Grant, Identity, Released, Reply, State, Statistics};
pub use text::{Name, Origin, Symbol};
pub use time::Time;
