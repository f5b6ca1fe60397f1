//! No core dumps: what an engine has in memory is nobody's to find on a disk.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Turns core dumps off for this process and its children, for good.
pub fn no_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!("core dumps cannot be turned off: {error}");
    }
}
