//! Copies of a state folder, and what becomes of them.

use std::fs;
use std::path::Path;

use pilothouse::core::{RecordBody, State};
use pilothouse::engine::{journal_dir, read_state};
use pilothouse::journal::Reader;
use serde_json::Value;

use crate::program::{Home, until};

/// The state after a record, folded from the beginning.
fn folded(state_dir: &Path, upto: u64) -> Vec<u8> {
    let mut state = State::default();
    let mut reader = Reader::open_dir(&journal_dir(state_dir), 1).unwrap();
    reader.set_limit(upto);
    while let Some(record) = reader.next_record().unwrap() {
        let body = RecordBody::decode(record.body).unwrap();
        state.fold(record.seq, record.time, &body.events);
    }
    assert_eq!(state.seq, upto);
    minicbor::to_vec(&state).unwrap()
}

/// A copy of a home's folder, as the folder of another one.
fn copied(home: &Home) -> (Value, Home) {
    let other = Home::new();
    let said = home.verb(&["backup", other.state().to_str().unwrap()]);
    (said.done(), other)
}

#[test]
fn a_copy_taken_at_full_speed_is_the_same_state_and_an_engine_goes_on_from_it() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "sim", "--speed", "max"]);
    until("it writes", || {
        (home.status()["seq"].as_u64().unwrap() > 2_000).then_some(())
    });
    let (first, restored) = copied(&home);
    let dir = restored.state();
    assert_eq!(
        (&first["ok"], &first["engine"]),
        (&true.into(), &"running".into())
    );
    let (second, _) = copied(&home);
    assert!(
        second["last_seq"].as_u64() > first["last_seq"].as_u64(),
        "it went on meanwhile"
    );
    engine.kill();

    let last = first["last_seq"].as_u64().unwrap();
    let copy = minicbor::to_vec(read_state(&dir).unwrap()).unwrap();
    assert!(
        copy == folded(&home.state(), last),
        "the fold of the copy is that of the original"
    );
    let verified = restored.verb(&["journal", "verify"]).done();
    assert_eq!(verified["hash"], first["hash"]);
    assert_eq!(verified["torn_tail_bytes"], 0);

    // After kill -9, without an engine.
    let (third, _) = copied(&home);
    assert_eq!(third["engine"], "not_running");
    assert!(third["last_seq"].as_u64() >= second["last_seq"].as_u64());

    let running = restored.engine(&["--feed", "idle"]);
    assert!(restored.status()["seq"].as_u64().unwrap() > last);
    drop(running);
    let manifest: Value =
        serde_json::from_slice(&fs::read(dir.join("backup.json")).unwrap()).unwrap();
    assert_eq!(manifest["hash"], first["hash"]);
}

#[test]
fn a_stop_is_in_the_copy_and_a_folder_with_anything_in_it_is_left_alone() {
    let home = Home::new();
    home.engine(&["--feed", "idle"]).kill();
    home.verb(&["hardstop", "--reason", "drill"]).done();
    fs::write(home.path().join("pilothouse.toml"), "[bus]\nqueue = 7\n").unwrap();
    let (copy, restored) = copied(&home);
    let dir = restored.state();
    assert_eq!(copy["stops"].as_array().unwrap().len(), 1);
    let in_force = fs::read_to_string(dir.join("configuration/in-force.toml")).unwrap();
    assert!(in_force.contains("bus.queue = 7"), "{in_force}");
    let status = restored.status();
    assert!(!status["hardstop"].is_null(), "{status}");

    let again = home.verb(&["backup", dir.to_str().unwrap()]);
    assert_eq!(again.refusal(), (Some(3), "BACKUP_NOT_EMPTY".into()));
    let nowhere = Home::new().verb(&["backup", dir.join("x").to_str().unwrap()]);
    assert_eq!(nowhere.refusal(), (Some(1), "JOURNAL_MISSING".into()));
}

#[test]
fn a_snapshot_by_hand_and_an_export_need_no_engine() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    home.verb(&["pause"]).done();
    assert_eq!(
        home.verb(&["journal", "snapshot"]).refusal(),
        (Some(3), "ENGINE_RUNNING".into())
    );
    engine.kill();
    let taken = home.verb(&["journal", "snapshot"]).done();
    let verified = home.verb(&["journal", "verify"]).done();
    assert_eq!(verified["hash"], taken["hash"]);
    let seq = taken["seq"].as_u64().unwrap();
    assert!(
        journal_dir(&home.state())
            .join(format!("{seq:020}.snap"))
            .exists()
    );
    let lines = home.verb(&["journal", "export"]).out;
    assert_eq!(lines.lines().count() as u64, seq);
    assert!(
        lines.contains("\"Pause\"") || lines.contains("\"pause\""),
        "{lines}"
    );
}

#[test]
fn old_segments_can_be_moved_and_the_engine_and_its_tables_go_on() {
    let home = Home::new();
    let old = home.path().join("old");
    let archive = [
        "journal",
        "archive",
        "--before",
        "1000000000",
        old.to_str().unwrap(),
    ];
    let write = |bytes: u64| {
        let engine = home.engine(&["--feed", "sim", "--speed", "max"]);
        until("a segment is full", || {
            let written = home.status()["journal"]["bytes"].as_u64().unwrap();
            (written > bytes).then_some(())
        });
        assert_eq!(
            home.verb(&archive).refusal(),
            (Some(3), "ENGINE_RUNNING".into())
        );
        home.verb(&["shutdown", "--yes"]).done();
        engine.ended()
    };
    write(3 << 19);
    let before = home.verb(&["journal", "verify"]).done();
    let moved = home.verb(&archive).done();
    assert!(moved["segments"].as_u64().unwrap() >= 1, "{moved}");
    let after = home.verb(&["journal", "verify"]).done();
    assert_eq!(
        (&after["first_seq"], &after["hash"]),
        (&moved["first_seq"], &before["hash"])
    );
    assert!(after["first_seq"].as_u64().unwrap() > 1);

    write(0);
    let again = home.verb(&archive).done();
    let last = before["last_seq"].as_u64().unwrap();
    assert!(
        again["views_seq"].as_u64().unwrap() > last,
        "the tables went on: {again}"
    );
    let asked = home.verb(&["journal", "export", "--from", "1"]);
    assert_eq!(asked.code, Some(1), "{}", asked.err);
    assert!(asked.err.contains("begins with"), "{}", asked.err);
}
