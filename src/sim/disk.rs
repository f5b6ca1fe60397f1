//! The disk: what goes wrong with it, and what the next start finds.

use super::dice::Dice;
use super::fault::{Fault, Weather};
use crate::journal::{Fault as DiskFault, MemoryStore};

/// Bytes after which a write may be torn, at most.
const TORN: u64 = 1_500;
/// What may end an engine at a commit.
const AT_COMMIT: [Fault; 7] = [
    Fault::KilledUnwritten,
    Fault::KilledUntold,
    Fault::NoSpace,
    Fault::Write,
    Fault::TornWrite,
    Fault::SyncLost,
    Fault::SyncKept,
];

/// What goes wrong at this commit, if anything.
pub fn at_commit(weather: &Weather, dice: &mut Dice) -> Option<Fault> {
    AT_COMMIT
        .into_iter()
        .find(|fault| weather.strikes(*fault, dice))
}

/// Has the disk fail at the next operation that fits.
pub fn inject(fault: Fault, store: &MemoryStore, dice: &mut Dice) {
    let part = usize::try_from(dice.below(TORN)).unwrap_or_default();
    store.inject(match fault {
        Fault::NoSpace => DiskFault::NoSpace,
        Fault::Write => DiskFault::Write,
        Fault::TornWrite => DiskFault::TornWrite(part),
        Fault::SyncLost | Fault::SyncKept => DiskFault::Sync,
        _ => return,
    });
}

/// The disk as the start after it finds it.
pub fn left_by(fault: Fault, store: &MemoryStore) -> MemoryStore {
    match fault {
        Fault::SyncLost => store.after_power_loss(),
        _ => store.fork(),
    }
}
