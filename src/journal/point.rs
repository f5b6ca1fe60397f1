//! Whether a hash that was written down beside a journal is one of its own.

use std::sync::Arc;

use super::chain::{Chain, Hash};
use super::cursor::{Cursor, Next};
use super::error::JournalError;
use super::reader::Reader;
use super::store::Store;

/// Whether the records of the journal in `store` hash to `hash` at record `seq`, by the nearest
/// earlier hash that the journal carries. `None` where that cannot be said: the journal ends before
/// it, or is damaged or archived there.
///
/// # Errors
/// The store fails, or a newer version wrote it.
pub fn is_of_this_journal(
    store: Box<dyn Store>,
    seq: u64,
    hash: Hash,
) -> Result<Option<bool>, JournalError> {
    match compared(&Arc::from(store), Chain::at(seq, hash)) {
        Err(JournalError::Damage(_) | JournalError::Archived { .. }) => Ok(None),
        answer => answer,
    }
}

fn compared(store: &Arc<dyn Store>, wanted: Chain) -> Result<Option<bool>, JournalError> {
    let mut chain = carried(store, wanted.seq())?;
    let mut reader = Reader::at(Cursor::start(Arc::clone(store), chain.seq() + 1)?);
    reader.set_limit(wanted.seq());
    while let Some(record) = reader.next_record()? {
        if record.seq > chain.seq() {
            chain.absorb(record.seq, record.time, record.body);
        }
    }
    Ok((chain.seq() == wanted.seq()).then_some(chain == wanted))
}

/// The last hash that the segment around record `seq` carries of that record or an earlier one.
fn carried(store: &Arc<dyn Store>, seq: u64) -> Result<Chain, JournalError> {
    let mut cursor = Cursor::start(Arc::clone(store), seq + 1)?;
    let mut last = Chain::default();
    while let Next::Frame(head) = cursor.next()? {
        for carried in [cursor.segment_chain(), head.chain] {
            if carried.seq() <= seq && carried.seq() > last.seq() {
                last = carried;
            }
        }
        if head.first_seq > seq {
            break;
        }
    }
    Ok(last)
}
