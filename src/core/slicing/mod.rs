//! Slicing (X1): a large order is sent as small ones, its children, by a plan over time. The parent
//! holds the capital and the position; only the children go to a venue, and each passes the gate.

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::decide::Answer;
use super::event::Event;
use super::id::OrderId;
use super::refusal::Refusal;
use super::state::{Decider, Reply};
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
    /// The plan.
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
    /// When the next one is due.
    #[n(5)]
    pub next_at: Time,
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

impl Decider<'_> {
    /// Holds a sliced order, or lets it go on.
    pub(super) fn slice(&mut self, id: OrderId, action: SliceAction) -> Answer {
        let order = self.state.orders.live.get(&id);
        let Some(slicing) = order.and_then(|o| o.slicing.clone()) else {
            return Err(Refusal::new(
                "ORDER_NOT_SLICED",
                format!("{id} is not a live order that is sent in slices"),
                "`pilothouse orders` lists them",
            ));
        };
        let paused = action == SliceAction::Pause;
        if slicing.paused != paused {
            self.emit(Event::SlicingMoved {
                id,
                slicing: Box::new(Slicing { paused, ..*slicing }),
            });
        }
        Ok(Reply::Order(id))
    }
}
