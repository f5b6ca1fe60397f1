//! What whole-program tests share: recorded data where it is, options, and patience without sleep.
#![allow(dead_code)] // each test takes what it needs

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pilothouse::config::Config;
use pilothouse::engine::{Engine, FeedChoice, Options};
use pilothouse::snapshot::Snapshot;

/// A file of the recorded data; where it is absent the test says so and is skipped, unless
/// `PILOTHOUSE_REQUIRE` names `data`.
pub fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PILOTHOUSE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let file = root.join(path);
    if file.exists() {
        return Some(file);
    }
    let required = std::env::var("PILOTHOUSE_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|r| r == "data"),
        "{} is required and absent",
        file.display()
    );
    eprintln!("skipped: {} is absent", file.display());
    None
}

/// A start with the defaults.
pub fn options(state_dir: &Path, feed: FeedChoice) -> Options {
    Options {
        state_dir: state_dir.to_owned(),
        config: Config::default(),
        feed,
        speed: None,
        seed: 1,
        symbol: None,
        exit_at_end: false,
        accept_loss: None,
        views: true,
    }
}

/// The first snapshot that is as it should be, within 30 s.
pub fn wait_for(engine: &Engine, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let snapshot = engine.handle.fresh(Duration::from_secs(5));
        if wanted(&snapshot) {
            return snapshot;
        }
        assert!(
            Instant::now() < deadline,
            "not seen within 30 s; last: {:#?}",
            snapshot.status
        );
    }
}
