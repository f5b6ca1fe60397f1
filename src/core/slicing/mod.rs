//! Slicing (X1): a large order is sent as small ones, its children, by a plan over time. The parent
//! holds the capital and the position; only the children go to a venue, and each passes the gate.

mod adapt;
mod begin;
mod children;
mod ending;
mod fit;
mod holding;
mod iceberg;
mod passive;
mod pov;
mod progress;
mod sending;
mod slots;
#[cfg(test)]
mod tests;
mod twap;
mod view;
mod vwap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use fit::{MAX_DURATION_S, MAX_SLICES};
pub(in crate::core) use fit::{large_enough, sensible};
pub use progress::{Sight, Tape};

use super::id::OrderId;
use super::time::Time;

/// By which plan (trading.md, Slicing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum AlgorithmKind {
    /// Equal slices in time.
    #[n(0)]
    Twap,
    /// By the recorded volume profile.
    #[n(1)]
    Vwap,
    /// A share of the traded volume.
    #[n(2)]
    Pov,
    /// Shows a part, refilled when it is filled.
    #[n(3)]
    Iceberg,
    /// Rests at the touch, follows it, crosses when late.
    #[n(4)]
    Passive,
}

/// A plan as it was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Algorithm {
    /// Which.
    #[n(0)]
    pub kind: AlgorithmKind,
    /// Seconds of engine time it may take.
    #[n(1)]
    pub duration_s: u32,
    /// Share of the traded volume it may be, 0 to 1.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub participation: Option<Decimal>,
    /// Base quantity that is shown, of an iceberg.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub display: Option<Decimal>,
    /// Slices in all.
    #[n(4)]
    pub slices: Option<u32>,
    /// Traded volume of each hour of the UTC day, relative to each other; of a VWAP.
    #[n(5)]
    #[serde(default)]
    pub profile: Vec<u32>,
}

/// How far a sliced order is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Slicing {
    /// The plan; its number of slices is always given here.
    #[n(0)]
    pub plan: Algorithm,
    /// When it began.
    #[n(1)]
    pub started_at: Time,
    /// Price of the symbol then.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub arrival: Decimal,
    /// Whether an operator holds it: no new child.
    #[n(3)]
    pub paused: bool,
    /// Children sent so far.
    #[n(4)]
    pub children: u32,
    /// Before it nothing is sent; of a plan in slots the next slot.
    #[n(5)]
    pub next_at: Time,
    /// When its time is over. A pause does not move it.
    #[n(6)]
    pub ends_at: Time,
    /// Since when the plan in force holds: its start, or the last time it went on.
    #[n(7)]
    pub from: Time,
    /// Base quantity that was filled or outstanding then.
    #[cbor(n(8), with = "super::codec::dec", has_nil)]
    pub before: Decimal,
    /// Slots of the plan in force, from `from` to `ends_at`.
    #[n(9)]
    pub slots: u32,
    /// The market as it was last looked at.
    #[n(10)]
    pub seen: Option<Sight>,
    /// Base quantity the market traded since the start.
    #[cbor(n(11), with = "super::codec::dec", has_nil)]
    pub volume: Decimal,
    /// The market since the first child.
    #[n(12)]
    pub tape: Option<Tape>,
    /// The child that was sent last.
    #[n(13)]
    pub last_child: Option<OrderId>,
}

/// What an operator does with a sliced order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum SliceAction {
    /// No new child.
    #[n(0)]
    Pause,
    /// Goes on.
    #[n(1)]
    Resume,
}
