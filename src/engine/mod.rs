//! The engine: one thread that decides and commits, and what hangs on it — lanes before it,
//! effects after it, readers beside it. What must not come in: screens, transports, and any rule
//! that the core should decide.

mod advance;
mod attend;
mod beats;
pub mod chatter;
mod clock;
mod commit;
mod conduct;
pub mod conductor;
mod configuration;
mod deadlines;
mod durable;
mod duties;
mod effects;
mod figures;
mod follower;
mod gathering;
mod global_file;
mod handle;
pub mod lanes;
mod latest;
mod launch;
pub mod mailbox;
mod market;
mod measuring;
mod older;
mod protection;
mod questions;
mod recovery;
mod reply;
mod sampling;
mod says;
mod services;
mod settings;
mod tokens;
mod world;

pub use beats::{Beats, OutsideBeat};
pub use clock::Speed;
pub use configuration::{ChangeRow, Reload, ReloadError, Reloaded};
pub use durable::{Durable, Reached};
pub use figures::Figures;
pub use handle::{EngineError, EngineHandle, Outcome, Submission};
pub use lanes::{Lane, Lanes};
pub use launch::{Engine, FeedChoice, LaunchError, Options};
pub use mailbox::{Mailboxes, Redelivery};
pub use recovery::{RecoveryError, fold_journal, journal_dir, read_state, recover};
pub use reply::{Heard, Place, ReplyTo, Told};
pub use settings::{balances, settings};
pub use tokens::Holder;
pub use world::{Ended, Over};
