//! One bit of the journal's end flipped: refused with its place and reason, or dropped and said to
//! be, where it may have been a commit that was cut.

use std::sync::atomic::{AtomicUsize, Ordering};

use pilothouse::journal::{Damage, JournalError, MemoryStore, Reason, Store, accept_loss_in};

use crate::history::{History, Taken, history, open};
use crate::{each, is_full};

/// Bytes from the end within which bits are flipped.
const TAIL: usize = 4 << 10;

#[test]
fn a_flipped_bit_is_refused_or_dropped_and_never_folded() {
    let history = history();
    let step = if is_full() { 1 } else { 16 };
    let places: Vec<_> = history.tail(TAIL).into_iter().step_by(step).collect();
    let begun = std::time::Instant::now();
    let (refused, dropped, harmless) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    each(places.len() * 8, |index| {
        let ((segment, offset), bit) = (places[index / 8], index % 8);
        let store = history.store.fork();
        store.edit(segment, |bytes| bytes[offset] ^= 1 << bit);
        let hit = history.frames.iter().position(|frame| {
            let range = frame.offset..frame.offset + frame.length;
            frame.segment == segment
                && (offset < 128 && frame.offset == 128 || range.contains(&offset))
        });
        let count = match hit {
            None => {
                all_is_there(history, &store);
                &harmless
            }
            Some(frame) if frame + 1 == history.frames.len() && offset >= 128 => {
                is_dropped(history, &store, frame);
                &dropped
            }
            Some(frame) => {
                let found = is_refused(history, &store, frame);
                let place = history.frames[frame].offset as u64;
                let at = if offset < 128 { 0 } else { place };
                assert_eq!((found.segment, found.offset), (segment, at));
                assert_eq!(found.reason == Reason::Header, offset < 128);
                if bit == 0 {
                    give_up(history, &store, &found);
                }
                &refused
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
    });
    println!(
        "{} flips in {:?}: {refused:?} refused, {dropped:?} dropped, {harmless:?} between frames",
        places.len() * 8,
        begun.elapsed()
    );
    assert!(refused.into_inner() > 0 && dropped.into_inner() > 0);
}

/// A snapshot older than what is flipped.
fn older(history: &History) -> &Taken {
    let first = *history.tail(TAIL).last().unwrap();
    let frame = history
        .frames
        .iter()
        .find(|f| (f.segment, f.offset) >= first);
    history.taken_upto(frame.unwrap().last - 16).unwrap()
}

fn all_is_there(history: &History, store: &MemoryStore) {
    let taken = older(history);
    let (_, opened) = open(store, taken.seq).unwrap();
    assert_eq!((opened.last_seq, opened.torn), (history.last_seq(), None));
    history.fold(store, Some(taken));
}

fn is_dropped(history: &History, store: &MemoryStore, frame: usize) {
    let (place, before) = (history.frames[frame], history.before(frame));
    let taken = older(history);
    assert_eq!(history.read(store, taken.seq + 1).unwrap(), before);
    let (_, opened) = open(store, taken.seq).unwrap();
    let torn = opened.torn.expect("it is said");
    assert_eq!(
        (torn.segment, torn.offset),
        (place.segment, place.offset as u64)
    );
    assert_eq!((opened.last_seq, torn.seq), (before, before + 1));
    assert_eq!(open(store, taken.seq).unwrap().1.torn, None, "said once");
    let state = history.fold(store, Some(taken));
    assert!(state.trading.hardstop.is_some(), "it was engaged before");
}

fn is_refused(history: &History, store: &MemoryStore, frame: usize) -> Damage {
    let before = history.before(frame);
    let taken = older(history);
    let (mut was, mut is) = (Vec::new(), Vec::new());
    contents(store, &mut was);
    let Err(JournalError::Damage(found)) = open(store, taken.seq).map(|_| ()) else {
        panic!("damage in frame {frame} was not seen");
    };
    contents(store, &mut is);
    assert!(was == is, "a start that is refused changes nothing");
    assert_eq!(found.last_good, before);
    match history.read(store, taken.seq + 1) {
        Err(JournalError::Damage(seen)) => assert_eq!(seen, found),
        other => panic!("read to {other:?}"),
    }
    found
}

/// The operator's way out leads to the state as it was, with the stop engaged.
fn give_up(history: &History, store: &MemoryStore, found: &Damage) {
    accept_loss_in(Box::new(store.clone()), found.last_good).unwrap();
    let taken = older(history);
    let (_, opened) = open(store, taken.seq).unwrap();
    assert_eq!((opened.last_seq, opened.torn), (found.last_good, None));
    let state = history.fold(store, Some(taken));
    assert!(state.trading.hardstop.is_some(), "it was engaged before");
}

fn contents(store: &MemoryStore, out: &mut Vec<Vec<u8>>) {
    for file in store.list().unwrap() {
        store.edit(file.number, |bytes| out.push(bytes.clone()));
    }
}
