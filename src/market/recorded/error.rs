//! Why recorded data cannot be replayed.

use std::io;
use std::path::PathBuf;

/// What is wrong with a file or folder; the whole of it is refused.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Nothing is there.
    #[error("{}: there is no such file or folder", .0.display())]
    Missing(PathBuf),
    /// Something is there, but no row.
    #[error("{}: the file is empty: no candle and no trade is in it", .0.display())]
    Empty(PathBuf),
    /// A folder without a file that could be read.
    #[error("{}: no .csv and no .json file is in it, plain or gzipped", .0.display())]
    NoFiles(PathBuf),
    /// The operating system or the compression refuses.
    #[error("{}: cannot be read: {source}", file.display())]
    Unreadable {
        /// What was opened.
        file: PathBuf,
        /// What was answered.
        source: io::Error,
    },
    /// A broken line.
    #[error("{}:{line}: {found}", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What was found there, and what is expected.
        found: String,
    },
    /// Two files of a folder that contradict each other.
    #[error("{} and {}: {what}", first.display(), second.display())]
    Clash {
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// What both of them claim.
        what: String,
    },
}

/// What stops a reader, before the file's name is put to it.
#[derive(Debug)]
pub(super) enum Fault {
    Empty,
    Io(io::Error),
    Line(u64, String),
}

impl Fault {
    pub(super) fn of(self, file: &std::path::Path) -> FeedError {
        let file = file.to_owned();
        match self {
            Self::Empty => FeedError::Empty(file),
            Self::Io(source) => FeedError::Unreadable { file, source },
            Self::Line(line, found) => FeedError::Line { file, line, found },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
