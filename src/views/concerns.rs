//! Whom and what an event concerns: which of the tables of changes tells of it.

use rust_decimal::Decimal;

use crate::core::activity::Activity;
use crate::core::id::{ActivityId, OrderId};
use crate::core::{Event, Name, State};

/// An activity that runs, waits or ended.
fn activity(state: &State, id: ActivityId) -> Option<&Activity> {
    let activities = &state.activities;
    let past = || activities.past.iter().rev().find(|a| a.id == id);
    activities.live.get(&id).or_else(past)
}

/// Whom a change of what may be done or is held concerns; none for other events.
pub(super) fn transition_of(state: &State, event: &Event, actor: Name) -> Option<Name> {
    match event {
        Event::HardstopEngaged { by, .. }
        | Event::HardstopPressed { by, .. }
        | Event::HardstopCleared { by, .. }
        | Event::CauseAdded { by, .. }
        | Event::CauseLifted { by, .. }
        | Event::SymbolPaused { by, .. }
        | Event::SymbolResumed { by, .. }
        | Event::TaskToggled { by, .. }
        | Event::ApprovalEnded { by, .. }
        | Event::FlattenBegan { by, .. }
        | Event::SyncAsked { by }
        | Event::TokenRevoked { by, .. }
        | Event::Configured { by, .. } => Some(*by),
        Event::TokenIssued { token } => Some(token.by),
        Event::ApprovalAsked { approval } => Some(approval.by),
        Event::Reserved { row } => Some(row.agent),
        Event::Bound { id, .. }
        | Event::Granted { id, .. }
        | Event::Renewed { id, .. }
        | Event::ReservationEnded { id, .. } => Some(id.agent),
        Event::ActivityBegan { activity } => Some(activity.agent),
        Event::ActivityResumed { id } | Event::ActivityEnded { id, .. } => {
            activity(state, *id).map(|a| a.agent)
        }
        Event::HandedOver { row, .. } => Some(row.agent),
        Event::RunAsked { run } => Some(run.by),
        Event::RunBegan { id, .. } | Event::RunEnded { id, .. } => {
            let run = state.research.get(*id)?;
            Some(run.request.kind.agent())
        }
        Event::ServiceOpened { service } => Some(service.by),
        Event::ServiceStaged { id, .. }
        | Event::ServiceBegan { id, .. }
        | Event::ServiceEnded { id, .. } => state.services.get(*id).map(|s| s.kind.judge()),
        Event::AgentRegistered { registration } => Some(registration.name),
        Event::HealthChanged { agent, .. } => Some(*agent),
        Event::CooldownBegan { strategy, .. }
        | Event::StrategyDayLost { strategy, .. }
        | Event::StrategyDayOver { strategy } => Some(*strategy),
        Event::Started { .. }
        | Event::DayLost { .. }
        | Event::VersionProved { .. }
        | Event::DegradationMoved { .. }
        | Event::GuardBreached { .. }
        | Event::GuardCleared { .. }
        | Event::FlattenEnded
        | Event::BalanceAdjusted { .. }
        | Event::PositionsDiffer { .. }
        | Event::PositionsAgree { .. } => Some(actor),
        _ => None,
    }
}

/// The order an event of execution is about, its size and price where it states them; none for
/// other events.
pub(super) fn execution_of(
    event: &Event,
) -> Option<(Option<OrderId>, Option<Decimal>, Option<Decimal>)> {
    match event {
        Event::OrderApproved { order } => Some((Some(order.id), Some(order.quantity), None)),
        Event::OrderMoved { id, .. }
        | Event::CancelAsked { id, .. }
        | Event::OrderDeferred { id, .. }
        | Event::AbsenceRead { id, .. }
        | Event::SlicingMoved { id, .. }
        | Event::ProtectionRefitted { id } => Some((Some(*id), None, None)),
        Event::OrderFilled { id, fill } => Some((Some(*id), Some(fill.quantity), Some(fill.price))),
        Event::OrderAmended { id, quantity, .. } | Event::OrderShown { id, quantity, .. } => {
            Some((Some(*id), Some(*quantity), None))
        }
        Event::Defect { .. }
        | Event::Compared { .. }
        | Event::ExternalSeen { .. }
        | Event::BalanceAdjusted { .. } => Some((None, None, None)),
        Event::PositionsDiffer { ours, .. } => Some((None, Some(*ours), None)),
        Event::ReconcileDiffers { id, .. } => Some((*id, None, None)),
        _ => None,
    }
}
