//! Where recorded market data lies for tests that read it.

use std::path::PathBuf;

/// The folder `name` of the shared data. None, with a word on it, where there is no such data.
///
/// # Panics
/// When the data is required (`PILOTHOUSE_REQUIRE` contains `data`) and absent.
pub(super) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PILOTHOUSE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("PILOTHOUSE_REQUIRE").is_ok_and(|list| list.contains("data"));
    assert!(!required, "required data is absent: {}", folder.display());
    println!("skipped: no data at {}", folder.display());
    None
}
