//! State snapshots that are wrong, missing or another journal's, and damage in what a snapshot
//! holds: a start falls back, says so, and has the same state.

use std::fs;
use std::path::{Path, PathBuf};

use pilothouse::core::State;
use pilothouse::engine::{RecoveryError, journal_dir, read_state, recover};
use pilothouse::journal::{JournalError, Reason, Store, snapshot, verify};

use crate::history::{History, Taken, history};
use crate::is_full;

/// A state folder with a history's journal and its newest snapshots.
struct Folder(tempfile::TempDir);

impl Folder {
    fn of(history: &History) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::create_dir(folder.journal()).unwrap();
        for file in history.store.list().unwrap() {
            let path = folder.segment(file.number);
            history
                .store
                .edit(file.number, |bytes| fs::write(path, bytes).unwrap());
        }
        for taken in &history.taken[history.taken.len() - 3..] {
            folder.take(taken);
        }
        folder
    }

    fn journal(&self) -> PathBuf {
        journal_dir(self.0.path())
    }

    fn segment(&self, number: u32) -> PathBuf {
        self.journal().join(format!("{number:08}.seg"))
    }

    fn snapshot(&self, seq: u64) -> PathBuf {
        self.journal().join(format!("{seq:020}.snap"))
    }

    fn take(&self, taken: &Taken) {
        snapshot::write(&self.journal(), taken.seq, taken.chain, &taken.bytes).unwrap();
    }

    /// A start has the whole state, folded from so many records, and left so many snapshots aside.
    fn starts(&self, history: &History, from: u64, wrong: usize) {
        assert_eq!(read_state(self.0.path()).unwrap().seq, history.last_seq());
        let recovered = recover(self.0.path(), 1).unwrap();
        assert_eq!(recovered.state.seq, history.last_seq());
        history.compare(&recovered.state);
        assert_eq!(recovered.folded, history.last_seq() - from);
        let said = &recovered.wrong_snapshots;
        assert_eq!(said.len(), wrong, "{said:?}");
    }
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn newest(history: &History, back: usize) -> &Taken {
    &history.taken[history.taken.len() - 1 - back]
}

#[test]
fn a_damaged_cut_or_missing_snapshot_costs_time_and_nothing_else() {
    let history = history();
    let folder = Folder::of(history);
    let [first, second, third] = [0, 1, 2].map(|back| newest(history, back));
    folder.starts(history, first.seq, 0);
    let path = folder.snapshot(first.seq);
    let whole = fs::read(&path).unwrap();
    for bit in (0..whole.len() * 8).step_by(whole.len() / 4) {
        edit(&path, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        folder.starts(history, second.seq, 1);
        fs::write(&path, &whole).unwrap();
    }
    for length in [0, 59, 60, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        folder.starts(history, second.seq, 1);
    }
    fs::remove_file(&path).unwrap();
    folder.starts(history, second.seq, 0);
    for seq in [second.seq, third.seq] {
        edit(&folder.snapshot(seq), |bytes| bytes.truncate(30));
    }
    folder.starts(history, 0, 2);
}

#[test]
fn a_snapshot_that_cannot_be_decoded_is_passed_over_for_an_older_one() {
    let history = history();
    let folder = Folder::of(history);
    let (first, second) = (newest(history, 0), newest(history, 1));
    for bytes in [b"no state".to_vec(), second.bytes.clone()] {
        folder.take(&Taken {
            bytes,
            ..first.clone()
        });
        folder.starts(history, second.seq, 1);
    }
}

#[test]
fn a_snapshot_of_another_journal_is_never_folded_on() {
    let history = history();
    let other = History::write(crate::seed() + 1);
    let second = newest(history, 1);
    for foreign in other
        .taken
        .iter()
        .filter(|t| t.seq > second.seq && t.seq <= history.last_seq())
    {
        let folder = Folder::of(history);
        fs::remove_file(folder.snapshot(newest(history, 0).seq)).unwrap();
        folder.take(foreign);
        folder.starts(history, second.seq, 1);
        let said = &recover(folder.0.path(), 1).unwrap().wrong_snapshots[0];
        assert!(said.contains("another journal"), "{said}");
    }
    let folder = Folder::of(history);
    let mut state: State = minicbor::decode(&newest(&other, 0).bytes).unwrap();
    state.seq = history.last_seq() + 5;
    let later = Taken {
        seq: state.seq,
        bytes: minicbor::to_vec(&state).unwrap(),
        ..newest(&other, 0).clone()
    };
    folder.take(&later);
    let refused = recover(folder.0.path(), 1).map(|_| ());
    let Err(RecoveryError::Journal(JournalError::Damage(damage))) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(damage.reason, Reason::EndsBeforeSnapshot { .. }));
}

#[test]
fn damage_before_the_snapshot_stops_no_start_and_damage_after_it_does() {
    let history = history();
    let begun = std::time::Instant::now();
    let folder = Folder::of(history);
    // The newest one that enough comes after.
    let after = |t: &&Taken| history.frames.iter().filter(|f| f.last > t.seq).count();
    let taken = history.taken.iter().rev().find(|t| after(t) > 8).unwrap();
    for newer in history.taken.iter().filter(|t| t.seq > taken.seq) {
        fs::remove_file(folder.snapshot(newer.seq)).unwrap();
    }
    let (mut passed, mut refused) = (0, 0);
    let next = history.frames.iter().find(|f| f.last > taken.seq).unwrap();
    for (index, frame) in history.frames.iter().enumerate() {
        // All around the snapshot, a few where no start looks.
        if frame.segment + 1 < next.segment && index % 16 != 0 && !is_full() {
            continue;
        }
        let path = folder.segment(frame.segment);
        let whole = fs::read(&path).unwrap();
        let range = frame.offset..frame.offset + frame.length;
        let heads = if frame.offset == 128 { 3 } else { 2 };
        for how in 0..heads {
            edit(&path, |bytes| match how {
                0 => bytes[range.start + frame.length / 2] ^= 4,
                1 => bytes[range.clone()].fill(0),
                _ => bytes[40] ^= 4,
            });
            if frame.last <= taken.seq {
                folder.starts(history, taken.seq, 0);
                let said = recover(folder.0.path(), 1).unwrap().opened.passed;
                assert_eq!(
                    said.is_some(),
                    frame.segment == next.segment,
                    "{index}, {how}"
                );
                assert!(verify(&folder.journal()).is_err(), "verify reads all");
                passed += 1;
            } else if index + 1 < history.frames.len() && how < 2 {
                assert!(recover(folder.0.path(), 1).is_err(), "{index}, {how}");
                assert!(read_state(folder.0.path()).is_err(), "{index}, {how}");
                refused += 1;
            }
            fs::write(&path, &whole).unwrap();
        }
    }
    println!(
        "{passed} damages before the snapshot passed over, {refused} after it refused, in {:?}",
        begun.elapsed()
    );
    assert!(passed > 20 && refused > 5);
}
