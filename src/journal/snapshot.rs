//! State snapshots beside the segments: written aside, renamed, checked on load, ignored when wrong.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::chain::Hash;
use super::store::sync_dir;

/// How many stay.
const KEEP: usize = 3;
const MAGIC: [u8; 8] = *b"PhSnap1\n";
const HEAD: usize = 8 + 4 + 8 + 32 + 8;

/// A state as it was after a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last record that is in it.
    pub seq: u64,
    /// The hash chain after that record.
    pub chain: Hash,
    /// The state, encoded by others.
    pub bytes: Vec<u8>,
}

/// A snapshot file that was passed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("snapshot {} is not used: {reason}", path.display())]
pub struct Wrong {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Writes a snapshot into `dir`, durable under its final name or not there at all, and removes all
/// but the newest three.
///
/// # Errors
/// What the disk says; older snapshots are untouched then.
pub fn write(dir: &Path, seq: u64, chain: Hash, bytes: &[u8]) -> io::Result<()> {
    let aside = dir.join("snapshot.new");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(&head(seq, chain, bytes))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, dir.join(format!("{seq:020}.snap")))?;
    sync_dir(dir)?;
    for (_, path) in list(dir)?.into_iter().skip(KEEP) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// The newest snapshot in `dir` that is whole, and the newer ones that are not.
///
/// # Errors
/// When the folder cannot be read.
pub fn newest_valid(dir: &Path) -> io::Result<(Option<Snapshot>, Vec<Wrong>)> {
    newest_upto(dir, u64::MAX)
}

/// The newest whole snapshot that holds nothing after record `upto`, and the newer ones of these
/// that are not whole.
///
/// # Errors
/// When the folder cannot be read.
pub fn newest_upto(dir: &Path, upto: u64) -> io::Result<(Option<Snapshot>, Vec<Wrong>)> {
    let mut wrong = Vec::new();
    for (seq, path) in list(dir)?.into_iter().filter(|(seq, _)| *seq <= upto) {
        match load(seq, &path) {
            Ok(snapshot) => return Ok((Some(snapshot), wrong)),
            Err(reason) => wrong.push(Wrong { path, reason }),
        }
    }
    Ok((None, wrong))
}

/// Sequence and hash of a snapshot.
pub(super) type Point = (u64, Hash);

/// Every whole snapshot, oldest first, and those that are not whole.
pub(super) fn points(dir: &Path) -> io::Result<(Vec<Point>, Vec<Wrong>)> {
    let (mut points, mut wrong) = (Vec::new(), Vec::new());
    for (seq, path) in list(dir)?.into_iter().rev() {
        match load(seq, &path) {
            Ok(snapshot) => points.push((snapshot.seq, snapshot.chain)),
            // Pruned by a running engine since it was listed.
            Err(_) if !path.exists() => {}
            Err(reason) => wrong.push(Wrong { path, reason }),
        }
    }
    Ok((points, wrong))
}

/// Every snapshot file, newest first.
pub(super) fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(list(dir)?.into_iter().map(|(_, path)| path).collect())
}

/// Removes what was taken after record `seq`.
pub(super) fn discard_after(dir: &Path, seq: u64) -> io::Result<()> {
    for (_, path) in list(dir)?.into_iter().filter(|(taken, _)| *taken > seq) {
        fs::remove_file(path)?;
    }
    sync_dir(dir)
}

/// Newest first.
fn list(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let seq = name.and_then(|name| name.strip_suffix(".snap"));
        if let Some(Ok(seq)) = seq.map(str::parse) {
            found.push((seq, path));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found)
}

fn load(seq: u64, path: &Path) -> Result<Snapshot, String> {
    let mut bytes = fs::read(path).map_err(|error| error.to_string())?;
    if bytes.len() < HEAD || bytes[..8] != MAGIC {
        return Err("it is no snapshot of this version".into());
    }
    let state = bytes.split_off(HEAD);
    let chain = bytes[20..52].try_into().expect("32 bytes");
    if bytes != head(seq, chain, &state) {
        return Err("its checksum, length or sequence is wrong".into());
    }
    let bytes = state;
    Ok(Snapshot { seq, chain, bytes })
}

/// Magic, checksum of all that follows, sequence, chain, length.
fn head(seq: u64, chain: Hash, bytes: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD);
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&[0; 4]);
    head.extend_from_slice(&seq.to_le_bytes());
    head.extend_from_slice(&chain);
    head.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&head[12..]);
    crc.update(bytes);
    head[8..12].copy_from_slice(&crc.finalize().to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_three_stay_and_the_newest_is_read() {
        let dir = tempfile::tempdir().unwrap();
        for seq in [5, 70, 600, 8000] {
            write(dir.path(), seq, [seq as u8; 32], &[7; 100]).unwrap();
        }
        let left: Vec<u64> = list(dir.path()).unwrap().iter().map(|(s, _)| *s).collect();
        assert_eq!(left, [8000, 600, 70]);
        let (found, wrong) = newest_valid(dir.path()).unwrap();
        let expected = Snapshot {
            seq: 8000,
            chain: [8000_u64 as u8; 32],
            bytes: vec![7; 100],
        };
        assert_eq!((found, wrong), (Some(expected), vec![]));
        let upto = |seq| newest_upto(dir.path(), seq).unwrap().0.map(|s| s.seq);
        assert_eq!(
            (upto(7_999), upto(600), upto(69)),
            (Some(600), Some(600), None)
        );
    }

    #[test]
    fn wrong_ones_are_ignored_and_reported() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(newest_valid(dir.path()).unwrap(), (None, vec![]));
        write(dir.path(), 1, [1; 32], b"state").unwrap();
        write(dir.path(), 2, [2; 32], b"state").unwrap();
        let newest = dir.path().join(format!("{:020}.snap", 2));
        let whole = fs::read(&newest).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(&newest, bytes).unwrap();
            let (found, wrong) = newest_valid(dir.path()).unwrap();
            assert_eq!(found.unwrap().seq, 1, "bit {bit}");
            assert_eq!(wrong.len(), 1);
        }
        for length in 0..whole.len() {
            fs::write(&newest, &whole[..length]).unwrap();
            assert_eq!(newest_valid(dir.path()).unwrap().0.unwrap().seq, 1);
        }
        // Under another sequence's name it is wrong too.
        fs::write(dir.path().join(format!("{:020}.snap", 9)), &whole).unwrap();
        assert_eq!(newest_valid(dir.path()).unwrap().0.unwrap().seq, 1);
    }
}
