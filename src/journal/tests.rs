//! The journal as a whole: crashes, damage, readers beside a writer.

use proptest::prelude::*;

use super::*;

const SMALL: u64 = 2048;

fn options() -> Options {
    Options {
        sizes: vec![SMALL / 2, SMALL],
        ..Options::memory()
    }
}

fn body(seq: u64) -> Vec<u8> {
    vec![seq as u8; 20 + (seq as usize * 37) % 150]
}

fn time(seq: u64) -> Time {
    Time(1_771_000_000_000 + seq as i64 * 250)
}

fn batch(seqs: impl IntoIterator<Item = u64>) -> Batch {
    let mut batch = Batch::new();
    for seq in seqs {
        batch.push(seq, time(seq), &body(seq)).unwrap();
    }
    batch
}

fn open(store: &MemoryStore) -> Result<(Journal, Opened), JournalError> {
    Journal::open(Box::new(store.clone()), options())
}

/// Batches of one to five records until `last`; the hash chain is noted one batch late.
fn write(journal: &mut Journal, last: u64) -> Chain {
    let (mut chain, mut size) = (Chain::default(), 0);
    while journal.last_seq() < last {
        size = size % 5 + 1;
        let first = journal.last_seq() + 1;
        let end = last.min(first + size - 1);
        let durable = journal.append(&batch(first..=end), Time(7)).unwrap();
        assert_eq!(durable, end);
        journal.note_chain(chain.seq(), chain.hash());
        for seq in chain.seq() + 1..=end {
            chain.absorb(seq, time(seq), &body(seq));
        }
    }
    chain
}

fn filled(last: u64) -> (MemoryStore, Chain) {
    let store = MemoryStore::new();
    let chain = write(&mut open(&store).unwrap().0, last);
    (store, chain)
}

fn reader(store: &MemoryStore, from: u64) -> Reader {
    Reader::open(Box::new(store.clone()), from).unwrap()
}

/// Reads on, checks each record, returns the last sequence.
fn drain(reader: &mut Reader, mut last: u64) -> Result<u64, JournalError> {
    while let Some(record) = reader.next_record()? {
        assert_eq!(record.seq, last + 1);
        assert_eq!(record.time, time(record.seq));
        assert_eq!(record.body, body(record.seq));
        last = record.seq;
    }
    Ok(last)
}

fn damage<T>(result: Result<T, JournalError>) -> Damage {
    match result {
        Err(JournalError::Damage(damage)) => damage,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the damage was not seen"),
    }
}

fn check(store: &MemoryStore) -> Result<Verified, JournalError> {
    verify_store(Box::new(store.clone()), &[])
}

/// Segment, offset and length of each frame, and its last sequence.
fn frames(store: &MemoryStore) -> Vec<(u32, usize, usize, u64)> {
    let mut cursor = cursor::Cursor::start(std::sync::Arc::new(store.clone()), 1).unwrap();
    let mut found = Vec::new();
    while let cursor::Next::Frame(head) = cursor.next().unwrap() {
        let last = head.first_seq + u64::from(head.count) - 1;
        let offset = cursor.frame_offset() as usize;
        found.push((cursor.number(), offset, head.length, last));
    }
    found
}

#[test]
fn what_is_appended_is_read_from_anywhere_and_goes_on_after_a_restart() {
    let (store, chain) = filled(100);
    assert!(store.list().unwrap().len() > 5, "several segments");
    for from in 1..=101 {
        assert_eq!(drain(&mut reader(&store, from), from - 1).unwrap(), 100);
    }
    let (mut journal, opened) = open(&store).unwrap();
    assert_eq!((opened.first_seq, opened.last_seq), (1, 100));
    assert_eq!(opened.torn, None);
    assert!(opened.chain.seq() > 90 && opened.chain.seq() < 100);
    journal.append(&batch(101..=103), Time(8)).unwrap();
    assert_eq!(drain(&mut reader(&store, 1), 0).unwrap(), 103);

    let verified = verify_store(Box::new(store), &[(100, chain.hash())]).unwrap();
    assert_eq!((verified.records, verified.first_seq), (103, 1));
    assert_eq!((verified.last_seq, verified.torn_tail_bytes), (103, 0));
}

