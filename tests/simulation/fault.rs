//! What goes wrong, and the proof that each of it went wrong in each kind of step.

use pilothouse::journal::{Fault, MemoryStore};

use crate::dice::Dice;

/// How an engine comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Killed after the decision, before anything was written.
    KilledUnwritten,
    /// Killed after the commit, before anybody was told.
    KilledUntold,
    /// No room for another segment.
    NoSpace,
    /// The write fails and changes nothing.
    Write,
    /// The write ends somewhere in the middle.
    Torn,
    /// The sync fails, and what was written is lost with the power.
    SyncLost,
    /// The sync fails, and what was written is there all the same.
    SyncKept,
}

impl Mishap {
    pub const ALL: [Self; 7] = [
        Self::KilledUnwritten,
        Self::KilledUntold,
        Self::NoSpace,
        Self::Write,
        Self::Torn,
        Self::SyncLost,
        Self::SyncKept,
    ];

    /// What the disk is told to do at the next operation that fits.
    pub fn inject(self, store: &MemoryStore, dice: &mut Dice) {
        store.inject(match self {
            Self::KilledUnwritten | Self::KilledUntold => return,
            Self::NoSpace => Fault::NoSpace,
            Self::Write => Fault::Write,
            Self::Torn => Fault::TornWrite(dice.below(1500)),
            Self::SyncLost | Self::SyncKept => Fault::Sync,
        });
    }

    /// The disk as the next start finds it.
    pub fn leaves(self, store: &MemoryStore) -> MemoryStore {
        match self {
            Self::SyncLost => store.after_power_loss(),
            _ => store.fork(),
        }
    }
}

/// What a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Start,
    Reserve,
    Group,
    Gather,
    Again,
    Release,
    Renew,
    Window,
    Begin,
    End,
    Send,
    Acknowledge,
    Tick,
    Press,
    Clear,
    Pause,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::Start,
        Self::Reserve,
        Self::Group,
        Self::Gather,
        Self::Again,
        Self::Release,
        Self::Renew,
        Self::Window,
        Self::Begin,
        Self::End,
        Self::Send,
        Self::Acknowledge,
        Self::Tick,
        Self::Press,
        Self::Clear,
        Self::Pause,
    ];
}

/// How often each mishap met each kind of step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    met: [[u64; Kind::ALL.len()]; Mishap::ALL.len()],
    /// Starts that met a fault while they recovered.
    pub starts_broken: u64,
    /// Starts from a snapshot.
    pub from_snapshot: u64,
    /// Starts that dropped a torn commit.
    pub torn: u64,
    /// Commits that nobody was told of and that were there after all.
    pub untold_kept: u64,
    /// Requests asked again after a crash that had been decided before it.
    pub answered_again: u64,
    /// Reservations taken from somebody.
    pub preempted: u64,
    /// Requests that waited and were granted.
    pub granted: u64,
    /// Requests that shared a window and did not all fit.
    pub split: u64,
}

impl Coverage {
    pub fn meet(&mut self, mishap: Mishap, kind: Kind) {
        self.met[mishap as usize][kind as usize] += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (row, more) in self.met.iter_mut().zip(&other.met) {
            for (n, more) in row.iter_mut().zip(more) {
                *n += more;
            }
        }
        self.starts_broken += other.starts_broken;
        self.from_snapshot += other.from_snapshot;
        self.torn += other.torn;
        self.untold_kept += other.untold_kept;
        self.answered_again += other.answered_again;
        self.preempted += other.preempted;
        self.granted += other.granted;
        self.split += other.split;
    }

    /// What never happened.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for mishap in Mishap::ALL {
            for kind in Kind::ALL {
                if self.met[mishap as usize][kind as usize] == 0 {
                    missing.push(format!("{mishap:?} × {kind:?}"));
                }
            }
        }
        for (what, n) in [
            ("starts that met a fault", self.starts_broken),
            ("starts from a snapshot", self.from_snapshot),
            ("torn commits dropped", self.torn),
            ("untold commits kept", self.untold_kept),
            ("requests answered again", self.answered_again),
            ("preemptions", self.preempted),
            ("grants after a wait", self.granted),
            ("windows that were split", self.split),
        ] {
            if n == 0 {
                missing.push(what.to_owned());
            }
        }
        missing
    }
}
