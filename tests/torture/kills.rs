//! `kill -9` in a loop on real files, while clients order and reserve over the socket: what they were
//! told is there, no order is doubled, and HARDSTOP stays latched.

mod client;
mod ledger;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use pilothouse::client::{Call, call};
use pilothouse::engine::{journal_dir, read_state};
use pilothouse::journal::verify;
use pilothouse::views::check;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::is_full;
use crate::program::{Home, until};
use client::{Kind, Told, target, work};
use ledger::Books;

const ROUNDS: u64 = 12;
const ROUNDS_IN_FULL: u64 = 100;

/// What a round is about: the stop is engaged shortly before a kill, holds over a whole life of the
/// engine and another kill, and is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Trade,
    Stop,
    Stopped,
    Cleared,
}

impl Round {
    fn of(number: u64) -> Self {
        match number % 4 {
            0 => Self::Trade,
            1 => Self::Stop,
            2 => Self::Stopped,
            _ => Self::Cleared,
        }
    }
}

#[test]
fn killed_at_any_moment_it_has_done_what_it_told_and_nothing_twice() {
    let begun = std::time::Instant::now();
    let rounds = if is_full() { ROUNDS_IN_FULL } else { ROUNDS };
    let home = Home::new();
    let mut dice = Dice::new(crate::seed());
    let told = Told::default();
    let mut books = Books::default();
    let mut epoch = None;
    for number in 0..rounds {
        let round = Round::of(number);
        let engine = home.engine(&["--speed", "3600"]);
        assert!(!engine.said().contains("ERROR"), "{}", engine.said());
        is_as_stopped(&home, epoch);
        if round == Round::Cleared {
            clear(&home, epoch.take().expect("engaged two rounds ago"));
        }
        let enough = told.answers() + 4 + dice.below(60);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (index, kind) in [Kind::Trader, Kind::Holder, Kind::Holder]
                .into_iter()
                .enumerate()
            {
                let (home, told, over) = (&home, &told, &over);
                let dice = Dice::new(dice.roll() + index as u64);
                scope.spawn(move || work(home, kind, dice, told, over));
            }
            until("enough was answered", || {
                (told.answers() >= enough).then_some(())
            });
            if round == Round::Stop {
                let press = Call::post("coordinator/hardstop", json!({"reason": "torture"}));
                let stopped = call(&target(&home), &press).unwrap();
                epoch = stopped["epoch"].as_u64();
                assert!(epoch.is_some(), "{stopped}");
            }
            // In the middle of whatever is asked and written now.
            engine.kill();
            over.store(true, Ordering::Release);
        });
        books.read(&journal_dir(&home.state()));
        books.hold(&told);
        let state = read_state(&home.state()).unwrap();
        let engaged = state.trading.hardstop.as_ref().map(|stop| stop.epoch);
        assert!(
            epoch.is_none() || engaged == epoch,
            "round {number}: {engaged:?}"
        );
        assert_eq!(state.seq, books.last());
        told.stays_released(&state);
        let verified = verify(&journal_dir(&home.state())).unwrap();
        assert_eq!(
            (verified.last_seq, verified.wrong_snapshots),
            (state.seq, vec![])
        );
        let differences = block_on(check(&home.state())).unwrap();
        assert!(differences.is_empty(), "round {number}: {differences:?}");
    }
    assert_eq!(home.read(&["journal", "verify"])["ok"], true);
    assert_eq!(home.read(&["views", "check"])["ok"], true);
    let counts = books.counts();
    println!("{rounds} kills in {:?}: {counts}, {told}", begun.elapsed());
    assert!(told.has_all_kinds(), "{told}");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

#[test]
fn damage_in_the_past_stops_no_start_and_is_an_alarm() {
    let home = Home::new();
    let engine = home.engine(&["--feed", "idle"]);
    engine.signal(Signal::TERM);
    assert_eq!(engine.ended().code, Some(0));
    let seq = home.status()["seq"].clone();
    let path = journal_dir(&home.state()).join("00000001.seg");
    let mut bytes = fs::read(&path).unwrap();
    bytes[300] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(home.status()["seq"], seq, "the state is in the snapshot");
    let _engine = home.engine(&["--feed", "idle"]);
    until("the alarm", || {
        let snapshot = call(&target(&home), &Call::get("snapshot")).unwrap();
        let alarms = snapshot["alarms"].as_array().unwrap().iter();
        let text = alarms.filter(|alarm| alarm["about"] == "journal");
        let text = text.filter_map(|alarm| alarm["text"].as_str()).next()?;
        assert!(text.contains("segment 00000001 at byte 128"), "{text}");
        Some(())
    });
    assert_eq!(home.verb(&["journal", "verify"]).code, Some(1));
}

fn is_as_stopped(home: &Home, epoch: Option<u64>) {
    let status = home.status();
    match epoch {
        Some(epoch) => {
            assert_eq!(status["state"], "hardstopped", "{status}");
            assert_eq!(status["hardstop"]["epoch"], epoch);
        }
        None => assert_eq!(status["hardstop"], Value::Null),
    }
}

fn clear(home: &Home, epoch: u64) {
    let epoch = epoch.to_string();
    let words = ["clear", "--reason", "looked at", "--yes", "--epoch", &epoch];
    until("the stop is cleared", || {
        (home.verb(&words).code == Some(0)).then_some(())
    });
    home.verb(&["resume", "--reason", "looked at"]).done();
}
