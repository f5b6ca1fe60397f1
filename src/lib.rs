//! Pilothouse: a crew of autonomous trading agents, one operator, one terminal.
//!
//! `ARCHITECTURE.md` is the map of the rooms.

pub mod config;
pub mod core;
pub mod gate;
pub mod journal;
pub mod market;
