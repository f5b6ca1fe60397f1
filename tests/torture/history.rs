//! A journal of real decisions in small segments, and what must be read of it: its records, the
//! state after each commit, and where each frame stands.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use pilothouse::core::{State, Time};
use pilothouse::engine::fold_journal;
use pilothouse::journal::{
    Batch, Chain, Hash, Journal, JournalError, MemoryStore, Opened, Options, Reader, Store,
};
use sha2::{Digest, Sha256};

use crate::desk::Desk;

/// Bytes of a history at least.
const BYTES: u64 = 160 << 10;
/// The last bytes are written with the stop engaged.
const STOPPED: u64 = 12 << 10;
/// Bytes between two snapshots.
const BETWEEN: u64 = 10 << 10;

/// Where a commit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub segment: u32,
    pub offset: usize,
    pub length: usize,
    /// The last record up to and in it.
    pub last: u64,
}

/// A state as it was after a record.
#[derive(Debug, Clone)]
pub struct Taken {
    pub seq: u64,
    pub chain: Hash,
    pub bytes: Vec<u8>,
}

pub struct History {
    pub store: MemoryStore,
    /// Record `n` is item `n - 1`.
    pub records: Vec<(Time, Vec<u8>)>,
    pub frames: Vec<Frame>,
    /// The state's hash after each frame.
    states: Vec<Hash>,
    /// The stop's epoch after each frame, where it was engaged.
    pub stops: Vec<Option<u64>>,
    pub taken: Vec<Taken>,
}

pub fn options(snapshot_seq: u64) -> Options {
    Options {
        sizes: vec![4096, 8192],
        snapshot_seq,
        ..Options::memory()
    }
}

pub fn hash_of(state: &State) -> Hash {
    Sha256::digest(minicbor::to_vec(state).unwrap()).into()
}

/// The history that all tests share; it is only forked.
pub fn history() -> &'static History {
    static ONE: OnceLock<History> = OnceLock::new();
    ONE.get_or_init(|| History::write(crate::seed()))
}

impl History {
    /// Decides and commits until there is enough of it.
    pub fn write(seed: u64) -> Self {
        let mut desk = Desk::new(seed);
        let store = MemoryStore::new();
        let (mut journal, _) = Journal::open(Box::new(store.clone()), options(0)).unwrap();
        let mut history = Self {
            store,
            records: Vec::new(),
            frames: Vec::new(),
            states: Vec::new(),
            stops: Vec::new(),
            taken: Vec::new(),
        };
        let mut todo = desk.opening();
        let (mut chain, mut snapshot_at) = (Chain::default(), BETWEEN);
        let mut seen = BTreeSet::new();
        while journal.bytes() < BYTES {
            if !desk.is_closing && journal.bytes() > BYTES - STOPPED {
                desk.is_closing = true;
                todo.push(desk.press());
            }
            let mut batch = Batch::new();
            for _ in 0..=desk.dice.below(4) {
                let command = match todo.is_empty() {
                    true => desk.next(),
                    false => todo.remove(0),
                };
                let Some(body) = desk.decide(command) else {
                    continue;
                };
                for event in &body.events {
                    let text = format!("{event:?}");
                    let kind = text.split([' ', '{', '(']).next().unwrap();
                    seen.insert(kind.to_owned());
                }
                let mut bytes = Vec::new();
                body.encode_into(&mut bytes);
                let (seq, time) = (desk.state.seq, desk.state.time);
                batch.push(seq, time, &bytes).unwrap();
                history.records.push((time, bytes));
            }
            if batch.is_empty() {
                continue;
            }
            let last = journal.append(&batch, Time(7)).unwrap();
            // As a follower does: one commit behind.
            journal.note_chain(chain.seq(), chain.hash());
            history.absorb(&mut chain, last);
            history.note(&journal, last, &desk.state);
            if journal.bytes() >= snapshot_at {
                snapshot_at = journal.bytes() + BETWEEN;
                history.taken.push(Taken {
                    seq: last,
                    chain: chain.hash(),
                    bytes: minicbor::to_vec(&desk.state).unwrap(),
                });
            }
        }
        for kind in [
            "OrderApproved",
            "OrderFilled",
            "Bound",
            "PositionClosed",
            "Reserved",
            "HardstopEngaged",
            "HardstopCleared",
            "Sent",
        ] {
            assert!(seen.contains(kind), "no {kind} among {seen:?}");
        }
        history
    }

