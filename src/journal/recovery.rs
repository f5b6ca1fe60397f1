//! Finds the end of a journal, and clears away a commit that was cut before it was acknowledged.

use std::io;
use std::sync::Arc;

use super::chain::Chain;
use super::cursor::{Cursor, Settled};
use super::error::{Damage, JournalError, Reason, doing};
use super::frame::SEGMENT_HEAD;
use super::store::{self, Store};

/// A commit that was cut or broken at the end and dropped. Nobody had been told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torn {
    /// The segment's number.
    pub segment: u32,
    /// Where the commit began, in bytes from the segment's start.
    pub offset: u64,
    /// The sequence its first record would have had.
    pub seq: u64,
    /// Bytes of it that were there, `torn_tail_bytes`.
    pub bytes: u64,
}

/// Where a journal ends.
#[derive(Debug)]
pub struct End {
    /// The last record; 0 in a new journal.
    pub last_seq: u64,
    /// The segment that is written, and its length; `None` in a new journal.
    pub segment: Option<(u32, u64)>,
    /// Where the next frame begins in it.
    pub offset: u64,
    /// The hash chain as far as the journal carries it.
    pub chain: Chain,
    /// What was dropped.
    pub torn: Option<Torn>,
    /// Damage in what the snapshot holds, passed over.
    pub passed: Option<Damage>,
    /// Whether the next segment is there already, blank.
    pub next_is_ready: bool,
}

/// Reads from the newest snapshot on to the end, and makes the end clean and durable.
///
/// Nothing is changed when there is damage. What is damaged in records that are in the snapshot is
/// no damage to a start.
pub fn recover(
    store: &Arc<dyn Store>,
    snapshot_seq: u64,
    next_bytes: impl Fn(u32) -> u64,
) -> Result<End, JournalError> {
    let mut cursor = Cursor::start(Arc::clone(store), snapshot_seq + 1)?;
    let mut last_frame = None;
    let rest = loop {
        match cursor.settle()? {
            Settled::Frame(_) => {
                last_frame = Some((cursor.number(), cursor.frame_offset(), cursor.offset()));
            }
            Settled::Tail(rest) => break rest,
        }
    };
    let last_seq = cursor.expected().map_or(0, |seq| seq - 1);
    let (number, offset) = (cursor.number(), cursor.offset());
    if cursor.expected().is_none() {
        return Err(cursor.damage(number, 0, Reason::Header).into());
    }
    if last_seq < snapshot_seq {
        let reason = Reason::EndsBeforeSnapshot {
            last: last_seq,
            snapshot: snapshot_seq,
        };
        return Err(cursor.damage(number, offset, reason).into());
    }
    let bytes: u64 = rest.iter().map(|part| part.stray()).sum();
    let torn = (bytes > 0).then(|| {
        let place = rest.iter().find(|part| part.stray() > 0);
        let place = place.expect("some part has the bytes");
        Torn {
            segment: place.number,
            offset: place.from,
            seq: last_seq + 1,
            bytes,
        }
    });
    let segment = cursor.segment();
    let mut next_is_ready = false;
    for part in &rest {
        if segment.is_some_and(|(tail, _)| tail == part.number) {
            if part.stray() > 0 {
                clear(&**store, part.number, part.from, part.end)
                    .map_err(doing("clearing the torn tail"))?;
            }
            continue;
        }
        let next = segment.map_or(1, |(tail, _)| tail + 1);
        let whole = store.open(part.number).and_then(|s| s.bytes());
        let whole = whole.map_err(doing("measuring a segment"))?;
        if part.number == next && part.stray() == 0 && whole == next_bytes(next) {
            next_is_ready = true;
        } else {
            store
                .remove(part.number)
                .map_err(doing("removing an unused segment"))?;
        }
    }
    if let Some((number, from, to)) = last_frame {
        // The segment's header was written together with its first frame.
        let from = if from == SEGMENT_HEAD as u64 { 0 } else { from };
        rewrite(&**store, number, from, to).map_err(doing("writing the last frame again"))?;
    }
    Ok(End {
        last_seq,
        segment,
        offset,
        chain: cursor.chain(),
        torn,
        passed: cursor.passed().cloned(),
        next_is_ready,
    })
}

fn clear(store: &dyn Store, number: u32, from: u64, to: u64) -> io::Result<()> {
    let segment = store.open(number)?;
    store::zero(&*segment, from, to)?;
    segment.sync()
}

/// After a failed sync a restart may read from the cache what the disk never got, and the system
/// counts it as written. Writing the same bytes again makes the next sync mean what it says.
fn rewrite(store: &dyn Store, number: u32, from: u64, to: u64) -> io::Result<()> {
    let segment = store.open(number)?;
    let mut bytes = vec![0; usize::try_from(to - from).map_err(|_| io::ErrorKind::FileTooLarge)?];
    let read = segment.read_at(from, &mut bytes)?;
    segment.write_at(from, &bytes[..read])?;
    segment.sync()
}
