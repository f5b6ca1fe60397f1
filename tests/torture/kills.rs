//! `kill -9` in a loop on real files, while clients order and reserve over the socket: what they were
//! told is there, no order is doubled, and HARDSTOP stays latched.

mod client;
mod ledger;

use std::sync::atomic::{AtomicBool, Ordering};

use pilothouse::client::{Call, call};
use pilothouse::engine::{journal_dir, read_state};
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
        let verified = home.read(&["journal", "verify"]);
        assert_eq!(verified["ok"], true, "{verified}");
        assert_eq!(verified["wrong_snapshots"], json!([]));
        let views = home.read(&["views", "check"]);
        assert_eq!(views["ok"], true, "round {number}: {views}");
    }
    let counts = books.counts();
    println!("{rounds} kills in {:?}: {counts}, {told}", begun.elapsed());
    assert!(told.has_all_kinds(), "{told}");
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
