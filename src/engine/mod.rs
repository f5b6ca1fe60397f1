//! The engine: one thread that decides and commits, and what hangs on it — lanes before it,
//! effects after it, readers beside it. What must not come in: screens, transports, and any rule
//! that the core should decide.

pub mod clock;
mod follower;
mod handle;
pub mod lanes;
mod recovery;
mod settings;

pub use clock::Speed;
pub use follower::Durable;
pub use handle::{EngineError, EngineHandle, Outcome, Submission};
pub use lanes::{Lane, Lanes};
pub use recovery::{RecoveryError, journal_dir, read_state, recover};
