//! Moves old segments elsewhere: those that no start needs, since every snapshot that is kept holds what
//! they say.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::aside::{make_dir, write_new};
use super::error::{JournalError, doing};
use super::heads::good_head;
use super::snapshot;
use super::store::{CHUNK, FileStore, Store, sync_dir};

/// What was moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// Numbers of the segments, lowest first.
    pub segments: Vec<u32>,
    /// Their bytes.
    pub bytes: u64,
    /// The first record that is still here; none where the journal is empty.
    pub first_seq: Option<u64>,
}

/// Moves segments of the journal in `dir` into `to`, which is made (0700): those that hold nothing but
/// records before `before` which every snapshot kept in `dir` holds. The segment that is written stays.
/// A copy is durable before what it was made of is removed, so that a crash leaves both at worst; the
/// same again goes on from there.
///
/// # Errors
/// Another writer holds the journal, another file of that name is in `to` already, or a disk fails.
pub fn archive(dir: &Path, to: &Path, before: u64) -> Result<Archived, JournalError> {
    let store = FileStore::writable(dir).map_err(doing("opening the folder"))?;
    store.lock().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => JournalError::Locked,
        _ => doing("locking")(error),
    })?;
    let (points, _) = snapshot::points(dir).map_err(doing("reading snapshots"))?;
    // A start that passes over a wrong snapshot goes on from the one before it.
    let needed = points.first().map_or(1, |(seq, _)| seq + 1);
    let files = store.list().map_err(doing("listing segments"))?;
    let mut heads = Vec::new();
    for file in &files {
        if let Some(head) = good_head(&store, file.number)? {
            heads.push((*file, head.first_seq));
        }
    }
    let mut archived = Archived {
        first_seq: heads.first().map(|(_, first)| *first),
        ..Archived::default()
    };
    for pair in heads.windows(2) {
        let ((file, _), (_, next)) = (pair[0], pair[1]);
        if next > before.min(needed) {
            break;
        }
        if archived.segments.is_empty() {
            make_dir(to).map_err(doing("making the archive's folder"))?;
        }
        let name = format!("{:08}.seg", file.number);
        copied(&dir.join(&name), &to.join(&name)).map_err(doing("copying a segment"))?;
        sync_dir(to).map_err(doing("syncing the archive"))?;
        store
            .remove(file.number)
            .map_err(doing("removing a segment"))?;
        archived.segments.push(file.number);
        archived.bytes += file.bytes;
        archived.first_seq = Some(next);
    }
    Ok(archived)
}

/// Copies a file and reads the copy back before it counts. One that is there and equal is what a run
/// left that ended before it removed the original.
fn copied(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    match File::open(to) {
        Ok(mut there) => {
            if equal(&mut source, &mut there)? {
                return there.sync_all();
            }
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    write_new(to, |target| {
        io::copy(&mut source, target)?;
        target.sync_all()?;
        if equal(&mut source, target)? {
            return Ok(());
        }
        Err(io::Error::other("the copy reads back otherwise"))
    })
}

fn equal(one: &mut File, other: &mut File) -> io::Result<bool> {
    one.rewind()?;
    other.rewind()?;
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut ours, mut theirs) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let read = one.read(&mut ours)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut theirs[..read])?;
        if ours[..read] != theirs[..read] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Batch, Chain, Journal, Options, Reader, verify};
    use super::*;
    use crate::core::Time;

    /// A journal of small segments with so many records, and its chain after some of them.
    fn journal(dir: &Path, records: u64, snapshots: &[u64]) {
        let options = Options {
            sizes: vec![4 << 10],
            ..Options::default()
        };
        let store = FileStore::writable(dir).unwrap();
        let (mut journal, opened) = Journal::open(Box::new(store), options).unwrap();
        let mut chain = Chain::default();
        assert_eq!(opened.last_seq, 0);
        for seq in 1..=records {
            let mut batch = Batch::new();
            batch.push(seq, Time(0), &[7; 900]).unwrap();
            journal.append(&batch, Time(0)).unwrap();
            chain.absorb(seq, Time(0), &[7; 900]);
            journal.note_chain(seq, chain.hash());
            if snapshots.contains(&seq) {
                snapshot::write(dir, seq, chain.hash(), b"state").unwrap();
            }
        }
    }

    #[test]
    fn what_every_snapshot_holds_is_moved_and_the_rest_is_a_sound_journal() {
        let root = tempfile::tempdir().unwrap();
        let (dir, to) = (root.path().join("journal"), root.path().join("old"));
        journal(&dir, 40, &[20, 30]);
        let whole = verify(&dir).unwrap();
        let archived = archive(&dir, &to, u64::MAX).unwrap();
        assert!(archived.segments.len() > 2, "{archived:?}");
        let first = archived.first_seq.unwrap();
        assert!(first <= 21, "the older snapshot needs record 21: {first}");
        let rest = verify(&dir).unwrap();
        assert_eq!((rest.first_seq, rest.last_seq), (first, 40));
        assert_eq!(rest.hash, whole.hash);
        for number in &archived.segments {
            assert!(to.join(format!("{number:08}.seg")).exists());
        }
        let gone = Reader::open_dir(&dir, 1);
        assert!(matches!(gone, Err(JournalError::Archived { .. })));
        assert!(Reader::open_dir(&dir, 21).is_ok());
        assert!(archive(&dir, &to, u64::MAX).unwrap().segments.is_empty());
    }

    #[test]
    fn nothing_is_moved_that_is_needed_or_not_asked_for() {
        let root = tempfile::tempdir().unwrap();
        let (dir, to) = (root.path().join("journal"), root.path().join("old"));
        journal(&dir, 40, &[]);
        assert!(archive(&dir, &to, u64::MAX).unwrap().segments.is_empty());
        assert!(!to.exists());

        let dir = root.path().join("second");
        journal(&dir, 40, &[30]);
        let archived = archive(&dir, &to, 10).unwrap();
        assert!(archived.first_seq.unwrap() <= 10, "{archived:?}");
        let store = FileStore::writable(&dir).unwrap();
        store.lock().unwrap();
        assert!(matches!(archive(&dir, &to, 10), Err(JournalError::Locked)));
    }

    #[test]
    fn what_a_crash_left_is_gone_on_from() {
        let root = tempfile::tempdir().unwrap();
        let (dir, to) = (root.path().join("journal"), root.path().join("old"));
        journal(&dir, 40, &[30]);
        let first = fs::read(dir.join("00000001.seg")).unwrap();
        let second = fs::read(dir.join("00000002.seg")).unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(to.join("00000001.seg"), &first).unwrap();
        fs::write(to.join("00000002.seg.tmp"), &second[..100]).unwrap();
        let archived = archive(&dir, &to, u64::MAX).unwrap();
        assert!(archived.segments.starts_with(&[1, 2]), "{archived:?}");
        assert_eq!(fs::read(to.join("00000001.seg")).unwrap(), first);
        assert_eq!(fs::read(to.join("00000002.seg")).unwrap(), second);
        assert!(!to.join("00000002.seg.tmp").exists());
        assert_eq!(verify(&dir).unwrap().last_seq, 40);
    }

    #[test]
    fn an_archive_is_never_written_over() {
        let root = tempfile::tempdir().unwrap();
        let (dir, to) = (root.path().join("journal"), root.path().join("old"));
        journal(&dir, 40, &[30]);
        fs::create_dir(&to).unwrap();
        fs::write(to.join("00000001.seg"), "another journal's").unwrap();
        assert!(archive(&dir, &to, u64::MAX).is_err());
        assert_eq!(verify(&dir).unwrap().first_seq, 1, "nothing was removed");
    }
}
