//! How a service ends: its entries are cancelled, its positions closed, what it held goes back.

use rust_decimal::Decimal;

use super::End;
use crate::core::event::Event;
use crate::core::id::{OrderId, PositionId, ReservationId, ServiceId};
use crate::core::order::{CLOSING, Purpose};
use crate::core::research::{GateResult, Version};
use crate::core::reservation::{Class, Reservation, Standing};
use crate::core::state::Decider;
use crate::core::text::Name;

impl Decider<'_> {
    pub(in crate::core) fn end_service(
        &mut self,
        id: ServiceId,
        how: End,
        reason: &str,
        gates: &[GateResult],
    ) {
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let (kind, holds) = (service.kind, service.holds.clone());
        self.leave_paper(id);
        self.emit(Event::ServiceEnded {
            id,
            how,
            reason: reason.to_owned(),
            gates: gates.to_vec(),
        });
        self.withdraw(id, how);
        self.give_up_holds(
            &holds,
            &format!("{id}, a {}, is {}", kind.as_str(), how.as_str()),
        );
    }

    /// Cancels what would enter for it and closes what it holds. Under HARDSTOP positions keep their
    /// exits: only the operator has them closed.
    fn withdraw(&mut self, id: ServiceId, how: End) {
        let reason = format!("{id} is {}", how.as_str());
        self.lapse_of_service(id, &reason);
        let orders = self.state.orders.live.values();
        let entries: Vec<OrderId> = orders
            .filter(|o| o.purpose == Purpose::Entry && o.request.service == Some(id))
            .map(|o| o.id)
            .collect();
        for order in entries {
            // What fills of it all the same is closed at once.
            self.ask_cancel(order, CLOSING);
        }
        if self.state.trading.hardstop.is_some() {
            return;
        }
        let open = self.state.positions.open.values();
        let positions: Vec<PositionId> = open
            .filter(|p| p.service == Some(id) && p.closing.is_none())
            .map(|p| p.id)
            .collect();
        for position in positions {
            if let Err(refusal) = self.close(position, None, &reason) {
                self.emit(Event::Refused { refusal });
            }
        }
    }

    /// Closes what is left of services that were taken back: a close that the venue refused is asked for
    /// again. What HARDSTOP left open is the operator's.
    pub(in crate::core) fn close_withdrawn(&mut self) {
        if self.state.trading.hardstop.is_some() {
            return;
        }
        let services = &self.state.services;
        let withdrawn = |id: ServiceId| {
            !services.live.contains_key(&id)
                && services
                    .get(id)
                    .is_some_and(|s| s.ended.as_ref().is_some_and(|e| e.how != End::Cancelled))
        };
        let open = self.state.positions.open.values();
        let left: Vec<(PositionId, ServiceId)> = open
            .filter(|p| p.closing.is_none())
            .filter_map(|p| Some((p.id, p.service?)))
            .filter(|(_, service)| withdrawn(*service))
            .collect();
        for (position, service) in left {
            if !self.refused_lately(position) {
                // What is open can be closed at the market, whatever else is refused.
                let _ = self.close(position, None, &format!("{service} has ended"));
            }
        }
    }

    /// Gives back what is still held or waited for; what an order or position lives on stays.
    pub(super) fn give_up_holds(&mut self, holds: &[ReservationId], reason: &str) {
        for id in holds {
            match self.state.ledger.get(*id).map(|row| row.standing) {
                Some(Standing::Queued) => self.end_waiting(*id, Standing::Cancelled, reason),
                Some(Standing::Held) => self.emit(Event::ReservationEnded {
                    id: *id,
                    how: Standing::Released,
                    reason: reason.to_owned(),
                }),
                _ => {}
            }
        }
    }

    /// The trader takes capital over in one step, so that nobody can come between: at most so much, and
    /// no less than what orders have drawn of it.
    pub(super) fn pass_on(
        &mut self,
        from: ReservationId,
        version: &Version,
        most: Decimal,
    ) -> Option<ReservationId> {
        let agent: Name = "trader".parse().expect("a built-in name");
        let class = Class::Live;
        let ttl_s = u64::from(self.state.settings.research.service_ttl_s);
        let row = self.state.ledger.get(from).filter(|row| row.lends())?;
        let drawn = row.granted() - row.amount;
        let granted = row.granted().min(most.max(drawn));
        let row = Reservation {
            id: self.state.ledger.free_id(agent, self.now, 0),
            agent,
            class,
            strategy: Some(version.strategy),
            purpose: format!("live: {} {}", version.strategy, version.version),
            amount: granted - drawn,
            granted: Some(granted),
            created_at: self.now,
            expires_at: Some(self.now.plus_s(ttl_s as i64)),
            ttl_s,
            turn: class.priority(),
            ..row.clone()
        };
        let id = row.id;
        self.emit(Event::HandedOver {
            from,
            row: Box::new(row),
        });
        Some(id)
    }

    /// The stop ends every service: candidates, deployments, and what was in service.
    pub(in crate::core) fn cancel_services(&mut self, reason: &str) {
        let live: Vec<ServiceId> = self.state.services.live.keys().copied().collect();
        for id in live {
            self.leave_paper(id);
            self.emit(Event::ServiceEnded {
                id,
                how: End::Cancelled,
                reason: reason.to_owned(),
                gates: Vec::new(),
            });
        }
    }
}
