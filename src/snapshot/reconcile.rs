//! The last comparison with the venue.

use super::document::ComparisonRow;
use crate::core::State;
use crate::core::order::Status;

/// When, how many, what differed lately, and what nobody knows.
pub(super) fn row(state: &State) -> ComparisonRow {
    let last = state.compared;
    let latest = state.reconcile.latest.iter();
    let unknown = |o: &&crate::core::order::Order| o.status == Status::Unknown;
    let unknown = state.orders.live.values().filter(unknown).count();
    ComparisonRow {
        at: last.map(|c| c.at),
        orders: last.map_or(0, |c| c.orders),
        differences: latest
            .map(|d| match d.order {
                Some(id) => format!("{} {id}: {}", d.at, d.what),
                None => format!("{} {}", d.at, d.what),
            })
            .collect(),
        unknown: u32::try_from(unknown).unwrap_or(u32::MAX),
        external: state.reconcile.external.iter().cloned().collect(),
        asked: state.reconcile.asked,
    }
}
