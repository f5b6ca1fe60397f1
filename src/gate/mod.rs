//! The egress gate and the stop: the last check before anything leaves for an exchange, and every
//! way to close it.
//!
//! It must work when the rest does not. What must not come in: the core's decisions, the journal,
//! async, configuration; of the crate only `core::{Name, Time}`. Closing takes no lock that anybody
//! holds while waiting, and waits for no disk.
//!
//! - [`Gate`]: the atomic {epoch, presses, closed}, permits for entries, the table of what left.
//! - [`Sentinel`], [`SentinelWatch`]: the file `stop/EPOCH` that outlives the process.
//! - [`stop_socket`]: `stop.sock`, the way in for other processes, and its client.
//! - [`Consoles`]: who watches, so that the going of the last is noticed.
//! - [`Watchdog`]: closes the gate when the core or a sync hangs.
//! - [`StateLock`]: one engine a state folder.

mod consoles;
mod egress;
mod folder;
mod hooks;
mod journaled;
mod lock;
mod permit;
mod press;
#[cfg(test)]
mod races;
mod sentinel;
mod sentinel_watch;
pub mod stop_socket;
mod table;
mod watchdog;
mod word;

pub use consoles::{Consoles, Watching};
pub use egress::{Closed, Gate, JustPressed};
pub use folder::make_state_dir;
pub use hooks::Hook;
pub use journaled::Journaled;
pub use lock::{Holder, LockError, StateLock, is_held};
pub use permit::Permit;
pub use press::{How, Press};
pub use sentinel::{Sentinel, latched_above};
pub use sentinel_watch::SentinelWatch;
pub use table::{Counts, PermitRefused, Stage, TABLE_LIMIT, TableEntry};
pub use watchdog::{Heartbeat, Watchdog, monotonic_ms};
pub use word::Observed;
