//! Durable reservation decisions: N clients in closed loops, beside the disk's own fdatasync with
//! as many records a sync, in turn. Ratios are what counts; the machine is named by its disk rate.

#[path = "support/disk.rs"]
mod disk;
mod support;

use std::time::{Duration, Instant};

use disk::disk;
use pilothouse::engine::Lane;
use support::{cent, engine, percentile, who};

const SPAN: Duration = Duration::from_secs(2);

fn main() {
    println!("clients   disk/s   engine/s   ratio   disk p99 µs   engine p50 µs   engine p99 µs");
    for clients in [1, 8, 64] {
        let (disk, disk_p99) = disk(clients);
        let (rate, p50, p99) = reservations(clients);
        println!(
            "{clients:>7}  {disk:>7.0}  {rate:>9.0}   {:>5.2}   {:>11}   {:>13}   {:>13}",
            rate / disk,
            disk_p99.as_micros(),
            p50.as_micros(),
            p99.as_micros()
        );
    }
}

fn reservations(clients: usize) -> (f64, Duration, Duration) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let engine = engine(folder.path());
    let began = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let handle = engine.handle.clone();
            std::thread::spawn(move || {
                let mut took = Vec::new();
                while began.elapsed() < SPAN {
                    let at = Instant::now();
                    handle
                        .submit(Lane::Normal, who(), cent())
                        .expect("an answer");
                    took.push(at.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took: Vec<Duration> = threads
        .into_iter()
        .flat_map(|t| t.join().expect("a client"))
        .collect();
    let rate = took.len() as f64 / began.elapsed().as_secs_f64();
    took.sort_unstable();
    engine.handle.shutdown();
    engine.join();
    (rate, percentile(&took, 0.5), percentile(&took, 0.99))
}
