//! The one writer: a batch is durable when `append` returns.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::batch::Batch;
use super::chain::{Chain, Hash};
use super::error::{Damage, JournalError, doing};
use super::frame::{self, FRAME_HEAD, SEGMENT_HEAD, SegmentHead};
use super::heads;
use super::recovery::{self, Torn};
use super::store::{Segment, Store};
use crate::core::Time;

/// How a journal is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Segment lengths in bytes: the first, the second, and so on; the last one stays.
    pub sizes: Vec<u64>,
    /// The sequence of the newest valid snapshot, 0 without one: what is older is not read, and a
    /// journal that ends before it is damaged.
    pub snapshot_seq: u64,
    /// Whether a helper thread makes the next segment ready. Without it a commit now and then takes
    /// that long, and the order of the store's operations is always the same.
    pub prepare_aside: bool,
}

impl Default for Options {
    /// For files: 1, 4, 16, then 64 MiB.
    fn default() -> Self {
        Self {
            sizes: [1, 4, 16, 64].map(|mib| mib << 20).to_vec(),
            snapshot_seq: 0,
            prepare_aside: true,
        }
    }
}

impl Options {
    /// For memory: 64 KiB, then 1 MiB, and no thread.
    pub fn memory() -> Self {
        Self {
            sizes: vec![64 << 10, 1 << 20],
            snapshot_seq: 0,
            prepare_aside: false,
        }
    }

    fn size(&self, number: u32) -> u64 {
        let at = (number as usize).min(self.sizes.len()).saturating_sub(1);
        let bytes = self.sizes.get(at).copied().unwrap_or(1 << 20);
        frame::aligned(bytes.max((SEGMENT_HEAD + FRAME_HEAD) as u64))
    }
}

/// What was found when the journal was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The first record that is here; 1 in a new journal.
    pub first_seq: u64,
    /// The last durable record; 0 in a new journal.
    pub last_seq: u64,
    /// The hash chain as far as the journal itself carries it.
    pub chain: Chain,
    /// The unacknowledged commit that was dropped, if any.
    pub torn: Option<Torn>,
    /// The first damage that was passed over, because all that it concerns is in the snapshot.
    pub passed: Option<Damage>,
}

/// The writer. There is one per folder.
pub struct Journal {
    store: Arc<dyn Store>,
    options: Options,
    current: Option<Current>,
    last_seq: u64,
    chain: Chain,
    /// Bytes of the segments before the current one.
    full: u64,
    buffer: Vec<u8>,
    next: NextSegment,
    poison: Option<String>,
}

struct Current {
    number: u32,
    segment: Box<dyn Segment>,
    bytes: u64,
    offset: u64,
    has_head: bool,
}

enum NextSegment {
    Missing,
    Coming(JoinHandle<io::Result<()>>),
    Ready,
}

