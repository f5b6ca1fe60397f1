//! The engine: one thread that decides and commits, and what hangs on it — lanes before it,
//! effects after it, readers beside it.

pub mod handle;
pub mod lanes;

pub use handle::{EngineError, EngineHandle, Outcome};
pub use lanes::{Lane, Lanes};
