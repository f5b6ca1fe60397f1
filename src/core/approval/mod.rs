//! Guide mode (Y5): an entry that risk approved waits for the operator, who approves, rejects, or
//! lets it lapse.

mod decide;

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

pub use super::id::ApprovalId;
use super::id::CycleId;
use super::message::words;
use super::order::OrderRequest;
use super::text::Name;
use super::time::Time;

words!(
    /// What became of it.
    Verdict {
        /// Sent, if risk still lets it.
        0 Approved = "approved",
        /// The operator said no.
        1 Rejected = "rejected",
        /// Nobody said anything in time, or HARDSTOP came first.
        2 Lapsed = "lapsed",
    }
);

/// An entry that waits for the operator.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Approval {
    /// Its id.
    #[n(0)]
    pub id: ApprovalId,
    /// The cycle it belongs to; none for an agent's own order.
    #[n(1)]
    pub cycle: Option<CycleId>,
    /// Who wants it.
    #[n(2)]
    pub by: Name,
    /// What would be sent.
    #[n(3)]
    pub request: OrderRequest,
    /// Price of the symbol when it was asked.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub price: Option<Decimal>,
    /// Why it is wanted.
    #[n(5)]
    pub reason: String,
    /// When it was asked.
    #[n(6)]
    pub created_at: Time,
    /// What became of it, who said so, why and when; none while it waits.
    #[n(7)]
    pub end: Option<(Verdict, Name, String, Time)>,
}

/// All approvals: those that wait and the latest that were decided.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Approvals {
    /// Waiting.
    #[n(0)]
    pub waiting: BTreeMap<ApprovalId, Approval>,
    /// Decided, oldest first, bounded.
    #[n(1)]
    pub past: VecDeque<Approval>,
}

impl Approvals {
    pub(super) fn end(&mut self, id: ApprovalId, end: (Verdict, Name, String, Time), keep: usize) {
        if let Some(mut approval) = self.waiting.remove(&id) {
            approval.end = Some(end);
            self.past.push_back(approval);
            while self.past.len() > keep {
                self.past.pop_front();
            }
        }
    }
}