impl Journal {
    /// Opens the journal, drops a torn tail, and goes on after the last whole frame.
    ///
    /// # Errors
    /// Another writer holds it, the store fails, a newer version wrote it, or it is damaged;
    /// [`JournalError::Damage`] names the way out, and nothing was changed then.
    pub fn open(store: Box<dyn Store>, options: Options) -> Result<(Self, Opened), JournalError> {
        store.lock().map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => JournalError::Locked,
            _ => doing("locking")(error),
        })?;
        let store: Arc<dyn Store> = Arc::from(store);
        let end = recovery::recover(&store, options.snapshot_seq, |n| options.size(n))?;
        let files = store.list().map_err(doing("listing segments"))?;
        let first = match files.first() {
            Some(file) => heads::good_head(&*store, file.number)?,
            None => None,
        };
        let tail = end.segment.map_or(0, |(number, _)| number);
        let mut journal = Self {
            full: files
                .iter()
                .filter(|f| f.number < tail)
                .map(|f| f.bytes)
                .sum(),
            store,
            options,
            current: None,
            last_seq: end.last_seq,
            chain: end.chain,
            buffer: Vec::new(),
            next: if end.next_is_ready {
                NextSegment::Ready
            } else {
                NextSegment::Missing
            },
            poison: None,
        };
        if let Some((number, bytes)) = end.segment {
            let segment = journal.store.open(number);
            journal.current = Some(Current {
                number,
                segment: segment.map_err(doing("opening a segment"))?,
                bytes,
                offset: end.offset,
                has_head: true,
            });
        }
        journal.prepare();
        let opened = Opened {
            first_seq: first.map_or(1, |head| head.first_seq),
            last_seq: end.last_seq,
            chain: end.chain,
            torn: end.torn,
            passed: end.passed,
        };
        Ok((journal, opened))
    }

    /// Makes the batch durable: one write, one sync. Returns the last durable sequence. An empty
    /// batch costs nothing. `wall` is the wall time, kept beside the records.
    ///
    /// # Errors
    /// [`JournalError::OutOfSequence`] when the batch does not follow. When the store fails, the
    /// journal is poisoned: whether the batch is durable is unknown until the next start, and
    /// every later call answers [`JournalError::Poisoned`].
    pub fn append(&mut self, batch: &Batch, wall: Time) -> Result<u64, JournalError> {
        if let Some(reason) = &self.poison {
            return Err(JournalError::Poisoned(reason.clone()));
        }
        if batch.is_empty() {
            return Ok(self.last_seq);
        }
        let expected = self.last_seq + 1;
        if batch.first_seq() != expected {
            let found = batch.first_seq();
            return Err(JournalError::OutOfSequence { expected, found });
        }
        if let Err(error) = self.commit(batch, wall) {
            self.poison = Some(error.to_string());
            return Err(error);
        }
        self.last_seq += u64::from(batch.count());
        Ok(self.last_seq)
    }

    /// The last durable sequence; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Tells the hash after record `seq`, as computed behind the commit; later frames carry it.
    /// What is older than what is known, or not durable yet, is ignored.
    pub fn note_chain(&mut self, seq: u64, hash: Hash) {
        if seq > self.chain.seq() && seq <= self.last_seq {
            self.chain = Chain::at(seq, hash);
        }
    }

    /// Bytes in use: whole segments before the current one, and what is written of that.
    pub fn bytes(&self) -> u64 {
        self.full + self.current.as_ref().map_or(0, |c| c.offset)
    }

    fn commit(&mut self, batch: &Batch, wall: Time) -> Result<(), JournalError> {
        let length = (FRAME_HEAD + batch.bytes().len()) as u64;
        let room = self
            .current
            .as_ref()
            .map_or(0, |c| c.bytes.saturating_sub(c.offset));
        if length > room {
            self.advance(length)?;
        }
        let current = self.current.as_mut().expect("there is one, with room");
        self.buffer.clear();
        let mut at = current.offset;
        if !current.has_head {
            at = 0;
            let head = SegmentHead {
                number: current.number,
                first_seq: batch.first_seq(),
                chain: self.chain,
            };
            head.encode(&mut self.buffer);
        }
        let (number, offset) = (current.number, current.offset);
        frame::encode(&mut self.buffer, batch, wall, self.chain, number, offset);
        current
            .segment
            .write_at(at, &self.buffer)
            .map_err(doing("writing a batch"))?;
        current.segment.sync().map_err(doing("syncing a batch"))?;
        current.has_head = true;
        current.offset = frame::aligned(offset + length).min(current.bytes);
        Ok(())
    }

    /// Goes on to the next segment, which has room for a frame of `length` bytes.
    fn advance(&mut self, length: u64) -> Result<(), JournalError> {
        let number = self.next_number();
        let needed = frame::aligned(SEGMENT_HEAD as u64 + length);
        let ready = match std::mem::replace(&mut self.next, NextSegment::Missing) {
            NextSegment::Missing => false,
            NextSegment::Ready => true,
            NextSegment::Coming(helper) => {
                let made = helper
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("the helper thread panicked")));
                match made {
                    Ok(()) => true,
                    // It may have been a while ago: there may be room now.
                    Err(error) if error.kind() == io::ErrorKind::StorageFull => false,
                    Err(error) => return Err(doing("making the next segment")(error)),
                }
            }
        };
        if !ready || self.options.size(number) < needed {
            let bytes = self.options.size(number).max(needed);
            self.store
                .create(number, bytes)
                .map_err(doing("making the next segment"))?;
        }
        let opened = self.store.open(number);
        let segment = opened.map_err(doing("opening a segment"))?;
        let bytes = segment.bytes().map_err(doing("measuring a segment"))?;
        self.full += self.current.as_ref().map_or(0, |c| c.bytes);
        self.current = Some(Current {
            number,
            segment,
            bytes,
            offset: SEGMENT_HEAD as u64,
            has_head: false,
        });
        self.prepare();
        Ok(())
    }

    fn next_number(&self) -> u32 {
        self.current.as_ref().map_or(1, |c| c.number + 1)
    }

    /// Has a helper make the next segment ready, off the path.
    fn prepare(&mut self) {
        if !self.options.prepare_aside || !matches!(self.next, NextSegment::Missing) {
            return;
        }
        let store = Arc::clone(&self.store);
        let number = self.next_number();
        let bytes = self.options.size(number);
        let helper = thread::Builder::new()
            .name("journal-next".into())
            .spawn(move || store.create(number, bytes));
        // Without a thread it is made when it is needed.
        if let Ok(helper) = helper {
            self.next = NextSegment::Coming(helper);
        }
    }
}

impl Drop for Journal {
    /// Waits for the helper, so that the folder is at rest when the journal is gone.
    fn drop(&mut self) {
        if let NextSegment::Coming(helper) = std::mem::replace(&mut self.next, NextSegment::Missing)
        {
            // Whatever it says, the next start looks for itself.
            let _ = helper.join();
        }
    }
}
