//! How a service ends: its entries are cancelled, its positions closed, what it held goes back.

use super::End;
use crate::core::event::Event;
use crate::core::id::{OrderId, PositionId, ReservationId, ServiceId};
use crate::core::order::Purpose;
use crate::core::research::GateResult;
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
        let orders = self.state.orders.live.values();
        let entries: Vec<OrderId> = orders
            .filter(|o| o.purpose == Purpose::Entry && o.request.service == Some(id))
            .map(|o| o.id)
            .collect();
        for order in entries {
            self.ask_cancel(order, &reason);
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

    /// The deployment's capital becomes that of live trades in one step, so that nobody can come between.
    pub(super) fn pass_on(
        &mut self,
        from: ReservationId,
        agent: Name,
        class: Class,
        purpose: &str,
        ttl_s: u32,
    ) -> Option<ReservationId> {
        let row = self.state.ledger.get(from).filter(|row| row.lends())?;
        let row = Reservation {
            id: self.state.ledger.free_id(agent, self.now, 0),
            agent,
            class,
            purpose: purpose.to_owned(),
            created_at: self.now,
            expires_at: Some(self.now.plus_s(ttl_s.into())),
            ttl_s: ttl_s.into(),
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
