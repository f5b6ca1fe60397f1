//! The append-only log: what was decided, in order, durable before anybody is told.
//!
//! A record is an envelope (sequence, engine time) around bytes that others encode. Records travel
//! in batches, a batch is a frame, frames lie in segments that were written full of zeroes
//! beforehand, so that a commit is one write and one sync. What is read after a crash is a prefix,
//! and a loss is never silent.
//!
//! What must not come in: the core's commands, events or state, the wall clock, networks, async.

mod archive;
mod aside;
mod batch;
mod chain;
mod copy;
mod cursor;
mod error;
mod frame;
mod heads;
mod loss;
mod point;
mod reader;
mod recovery;
pub mod snapshot;
mod space;
pub mod store;
mod survey;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use archive::{Archived, archive};
pub use aside::{make_dir, write_new};
pub use batch::{Batch, MAX_BATCH_BYTES, MAX_BODY, MAX_RECORDS, TooLarge};
pub use chain::{Chain, Hash};
pub use copy::{Copied, copy};
pub use error::{Damage, JournalError, Reason};
pub use loss::{accept_loss, accept_loss_in};
pub use point::is_of_this_journal;
pub use reader::Reader;
pub use recovery::Torn;
pub use space::free_space;
pub use store::{Fault, FileStore, MemoryStore, Segment, SegmentFile, Store};
pub use verify::{Verified, verify, verify_store};
pub use writer::{Journal, Opened, Options};

use crate::core::Time;

/// One record as it is read: borrowed from the reader's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its place in the journal, from 1 on, without gaps.
    pub seq: u64,
    /// Engine time of the decision.
    pub time: Time,
    /// The canonical bytes: actor, cause, command, events. At most [`MAX_BODY`] bytes.
    pub body: &'a [u8],
}

/// A record that outlives the buffer it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Its place in the journal, from 1 on, without gaps.
    pub seq: u64,
    /// Engine time of the decision.
    pub time: Time,
    /// The canonical bytes.
    pub body: Vec<u8>,
}

impl Record<'_> {
    /// Copies the body, so that the record can be kept.
    pub fn to_owned(&self) -> OwnedRecord {
        OwnedRecord {
            seq: self.seq,
            time: self.time,
            body: self.body.to_vec(),
        }
    }
}
