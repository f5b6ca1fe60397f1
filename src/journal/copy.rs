//! A copy of a journal that is consistent whatever is written to it meanwhile.
//!
//! Snapshots are copied first and segments after them, so that what is in a snapshot is in the copy's
//! journal too. Of the segment that is being written, the copy takes what is whole: it ends with a
//! frame, as a journal does that was just opened.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::aside::{make_dir, write_new};
use super::cursor::{Cursor, Settled};
use super::error::{JournalError, doing};
use super::snapshot;
use super::store::{CHUNK, FileStore, Segment, Store, sync_dir};

/// What was copied so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Segments begun.
    pub segments: u32,
    /// Snapshots.
    pub snapshots: u32,
    /// Bytes of records and snapshots.
    pub bytes: u64,
    /// Bytes that were there when it began, zeroes of a segment that is not full among them.
    pub of_bytes: u64,
    /// The last record.
    pub last_seq: u64,
}

/// Copies the journal in `from` and the snapshots beside it into `to`, which is made (0700), and makes
/// the copy durable. `tell` is called after every part. The copy is a whole journal; that it says the
/// truth is for [`verify`](super::verify) to see.
///
/// # Errors
/// The journal is damaged or a newer version's, a segment was archived meanwhile, or a disk fails.
/// What was copied until then stays.
pub fn copy(from: &Path, to: &Path, mut tell: impl FnMut(Copied)) -> Result<Copied, JournalError> {
    let store: Arc<dyn Store> = Arc::new(FileStore::read_only(from));
    let files = store.list().map_err(doing("listing segments"))?;
    let mut copied = Copied {
        of_bytes: files.iter().map(|file| file.bytes).sum(),
        ..Copied::default()
    };
    make_dir(to).map_err(doing("making the copy's folder"))?;
    snapshots(from, to, &mut copied).map_err(doing("copying snapshots"))?;
    let lowest = files.first().map_or(1, |file| file.number);
    let mut cursor = Cursor::at_segment(Arc::clone(&store), lowest);
    // The segment the cursor stands in, and where its last whole frame ends.
    let mut reached: Option<(u32, u64)> = None;
    loop {
        let settled = cursor.settle()?;
        let place = (cursor.number(), cursor.offset());
        let ended = matches!(settled, Settled::Tail(_));
        if let Some((number, end)) = reached
            && (ended || number != place.0)
        {
            segment(&*store, to, number, end, &mut copied, &mut tell)
                .map_err(doing("copying a segment"))?;
        }
        if ended {
            break;
        }
        reached = Some(place);
    }
    copied.last_seq = cursor.expected().map_or(0, |seq| seq - 1);
    sync_dir(to).map_err(doing("syncing the copy"))?;
    Ok(copied)
}

/// Snapshots that are whole; the engine may take one away while it is read.
fn snapshots(from: &Path, to: &Path, copied: &mut Copied) -> io::Result<()> {
    for path in snapshot::files(from)? {
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read?,
        };
        let name = path.file_name().expect("a snapshot has a name");
        write_new(&to.join(name), |file| file.write_all(&bytes))?;
        copied.snapshots += 1;
        copied.bytes += bytes.len() as u64;
    }
    Ok(())
}

/// A segment up to where its last whole frame ends, and zeroes behind it, as the writer made it.
fn segment(
    store: &dyn Store,
    to: &Path,
    number: u32,
    end: u64,
    copied: &mut Copied,
    tell: &mut impl FnMut(Copied),
) -> io::Result<()> {
    let segment = store.open(number)?;
    let length = segment.bytes()?;
    copied.segments += 1;
    write_new(&to.join(format!("{number:08}.seg")), |file| {
        let mut chunk = vec![0; CHUNK];
        let mut at = 0;
        while at < length {
            let part = CHUNK.min(usize::try_from(length - at).unwrap_or(CHUNK));
            let whole = usize::try_from(end.saturating_sub(at)).map_or(part, |left| left.min(part));
            fill(&*segment, at, &mut chunk[..whole])?;
            chunk[whole..part].fill(0);
            file.write_all(&chunk[..part])?;
            at += part as u64;
            copied.bytes += whole as u64;
            tell(*copied);
        }
        Ok(())
    })
}

fn fill(segment: &dyn Segment, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    if segment.read_at(at, buffer)? == buffer.len() {
        return Ok(());
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, Journal, Options, Reader, verify};
    use super::*;
    use crate::core::Time;

    fn append(journal: &mut Journal, records: u64) {
        for _ in 0..records {
            let seq = journal.last_seq() + 1;
            let mut batch = Batch::new();
            batch.push(seq, Time(0), &vec![7; 900]).unwrap();
            journal.append(&batch, Time(0)).unwrap();
        }
    }

    fn journal(dir: &Path) -> Journal {
        let options = Options {
            sizes: vec![8 << 10, 16 << 10],
            ..Options::default()
        };
        let store = FileStore::writable(dir).unwrap();
        Journal::open(Box::new(store), options).unwrap().0
    }

    #[test]
    fn a_copy_taken_in_the_midst_of_writing_is_a_journal_that_goes_on() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        let mut source = journal(&from);
        append(&mut source, 40);
        // The writer goes on between two parts.
        let mut told = 0;
        let copied = copy(&from, &to, |now| {
            append(&mut source, 3);
            assert!(now.bytes > told);
            told = now.bytes;
        })
        .unwrap();
        assert!(copied.segments > 2 && copied.last_seq >= 40, "{copied:?}");
        let verified = verify(&to).unwrap();
        assert_eq!(verified.last_seq, copied.last_seq);
        assert_eq!(verified.torn_tail_bytes, 0);

        let mut second = journal(&to);
        assert_eq!(second.last_seq(), copied.last_seq);
        append(&mut second, 20);
        assert_eq!(verify(&to).unwrap().last_seq, copied.last_seq + 20);
    }

    #[test]
    fn what_is_not_whole_at_the_end_is_left_behind() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        let mut source = journal(&from);
        append(&mut source, 3);
        drop(source);
        let first = from.join("00000001.seg");
        let mut bytes = fs::read(&first).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[end - 100..=end].fill(0);
        fs::write(&first, &bytes).unwrap();
        let copied = copy(&from, &to, |_| {}).unwrap();
        assert_eq!(copied.last_seq, 2);
        assert_eq!(verify(&to).unwrap().torn_tail_bytes, 0);
        let mut reader = Reader::open_dir(&to, 1).unwrap();
        let mut seen = 0;
        while reader.next_record().unwrap().is_some() {
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn an_empty_journal_has_an_empty_copy_and_a_damaged_one_has_none() {
        let root = tempfile::tempdir().unwrap();
        let from = root.path().join("from");
        fs::create_dir(&from).unwrap();
        let copied = copy(&from, &root.path().join("empty"), |_| {}).unwrap();
        assert_eq!(copied, Copied::default());

        let mut source = journal(&from);
        append(&mut source, 30);
        drop(source);
        let first = from.join("00000001.seg");
        let mut bytes = fs::read(&first).unwrap();
        bytes[2000] ^= 1;
        fs::write(&first, &bytes).unwrap();
        let refused = copy(&from, &root.path().join("damaged"), |_| {});
        assert!(
            matches!(refused, Err(JournalError::Damage(_))),
            "{refused:?}"
        );
    }
}
