//! Which events belong to one story: ids lead to further ids.

use std::collections::BTreeSet;

use crate::core::id::{CycleId, OrderId, PositionId, ReservationId};
use crate::core::record::RecordBody;
use crate::core::{Command, Event};

/// The ids that a story is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Thread {
    /// An id of the caller's.
    request: Option<String>,
    orders: BTreeSet<OrderId>,
    positions: BTreeSet<PositionId>,
    reservations: BTreeSet<ReservationId>,
    cycles: BTreeSet<CycleId>,
    /// The record that is entered belongs to it: a refusal in it does too.
    asked: bool,
}

impl Thread {
    /// The story that begins with this id.
    pub(super) fn of(id: &str) -> Self {
        let mut thread = Self {
            request: Some(id.to_owned()),
            ..Self::default()
        };
        thread.orders.extend(id.parse::<OrderId>());
        thread.positions.extend(id.parse::<PositionId>());
        thread.reservations.extend(id.parse::<ReservationId>());
        thread.cycles.extend(id.parse::<CycleId>());
        thread
    }

    /// To be called with each record before its events.
    pub(super) fn enter(&mut self, body: &RecordBody) {
        self.asked = match &body.command {
            Command::Place(request) => {
                request.request_id.is_some() && request.request_id == self.request
            }
            Command::Cancel { order, .. } | Command::Amend { order, .. } => {
                self.orders.contains(order)
            }
            Command::Close { position, .. } | Command::Protect { position, .. } => {
                self.positions.contains(position)
            }
            Command::Release { id } | Command::Renew { id, .. } => self.reservations.contains(id),
            _ => false,
        } || body.events.iter().any(|event| self.is_of_cycle(event));
    }

    /// What risk says of a cycle's entry stands in the record in which the cycle moves.
    fn is_of_cycle(&self, event: &Event) -> bool {
        match event {
            Event::CycleMoved { id, .. } | Event::CycleEnded { id, .. } => self.cycles.contains(id),
            _ => false,
        }
    }

    /// Whether an event belongs to the story; what it leads to then does too.
    pub(super) fn takes(&mut self, event: &Event) -> bool {
        match event {
            Event::Refused { .. } => self.asked,
            Event::Reserved { row } => {
                let on_ours = row
                    .drawn
                    .is_some_and(|d| self.reservations.contains(&d.from));
                if on_ours {
                    self.reservations.insert(row.id);
                }
                on_ours || self.reservations.contains(&row.id)
            }
            Event::Bound {
                id,
                order,
                position,
                ..
            } => {
                let ours = self.reservations.contains(id);
                if ours {
                    self.orders.extend(order);
                    self.positions.extend(position);
                }
                ours
            }
            Event::Renewed { id, .. } | Event::ReservationEnded { id, .. } => {
                self.reservations.contains(id)
            }
            Event::CycleOpened { id, .. }
            | Event::CycleMoved { id, .. }
            | Event::CycleEnded { id, .. }
            | Event::SignalWeighed { cycle: id, .. } => self.cycles.contains(id),
            Event::CycleFound { id, found } => {
                let ours = self.cycles.contains(id);
                if ours {
                    self.orders.extend(found.order);
                }
                ours
            }
            Event::RiskChecked {
                order, request_id, ..
            } => {
                order.is_some_and(|id| self.orders.contains(&id))
                    || (request_id.is_some() && *request_id == self.request)
                    || self.asked
            }
            Event::OrderApproved { order } => {
                let named = |id: &str| self.request.as_deref() == Some(id);
                let ours = self.orders.contains(&order.id)
                    || order.request.request_id.as_deref().is_some_and(named)
                    || named(&order.client_order_id);
                let of_position = order
                    .position
                    .is_some_and(|id| self.positions.contains(&id));
                if ours {
                    self.orders.insert(order.id);
                    self.positions.extend(order.position);
                    self.reservations.extend(order.reservation);
                    self.cycles.extend(order.request.cycle);
                } else if of_position {
                    self.orders.insert(order.id);
                }
                ours || of_position
            }
            Event::OrderMoved { id, .. }
            | Event::OrderFilled { id, .. }
            | Event::OrderAmended { id, .. }
            | Event::OrderShown { id, .. }
            | Event::OrderDeferred { id, .. }
            | Event::AbsenceRead { id, .. }
            | Event::ReconcileDiffers { id: Some(id), .. }
            | Event::SlicingMoved { id, .. }
            | Event::CancelAsked { id, .. } => self.orders.contains(id),
            Event::ProtectionSet { id, .. }
            | Event::Trailed { id, .. }
            | Event::CloseWanted { id, .. }
            | Event::PositionClosed { id, .. } => self.positions.contains(id),
            _ => false,
        }
    }
}
