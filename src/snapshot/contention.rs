//! Who waits for whom: activities, windows, and what stands in the way of what.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::document::{ActivityRow, ConflictRow, WindowRow};
use crate::core::State;
use crate::core::activity::{Activity, ActivityKind, Verdict};
use crate::core::id::{ActivityId, ReservationId};
use crate::core::reservation::{Reservation, Standing, Waits};

/// Activities, and of each kind the conflicts, that are shown at most.
pub(super) const CONFLICTS: usize = 100;

/// The first running activity of each kind: what others wait for.
pub(super) struct Running(BTreeMap<ActivityKind, ActivityId>);

impl Running {
    pub(super) fn of(state: &State) -> Self {
        let mut first = BTreeMap::new();
        for a in state.activities.live.values().filter(|a| !a.queued) {
            first.entry(a.kind).or_insert(a.id);
        }
        Self(first)
    }

    /// What a queued one waits for to end.
    pub(super) fn before(&self, a: &Activity) -> Option<ActivityId> {
        let blocks = |(kind, _): &(&ActivityKind, _)| kind.verdict(a.kind) == Verdict::Queue;
        let blocking = self.0.iter().filter(blocks).map(|(_, id)| *id);
        blocking.min().filter(|_| a.queued)
    }

    /// The deployment that holds a running optimisation at its next step.
    pub(super) fn holding(&self, a: &Activity) -> Option<ActivityId> {
        let held = a.kind == ActivityKind::Optimisation && !a.queued && a.end.is_none();
        let deployment = self.0.get(&ActivityKind::Deployment).copied();
        deployment.filter(|_| held)
    }
}

pub(super) fn activity(running: &Running, a: &Activity) -> ActivityRow {
    let held = running.holding(a);
    let waits_for = held.or_else(|| running.before(a));
    ActivityRow {
        id: a.id,
        kind: a.kind,
        agent: a.agent,
        status: match (&a.end, a.queued) {
            (Some((how, _)), _) => how.as_str(),
            (None, true) => "queued",
            (None, false) if held.is_some() => "held",
            (None, false) => "running",
        }
        .into(),
        since: a.end.map_or(a.since, |(_, at)| at),
        declared: a.declared,
        waits_for,
    }
}

pub(super) fn windows(state: &State) -> Vec<WindowRow> {
    let row = |(priority, ids): (&u8, &BTreeSet<ReservationId>)| {
        let rows = ids.iter().filter_map(|id| state.ledger.get(*id));
        WindowRow {
            priority: *priority,
            asked: rows.map(|r| r.asked).sum::<Decimal>().normalize(),
            requests: ids.iter().copied().collect(),
        }
    };
    state.ledger.windows.iter().map(row).collect()
}

/// Who stands in whose way now.
pub(super) fn conflicts(state: &State, running: &Running) -> Vec<ConflictRow> {
    let mut rows = Vec::new();
    for a in state.activities.live.values() {
        if rows.len() == CONFLICTS {
            break;
        }
        let other = running.holding(a).or_else(|| running.before(a));
        if let Some(other) = other.and_then(|id| state.activities.live.get(&id)) {
            rows.push(ConflictRow {
                kind: "activity".into(),
                parties: vec![
                    format!("{} of {}", other.kind.as_str(), other.agent),
                    format!("{} of {}", a.kind.as_str(), a.agent),
                ],
                resource: None,
                resolution: if a.queued {
                    "the second waits".into()
                } else {
                    "the second is held at its next step".into()
                },
                since: a.since.max(other.since),
                symbol: None,
            });
        }
    }
    for r in state.ledger.queue().take(CONFLICTS) {
        let (with, resolution) = match r.waits {
            Some(Waits::Activity(id)) => {
                let running = state.activities.live.get(&id);
                let with = running.map_or(id.to_string(), |a| {
                    format!("{} of {}", a.kind.as_str(), a.agent)
                });
                (with, "queued until it ends")
            }
            _ => (
                format!("holders of {}", r.pooled().as_str()),
                "queued until somebody gives back",
            ),
        };
        rows.push(ConflictRow {
            kind: match r.waits {
                Some(Waits::Activity(_)) => "activity",
                _ => "capital",
            }
            .into(),
            parties: vec![with, r.id.to_string()],
            resource: Some(r.pooled().as_str().to_owned()),
            resolution: resolution.into(),
            since: r.created_at,
            symbol: None,
        });
    }
    if let Some(stop) = &state.trading.hardstop {
        rows.push(ConflictRow {
            kind: "hardstop".into(),
            parties: vec![stop.given.by.to_string(), "everything but exits".into()],
            resource: None,
            resolution: "what was running is cancelled, nothing new begins".into(),
            since: stop.given.at,
            symbol: None,
        });
    }
    rows
}

/// What a queued reservation waits for, in words.
pub fn waits_for(r: &Reservation) -> Option<String> {
    Some(match r.waits.filter(|_| r.standing == Standing::Queued)? {
        Waits::Resource => "until somebody gives back".into(),
        Waits::Activity(id) => format!("for {id} to end"),
        Waits::Window { .. } => "to be decided with the others".into(),
    })
}
