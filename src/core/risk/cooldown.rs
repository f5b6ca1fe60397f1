//! A strategy that was refused too much has to wait. Refusals for order rate, spread and adverse
//! selection trip it; a further trip within the window after a wait doubles the next one. While it
//! waits nothing trips it.

use rust_decimal::Decimal;

use super::gate::{Gate, Passed};
use super::limits::{levels, narrowest};
use super::{Code, Verdict};
use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::order::OrderRequest;
use crate::core::refusal::Refusal;
use crate::core::state::Decider;
use crate::core::text::Name;

/// The rules whose refusals trip it.
const TRIPS: [&str; 3] = ["RISK_ORDER_RATE", "RISK_SPREAD", "RISK_ADVERSE_SELECTION"];

impl Gate<'_> {
    pub(super) fn cooldown(&mut self) -> Passed {
        let Some(strategy) = self.request.strategy else {
            return Ok(());
        };
        let found = self.state.risk.cooldowns.get(&strategy);
        let left = found.map_or(0, |c| (c.until - self.now).max(0));
        let left = Decimal::new(left, 3).normalize();
        self.rule(
            "RISK_COOLDOWN",
            left.is_zero(),
            Decimal::ZERO,
            left,
            format_args!("{strategy} was refused too much and has to wait"),
            format_args!("its next entry may pass in {left} s"),
        )
    }
}

impl Decider<'_> {
    /// Writes down what the gate found of an entry, and begins a cooldown where that trips one.
    /// `order` is what it becomes, if it passed and is placed.
    ///
    /// # Errors
    /// The gate's refusal.
    pub(in crate::core) fn judged(
        &mut self,
        order: Option<OrderId>,
        request: &OrderRequest,
        verdict: Verdict,
    ) -> Result<(), Refusal> {
        let Verdict {
            checks, refusal, ..
        } = verdict;
        let tripped = checks
            .last()
            .filter(|c| !c.passed && TRIPS.contains(&c.rule.as_str()))
            .map(|c| c.rule);
        self.emit(Event::RiskChecked {
            order,
            request_id: request.request_id.clone(),
            checks,
            symbol: Some(request.symbol),
            strategy: request.strategy,
        });
        if let (Some(rule), Some(strategy)) = (tripped, request.strategy) {
            self.trip(strategy, request, rule);
        }
        refusal.map_or(Ok(()), Err)
    }

    fn trip(&mut self, strategy: Name, request: &OrderRequest, rule: Code) {
        let limits = narrowest(&levels(&self.state.settings, request));
        let last = self.state.risk.cooldowns.get(&strategy).copied();
        if last.is_some_and(|c| c.until > self.now) || limits.cooldown_s == 0 {
            return;
        }
        let window = i64::from(limits.cooldown_window_s) * 1000;
        let again = last.filter(|c| self.now - c.until <= window);
        let trips = again.map_or(1, |c| c.trips.saturating_add(1));
        let doubled = 1_u64.checked_shl(trips - 1).unwrap_or(u64::MAX);
        let wait = u64::from(limits.cooldown_s)
            .saturating_mul(doubled)
            .min(u64::from(limits.cooldown_max_s.max(limits.cooldown_s)));
        self.emit(Event::CooldownBegan {
            strategy,
            until: self.now.plus_s(wait.cast_signed()),
            trips,
            rule,
        });
    }
}
