//! Durable reservation decisions: N clients in closed loops, beside the disk's own fdatasync with
//! as many records a sync, in turn. Ratios are what counts; the machine is named by its disk rate.

mod support;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

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

/// The disk alone: as many records as there are clients, one fdatasync, in a file written before.
fn disk(records: usize) -> (f64, Duration) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let path = folder.path().join("disk");
    let size = 64 * 1024 * 1024;
    std::fs::write(&path, vec![0; size]).expect("room");
    let file = File::options().write(true).open(&path).expect("a file");
    file.sync_all().expect("synced");
    let block = vec![7; (records * 320).next_multiple_of(64)];
    let (mut offset, mut syncs) = (0, Vec::new());
    let began = Instant::now();
    while began.elapsed() < SPAN {
        let at = Instant::now();
        file.write_all_at(&block, offset).expect("written");
        file.sync_data().expect("synced");
        syncs.push(at.elapsed());
        offset = (offset + block.len() as u64) % (size - block.len()) as u64;
    }
    let rate = (syncs.len() * records) as f64 / began.elapsed().as_secs_f64();
    syncs.sort_unstable();
    (rate, percentile(&syncs, 0.99))
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
