//! Pilothouse: a crew of autonomous trading agents, one operator, one terminal.
//!
//! `ARCHITECTURE.md` is the map of the rooms.

pub mod core;
