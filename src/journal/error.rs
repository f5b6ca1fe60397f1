//! What can be wrong with a journal, and the way out.

use std::io;

/// Why a journal was not opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store failed.
    #[error("journal: {doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the store said.
        source: io::Error,
    },
    /// A write or sync failed before; nothing is written any more by this process.
    #[error("the journal is closed for good, because {0}")]
    Poisoned(String),
    /// Something that had been durable is gone or changed.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// A whole frame or segment that this binary does not know.
    #[error(
        "segment {segment:08} at byte {offset} was written by a newer version (format {version}, kind {kind}): start that version"
    )]
    Newer {
        /// The segment's number.
        segment: u32,
        /// Bytes from the segment's start.
        offset: u64,
        /// The format that was found.
        version: u16,
        /// The kind that was found.
        kind: u16,
    },
    /// A batch that does not follow the last durable record. Nothing was written.
    #[error("the batch begins with {found}, but {expected} is next")]
    OutOfSequence {
        /// The sequence that is next.
        expected: u64,
        /// The batch's first sequence.
        found: u64,
    },
    /// Records that were asked for lie before the first one that is kept here.
    #[error("record {asked} is not here: the journal begins with {first}")]
    Archived {
        /// What was asked for.
        asked: u64,
        /// The first record that is here.
        first: u64,
    },
    /// A loss that cannot be accepted like this.
    #[error("the journal cannot be cut after {asked}: {first} to {last} can be kept")]
    Loss {
        /// The sequence that was to be the last.
        asked: u64,
        /// The lowest that can be.
        first: u64,
        /// The highest that can be.
        last: u64,
    },
    /// Another process writes here.
    #[error("another engine holds this journal")]
    Locked,
}

impl JournalError {
    /// Whether there was no room left: ENOSPC or a quota.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ))
    }
}

/// Names what was being done when the store failed.
pub(super) fn doing(doing: &'static str) -> impl FnOnce(io::Error) -> JournalError {
    move |source| JournalError::Io { doing, source }
}

/// Where a journal is damaged, how, and what can be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the journal is damaged in segment {segment:08} at byte {offset}: {reason}; `run --accept-loss {last_good}` goes on with what is before it"
)]
pub struct Damage {
    /// The segment's number.
    pub segment: u32,
    /// Bytes from the segment's start.
    pub offset: u64,
    /// What is wrong there.
    pub reason: Reason,
    /// The last record before it; what `--accept-loss` takes.
    pub last_good: u64,
}

/// What is wrong in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The segment's first bytes are not what was written.
    #[error("the segment's header is broken")]
    Header,
    /// The bytes at a frame's place begin like none.
    #[error("no frame begins here")]
    Magic,
    /// A frame's length that cannot be.
    #[error("the frame's length is impossible")]
    Length,
    /// A frame's bytes are not what was written.
    #[error("the frame's checksum is wrong")]
    Checksum,
    /// The checksum is right and the records in it make no sense.
    #[error("the frame's records are malformed")]
    Records,
    /// Zeroes where a frame was, as a later one shows.
    #[error("a frame is missing before a valid one")]
    Hole,
    /// Records are missing.
    #[error("record {expected} was expected and {found} found")]
    Gap {
        /// The sequence that should be there.
        expected: u64,
        /// The one that is.
        found: u64,
    },
    /// A whole segment is missing.
    #[error("the segment is missing and a later one is there")]
    MissingSegment,
    /// The journal is shorter than a snapshot that was taken of it.
    #[error("the journal ends with {last}, before its newest snapshot of {snapshot}")]
    EndsBeforeSnapshot {
        /// The last record.
        last: u64,
        /// The snapshot's sequence.
        snapshot: u64,
    },
    /// The records do not hash to what was written down later.
    #[error("the hash chain at {seq} is not the one that was written down")]
    Chain {
        /// The record whose hash was written down.
        seq: u64,
    },
}