#[test]
fn an_empty_journal_is_sound() {
    let store = MemoryStore::new();
    let (mut journal, opened) = open(&store).unwrap();
    assert_eq!((opened.first_seq, opened.last_seq), (1, 0));
    assert_eq!(journal.append(&Batch::new(), Time(0)).unwrap(), 0);
    assert_eq!(journal.bytes(), 0);
    assert_eq!(drain(&mut reader(&store, 1), 0).unwrap(), 0);
    let verified = check(&store).unwrap();
    assert_eq!((verified.records, verified.first_seq), (0, 0));
    assert_eq!(verified.hash, Some([0; 32]));
}

#[test]
fn a_batch_that_does_not_follow_is_refused_and_harms_nothing() {
    let (store, _) = filled(10);
    let (mut journal, _) = open(&store).unwrap();
    for first in [9, 10, 12] {
        let refused = journal.append(&batch([first]), Time(0));
        assert!(matches!(
            refused,
            Err(JournalError::OutOfSequence { expected: 11, .. })
        ));
    }
    assert_eq!(journal.append(&batch([11]), Time(0)).unwrap(), 11);
}

#[test]
fn a_record_larger_than_a_segment_gets_a_segment_that_holds_it() {
    let store = MemoryStore::new();
    let (mut journal, _) = open(&store).unwrap();
    let mut large = Batch::new();
    large.push(1, time(1), &vec![9; MAX_BODY]).unwrap();
    journal.append(&large, Time(0)).unwrap();
    journal.append(&batch([2]), Time(0)).unwrap();
    let mut reader = reader(&store, 1);
    assert_eq!(reader.next_record().unwrap().unwrap().body.len(), MAX_BODY);
    assert_eq!(reader.next_record().unwrap().unwrap().body, body(2));
    assert_eq!(open(&store).unwrap().1.last_seq, 2);
}

#[test]
fn cut_anywhere_in_the_tail_what_is_read_is_a_prefix() {
    let (store, _) = filled(60);
    let frames = frames(&store);
    let (tail, last_offset, length, _) = *frames.last().unwrap();
    for truncate in [false, true] {
        for cut in (0..last_offset + length).step_by(16) {
            let cut_store = store.fork();
            cut_store.edit(tail, |bytes| {
                if truncate {
                    bytes.truncate(cut);
                } else {
                    bytes[cut..].fill(0);
                }
            });
            let whole = |f: &&(u32, usize, usize, u64)| f.0 < tail || f.1 + f.2 <= cut;
            // A cut in trailing zeroes of a body leaves the frame whole; bodies here have none.
            let expected = frames.iter().filter(whole).map(|f| f.3).max().unwrap();
            assert_eq!(drain(&mut reader(&cut_store, 1), 0).unwrap(), expected);
            let torn = check(&cut_store).unwrap().torn_tail_bytes;

            let (mut journal, opened) = open(&cut_store).unwrap();
            assert_eq!(opened.last_seq, expected, "cut at {cut}");
            assert_eq!(opened.torn.map_or(0, |t| t.bytes), torn);
            assert!(opened.torn.is_none_or(|t| t.seq == expected + 1));
            assert_eq!(check(&cut_store).unwrap().torn_tail_bytes, 0);
            for seq in expected + 1..=expected + 30 {
                journal.append(&batch([seq]), Time(0)).unwrap();
            }
            assert_eq!(check(&cut_store).unwrap().last_seq, expected + 30);
        }
    }
}

