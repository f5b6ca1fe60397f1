//! No two activities run where the table says that the newer one waits.

use pilothouse::core::State;
use pilothouse::core::activity::Activity;
use pilothouse::core::reservation::Standing;

use super::Found;

/// Whether this one may begin beside those that run.
pub fn may_run(state: &State, new: &Activity) -> Found {
    if !state.mode().reserves() {
        return Err(format!("it began while {:?}", state.mode()));
    }
    if state
        .activities
        .live
        .get(&new.id)
        .is_some_and(|a| !a.queued)
    {
        // It runs already, and is only declared now.
        return Ok(());
    }
    let live = state.activities.live.values();
    let mut running = live.filter(|a| !a.queued && a.id != new.id);
    match running.find(|a| a.kind.queues(new.kind)) {
        Some(older) => Err(format!("{} began beside {older:?}", new.kind.as_str())),
        None => Ok(()),
    }
}

/// Whether every live reservation has its activity, and every activity that was not declared its
/// reservation.
pub fn check(state: &State) -> Found {
    let live = || state.activities.live.values().filter(|a| !a.queued);
    for row in state.ledger.live() {
        if row.standing == Standing::Held
            && let Some(kind) = row.activity()
            && !live().any(|a| a.kind == kind && a.agent == row.agent)
        {
            return Err(format!("{} stands for no activity", row.id));
        }
    }
    for activity in live().filter(|a| !a.declared) {
        let keeps = |kind, agent| kind == Some(activity.kind) && agent == activity.agent;
        let mut rows = state.ledger.live();
        if !rows.any(|r| r.standing != Standing::Queued && keeps(r.activity(), r.agent)) {
            return Err(format!("{activity:?} goes on without a reservation"));
        }
    }
    Ok(())
}
