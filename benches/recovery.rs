//! A journal of a million records, folded without a snapshot and started with one.

mod support;

use std::time::Instant;

use pilothouse::engine::{Lane, ReplyTo, Submission, journal_dir, read_state};
use support::{cent, engine, who};

const RECORDS: u64 = 1_000_000;

fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let began = engine(folder.path());
    let at = Instant::now();
    for _ in 0..RECORDS / 2 {
        let submission = || Submission {
            actor: who(),
            origin: None,
            command: cent(),
            answer: ReplyTo::Nobody,
        };
        while began.handle.post(Lane::Normal, submission()).is_err() {
            std::thread::yield_now();
        }
    }
    began
        .handle
        .submit(Lane::Normal, who(), cent())
        .expect("an answer");
    println!(
        "written at {:.0} records/s",
        RECORDS as f64 / 2.0 / at.elapsed().as_secs_f64()
    );
    began.handle.shutdown();
    began.join();
    let dir = journal_dir(folder.path());
    let with = Instant::now();
    let again = engine(folder.path());
    println!(
        "start with a snapshot: {:.0} ms",
        with.elapsed().as_secs_f64() * 1e3
    );
    again.handle.shutdown();
    again.join();
    for entry in std::fs::read_dir(&dir).expect("a journal") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "snap") {
            std::fs::remove_file(path).expect("removed");
        }
    }
    let at = Instant::now();
    let state = read_state(folder.path()).expect("whole");
    let took = at.elapsed();
    println!(
        "folded without a snapshot: {} records in {:.0} ms, {:.2} µs each",
        state.seq,
        took.as_secs_f64() * 1e3,
        took.as_secs_f64() * 1e6 / state.seq as f64
    );
}