#[test]
fn a_flip_in_the_last_frame_drops_it_and_reports_it() {
    let (store, _) = filled(12);
    let frames = frames(&store);
    let (number, offset, length, last) = frames[frames.len() - 1];
    let before = frames[frames.len() - 2].3;
    assert!(offset > frame::SEGMENT_HEAD, "not alone in its segment");
    for bit in 0..length * 8 {
        let flipped = store.fork();
        flipped.edit(number, |bytes| bytes[offset + bit / 8] ^= 1 << (bit % 8));
        assert_eq!(drain(&mut reader(&flipped, 1), 0).unwrap(), before);
        let (_, opened) = open(&flipped).unwrap();
        assert_eq!(opened.last_seq, before, "bit {bit} of a frame to {last}");
        let torn = opened.torn.unwrap();
        assert_eq!((torn.segment, torn.offset), (number, offset as u64));
        assert_eq!(torn.seq, before + 1);
        assert!(torn.bytes > 0);
        assert_eq!(open(&flipped).unwrap().1.torn, None, "it is dropped once");
    }
}

#[test]
fn a_flip_in_an_earlier_frame_is_refused_as_damage() {
    let (store, _) = filled(40);
    let frames = frames(&store);
    for (index, (number, offset, length, _)) in frames[..frames.len() - 1].iter().enumerate() {
        let last_good = index.checked_sub(1).map_or(0, |i| frames[i].3);
        for byte in (0..*length).step_by(5) {
            let flipped = store.fork();
            flipped.edit(*number, |bytes| bytes[offset + byte] ^= 0x10);
            let before = flipped.fork();
            let found = damage(open(&flipped));
            assert_eq!((found.segment, found.offset), (*number, *offset as u64));
            assert_eq!(found.last_good, last_good);
            assert_eq!(damage(check(&flipped)), found);
            assert_eq!(damage(drain(&mut reader(&flipped, 1), 0)), found);
            for file in before.list().unwrap() {
                flipped.edit(file.number, |now| {
                    before.edit(file.number, |then| assert_eq!(now, then));
                });
            }
        }
    }
}

#[test]
fn missing_frames_and_segments_are_damage() {
    let (store, _) = filled(40);
    let frames = frames(&store);
    for (number, offset, length, _) in &frames[..frames.len() - 1] {
        let hole = store.fork();
        hole.edit(*number, |bytes| bytes[*offset..offset + length].fill(0));
        let found = damage(open(&hole));
        assert_eq!(damage(check(&hole)), found);
        assert!(matches!(found.reason, Reason::Hole | Reason::Gap { .. }));
    }
    let last = frames.last().unwrap().0;
    for number in 1..last {
        let missing = store.fork();
        missing.remove(number).unwrap();
        assert!(damage_or_archived(open(&missing)), "segment {number}");
        let header = store.fork();
        header.edit(number, |bytes| bytes[40] ^= 1);
        let found = damage(check(&header));
        assert_eq!((found.segment, found.reason), (number, Reason::Header));
        assert_eq!(damage(open(&header)), found);
    }
}

fn damage_or_archived<T>(result: Result<T, JournalError>) -> bool {
    matches!(
        result,
        Err(JournalError::Damage(_) | JournalError::Archived { .. })
    )
}

#[test]
fn a_journal_that_ends_before_its_snapshot_is_damage() {
    let (store, chain) = filled(30);
    let with = |snapshot_seq| {
        Journal::open(
            Box::new(store.fork()),
            Options {
                snapshot_seq,
                ..options()
            },
        )
    };
    assert_eq!(with(30).unwrap().1.last_seq, 30);
    let found = damage(with(31));
    let expected = Reason::EndsBeforeSnapshot {
        last: 30,
        snapshot: 31,
    };
    assert_eq!((found.reason, found.last_good), (expected, 30));
    let later = verify_store(Box::new(store.clone()), &[(31, chain.hash())]);
    assert_eq!(damage(later), found);
    assert!(found.to_string().contains("run --accept-loss 30"));
}

#[test]
fn a_start_reads_from_the_snapshot_on_and_verify_reads_all() {
    let (store, _) = filled(60);
    store.edit(1, |bytes| bytes[230] ^= 1);
    let options = Options {
        snapshot_seq: 58,
        ..options()
    };
    let (_, opened) = Journal::open(Box::new(store.clone()), options).unwrap();
    assert_eq!(opened.last_seq, 60);
    assert_eq!(damage(check(&store)).segment, 1);
}

