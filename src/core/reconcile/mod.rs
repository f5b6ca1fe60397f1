//! Comparing orders and balances with what a venue says of them. The venue wins for fills and
//! balances; what differs is an event with both sides (trading.md, Orders). A fill is never
//! inferred: where the venue has filled more than was booked, the fills themselves are asked for.

mod holdings;
mod memory;
mod orders;

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::Serialize;

pub use memory::{Difference, Executions, Mismatch, ReconcileMemory};

use super::command::Statement;
use super::decide::Answer;
use super::event::Event;
use super::id::OrderId;
use super::order::{Fill, Order, Status};
use super::state::{Decider, Reply, State};
use super::text::Symbol;
use super::time::Time;
use super::trading_state::Cause;

/// The last comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Comparison {
    /// When, engine time.
    #[n(0)]
    pub at: Time,
    /// Orders that were compared.
    #[n(1)]
    pub orders: u32,
    /// What differed.
    #[n(2)]
    pub differences: u32,
}

/// What a comparison comes to.
#[derive(Debug, Default)]
struct Found {
    /// Orders that were compared.
    orders: u32,
    /// What differed.
    differences: u32,
    /// Symbols with an order whose fills are not certain: their balances are not judged.
    unsettled: BTreeSet<Symbol>,
    /// Whether the venue has filled something that was not booked yet.
    behind: bool,
}

impl Decider<'_> {
    /// Compares everything with the venue's word on it.
    pub(super) fn statement(&mut self, said: &Statement) -> Answer {
        let mut found = Found::default();
        self.take_fills(said, &mut found)?;
        self.compare_orders(said, &mut found)?;
        self.list_external(said, &mut found);
        if let Some(balances) = &said.balances
            && !self.is_older_than_the_books(said)
        {
            self.compare_holdings(balances, &mut found);
        }
        let memory = &self.state.reconcile;
        if found.differences > 0 || !memory.since_start || memory.asked {
            self.emit(Event::Compared {
                orders: found.orders,
                differences: found.differences,
            });
        }
        let recovering = self.state.trading.causes.contains_key(&Cause::Recovering);
        if recovering && !found.behind && !self.state.has_unknown_orders() {
            self.lift(
                Cause::Recovering,
                "orders and positions agree with the venue",
            );
        }
        self.cancel_entries_if_due();
        self.keep_all_protected();
        Ok(Reply::Done)
    }

    /// Books the fills that are not booked yet, of orders that have ended too.
    /// All of them are booked before anything is decided by one: a close is for what is open then.
    fn take_fills(&mut self, said: &Statement, found: &mut Found) -> Answer {
        let mut booked = Vec::new();
        for (client_id, fill) in &said.fills {
            if self
                .state
                .reconcile
                .executions
                .order_of(&fill.execution_id)
                .is_some()
            {
                continue;
            }
            let trade = format!(
                "{} at {} ({})",
                fill.quantity.normalize(),
                fill.price.normalize(),
                fill.execution_id
            );
            match self.state.orders.by_client_id(client_id).map(|o| o.id) {
                Some(id) => {
                    let what = format!("the venue filled {trade}, which was not booked: it is now");
                    self.differs(Some(id), what, found);
                    if let Some(order) = self.book(id, fill) {
                        booked.push(order);
                    }
                }
                None if client_id.starts_with("ph-") => {
                    let what = format!(
                        "the venue filled {trade} of {client_id}, which is no longer known: \
                         not booked"
                    );
                    self.differs_anew(None, what, found);
                }
                // Whoever trades the account by hand does it on his own books.
                None => {}
            }
        }
        for order in booked {
            self.after_booking(&order);
        }
        Ok(Reply::Done)
    }

    /// A venue that names its fills and lacks the latest that is booked shows an old picture: its
    /// balances are older than ours too.
    fn is_older_than_the_books(&self, said: &Statement) -> bool {
        let latest = self.state.reconcile.executions.latest();
        let named = |id: &str| said.fills.iter().any(|(_, f)| f.execution_id == id);
        !said.fills.is_empty() && latest.is_some_and(|id| !named(id))
    }

    fn differs(&mut self, id: Option<OrderId>, what: String, found: &mut Found) {
        found.differences += 1;
        self.emit(Event::ReconcileDiffers { id, what });
    }

    /// The same, said once as long as it is among the latest.
    fn differs_anew(&mut self, id: Option<OrderId>, what: String, found: &mut Found) {
        let mut latest = self.state.reconcile.latest.iter();
        if !latest.any(|d| d.order == id && d.what == what) {
            self.differs(id, what, found);
        }
    }

    /// After a comparison: wishes to close are carried out, and what is open is protected.
    fn keep_all_protected(&mut self) {
        let open: Vec<_> = self.state.positions.open.keys().copied().collect();
        for id in open {
            self.carry_out_close(id);
            self.keep_protected(id);
        }
    }

    /// Whether a fill is booked already: by its execution id, whatever order it is told of.
    pub(super) fn is_booked(&mut self, order: &Order, fill: &Fill) -> bool {
        let execution = fill.execution_id.as_str();
        match self.state.reconcile.executions.order_of(execution) {
            Some(known) if known == order.id => true,
            Some(known) => {
                let what =
                    format!("the venue tells {execution} of it, which was booked for {known}");
                let mut latest = self.state.reconcile.latest.iter();
                if !latest.any(|d| d.order == Some(order.id) && d.what == what) {
                    let id = Some(order.id);
                    self.emit(Event::ReconcileDiffers { id, what });
                }
                true
            }
            None => order.fills.iter().any(|f| f.execution_id == execution),
        }
    }
}

impl State {
    /// Whether what is known of a symbol's orders agrees with the venue, so that it can be sold
    /// without being sold twice.
    pub fn is_reconciled(&self, symbol: Symbol) -> bool {
        if !self.trading.causes.contains_key(&Cause::Recovering) {
            return true;
        }
        let unknown = |o: &Order| o.request.symbol == symbol && o.status == Status::Unknown;
        self.reconcile.since_start && !self.orders.live.values().any(unknown)
    }

    fn has_unknown_orders(&self) -> bool {
        let mut live = self.orders.live.values();
        live.any(|o| o.status == Status::Unknown)
    }
}
