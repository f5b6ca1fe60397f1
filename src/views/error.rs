//! What can be wrong with the tables, and what mends it.

use crate::core::RecordError;
use crate::journal::JournalError;

/// Why the tables were not opened, folded or read.
#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    /// The database failed.
    #[error("views: the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// Its tables could not be made.
    #[error("views: the tables cannot be made: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The journal could not be read.
    #[error("views: {0}")]
    Journal(#[from] JournalError),
    /// A record could not be read.
    #[error("views: record {seq}: {source}")]
    Record {
        /// Which.
        seq: u64,
        /// What is wrong with it.
        source: RecordError,
    },
    /// The journal goes on elsewhere than where the last record was.
    #[error("views: record {expected} was expected and {found} found")]
    Gap {
        /// The record that should follow.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// The tables know records that the journal does not have.
    #[error("views: the tables know {folded} records, the journal {last}: rebuild them")]
    Ahead {
        /// The last record in the tables.
        folded: u64,
        /// The last record in the journal.
        last: u64,
    },
    /// The tables were folded from another journal, or from a part that was given up.
    #[error("views: the tables were folded from another history than record {seq}'s: rebuild them")]
    OtherHistory {
        /// The last record in the tables.
        seq: u64,
    },
    /// Somebody else has folded into the same tables, or emptied them.
    #[error("views: the tables were changed by somebody else")]
    Moved,
    /// The tables are another version's.
    #[error("views: the tables are another version's: rebuild them")]
    Schema,
    /// The file system failed.
    #[error("views: {doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A row that was read is no JSON document.
    #[error("views: a row cannot be read: {0}")]
    Document(#[from] serde_json::Error),
}

/// What mends an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Try again later.
    Wait,
    /// Open the tables again and see where they stand.
    Reopen,
    /// Empty them and fold from the beginning.
    Empty,
    /// Put the file aside and begin with a new one.
    SetAside,
}

impl ViewsError {
    /// What mends it.
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Database(error) if is_unreadable(error) => Remedy::SetAside,
            Self::Schema | Self::Migration(_) => Remedy::SetAside,
            Self::Ahead { .. } | Self::OtherHistory { .. } => Remedy::Empty,
            Self::Moved => Remedy::Reopen,
            _ => Remedy::Wait,
        }
    }
}

/// SQLite's own words for a file it cannot read: SQLITE_CORRUPT and SQLITE_NOTADB, of which the
/// extended codes keep the low byte.
fn is_unreadable(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|e| e.code())
        .and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 11 | 26))
}
