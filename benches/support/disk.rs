//! The disk alone, against which durable decisions are measured.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use crate::support::percentile;

const SPAN: Duration = Duration::from_secs(2);

/// As many records as there are clients, one fdatasync, in a file written before: records a second,
/// and the p99 of a sync.
pub fn disk(records: usize) -> (f64, Duration) {
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
