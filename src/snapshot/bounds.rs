//! What bounds entries beside the gate's own limits: the live guard's, and a flatten under way.

use super::document::{FlatteningRow, GuardLimits};
use crate::core::Settings;
use crate::core::trading_state::Trading;

/// What the live guard lets pass.
pub fn guard(settings: &Settings) -> GuardLimits {
    GuardLimits {
        quote_age_ms: i64::from(settings.risk.max_quote_age_s) * 1_000,
        rejection_rate: settings.guard.max_rejection_rate.normalize(),
        p95_ms: i64::from(settings.guard.max_p95_latency_ms),
        samples: settings.guard.minimum_samples,
    }
}

/// A flatten that is under way.
pub fn flattening(trading: &Trading) -> Option<FlatteningRow> {
    let flattening = trading.flattening.as_ref()?;
    Some(FlatteningRow {
        by: flattening.given.by,
        reason: flattening.given.reason.clone(),
        since: flattening.given.at,
        positions: flattening.positions.clone(),
    })
}
