//! Everything a screen shows, for consoles in other processes.

use super::answer::Answer;
use super::routes::{Ask, Given};
use crate::snapshot::Snapshot;

/// Tells one snapshot from the next: journal position and wall time of the building.
pub(crate) fn tag(snapshot: &Snapshot) -> String {
    format!("{}.{}", snapshot.status.seq, snapshot.built_at.0)
}

/// The newest one; 204 where the asker has it already (`after` is its [`tag`]).
pub(super) fn whole(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    if ask.query("after") == Some(tag(&snapshot).as_str()) {
        return Ok(Answer::with(204, ()));
    }
    Ok(Answer::ok(&*snapshot))
}
