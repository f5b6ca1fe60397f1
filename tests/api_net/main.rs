//! The API on the network: who comes in, how far they get, how much they may take, and what becomes
//! of those who are slow.

mod bounds;
mod client;
mod doors;
#[path = "../support/house.rs"]
mod house;
mod metrics;
mod net;
#[path = "../support/program.rs"]
mod program;
mod roles;
mod tokens;
