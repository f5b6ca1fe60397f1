//! How a plan begins: what it was asked for, with what it left open.

use rust_decimal::Decimal;

use super::fit::{MAX_SLICES, slices_that_fit};
use super::{Algorithm, AlgorithmKind, Slicing};
use crate::core::order::{OrderRequest, TimeInForce};
use crate::core::time::Time;

/// Slices of a passive plan that names none: what it crosses with is looked at four times.
const PASSIVE_SLICES: u32 = 20;

impl Slicing {
    /// A plan that begins now; `minimum` is the least quantity the venue takes.
    pub(in crate::core) fn begun(
        request: &OrderRequest,
        plan: &Algorithm,
        now: Time,
        arrival: Decimal,
        minimum: Decimal,
    ) -> Self {
        let slots = plan.slices.unwrap_or_else(|| match plan.kind {
            AlgorithmKind::Passive => PASSIVE_SLICES,
            _ => {
                let fit = slices_that_fit(request.quantity, minimum).max(1);
                (plan.duration_s / 60).clamp(1, MAX_SLICES).min(fit)
            }
        });
        let ends_at = now.plus_s(i64::from(plan.duration_s));
        let date = (request.time_in_force == TimeInForce::Gtd)
            .then_some(request.expires_at)
            .flatten();
        Self {
            plan: Algorithm {
                slices: Some(slots),
                ..plan.clone()
            },
            started_at: now,
            arrival,
            paused: false,
            children: 0,
            next_at: now,
            ends_at: date.map_or(ends_at, |date| date.min(ends_at)),
            from: now,
            before: Decimal::ZERO,
            slots,
            seen: None,
            volume: Decimal::ZERO,
            tape: None,
            last_child: None,
        }
    }
}
