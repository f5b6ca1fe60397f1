//! Every call to the disk fails once, in turn: what failed was not acknowledged, nothing is asked of
//! the disk again after a failed sync, and the next start has all that was acknowledged.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pilothouse::core::Time;
use pilothouse::journal::{Batch, Journal, JournalError, MemoryStore, Segment, SegmentFile, Store};
use rustix::io::Errno;

use crate::each;
use crate::history::{History, history, open, options};

/// Commits of a run.
const COMMITS: usize = 60;

/// What a call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    NoSpace,
    Broken,
    /// A write of a part; anything else as [`Mishap::Broken`].
    Short,
}

const MISHAPS: [Mishap; 3] = [Mishap::NoSpace, Mishap::Broken, Mishap::Short];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Look,
    Create,
    Remove,
    Write,
    Sync,
}

/// A disk on which one call fails.
#[derive(Clone)]
struct Disk {
    inner: MemoryStore,
    plan: Arc<Plan>,
}

struct Plan {
    fails_at: usize,
    mishap: Mishap,
    calls: AtomicUsize,
    failed: Mutex<Option<Op>>,
    /// Something was written or synced after a write or sync had failed.
    asked_again: AtomicBool,
}

impl Disk {
    fn new(inner: MemoryStore, fails_at: usize, mishap: Mishap) -> Self {
        let plan = Plan {
            fails_at,
            mishap,
            calls: AtomicUsize::new(0),
            failed: Mutex::new(None),
            asked_again: AtomicBool::new(false),
        };
        Self {
            inner,
            plan: Arc::new(plan),
        }
    }
}

impl Plan {
    /// Counts a call; the error where it is the one that fails.
    fn call(&self, op: Op) -> io::Result<()> {
        let mut failed = self.failed.lock().unwrap();
        let changes = |op| matches!(op, Op::Write | Op::Sync);
        if failed.is_some_and(changes) && changes(op) {
            self.asked_again.store(true, Ordering::Relaxed);
        }
        if self.calls.fetch_add(1, Ordering::Relaxed) != self.fails_at {
            return Ok(());
        }
        *failed = Some(op);
        Err(match self.mishap {
            Mishap::NoSpace => Errno::NOSPC.into(),
            Mishap::Broken | Mishap::Short => Errno::IO.into(),
        })
    }
}

impl Store for Disk {
    fn lock(&self) -> io::Result<()> {
        self.plan.call(Op::Look)
    }

    fn list(&self) -> io::Result<Vec<SegmentFile>> {
        self.plan.call(Op::Look)?;
        self.inner.list()
    }

    fn create(&self, number: u32, bytes: u64) -> io::Result<()> {
        self.plan.call(Op::Create)?;
        self.inner.create(number, bytes)
    }

    fn remove(&self, number: u32) -> io::Result<()> {
        self.plan.call(Op::Remove)?;
        self.inner.remove(number)
    }

    fn open(&self, number: u32) -> io::Result<Box<dyn Segment>> {
        self.plan.call(Op::Look)?;
        Ok(Box::new(Part {
            inner: self.inner.open(number)?,
            plan: Arc::clone(&self.plan),
        }))
    }
}

struct Part {
    inner: Box<dyn Segment>,
    plan: Arc<Plan>,
}

