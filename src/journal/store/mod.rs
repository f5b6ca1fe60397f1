//! Where segments live: the few things a journal asks of a file system, so that memory and faults
//! can stand below it.

mod file;
mod memory;

use std::io;

pub use file::FileStore;
pub(super) use file::sync_dir;
pub use memory::{Fault, MemoryStore};

/// A segment that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentFile {
    /// Its number, from 1 on.
    pub number: u32,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A folder of numbered segments.
pub trait Store: Send + Sync {
    /// Claims the folder for the one writer, until the store is dropped.
    ///
    /// # Errors
    /// `WouldBlock` when another writer holds it.
    fn lock(&self) -> io::Result<()>;

    /// The segments, by number.
    ///
    /// # Errors
    /// What the folder says.
    fn list(&self) -> io::Result<Vec<SegmentFile>>;

    /// Makes a segment of `bytes` zeroes, durable together with its name; one that is there is
    /// replaced.
    ///
    /// # Errors
    /// What the disk says; no segment is there then.
    fn create(&self, number: u32, bytes: u64) -> io::Result<()>;

    /// Takes a segment away for good.
    ///
    /// # Errors
    /// What the folder says.
    fn remove(&self, number: u32) -> io::Result<()>;

    /// Opens a segment.
    ///
    /// # Errors
    /// `NotFound` when there is none of that number.
    fn open(&self, number: u32) -> io::Result<Box<dyn Segment>>;
}

/// One open segment.
pub trait Segment: Send {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the file says.
    fn bytes(&self) -> io::Result<u64>;

    /// Reads as much of `buffer` as there is from `offset` on; returns how much.
    ///
    /// # Errors
    /// What the disk says.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// What the disk says; any part may have been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything written is durable. Once it has failed, what was written is unknown
    /// for ever: it is never asked again.
    ///
    /// # Errors
    /// What the disk says.
    fn sync(&self) -> io::Result<()>;
}

/// Overwrites `from..to` with zeroes, without a sync.
pub(super) fn zero(segment: &dyn Segment, from: u64, to: u64) -> io::Result<()> {
    let blank = vec![0; CHUNK];
    let mut at = from;
    while at < to {
        let part = CHUNK.min(usize::try_from(to - at).unwrap_or(CHUNK));
        segment.write_at(at, &blank[..part])?;
        at += part as u64;
    }
    Ok(())
}

/// Bytes that are read or written in one go.
pub(super) const CHUNK: usize = 1 << 20;
