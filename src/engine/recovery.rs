//! Start and recovery are one path: the newest snapshot, then the journal, folded.

use std::path::{Path, PathBuf};

use crate::core::record::RecordError;
use crate::core::{RecordBody, State};
use crate::journal::{
    self, FileStore, Journal, JournalError, Opened, Options, Reader, Store, snapshot,
};

/// What a start found.
pub struct Recovered {
    /// The fold of everything that is durable.
    pub state: State,
    /// Ready to append.
    pub journal: Journal,
    /// What the journal says of its tail.
    pub opened: Opened,
    /// Records folded after the snapshot.
    pub folded: u64,
    /// Snapshots that were wrong and left aside.
    pub wrong_snapshots: Vec<String>,
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal itself.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record this version cannot read.
    #[error("record {seq}: {source}; it was written by a newer version, or is damaged")]
    Record {
        /// Which.
        seq: u64,
        /// Why.
        source: RecordError,
    },
    /// The folder.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Where the journal of a state folder is.
pub fn journal_dir(state_dir: &Path) -> PathBuf {
    state_dir.join("journal")
}

/// Opens the journal of a state folder for writing and folds it.
///
/// # Errors
/// Damage, a newer version's records, or a disk that cannot be read or written.
pub fn recover(state_dir: &Path, segment_mb: u64) -> Result<Recovered, RecoveryError> {
    let dir = journal_dir(state_dir);
    let store = FileStore::writable(&dir)?;
    let (mut state, wrong_snapshots) = newest_snapshot(&dir)?;
    let mib = 1024 * 1024;
    let mut sizes: Vec<u64> = [1, 4, 16].into_iter().filter(|s| *s < segment_mb).collect();
    sizes.push(segment_mb);
    let options = Options {
        sizes: sizes.into_iter().map(|s| s * mib).collect(),
        snapshot_seq: state.seq,
        ..Options::default()
    };
    let (journal, opened) = Journal::open(Box::new(store), options)?;
    let folded = fold_from(&dir, &mut state)?;
    Ok(Recovered {
        state,
        journal,
        opened,
        folded,
        wrong_snapshots,
    })
}

/// The state of a folder, for reading only; also beside a running engine.
///
/// # Errors
/// Damage, a newer version's records, or a disk that cannot be read.
pub fn read_state(state_dir: &Path) -> Result<State, RecoveryError> {
    let dir = journal_dir(state_dir);
    let (mut state, _) = newest_snapshot(&dir)?;
    fold_from(&dir, &mut state)?;
    Ok(state)
}

/// The newest snapshot that is whole, decoded.
pub(super) fn newest_snapshot(dir: &Path) -> std::io::Result<(State, Vec<String>)> {
    let (found, wrong) = snapshot::newest_valid(dir)?;
    let mut wrong: Vec<String> = wrong
        .into_iter()
        .map(|w| format!("{}: {}", w.path.display(), w.reason))
        .collect();
    let state = match found {
        None => State::default(),
        Some(snapshot) => match minicbor::decode::<State>(&snapshot.bytes) {
            Ok(state) if state.seq == snapshot.seq => state,
            Ok(_) => {
                wrong.push("a snapshot names another record than it holds".into());
                State::default()
            }
            Err(error) => {
                wrong.push(format!("the newest snapshot cannot be decoded: {error}"));
                State::default()
            }
        },
    };
    Ok((state, wrong))
}

fn fold_from(dir: &Path, state: &mut State) -> Result<u64, RecoveryError> {
    fold_journal(Box::new(FileStore::read_only(dir)), state)
}

/// Folds what a journal holds after the state's last record, to its end; returns how many records
/// that were.
///
/// # Errors
/// Damage, a newer version's records, or a store that cannot be read.
pub fn fold_journal(store: Box<dyn Store>, state: &mut State) -> Result<u64, RecoveryError> {
    let mut reader = Reader::open(store, state.seq + 1)?;
    let mut folded = 0;
    while let Some(record) = reader.next_record()? {
        fold(state, &record)?;
        folded += 1;
    }
    Ok(folded)
}

/// Folds one record.
pub(super) fn fold(state: &mut State, record: &journal::Record<'_>) -> Result<(), RecoveryError> {
    let body = RecordBody::decode(record.body).map_err(|source| RecoveryError::Record {
        seq: record.seq,
        source,
    })?;
    state.fold(record.seq, record.time, &body.events);
    Ok(())
}