    fn absorb(&self, chain: &mut Chain, last: u64) {
        for seq in chain.seq() + 1..=last {
            let (time, bytes) = self.record(seq);
            chain.absorb(seq, *time, bytes);
        }
    }

    fn note(&mut self, journal: &Journal, last: u64, state: &State) {
        let files = self.store.list().unwrap();
        let (current, full) = files.split_last().unwrap();
        let end = journal.bytes() - full.iter().map(|file| file.bytes).sum::<u64>();
        let before = self.frames.last().filter(|f| f.segment == current.number);
        let offset = before.map_or(128, |f| (f.offset + f.length).next_multiple_of(64));
        let mut length = [0; 4];
        self.store.edit(current.number, |bytes| {
            length.copy_from_slice(&bytes[offset + 8..offset + 12]);
        });
        let length = u32::from_le_bytes(length) as usize;
        assert!(((offset + length).next_multiple_of(64) as u64).min(current.bytes) == end);
        self.frames.push(Frame {
            segment: current.number,
            offset,
            length,
            last,
        });
        self.states.push(hash_of(state));
        self.stops
            .push(state.trading.hardstop.as_ref().map(|_| state.trading.epoch));
    }

    pub fn record(&self, seq: u64) -> &(Time, Vec<u8>) {
        &self.records[usize::try_from(seq - 1).unwrap()]
    }

    pub fn last_seq(&self) -> u64 {
        self.records.len() as u64
    }

    /// The frame that ends with a record; none for the beginning.
    pub fn frame_ending(&self, seq: u64) -> Option<usize> {
        self.frames.iter().position(|frame| frame.last == seq)
    }

    /// The last record before a frame.
    pub fn before(&self, frame: usize) -> u64 {
        frame
            .checked_sub(1)
            .map_or(0, |before| self.frames[before].last)
    }

    /// The newest snapshot that holds nothing after a record.
    pub fn taken_upto(&self, seq: u64) -> Option<&Taken> {
        self.taken.iter().rev().find(|taken| taken.seq <= seq)
    }

    /// The last `bytes` that are used: segment and offset, from the last to the first.
    pub fn tail(&self, bytes: usize) -> Vec<(u32, usize)> {
        let last = self.frames.last().unwrap().segment;
        let end = |number| {
            let frame = self.frames.iter().rev().find(|f| f.segment == number);
            frame.map_or(0, |f| f.offset + f.length)
        };
        (1..=last)
            .rev()
            .flat_map(|number| (0..end(number)).rev().map(move |offset| (number, offset)))
            .take(bytes)
            .collect()
    }

    /// Opens a store as a start would, and holds every record against what was decided.
    pub fn read(&self, store: &MemoryStore, from: u64) -> Result<u64, JournalError> {
        let mut reader = Reader::open(Box::new(store.clone()), from)?;
        let mut last = from - 1;
        while let Some(record) = reader.next_record()? {
            last += 1;
            let (time, bytes) = self.record(last);
            assert_eq!((record.seq, record.time), (last, *time));
            assert!(
                record.body == bytes,
                "record {last} is not what was decided"
            );
        }
        Ok(last)
    }

    /// The state that a start folds from a snapshot and the journal; it is the one that was there.
    pub fn fold(&self, store: &MemoryStore, taken: Option<&Taken>) -> State {
        let mut state = match taken {
            Some(taken) => minicbor::decode(&taken.bytes).unwrap(),
            None => State::default(),
        };
        fold_journal(Box::new(store.clone()), &mut state).unwrap();
        self.compare(&state);
        state
    }

    /// A state is the one that was there after its last record, and as stopped as that was.
    pub fn compare(&self, state: &State) {
        let Some(frame) = self.frame_ending(state.seq) else {
            assert_eq!(state, &State::default(), "it ends within a commit");
            return;
        };
        assert_eq!(hash_of(state), self.states[frame], "record {}", state.seq);
        let engaged = state.trading.hardstop.as_ref();
        assert_eq!(engaged.map(|_| state.trading.epoch), self.stops[frame]);
    }
}

pub fn open(store: &MemoryStore, seq: u64) -> Result<(Journal, Opened), JournalError> {
    Journal::open(Box::new(store.clone()), options(seq))
}
