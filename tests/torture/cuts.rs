//! The journal cut anywhere: a file that ends too early, or whose end was never written.

use pilothouse::core::Time;
use pilothouse::journal::{Batch, JournalError, MemoryStore, Reason, Store};

use crate::history::{History, history, open};
use crate::{each, is_full};

/// Bytes from the end within which it is cut.
const TAIL: usize = 64 << 10;

/// The store as it is when nothing behind a place was written.
fn cut(history: &History, segment: u32, offset: usize, truncate: bool) -> MemoryStore {
    let store = history.store.fork();
    for file in store.list().unwrap() {
        if file.number > segment {
            store.remove(file.number).unwrap();
        }
    }
    store.edit(segment, |bytes| match truncate {
        true => bytes.truncate(offset),
        false => bytes[offset..].fill(0),
    });
    store
}

/// The last record whose commit lies whole before the cut, and whether something of the next lies
/// there too.
fn expected(history: &History, store: &MemoryStore, segment: u32) -> (u64, bool) {
    let (mut left, mut whole) = (Vec::new(), Vec::new());
    store.edit(segment, |bytes| left = bytes.clone());
    history.store.edit(segment, |bytes| whole = bytes.clone());
    let mut last = 0;
    let mut end = 0;
    for frame in &history.frames {
        let range = frame.offset..frame.offset + frame.length;
        let is_there = frame.segment < segment
            || frame.segment == segment && left.get(range.clone()) == Some(&whole[range.clone()]);
        if is_there {
            last = frame.last;
            end = if frame.segment == segment {
                range.end
            } else {
                0
            };
        }
    }
    if end == 0 && left.get(..128) == Some(&whole[..128]) {
        end = 128;
    }
    (last, left.iter().skip(end).any(|byte| *byte != 0))
}

#[test]
fn cut_anywhere_it_is_a_prefix_and_a_torn_end_is_said_to_be_one() {
    let history = history();
    let step = if is_full() { 1 } else { 16 };
    let places: Vec<_> = history.tail(TAIL).into_iter().step_by(step).collect();
    let begun = std::time::Instant::now();
    // A file that is too short, and one that was never written on, in turn or both.
    let ways = if is_full() { 2 } else { 1 };
    each(places.len() * ways, |index| {
        let (segment, offset) = places[index / ways];
        let store = cut(history, segment, offset, index % 2 == 0);
        let (last, stray) = expected(history, &store, segment);
        let taken = history.taken_upto(last);
        let seq = taken.map_or(0, |taken| taken.seq);
        if index % 16 == 0 {
            ends_before(history, &store, last);
        }
        assert_eq!(history.read(&store, seq + 1).unwrap(), last);

        let (mut journal, opened) = open(&store, seq).unwrap();
        assert_eq!(opened.last_seq, last, "cut at {segment}:{offset}");
        assert_eq!(opened.passed, None);
        let torn = opened.torn.map(|torn| (torn.segment, torn.seq));
        assert_eq!(torn, stray.then_some((segment, last + 1)));
        if index % 32 == 0 {
            history.fold(&store, taken);
        }
        if index % 256 == 0 {
            history.fold(&store, None);
        }
        let more = history.last_seq().min(last + 9);
        for seq in last + 1..=more {
            let (time, bytes) = history.record(seq);
            let mut batch = Batch::new();
            batch.push(seq, *time, bytes).unwrap();
            assert_eq!(journal.append(&batch, Time(8)).unwrap(), seq);
        }
        drop(journal);
        assert_eq!(history.read(&store, seq + 1).unwrap(), more);
        let (_, again) = open(&store, seq).unwrap();
        assert_eq!((again.last_seq, again.torn), (more, None));
    });
    println!("{} cuts in {:?}", places.len() * ways, begun.elapsed());
}

/// With a snapshot of what was cut away, something that had been told is gone: no start.
fn ends_before(history: &History, store: &MemoryStore, last: u64) {
    let Some(taken) = history.taken.iter().find(|taken| taken.seq > last) else {
        return;
    };
    let store = store.fork();
    let Err(JournalError::Damage(damage)) = open(&store, taken.seq).map(|_| ()) else {
        panic!("a loss of {last} to {} was not seen", taken.seq);
    };
    let snapshot = taken.seq;
    let reason = Reason::EndsBeforeSnapshot { last, snapshot };
    assert_eq!((damage.reason, damage.last_good), (reason, last));
}
