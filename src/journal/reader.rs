//! Reads record after record, beside a writer in this process or another.

use std::path::Path;
use std::sync::Arc;

use super::Record;
use super::cursor::{Cursor, Next, Settled};
use super::error::JournalError;
use super::frame::{self, FRAME_HEAD, FrameHead};
use super::store::{FileStore, Store};
use crate::core::Time;

/// Reads a journal from some record on. It changes nothing, stops quietly where nothing more is
/// written, and can be asked again.
pub struct Reader {
    cursor: Cursor,
    from_seq: u64,
    limit: u64,
    /// The frame's records that were not handed out yet.
    left: u32,
    seq: u64,
    at: usize,
}

impl Reader {
    /// Stands before record `from_seq`, which need not be written yet. Damage that lies wholly
    /// before that record is passed over.
    ///
    /// # Errors
    /// The store fails, or the journal begins later than `from_seq`.
    pub fn open(store: Box<dyn Store>, from_seq: u64) -> Result<Self, JournalError> {
        let mut reader = Self::at(Cursor::start(Arc::from(store), from_seq)?);
        reader.from_seq = from_seq;
        Ok(reader)
    }

    /// The same on a folder of files.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_dir(dir: &Path, from_seq: u64) -> Result<Self, JournalError> {
        Self::open(Box::new(FileStore::read_only(dir)), from_seq)
    }

    /// Reads all from where a cursor stands.
    pub(super) fn at(cursor: Cursor) -> Self {
        Self {
            cursor,
            from_seq: 0,
            limit: u64::MAX,
            left: 0,
            seq: 0,
            at: 0,
        }
    }

    /// Nothing after `durable_seq` is handed out: a follower in the writer's process calls this
    /// with what [`Journal::append`](super::Journal::append) returned.
    pub fn set_limit(&mut self, durable_seq: u64) {
        self.limit = durable_seq;
    }

    /// The next record; `None` when no more is written, whole and within the limit.
    ///
    /// # Errors
    /// The store fails, the journal is damaged here, or a newer version wrote it.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, JournalError> {
        loop {
            if self.left == 0 && !self.next_frame()? {
                return Ok(None);
            }
            if self.seq > self.limit {
                return Ok(None);
            }
            let (seq, at) = (self.seq, self.at);
            let (_, next) = self.record(at);
            self.seq += 1;
            self.at = next;
            self.left -= 1;
            if seq >= self.from_seq {
                let ((time, body), _) = self.record(at);
                return Ok(Some(Record { seq, time, body }));
            }
        }
    }

    /// Whether nothing more is written indeed, once [`Reader::next_record`] has answered `None`: a
    /// reader alone stops at a place full of zeroes, whatever lies behind it. Where more came since,
    /// it can be read on.
    ///
    /// # Errors
    /// The store fails, or something whole lies behind this place: what was here is lost.
    pub fn is_at_end(&mut self) -> Result<bool, JournalError> {
        Ok(self.left == 0 && !self.settle()?)
    }

    fn record(&self, at: usize) -> ((Time, &[u8]), usize) {
        frame::record_at(self.cursor.frame(), at).expect("the frame was parsed whole")
    }

    fn next_frame(&mut self) -> Result<bool, JournalError> {
        if self.cursor.expected().is_some_and(|seq| seq > self.limit) {
            return Ok(false);
        }
        match self.cursor.next()? {
            Next::Frame(head) => self.begin(&head),
            Next::End if !self.cursor.is_before_wanted() => return Ok(false),
            Next::End | Next::Broken(_) => return self.settle(),
        }
        Ok(true)
    }

    fn settle(&mut self) -> Result<bool, JournalError> {
        match self.cursor.settle()? {
            Settled::Frame(head) => self.begin(&head),
            Settled::Tail(_) => return Ok(false),
        }
        Ok(true)
    }

    fn begin(&mut self, head: &FrameHead) {
        self.left = head.count;
        self.seq = head.first_seq;
        self.at = FRAME_HEAD;
    }
}
