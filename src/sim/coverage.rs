//! Which fault met orders in which status: the proof that a world is hostile everywhere.

use strum::IntoEnumIterator;

use super::fault::Fault;
use crate::core::order::Status;

/// The statuses an order can be met in.
pub const MET_IN: [Status; 5] = [
    Status::Pending,
    Status::Submitted,
    Status::Open,
    Status::PartiallyFilled,
    Status::Unknown,
];

/// How often each fault met an order in each status, and what else happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    met: [[u64; MET_IN.len()]; Fault::COUNT],
    struck: [u64; Fault::COUNT],
    /// Times the stop was engaged.
    pub engaged: u64,
    /// Times it was cleared.
    pub cleared: u64,
    /// Starts, the first of each story included.
    pub starts: u64,
    /// Starts that came up with the stop engaged.
    pub latched: u64,
    /// Starts that dropped a commit which was cut.
    pub torn: u64,
    /// Fills that were booked.
    pub fills: u64,
    /// Orders that were approved.
    pub approved: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Orders that were sent in slices.
    pub sliced: u64,
    /// Positions that were closed.
    pub closed: u64,
}

impl Coverage {
    /// A fault struck.
    pub fn strike(&mut self, fault: Fault) {
        self.struck[fault as usize] += 1;
    }

    /// It met an order in this status.
    pub fn meet(&mut self, fault: Fault, status: Status) {
        if let Some(at) = MET_IN.iter().position(|s| *s == status) {
            self.met[fault as usize][at] += 1;
        }
    }

    /// Faults that struck.
    pub fn faults(&self) -> u64 {
        self.struck.iter().sum()
    }

    /// How often each fault struck that did.
    pub fn by_fault(&self) -> impl Iterator<Item = (Fault, u64)> {
        Fault::iter()
            .map(|fault| (fault, self.struck[fault as usize]))
            .filter(|(_, n)| *n > 0)
    }

    /// How often a fault met a status.
    pub fn of(&self, fault: Fault, status: Status) -> u64 {
        let at = MET_IN.iter().position(|s| *s == status);
        at.map_or(0, |at| self.met[fault as usize][at])
    }

    /// Takes in what another story met.
    pub fn add(&mut self, other: &Self) {
        for (row, more) in self.met.iter_mut().zip(&other.met) {
            for (n, more) in row.iter_mut().zip(more) {
                *n += more;
            }
        }
        for (n, more) in self.struck.iter_mut().zip(&other.struck) {
            *n += more;
        }
        self.engaged += other.engaged;
        self.cleared += other.cleared;
        self.starts += other.starts;
        self.latched += other.latched;
        self.torn += other.torn;
        self.fills += other.fills;
        self.approved += other.approved;
        self.refused += other.refused;
        self.sliced += other.sliced;
        self.closed += other.closed;
    }

    /// Cells that can occur and did not, and what else never happened.
    pub fn missing(&self) -> Vec<String> {
        let cells = Fault::iter().flat_map(|f| MET_IN.map(|s| (f, s)));
        let mut missing: Vec<String> = cells
            .filter(|(fault, status)| can_meet(*fault, *status) && self.of(*fault, *status) == 0)
            .map(|(fault, status)| format!("{} × {status:?}", fault.name()))
            .collect();
        for (what, n) in [
            ("stops", self.engaged),
            ("clears", self.cleared),
            ("latched starts", self.latched),
            ("torn commits", self.torn),
            ("fills", self.fills),
            ("refusals", self.refused),
            ("closed positions", self.closed),
        ] {
            if n == 0 {
                missing.push(what.to_owned());
            }
        }
        missing
    }
}

/// Whether a fault can meet an order in that status at all.
fn can_meet(fault: Fault, status: Status) -> bool {
    use Status::{Open, Pending, Submitted, Unknown};
    match fault {
        // They meet an order on its way out: the first time, or sent again.
        Fault::TimeoutAfter | Fault::TimeoutBefore | Fault::LateArrival => {
            matches!(status, Pending | Submitted)
        }
        // It arrives after it was written, perhaps after the engine that wrote it died.
        Fault::Refusal => matches!(status, Submitted | Unknown),
        Fault::AmendRefused => matches!(status, Submitted | Open),
        // What has not left can neither be told of nor changed at the venue.
        Fault::FillTwice
        | Fault::Delay
        | Fault::Reorder
        | Fault::FillDropped
        | Fault::WordDropped
        | Fault::Partial
        | Fault::AmendLost
        | Fault::CancelLost
        | Fault::CancelTooLate => status != Pending,
        Fault::CancelRefused => !matches!(status, Pending | Unknown),
        _ => true,
    }
}