#[test]
fn verify_compares_every_hash_that_was_written_down() {
    let (store, chain) = filled(40);
    assert_eq!(check(&store).unwrap().last_seq, 40);
    let wrong = verify_store(Box::new(store.clone()), &[(40, [1; 32])]);
    assert_eq!(damage(wrong).reason, Reason::Chain { seq: 40 });

    let (mut journal, _) = open(&store).unwrap();
    journal.note_chain(40, [9; 32]);
    journal.append(&batch([41]), Time(0)).unwrap();
    assert_eq!(damage(check(&store)).reason, Reason::Chain { seq: 40 });
    assert_ne!(chain.hash(), [9; 32]);
}

#[test]
fn a_journal_whose_beginning_was_archived_is_sound() {
    let (store, _) = filled(60);
    let whole = check(&store).unwrap();
    store.remove(1).unwrap();
    store.remove(2).unwrap();
    let rest = check(&store).unwrap();
    assert!(rest.first_seq > 1 && rest.records == 61 - rest.first_seq);
    assert_eq!(rest.hash, whole.hash);
    assert!(matches!(
        Reader::open(Box::new(store.clone()), 1),
        Err(JournalError::Archived { asked: 1, .. })
    ));
    let options = Options {
        snapshot_seq: 50,
        ..options()
    };
    let (_, opened) = Journal::open(Box::new(store), options).unwrap();
    assert_eq!((opened.first_seq, opened.last_seq), (rest.first_seq, 60));
}

#[test]
fn a_newer_versions_frames_and_segments_are_not_damage() {
    let (store, _) = filled(12);
    let (number, offset, length, _) = *frames(&store).last().unwrap();
    for place in [4, 6] {
        let newer = store.fork();
        newer.edit(number, |bytes| {
            let frame = &mut bytes[offset..offset + length];
            frame[place] = 9;
            frame::seal(frame, number, offset as u64);
        });
        for result in [open(&newer).map(|_| ()), check(&newer).map(|_| ())] {
            let error = result.unwrap_err();
            assert!(matches!(error, JournalError::Newer { .. }), "{error}");
            assert!(error.to_string().contains("written by a newer version"));
        }
    }
}

#[test]
fn a_failed_sync_or_write_poisons_for_ever() {
    for fault in [Fault::Sync, Fault::Write, Fault::TornWrite(100)] {
        let (store, _) = filled(10);
        let (mut journal, _) = open(&store).unwrap();
        store.inject(fault);
        let failed = journal.append(&batch([11]), Time(0)).unwrap_err();
        assert!(matches!(failed, JournalError::Io { .. }), "{failed}");
        assert!(!failed.is_disk_full());
        for _ in 0..3 {
            let again = journal.append(&batch([11]), Time(0));
            assert!(matches!(again, Err(JournalError::Poisoned(_))));
        }
        assert_eq!(journal.last_seq(), 10);
        let (_, opened) = open(&store.after_power_loss()).unwrap();
        assert_eq!(opened.last_seq, 10);
        let known = open(&store).unwrap().1.last_seq;
        assert_eq!(known, if fault == Fault::Sync { 11 } else { 10 });
        // What a start has read is durable from then on, whatever the failed sync left undone.
        assert_eq!(open(&store.after_power_loss()).unwrap().1.last_seq, known);
    }
}

#[test]
fn what_was_acknowledged_survives_a_torn_write_at_every_byte() {
    let (store, _) = filled(31);
    let written = batch([32]);
    for byte in (0..400).step_by(16) {
        let torn = store.fork();
        let (mut journal, _) = open(&torn).unwrap();
        torn.inject(Fault::TornWrite(byte));
        assert!(journal.append(&written, Time(0)).is_err());
        let (mut journal, opened) = open(&torn).unwrap();
        assert!(opened.last_seq >= 31);
        write(&mut journal, 50);
        assert_eq!(check(&torn).unwrap().last_seq, 50);
    }
}

