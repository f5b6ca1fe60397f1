//! Comparing orders and balances with what a venue says of them. The venue wins for fills and
//! balances; what differs is an event with both sides (trading.md, Orders).

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::{Report, Statement};
use super::decide::Answer;
use super::event::Event;
use super::id::OrderId;
use super::order::Status;
use super::state::{Decider, Reply};
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

impl Decider<'_> {
    pub(super) fn statement(&mut self, statement: &Statement) -> Answer {
        let works = |client_id: &str| {
            let mut open = statement.open.iter();
            open.any(|said| said.client_order_id == client_id)
        };
        let live = self.state.orders.live.values().filter(|o| o.is_sent());
        let ours: Vec<(OrderId, String, Status)> = live
            .map(|o| (o.id, o.client_order_id.clone(), o.status))
            .collect();
        for (id, client_id, status) in &ours {
            if works(client_id) {
                continue;
            }
            if !matches!(status, Status::Pending | Status::Submitted) {
                self.emit(Event::ReconcileDiffers {
                    id: Some(*id),
                    what: "the venue does not work it: it ends as cancelled".into(),
                });
            }
            self.report(*id, &Report::Absent)?;
        }
        for said in &statement.open {
            let client_id = &said.client_order_id;
            if !ours.iter().any(|(_, ours, _)| ours == client_id) {
                self.emit(Event::ReconcileDiffers {
                    id: None,
                    what: format!("the venue works {client_id}, which is none of ours: left alone"),
                });
            }
        }
        if self.state.trading.causes.contains_key(&Cause::Recovering) {
            self.lift(
                Cause::Recovering,
                "orders and positions agree with the venue",
            );
        }
        self.cancel_entries_if_due();
        let open: Vec<_> = self.state.positions.open.keys().copied().collect();
        for id in open {
            self.keep_protected(id);
        }
        Ok(Reply::Done)
    }
}
