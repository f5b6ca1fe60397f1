//! Orders and balances against the venue, when somebody wants it now.

use std::time::{Duration, Instant};

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::Words;
use super::routes::Given;
use crate::core::Command;
use crate::engine::Lane;
use crate::snapshot::SyncedRow;

/// How long the venue's word is waited for.
const WAIT: Duration = Duration::from_secs(10);

pub(super) const SYNC: Words = Words::of(
    "Compares orders and balances with the venue now: 200 what it found, 202 the venue takes longer.",
)
.gives::<SyncedRow>()
.answers::<SyncedRow>(202);

/// What the comparison that was asked for has found; 202 where the venue takes longer.
pub(super) fn sync(ask: &Ask<'_>) -> Given {
    let seq = ask.submit(Lane::Control, Command::Sync)?.seq;
    let deadline = Instant::now() + WAIT;
    let mut snapshot = ask.api.shown(seq);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let compared = snapshot.status.seq >= seq && !snapshot.comparison.asked;
        if compared || left.is_zero() {
            let document = SyncedRow::of(&snapshot, compared);
            return Ok(Answer::with(if compared { 200 } else { 202 }, document));
        }
        snapshot = ask.api.desk.fresh(left);
    }
}