#[test]
fn a_full_disk_is_said_to_be_one() {
    let store = MemoryStore::new();
    let (mut journal, _) = open(&store).unwrap();
    store.inject(Fault::NoSpace);
    let full = journal.append(&batch([1]), Time(0)).unwrap_err();
    assert!(full.is_disk_full(), "{full}");
    assert_eq!(open(&store).unwrap().1.last_seq, 0);
}

#[test]
fn room_that_was_made_since_the_helper_found_none_is_used() {
    let store = MemoryStore::new();
    store.inject(Fault::NoSpace);
    let aside = Options {
        prepare_aside: true,
        ..options()
    };
    let (mut journal, _) = Journal::open(Box::new(store.clone()), aside).unwrap();
    write(&mut journal, 40);
    drop(journal);
    let (_, opened) = open(&store).unwrap();
    assert_eq!((opened.last_seq, opened.torn), (40, None));
}

#[test]
fn a_reader_beside_a_writer_sees_what_is_durable_and_within_its_limit() {
    let store = MemoryStore::new();
    let (mut journal, _) = open(&store).unwrap();
    let (mut free, mut bound) = (reader(&store, 1), reader(&store, 1));
    bound.set_limit(0);
    let mut last = 0;
    for last_of_batch in (3..=120).step_by(3) {
        write(&mut journal, last_of_batch);
        assert_eq!(drain(&mut free, last).unwrap(), last_of_batch);
        assert_eq!(drain(&mut bound, last).unwrap(), last);
        bound.set_limit(last_of_batch);
        assert_eq!(drain(&mut bound, last).unwrap(), last_of_batch);
        last = last_of_batch;
    }
}

#[test]
fn a_reader_waits_at_an_unfinished_frame_and_goes_on_when_it_is_whole() {
    let (store, _) = filled(12);
    let (number, offset, length, last) = *frames(&store).last().unwrap();
    let unfinished = store.fork();
    let mut whole = Vec::new();
    unfinished.edit(number, |bytes| {
        whole = bytes[offset..offset + length].to_vec();
        bytes[offset + length / 2..offset + length].fill(0);
    });
    let mut reader = reader(&unfinished, 1);
    let before = drain(&mut reader, 0).unwrap();
    assert!(before < last);
    assert_eq!(drain(&mut reader, before).unwrap(), before);
    unfinished.edit(number, |bytes| {
        bytes[offset..offset + length].copy_from_slice(&whole);
    });
    assert_eq!(drain(&mut reader, before).unwrap(), last);
}

#[test]
fn an_accepted_loss_leaves_a_sound_journal_up_to_there() {
    let (store, _) = filled(40);
    let (number, offset, ..) = frames(&store)[9];
    store.edit(number, |bytes| bytes[offset + 30] ^= 4);
    let last_good = damage(open(&store)).last_good;
    assert!(last_good > 10);
    for seq in 0..=last_good {
        let cut = store.fork();
        assert!(accept_loss_in(Box::new(cut.clone()), seq).unwrap() > 0);
        let (mut journal, opened) = open(&cut).unwrap();
        assert_eq!((opened.last_seq, opened.torn), (seq, None));
        assert_eq!(drain(&mut reader(&cut, 1), 0).unwrap(), seq);
        journal.append(&batch([seq + 1]), Time(0)).unwrap();
        assert_eq!(check(&cut).unwrap().last_seq, seq + 1);
    }
    let more = accept_loss_in(Box::new(store.clone()), last_good + 1);
    assert!(matches!(more, Err(JournalError::Loss { last, .. }) if last == last_good));
    assert_eq!(damage(open(&store)).last_good, last_good, "unchanged");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn batch_boundaries_and_wall_time_do_not_enter_the_hash(sizes in prop::collection::vec(1..9_u64, 8)) {
        let (_, chain) = filled(40);
        let store = MemoryStore::new();
        let (mut journal, _) = open(&store).unwrap();
        for size in sizes.iter().cycle() {
            let first = journal.last_seq() + 1;
            if first > 40 {
                break;
            }
            journal.append(&batch(first..=40.min(first + size - 1)), Time(first as i64)).unwrap();
        }
        prop_assert_eq!(check(&store).unwrap().hash, Some(chain.hash()));
    }
}

