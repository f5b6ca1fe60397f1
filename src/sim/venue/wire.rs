//! What may go over the wire, checked where it does: nothing that is not durably approved, nothing
//! twice, no entry past a closed gate.

use super::exchange::Exchange;
use crate::core::order::Purpose;
use crate::venue::VenueOrder;

/// An approval that is durable.
#[derive(Debug, Clone)]
pub struct Approved {
    /// What the order is for.
    pub purpose: Purpose,
    /// How often it was sent.
    pub sent: u32,
    /// The last sending was answered by a proof that it was not processed.
    pub unprocessed: bool,
}

impl Approved {
    /// One that was not sent yet.
    pub fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            sent: 0,
            unprocessed: false,
        }
    }
}

impl Exchange {
    /// Looks at an order that is about to leave, while the gate stands so.
    pub(super) fn passes(&mut self, order: &VenueOrder, closed: bool) {
        let id = &order.client_order_id;
        let Some(approved) = self.approved.get_mut(id) else {
            let broken = format!("{id} was sent, and no approval of it is durable");
            self.violations.push(broken);
            return;
        };
        if approved.sent > 0 && !approved.unprocessed {
            let broken =
                format!("{id} was sent again, and nobody proved that it was not processed");
            self.violations.push(broken);
        }
        approved.sent += 1;
        approved.unprocessed = false;
        if closed && !approved.purpose.reduces() {
            let broken = format!("{id} was sent after the gate closed");
            self.violations.push(broken);
        }
    }

    /// The answer to a sending is with the engine.
    pub(super) fn proved(&mut self, id: &str, unprocessed: bool) {
        if let Some(approved) = self.approved.get_mut(id) {
            approved.unprocessed = unprocessed;
        }
    }
}
