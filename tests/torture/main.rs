//! What a disk, a crash or chance may do to a journal of real decisions: it is cut anywhere, any bit
//! of its end is flipped, snapshots are wrong, every call to the disk fails once, and the program
//! itself is killed in a loop. What is read is a prefix of what was decided, nothing that was told is
//! lost, no loss is silent, no order is doubled, and HARDSTOP stays latched.
//!
//! `PILOTHOUSE_TORTURE=full` cuts and flips at every byte, and kills more often;
//! `PILOTHOUSE_TORTURE_SEED=N` takes another history and other moments.

mod cuts;
mod desk;
#[path = "../simulation/dice.rs"]
mod dice;
mod faults;
mod flips;
mod history;
mod kills;
#[path = "../support/program.rs"]
mod program;
mod snapshots;

use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether every byte is tried.
fn is_full() -> bool {
    std::env::var("PILOTHOUSE_TORTURE").is_ok_and(|value| value == "full")
}

/// What history and moments are drawn from.
fn seed() -> u64 {
    let text = std::env::var("PILOTHOUSE_TORTURE_SEED");
    text.map_or(1, |text| text.parse().expect("a number"))
}

/// Does the work of every index below `count` on all processors.
fn each(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    work(index);
                }
            });
        }
    });
}
