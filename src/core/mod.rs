//! The decider: everything that is decided is decided here, and nowhere else.
//!
//! What must not come in: I/O, a clock, randomness, hash order, async, floats for money. Only std,
//! serde, chrono, rust_decimal, thiserror, minicbor and the core's own modules are imported.

pub mod text;
pub mod time;

pub use text::{Name, Symbol};
pub use time::Time;
