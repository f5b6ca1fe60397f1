//! Positions and what is wrong with them.

use super::alarms::AlarmKind;
use super::document::PositionRow;
use super::samples::Samples;
use crate::core::order::Side;
use crate::core::position::{Lack, Position};
use crate::core::{Quotes, State, Time};

/// A position's document.
pub(super) fn row(state: &State, quotes: &Quotes, p: &Position) -> PositionRow {
    let price = quotes.get(p.symbol).map(|q| q.last);
    let live = price.filter(|_| p.is_open());
    PositionRow {
        id: p.id,
        status: if p.is_open() { "open" } else { "closed" }.into(),
        symbol: p.symbol,
        side: match p.side {
            Side::Buy => "long",
            Side::Sell => "short",
        }
        .into(),
        quantity: if p.is_open() { p.quantity } else { p.entered }.normalize(),
        margin_size: if p.is_open() {
            p.margin_size()
        } else {
            (p.entered / p.leverage).normalize()
        },
        entry: p.entry(),
        price,
        leverage: p.leverage,
        stop: p.stop,
        target: p.target,
        trail: p.trail.map(|t| t.distance),
        stop_order_id: p.stop_order,
        target_order_id: p.target_order,
        unrealised: live.map(|price| p.unrealised(price).normalize()),
        unrealised_pct: live.map(|price| p.unrealised_pct(price)),
        realised: p.realised().normalize(),
        fees: p.fees.normalize(),
        opened_at: p.opened_at,
        closed_at: p.closed_at,
        exit_price: p.exit_price(),
        close_reason: p.close_reason,
        protected: state.is_protected(p.id),
        closing: p.closing.is_some(),
        strategy: p.strategy,
    }
}

/// Positions without their stop, stops that do not fill, positions the venue does not hold.
pub(super) fn alarms(
    state: &State,
    samples: &Samples,
    raise: &mut impl FnMut(AlarmKind, u8, Time, String, String),
) {
    for sample in &samples.lacks {
        let Some(p) = state.positions.open.get(&sample.position) else {
            continue;
        };
        let (kind, text) = match sample.lack {
            Lack::Stop => (
                AlarmKind::UnprotectedPosition,
                format!("{} {} has no working stop", p.id, p.symbol),
            ),
            Lack::Fill => (
                AlarmKind::StopUnfilled,
                format!("{} {}: its stop was hit and does not fill", p.id, p.symbol),
            ),
        };
        raise(kind, 2, sample.since, p.id.to_string(), text);
    }
    // Who measures for how long is the engine: without one, what the journal ends with counts.
    let open = || state.positions.open.values();
    for p in open().filter(|p| !samples.running && !state.is_protected(p.id)) {
        let text = format!("{} {} has no working stop", p.id, p.symbol);
        raise(
            AlarmKind::UnprotectedPosition,
            2,
            state.time,
            p.id.to_string(),
            text,
        );
    }
    for (symbol, mismatch) in &state.reconcile.mismatched {
        let text = format!(
            "{symbol}: positions of {}, the venue holds {}",
            mismatch.ours.normalize(),
            mismatch.venue.normalize()
        );
        raise(
            AlarmKind::ReconcileMismatch,
            2,
            mismatch.since,
            symbol.to_string(),
            text,
        );
    }
}
