//! The operator's way out of damage: to give up everything after some record.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::cursor::{Cursor, Next};
use super::error::{JournalError, doing};
use super::frame;
use super::snapshot;
use super::store::{self, FileStore, Store};
use super::survey;

/// Cuts the journal in `dir` after record `seq` and discards snapshots that are newer. Returns how
/// many bytes were given up.
///
/// # Errors
/// Another writer holds it, the store fails, or the journal cannot be read up to `seq`
/// ([`JournalError::Loss`] names what can be kept); in this last case nothing was changed.
pub fn accept_loss(dir: &Path, seq: u64) -> Result<u64, JournalError> {
    let store = FileStore::writable(dir).map_err(doing("opening the folder"))?;
    let bytes = accept_loss_in(Box::new(store), seq)?;
    snapshot::discard_after(dir, seq).map_err(doing("discarding snapshots"))?;
    Ok(bytes)
}

/// The same in any store, which knows no snapshots.
///
/// # Errors
/// As [`accept_loss`].
pub fn accept_loss_in(store: Box<dyn Store>, seq: u64) -> Result<u64, JournalError> {
    store.lock().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => JournalError::Locked,
        _ => doing("locking")(error),
    })?;
    let store: Arc<dyn Store> = Arc::from(store);
    let kept = keep_until(&store, seq)?;
    cut(&*store, &kept).map_err(doing("cutting the journal"))
}

/// The last place that stays.
struct Kept {
    number: u32,
    /// Where the last frame ends; 0 when nothing of the segment stays.
    end: u64,
    /// The last frame, cut short, and where it stands.
    shortened: Option<(u64, Vec<u8>)>,
}

fn keep_until(store: &Arc<dyn Store>, seq: u64) -> Result<Kept, JournalError> {
    let lowest = store.list().map_err(doing("listing segments"))?;
    let lowest = lowest.first().map_or(1, |file| file.number);
    let mut cursor = Cursor::at_segment(Arc::clone(store), lowest);
    let mut kept = Kept {
        number: lowest,
        end: 0,
        shortened: None,
    };
    // A journal that begins with its first record may be given up as a whole.
    let mut first = (lowest == 1).then_some(0);
    let mut last = 0;
    while let Next::Frame(head) = cursor.next()? {
        first.get_or_insert(head.first_seq);
        if head.first_seq > seq {
            break;
        }
        last = head.first_seq + u64::from(head.count) - 1;
        kept.number = cursor.number();
        kept.end = cursor.offset();
        if last > seq {
            let offset = cursor.frame_offset();
            let keep = u32::try_from(seq + 1 - head.first_seq).expect("less than the count");
            let mut bytes = cursor.frame().to_vec();
            frame::shorten(&mut bytes, keep, kept.number, offset);
            kept.end = frame::aligned(offset + bytes.len() as u64);
            kept.shortened = Some((offset, bytes));
            break;
        }
    }
    let first = first.unwrap_or(u64::MAX);
    if seq < first || seq > last {
        let asked = seq;
        return Err(JournalError::Loss { asked, first, last });
    }
    Ok(kept)
}

/// From the end to the front, so that a crash within leaves what can be cut again.
fn cut(store: &dyn Store, kept: &Kept) -> io::Result<u64> {
    let mut given_up = 0;
    for part in survey::rest(store, kept.number, kept.end)?.iter().rev() {
        given_up += part.stray();
        if part.number > kept.number || kept.end == 0 {
            store.remove(part.number)?;
            continue;
        }
        let segment = store.open(part.number)?;
        let mut keep_clear = part.from;
        if let Some((offset, frame)) = &kept.shortened {
            // The header alone changes and lies within one sector: the disk has the old one or the
            // new one. What is behind it then is a torn tail at worst.
            segment.write_at(*offset, &frame[..32])?;
            segment.sync()?;
            keep_clear = offset + frame.len() as u64;
        }
        store::zero(&*segment, keep_clear, part.end)?;
        segment.sync()?;
    }
    Ok(given_up)
}
