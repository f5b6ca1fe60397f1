//! Checks everything a journal says about itself: frames, checksums, gaps, and the hash chain
//! against every hash that was written down. It works beside a running engine.

use std::path::Path;
use std::sync::Arc;

use super::chain::{Chain, Hash};
use super::cursor::{Cursor, Settled};
use super::error::{JournalError, Reason, doing};
use super::reader::Reader;
use super::snapshot::{self, Wrong};
use super::store::{FileStore, Store};

/// What a sound journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records.
    pub records: u64,
    /// The first record that is here; 0 when there is none.
    pub first_seq: u64,
    /// The last record; 0 when there is none.
    pub last_seq: u64,
    /// The hash chain after the last record. `None` in a journal whose beginning was archived and
    /// that carries no hash since.
    pub hash: Option<Hash>,
    /// Bytes of a commit that was cut; the next start drops them.
    pub torn_tail_bytes: u64,
    /// Snapshots that are not whole; a start passes them over.
    pub wrong_snapshots: Vec<Wrong>,
}

/// Checks the journal in `dir` and the snapshots beside it.
///
/// # Errors
/// Damage, a newer version's frames, or a store that fails.
pub fn verify(dir: &Path) -> Result<Verified, JournalError> {
    // Before the journal: what a running engine snapshots is in the journal that is read then.
    let (points, wrong) = snapshot::points(dir).map_err(doing("reading snapshots"))?;
    let mut verified = verify_store(Box::new(FileStore::read_only(dir)), &points)?;
    verified.wrong_snapshots = wrong;
    Ok(verified)
}

/// Checks the journal in any store against `snapshots`: sequence and hash, by sequence.
///
/// # Errors
/// As [`verify`].
pub fn verify_store(
    store: Box<dyn Store>,
    snapshots: &[(u64, Hash)],
) -> Result<Verified, JournalError> {
    let store: Arc<dyn Store> = Arc::from(store);
    let lowest = store.list().map_err(doing("listing segments"))?;
    let lowest = lowest.first().map_or(1, |file| file.number);
    // Two walks: frames carry hashes of records that lie before them, as far back as may be.
    let mut frames = Cursor::at_segment(Arc::clone(&store), lowest);
    let mut follower = Follower {
        reader: Reader::at(Cursor::at_segment(store, lowest)),
        chain: (lowest == 1).then(Chain::default),
        read: 0,
    };
    let mut snapshots = snapshots
        .iter()
        .map(|(seq, hash)| Chain::at(*seq, *hash))
        .peekable();
    let mut first_seq = 0;
    let mut entered = None;
    let torn_tail_bytes = loop {
        let head = match frames.settle()? {
            Settled::Frame(head) => head,
            Settled::Tail(rest) => break rest.iter().map(|part| part.stray()).sum(),
        };
        if first_seq == 0 {
            first_seq = head.first_seq;
            follower.read = first_seq - 1;
        }
        let place = (frames.number(), frames.frame_offset());
        let entered = entered.replace(place.0) != Some(place.0);
        let of_segment = entered.then(|| frames.segment_chain());
        for carried in of_segment.into_iter().chain([head.chain]) {
            while let Some(taken) = snapshots.next_if(|taken| taken.seq() <= carried.seq()) {
                follower.check(taken, place)?;
            }
            follower.check(carried, place)?;
        }
    };
    let last_seq = frames.expected().map_or(0, |seq| seq - 1);
    let place = (frames.number(), frames.offset());
    for taken in snapshots {
        if taken.seq() > last_seq {
            let reason = Reason::EndsBeforeSnapshot {
                last: last_seq,
                snapshot: taken.seq(),
            };
            return Err(frames.damage(place.0, place.1, reason).into());
        }
        follower.check(taken, place)?;
    }
    follower.read_to(last_seq)?;
    Ok(Verified {
        records: if first_seq == 0 {
            0
        } else {
            last_seq + 1 - first_seq
        },
        first_seq,
        last_seq,
        hash: follower.chain.map(|chain| chain.hash()),
        torn_tail_bytes,
        wrong_snapshots: Vec::new(),
    })
}

/// Computes the chain behind the frames that carry it.
struct Follower {
    reader: Reader,
    /// Unknown until the first hash, where the beginning was archived.
    chain: Option<Chain>,
    read: u64,
}

impl Follower {
    /// Compares what was written down with what the records hash to.
    fn check(&mut self, written: Chain, place: (u32, u64)) -> Result<(), JournalError> {
        let before = self.read;
        if self.chain.is_none() && written.seq() < before {
            return Ok(());
        }
        self.read_to(written.seq())?;
        if *self.chain.get_or_insert(written) == written {
            return Ok(());
        }
        Err(JournalError::Damage(super::Damage {
            segment: place.0,
            offset: place.1,
            reason: Reason::Chain { seq: written.seq() },
            last_good: before.min(written.seq()),
        }))
    }

    fn read_to(&mut self, seq: u64) -> Result<(), JournalError> {
        self.reader.set_limit(seq);
        while self.read < seq {
            let Some(record) = self.reader.next_record()? else {
                break;
            };
            if let Some(chain) = &mut self.chain {
                chain.absorb(record.seq, record.time, record.body);
            }
            self.read = record.seq;
        }
        Ok(())
    }
}
