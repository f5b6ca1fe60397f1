//! Start and recovery are one path: the newest snapshot, then the journal, folded.

use std::path::{Path, PathBuf};

use crate::core::record::RecordError;
use crate::core::{RecordBody, State};
use crate::journal::snapshot::{self, Snapshot};
use crate::journal::{
    self, Chain, FileStore, Journal, JournalError, Opened, Options, Reader, Store,
};

/// What a start found.
pub struct Recovered {
    /// The fold of everything that is durable.
    pub state: State,
    /// The hash chain as far as the journal or the snapshot carries it.
    pub chain: Chain,
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
    let Start {
        mut state,
        chain,
        wrong_snapshots,
    } = newest_snapshot(&dir)?;
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
    let carried = opened.chain;
    Ok(Recovered {
        state,
        chain: if carried.seq() > chain.seq() {
            carried
        } else {
            chain
        },
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
    let mut state = newest_snapshot(&dir)?.state;
    fold_from(&dir, &mut state)?;
    Ok(state)
}

/// A state to go on from.
struct Start {
    state: State,
    /// The hash chain after its last record.
    chain: Chain,
    wrong_snapshots: Vec<String>,
}

/// The newest snapshot that is whole, can be decoded and was taken of this journal; the beginning
/// where there is none.
fn newest_snapshot(dir: &Path) -> Result<Start, RecoveryError> {
    let mut start = Start {
        state: State::default(),
        chain: Chain::default(),
        wrong_snapshots: Vec::new(),
    };
    let mut upto = u64::MAX;
    loop {
        let (found, wrong) = snapshot::newest_upto(dir, upto)?;
        let wrong = wrong.into_iter().map(|wrong| wrong.to_string());
        start.wrong_snapshots.extend(wrong);
        let Some(found) = found else {
            return Ok(start);
        };
        match usable(dir, &found)? {
            Ok(state) => {
                start.state = state;
                start.chain = Chain::at(found.seq, found.chain);
                return Ok(start);
            }
            Err(why) => {
                let wrong = format!("the snapshot of record {} is not used: {why}", found.seq);
                start.wrong_snapshots.push(wrong);
            }
        }
        match found.seq.checked_sub(1) {
            Some(earlier) => upto = earlier,
            None => return Ok(start),
        }
    }
}

/// The state in a snapshot, or why a start passes it over.
fn usable(dir: &Path, found: &Snapshot) -> Result<Result<State, String>, RecoveryError> {
    let state = match minicbor::decode::<State>(&found.bytes) {
        Ok(state) if state.seq == found.seq => state,
        Ok(_) => return Ok(Err("it names another record than it holds".into())),
        Err(error) => return Ok(Err(format!("it cannot be decoded: {error}"))),
    };
    let store = Box::new(FileStore::read_only(dir));
    let own = journal::is_of_this_journal(store, found.seq, found.chain)?;
    Ok(match own {
        Some(false) => Err("it was taken of another journal".into()),
        Some(true) | None => Ok(state),
    })
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
    loop {
        while let Some(record) = reader.next_record()? {
            fold(state, &record)?;
            folded += 1;
        }
        if reader.is_at_end()? {
            return Ok(folded);
        }
    }
}

/// Folds one record, and gives what it says.
pub(super) fn fold(
    state: &mut State,
    record: &journal::Record<'_>,
) -> Result<RecordBody, RecoveryError> {
    let body = RecordBody::decode(record.body).map_err(|source| RecoveryError::Record {
        seq: record.seq,
        source,
    })?;
    state.fold(record.seq, record.time, &body.events);
    Ok(body)
}
