//! Which events belong to one story: ids lead to further ids.

use std::collections::BTreeSet;

use crate::core::id::{ActivityId, CycleId, OrderId, PositionId, ReservationId, RunId, ServiceId};
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
    activities: BTreeSet<ActivityId>,
    runs: BTreeSet<RunId>,
    services: BTreeSet<ServiceId>,
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
        thread.runs.extend(id.parse::<RunId>());
        thread.services.extend(id.parse::<ServiceId>());
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
            Command::BeginStep { run, .. }
            | Command::StepDone { run, .. }
            | Command::EndRun { run, .. }
            | Command::StopRun { run, .. } => self.runs.contains(run),
            Command::Act(act) => self.services.contains(&act.service),
            Command::Judge { service, .. } => self.services.contains(service),
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
            Event::Renewed { id, .. }
            | Event::Granted { id, .. }
            | Event::WaitsFor { id, .. }
            | Event::ReservationEnded { id, .. } => self.reservations.contains(id),
            Event::HandedOver { from, row } => {
                let ours = self.reservations.contains(from) || self.reservations.contains(&row.id);
                if ours {
                    self.reservations.insert(row.id);
                }
                ours
            }
            Event::ActivityBegan { activity } => self.activities.contains(&activity.id),
            Event::ActivityResumed { id } | Event::ActivityEnded { id, .. } => {
                self.activities.contains(id)
            }
            event if self.takes_research(event) => true,
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
                    || named(&order.client_order_id)
                    || order
                        .request
                        .service
                        .is_some_and(|id| self.services.contains(&id));
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

    /// What befell a run or a service; what they hold belongs to their story.
    fn takes_research(&mut self, event: &Event) -> bool {
        match event {
            Event::RunAsked { run } => self.runs.contains(&run.id),
            Event::RunBegan { id, activity } => {
                let ours = self.runs.contains(id);
                if ours {
                    self.activities.insert(*activity);
                }
                ours
            }
            Event::StepTaken { run, slot, .. } => {
                let ours = self.runs.contains(run);
                if ours {
                    self.reservations.insert(*slot);
                }
                ours
            }
            Event::StepEnded { run: id, .. } | Event::RunEnded { id, .. } => self.runs.contains(id),
            Event::VersionProved { version } => {
                version.run.is_some_and(|run| self.runs.contains(&run))
            }
            Event::ServiceOpened { service } => {
                let ours = self.services.contains(&service.id);
                if ours {
                    self.reservations.extend(&service.holds);
                }
                ours || service.run.is_some_and(|run| self.runs.contains(&run))
            }
            Event::ServiceStaged { id, holds, .. } => {
                let ours = self.services.contains(id);
                if ours {
                    self.reservations.extend(holds);
                }
                ours
            }
            Event::ServiceBegan { id, .. }
            | Event::ServiceEnded { id, .. }
            | Event::ServiceSignalled { id, .. }
            | Event::PaperEntered { id, .. }
            | Event::PaperLeft { id, .. } => self.services.contains(id),
            _ => false,
        }
    }
}