impl Segment for Part {
    fn bytes(&self) -> io::Result<u64> {
        self.plan.call(Op::Look)?;
        self.inner.bytes()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.plan.call(Op::Look)?;
        self.inner.read_at(offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let answer = self.plan.call(Op::Write);
        match (&answer, self.plan.mishap) {
            (Ok(()), _) => self.inner.write_at(offset, bytes),
            (Err(_), Mishap::Short) => {
                self.inner.write_at(offset, &bytes[..bytes.len() / 2])?;
                answer
            }
            (Err(_), _) => answer,
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.plan.call(Op::Sync)?;
        self.inner.sync()
    }
}

/// Commits what was decided, from where the journal is; returns the last record that was
/// acknowledged, and whether all went well.
fn run(history: &History, journal: &mut Journal) -> (u64, bool) {
    for frame in &history.frames[..COMMITS] {
        let first = journal.last_seq() + 1;
        let mut batch = Batch::new();
        for seq in first..=frame.last {
            let (time, bytes) = history.record(seq);
            batch.push(seq, *time, bytes).unwrap();
        }
        let acknowledged = journal.last_seq();
        if let Err(error) = journal.append(&batch, Time(7)) {
            assert!(matches!(error, JournalError::Io { .. }), "{error}");
            for _ in 0..2 {
                let again = journal.append(&batch, Time(7));
                assert!(matches!(again, Err(JournalError::Poisoned(_))));
            }
            return (acknowledged, false);
        }
    }
    (journal.last_seq(), true)
}

/// What the next start finds, on the disk as it is and as the power leaves it; it goes on from there.
fn comes_back(history: &History, disk: &Disk, acknowledged: u64, attempted: u64) {
    assert!(
        !disk.plan.asked_again.load(Ordering::Relaxed),
        "asked again"
    );
    for store in [disk.inner.fork(), disk.inner.after_power_loss()] {
        let (mut journal, opened) = open(&store, 0).unwrap();
        assert!(opened.last_seq >= acknowledged, "what was told is lost");
        assert!(opened.last_seq <= attempted);
        assert_eq!(history.read(&store, 1).unwrap(), opened.last_seq);
        assert_eq!(
            run(history, &mut journal),
            (history.frames[COMMITS - 1].last, true)
        );
        let (_, again) = open(&store.after_power_loss(), 0).unwrap();
        assert_eq!(again.last_seq, history.frames[COMMITS - 1].last);
    }
}

fn start(disk: &Disk) -> Result<Journal, JournalError> {
    Journal::open(Box::new(disk.clone()), options(0)).map(|(journal, _)| journal)
}

#[test]
fn whatever_call_fails_nothing_that_was_acknowledged_is_lost() {
    let history = history();
    let begun = std::time::Instant::now();
    let whole = Disk::new(MemoryStore::new(), usize::MAX, Mishap::Broken);
    let (last, done) = run(history, &mut start(&whole).unwrap());
    assert!(done);
    let calls = whole.plan.calls.load(Ordering::Relaxed);
    each(calls * MISHAPS.len(), |index| {
        let disk = Disk::new(MemoryStore::new(), index / 3, MISHAPS[index % 3]);
        let acknowledged = match start(&disk) {
            Ok(mut journal) => match run(history, &mut journal) {
                (acknowledged, false) => acknowledged,
                (_, true) => panic!("call {} failed, and nobody was told", index / 3),
            },
            Err(_) => 0,
        };
        let next = history.frames[..COMMITS]
            .iter()
            .find(|f| f.last > acknowledged);
        comes_back(history, &disk, acknowledged, next.map_or(last, |f| f.last));
    });
    println!(
        "{} faults in a run in {:?}",
        calls * MISHAPS.len(),
        begun.elapsed()
    );
}

#[test]
fn whatever_call_fails_in_a_start_the_next_one_finds_all() {
    let history = history();
    let begun = std::time::Instant::now();
    // A commit that was cut is to be cleared away, and a segment that was never used.
    let torn = MemoryStore::new();
    let (mut journal, _) = open(&torn, 0).unwrap();
    let (last, _) = run(history, &mut journal);
    drop(journal);
    let frame = history.frames[COMMITS - 1];
    torn.create(frame.segment + 1, 64).unwrap();
    let end = (frame.offset + frame.length).next_multiple_of(64);
    torn.edit(frame.segment, |bytes| {
        bytes[end..end + 4].copy_from_slice(b"PhF\n")
    });

    let whole = Disk::new(torn.fork(), usize::MAX, Mishap::Broken);
    drop(start(&whole).unwrap());
    let calls = whole.plan.calls.load(Ordering::Relaxed);
    each(calls * MISHAPS.len(), |index| {
        let disk = Disk::new(torn.fork(), index / 3, MISHAPS[index % 3]);
        assert!(
            start(&disk).is_err(),
            "call {} failed in a start",
            index / 3
        );
        comes_back(history, &disk, last, last);
    });
    println!(
        "{} faults in a start in {:?}",
        calls * MISHAPS.len(),
        begun.elapsed()
    );
}
