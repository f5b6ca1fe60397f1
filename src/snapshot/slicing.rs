//! How far a sliced order is, and what it costs against the market.

use crate::core::order::Order;
use crate::core::{State, Time};

use super::document::SlicingRow;

/// The row of an order that is sent in slices; none of any other.
pub(super) fn row(state: &State, now: Time, order: &Order) -> Option<SlicingRow> {
    let slicing = order.slicing.as_deref()?;
    let lives = !order.status.is_terminal();
    let now = if lives { now } else { order.updated_at };
    let share = state.settings.execution.pov_share;
    Some(SlicingRow {
        kind: slicing.plan.kind,
        paused: slicing.paused,
        started_at: slicing.started_at,
        ends_at: slicing.ends_at,
        next_at: (lives && !slicing.paused).then_some(slicing.next_at),
        children: slicing.children,
        working: state.children_of(order.id).map(|o| o.id).collect(),
        planned: slicing.planned(order, share, now),
        done: order.done(),
        arrival_price: slicing.arrival.normalize(),
        average_price: order.average_price().map(|p| p.round_dp(8).normalize()),
        twap: slicing.market_twap(),
        vwap: slicing.market_vwap(),
        slippage_bps: slicing.slippage_bps(order),
    })
}
