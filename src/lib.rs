//! Pilothouse: a crew of autonomous trading agents, one operator, one terminal.
//!
//! `ARCHITECTURE.md` is the map of the rooms.

pub mod agents;
pub mod api;
pub mod backtest;
pub mod cli;
pub mod client;
pub mod config;
pub mod console;
pub mod core;
pub mod demo;
pub mod engine;
pub mod execution;
pub mod gate;
pub mod journal;
pub mod market;
pub mod process;
pub mod research;
pub mod sim;
pub mod snapshot;
pub mod strategies;
pub mod telemetry;
pub mod venue;
pub mod views;
