//! HARDSTOP behind 200,000 queued commands: from the call to the gate closed, and to the record
//! durable.

mod support;

use std::time::{Duration, Instant};

use pilothouse::engine::{Lane, ReplyTo, Submission};
use pilothouse::gate::{How, Press};
use support::{cent, engine, percentile, who};

const QUEUED: usize = 200_000;
const ROUNDS: usize = 30;

fn main() {
    let (mut gate, mut durable, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let engine = engine(folder.path());
        for _ in 0..QUEUED {
            let submission = Submission {
                actor: who(),
                origin: None,
                command: cent(),
                answer: ReplyTo::Nobody,
            };
            engine.handle.post(Lane::Normal, submission).expect("room");
        }
        let at = Instant::now();
        let closed = engine.handle.gate().close(Press {
            by: who(),
            how: How::Request(None),
            reason: "measured".into(),
        });
        gate.push(at.elapsed());
        engine
            .wait_journaled(closed.presses, Duration::from_secs(30))
            .expect("journaled");
        durable.push(at.elapsed());
        left.push(engine.handle.waiting());
        engine.handle.shutdown();
        engine.join();
    }
    left.sort_unstable();
    println!(
        "commands still waiting when the stop was durable (median): {}",
        left[ROUNDS / 2]
    );
    for (what, mut took) in [("gate closed", gate), ("durable", durable)] {
        took.sort_unstable();
        let us = |p| percentile(&took, p).as_secs_f64() * 1e6;
        println!(
            "{what:<12} p50 {:>8.1} µs   p99 {:>8.1} µs",
            us(0.5),
            us(0.99)
        );
    }
}
