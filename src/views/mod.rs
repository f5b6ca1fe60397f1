//! SQL tables folded from the journal, for people and their tools.
//!
//! A [`Folder`] keeps a state of its own in step with what it reads and writes rows in transactions
//! that carry the last record, so that neither a crash nor a second folder can lose or double one.
//! The database can be thrown away at any time; [`spawn`] keeps it up with a running engine.
//!
//! What must not come in: decisions, the engine's state. Nothing in the engine reads these tables.

mod check;
mod collect;
mod concerns;
mod database;
mod error;
mod fill;
mod folder;
mod follower;
mod queries;
mod research;
mod rows;
mod table;
mod task;

#[cfg(test)]
mod coordination;
#[cfg(test)]
mod history;
#[cfg(test)]
mod research_tests;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use check::{Difference, check, folded, rebuild};
pub use error::ViewsError;
pub use folder::{Folder, Step};
pub use queries::{Listed, MAX_PAGE, Page, Queries};
pub use task::{Durable, ViewsTask, spawn};

/// Where the tables are in a state folder.
pub fn database_path(state_dir: &Path) -> PathBuf {
    state_dir.join("pilothouse.db")
}