#[test]
fn files_survive_a_writer_that_never_shuts_down() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("journal");
    let options = || Options {
        sizes: vec![SMALL, 2 * SMALL],
        ..Options::default()
    };
    let open = || Journal::open(Box::new(FileStore::writable(&dir).unwrap()), options());
    let mut last = 0;
    for _ in 0..6 {
        let (mut journal, opened) = open().unwrap();
        assert_eq!((opened.last_seq, opened.torn), (last, None));
        assert!(matches!(open(), Err(JournalError::Locked)));
        last += 25;
        write(&mut journal, last);
        let mut reader = Reader::open_dir(&dir, 1).unwrap();
        assert_eq!(drain(&mut reader, 0).unwrap(), last);
        let verified = verify(&dir).unwrap();
        assert_eq!((verified.records, verified.torn_tail_bytes), (last, 0));
    }
    let hash = verify(&dir).unwrap().hash.unwrap();
    snapshot::write(&dir, last, hash, b"state").unwrap();
    assert_eq!(verify(&dir).unwrap().wrong_snapshots, vec![]);
    snapshot::write(&dir, last + 1, hash, b"state").unwrap();
    let found = damage(verify(&dir));
    assert!(matches!(found.reason, Reason::EndsBeforeSnapshot { .. }));
    accept_loss(&dir, last - 1).unwrap();
    assert_eq!(snapshot::newest_valid(&dir).unwrap().0, None);
    assert_eq!(verify(&dir).unwrap().last_seq, last - 1);
    assert_eq!(open().unwrap().1.last_seq, last - 1);
}

#[test]
fn readers_and_verify_work_beside_a_busy_writer_on_files() {
    const LAST: u64 = 3000;
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::writable(dir.path()).unwrap();
    let options = Options {
        sizes: vec![SMALL, 8 * SMALL],
        ..Options::default()
    };
    let (mut journal, _) = Journal::open(Box::new(store), options).unwrap();
    let writer = std::thread::spawn(move || write(&mut journal, LAST));
    let mut reader = Reader::open_dir(dir.path(), 1).unwrap();
    let (mut last, mut verified) = (0, 0);
    while last < LAST {
        let done = writer.is_finished();
        last = drain(&mut reader, last).unwrap();
        assert!(last == LAST || !done, "what is written is read");
        let now = verify(dir.path()).unwrap().last_seq;
        assert!(now >= verified.max(last), "it never goes back");
        verified = now;
    }
    let chain = writer.join().unwrap();
    assert_eq!(verify(dir.path()).unwrap().hash, Some(chain.hash()));
}

#[test]
#[ignore = "a measurement: run it in release"]
fn a_million_records_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::writable(dir.path()).unwrap();
    let (mut journal, _) = Journal::open(Box::new(store), Options::default()).unwrap();
    let mut batch = Batch::new();
    let begun = std::time::Instant::now();
    for seq in 1..=1_000_000 {
        batch.push(seq, time(seq), &[7; 150]).unwrap();
        if batch.is_full() || seq == 1_000_000 {
            journal.append(&batch, Time(0)).unwrap();
            batch.clear();
        }
    }
    println!("written in {:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    let mut reader = Reader::open_dir(dir.path(), 1).unwrap();
    let mut bytes = 0;
    while let Some(record) = reader.next_record().unwrap() {
        bytes += record.body.len();
    }
    println!("read in {:?}", begun.elapsed());
    assert_eq!(bytes, 150_000_000);
    let begun = std::time::Instant::now();
    verify(dir.path()).unwrap();
    println!("verified in {:?}", begun.elapsed());
    drop(journal);
    let begun = std::time::Instant::now();
    let store = FileStore::writable(dir.path()).unwrap();
    let opened = Journal::open(Box::new(store), Options::default())
        .unwrap()
        .1;
    println!("opened without a snapshot in {:?}", begun.elapsed());
    assert_eq!(opened.last_seq, 1_000_000);
}
