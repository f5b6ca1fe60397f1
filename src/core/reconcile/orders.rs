//! Order by order: what works here and there, and what to do where the two differ.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use crate::core::command::{Report, Statement, VenueSaid};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::order::{Order, Purpose, Status};
use crate::core::state::{Decider, Reply};
use crate::core::trading_state::Cause;

/// External orders that are named in an event.
const NAMED: usize = 100;

impl Decider<'_> {
    /// Every live order that was sent, with the venue's word on it.
    pub(super) fn compare_orders(&mut self, said: &Statement, found: &mut Found) -> Answer {
        let works: BTreeMap<&str, &VenueSaid> = said
            .open
            .iter()
            .map(|order| (order.client_order_id.as_str(), order))
            .collect();
        let recent: BTreeSet<&str> = said.recent.iter().map(String::as_str).collect();
        let sent = self.state.orders.live.values().filter(|o| o.is_sent());
        let ours: Vec<OrderId> = sent.map(|o| o.id).collect();
        for id in ours {
            // What was found of another order may have ended it.
            let Some(order) = self.state.orders.live.get(&id).cloned() else {
                continue;
            };
            if recent.contains(order.client_order_id.as_str()) {
                found.unsettled.insert(order.request.symbol);
                continue;
            }
            found.orders += 1;
            match works.get(order.client_order_id.as_str()) {
                Some(said) => self.compare_working(&order, said, found)?,
                None => self.missing(&order, said.absence_is_proof, found)?,
            };
        }
        Ok(Reply::Done)
    }

    /// The venue works it.
    fn compare_working(&mut self, order: &Order, said: &VenueSaid, found: &mut Found) -> Answer {
        let id = order.id;
        if matches!(
            order.status,
            Status::Pending | Status::Submitted | Status::Unknown
        ) {
            if order.status == Status::Unknown {
                let what = "its fate was unknown: the venue works it".to_owned();
                self.differs(Some(id), what, found);
            }
            let venue_id = said.venue_id.clone();
            self.report(id, &Report::Accepted { venue_id })?;
        }
        if said.filled > order.filled {
            found.behind = true;
            found.unsettled.insert(order.request.symbol);
            let what = format!(
                "filled: {} here, {} at the venue; the fills are asked for",
                order.filled.normalize(),
                said.filled.normalize()
            );
            self.differs(Some(id), what, found);
        }
        // What changed in this instant may not have reached the venue when it was read.
        let recovering = self.state.trading.causes.contains_key(&Cause::Recovering);
        let fresh = order.updated_at >= self.now && !recovering;
        let ours = (order.quantity, order.price, order.stop_price);
        let theirs = (said.quantity, said.price, said.stop_price);
        if fresh || order.cancel.is_some() || ours == theirs {
            return Ok(Reply::Done);
        }
        let both = format!("{} here, {} at the venue", shown(ours), shown(theirs));
        if !matches!(order.purpose, Purpose::Stop | Purpose::Target) {
            self.differs(Some(id), format!("{both}; the venue's is taken"), found);
            self.emit(Event::OrderShown {
                id,
                quantity: said.quantity,
                price: said.price,
                stop_price: said.stop_price,
            });
        } else if self.state.reconcile.refitted.contains(&id) {
            self.differs(Some(id), format!("{both} again; it is replaced"), found);
            self.ask_cancel(id, "it could not be fitted to its position");
        } else {
            self.differs(Some(id), format!("{both}; it is fitted again"), found);
            self.emit(Event::OrderAmended {
                id,
                quantity: order.quantity,
                stop_price: order.stop_price,
                price: order.price,
            });
            self.emit(Event::ProtectionRefitted { id });
        }
        Ok(Reply::Done)
    }

    /// The venue does not name it.
    fn missing(&mut self, order: &Order, absence_is_proof: bool, found: &mut Found) -> Answer {
        let id = order.id;
        let recovering = self.state.trading.causes.contains_key(&Cause::Recovering);
        match order.status {
            // It has not left yet; only a start knows of none that is about to.
            Status::Pending if !recovering => Ok(Reply::Done),
            Status::Pending | Status::Submitted if absence_is_proof => {
                self.report(id, &Report::Absent)
            }
            _ if absence_is_proof => {
                let what = "the venue does not work it: it ends as cancelled".to_owned();
                self.differs(Some(id), what, found);
                self.report(id, &Report::Absent)
            }
            Status::Unknown => {
                found.unsettled.insert(order.request.symbol);
                Ok(Reply::Done)
            }
            _ => {
                found.unsettled.insert(order.request.symbol);
                let what = "the venue does not name it: it is looked for".to_owned();
                self.differs(Some(id), what.clone(), found);
                self.report(id, &Report::Unknown { reason: what })
            }
        }
    }

    /// What the venue works that does not live here: strangers are listed, and an order of ours
    /// that has ended here is cancelled there.
    pub(super) fn list_external(&mut self, said: &Statement, found: &mut Found) {
        let mut strangers = BTreeSet::new();
        for order in &said.open {
            let client_id = &order.client_order_id;
            match self.state.orders.by_client_id(client_id) {
                None => {
                    strangers.insert(client_id.clone());
                }
                Some(ours) if ours.status.is_terminal() => {
                    let (id, fresh) = (ours.id, ours.updated_at >= self.now);
                    if fresh || said.recent.contains(client_id) {
                        continue;
                    }
                    let what = format!(
                        "the venue works it, and it has ended here ({:?}): it is cancelled",
                        ours.status
                    );
                    self.differs_anew(Some(id), what, found);
                    self.emit(Event::CancelAsked {
                        id,
                        reason: "it has ended here".into(),
                    });
                }
                Some(_) => {}
            }
        }
        let named: BTreeSet<String> = strangers.into_iter().take(NAMED).collect();
        if named != self.state.reconcile.external {
            found.differences += u32::from(!named.is_empty());
            self.emit(Event::ExternalSeen {
                orders: named.into_iter().collect(),
            });
        }
    }
}

type Figures = (
    rust_decimal::Decimal,
    Option<rust_decimal::Decimal>,
    Option<rust_decimal::Decimal>,
);

fn shown((quantity, price, trigger): Figures) -> String {
    let mut text = quantity.normalize().to_string();
    for (word, level) in [("at", price), ("triggered at", trigger)] {
        if let Some(level) = level {
            text.push_str(&format!(" {word} {}", level.normalize()));
        }
    }
    text
}
