//! What is remembered between two comparisons: executions that were booked, what differed lately,
//! what was tried. All of it bounded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};
use rust_decimal::Decimal;

use crate::core::command::Report;
use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::state::State;
use crate::core::text::Symbol;
use crate::core::time::Time;

/// Executions remembered, the latest of all orders.
const EXECUTIONS: usize = 10_000;
/// Differences kept for whoever looks.
const LATEST: usize = 20;

/// What is remembered between two comparisons.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct ReconcileMemory {
    /// Executions that were booked.
    #[n(0)]
    pub executions: Executions,
    /// What differed, the latest last, at most 20.
    #[n(1)]
    pub latest: VecDeque<Difference>,
    /// Stops and targets that were fitted again and have not been changed since.
    #[n(2)]
    pub refitted: BTreeSet<OrderId>,
    /// Orders the venue works that are none of ours.
    #[n(3)]
    pub external: BTreeSet<String>,
    /// Symbols of which the venue does not hold what the positions add up to.
    #[n(4)]
    pub mismatched: BTreeMap<Symbol, Mismatch>,
    /// Whether orders have been compared since the start.
    #[n(5)]
    pub since_start: bool,
    /// Whether somebody waits for a comparison.
    #[n(6)]
    pub asked: bool,
}

impl ReconcileMemory {
    /// Whether a venue's word is of an execution that was booked.
    pub(in crate::core) fn knows(&self, report: &Report) -> bool {
        match report {
            Report::Filled(fill) => self.executions.order_of(&fill.execution_id).is_some(),
            _ => false,
        }
    }
}

/// Something that differed.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Difference {
    /// When.
    #[n(0)]
    pub at: Time,
    /// The order, where it is about one.
    #[n(1)]
    pub order: Option<OrderId>,
    /// Both sides, and what was done.
    #[n(2)]
    pub what: String,
}

/// Positions of a symbol that the venue does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Encode, Decode)]
pub struct Mismatch {
    /// Sum of the positions, base currency.
    #[cbor(n(0), with = "crate::core::codec::dec")]
    pub ours: Decimal,
    /// At the venue.
    #[cbor(n(1), with = "crate::core::codec::dec")]
    pub venue: Decimal,
    /// Since when.
    #[n(2)]
    pub since: Time,
}

/// The latest executions that were booked and their orders: a venue that tells old trades again is
/// not believed twice, though the order has long left memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Executions {
    order: VecDeque<String>,
    known: BTreeMap<String, OrderId>,
}

impl Executions {
    /// The order an execution was booked for.
    pub fn order_of(&self, execution_id: &str) -> Option<OrderId> {
        self.known.get(execution_id).copied()
    }

    /// The one that was booked last.
    pub fn latest(&self) -> Option<&str> {
        self.order.back().map(String::as_str)
    }

    pub(in crate::core) fn remember(&mut self, execution_id: &str, order: OrderId) {
        if self.known.insert(execution_id.to_owned(), order).is_some() {
            return;
        }
        self.order.push_back(execution_id.to_owned());
        if self.order.len() > EXECUTIONS
            && let Some(gone) = self.order.pop_front()
        {
            self.known.remove(&gone);
        }
    }
}

impl<C> Encode<C> for Executions {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.array(self.order.len() as u64 * 2)?;
        for id in &self.order {
            e.str(id)?;
            e.u64(self.known.get(id).map_or(0, |order| order.0))?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Executions {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let length = d
            .array()?
            .ok_or_else(|| DecodeError::message("executions have a length"))?;
        let mut executions = Self::default();
        for _ in 0..length / 2 {
            let id = d.str()?;
            executions.remember(id, OrderId(d.u64()?));
        }
        Ok(executions)
    }
}

impl State {
    /// Folds what a comparison has found.
    pub(in crate::core) fn differ(&mut self, at: Time, event: &Event) {
        let memory = &mut self.reconcile;
        let (order, what) = match event {
            Event::ReconcileDiffers { id, what } => (*id, what.clone()),
            Event::BalanceAdjusted { asset, ours, venue } => {
                self.account.set(asset, *venue);
                let (ours, venue) = (ours.normalize(), venue.normalize());
                (None, format!("{asset}: {ours} here, {venue} at the venue"))
            }
            Event::PositionsDiffer {
                symbol,
                ours,
                venue,
            } => {
                let known = memory.mismatched.get(symbol);
                let since = known.map_or(at, |m| m.since);
                let (ours, venue) = (*ours, *venue);
                let mismatch = Mismatch { ours, venue, since };
                memory.mismatched.insert(*symbol, mismatch);
                let (ours, venue) = (ours.normalize(), venue.normalize());
                let what = format!("{symbol}: positions of {ours}, the venue holds {venue}");
                (None, what)
            }
            Event::PositionsAgree { symbol } => {
                memory.mismatched.remove(symbol);
                return;
            }
            Event::ExternalSeen { orders } => {
                memory.external = orders.iter().cloned().collect();
                if orders.is_empty() {
                    return;
                }
                let orders = orders.join(", ");
                (
                    None,
                    format!("the venue works {orders}: none of ours, left alone"),
                )
            }
            Event::ProtectionRefitted { id } => {
                memory.refitted.insert(*id);
                return;
            }
            _ => return,
        };
        self.statistics.differences += 1;
        let latest = &mut self.reconcile.latest;
        if latest.len() == LATEST {
            latest.pop_front();
        }
        latest.push_back(Difference { at, order, what });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_remembered_to_their_bound_and_through_a_snapshot() {
        let mut executions = Executions::default();
        for n in 0..EXECUTIONS as u64 + 5 {
            executions.remember(&format!("e{n}"), OrderId(n / 2));
            executions.remember("e1", OrderId(0));
        }
        assert_eq!(executions.order.len(), EXECUTIONS);
        assert_eq!(executions.known.len(), EXECUTIONS);
        assert_eq!(executions.order_of("e2"), None);
        assert_eq!(executions.order_of("e10004"), Some(OrderId(5002)));
        let bytes = minicbor::to_vec(&executions).unwrap();
        assert_eq!(minicbor::decode::<Executions>(&bytes).unwrap(), executions);
    }
}
