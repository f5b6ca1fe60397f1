//! How often, and how often the same: entries of each level come at an even rate with a burst, and
//! none twice in a row.
//!
//! The rate is a token bucket kept as one number a level, the time at which all entries so far
//! would have come at the even rate (ATM Forum's generic cell rate algorithm): an entry passes
//! where that time is less than a burst ahead.

use rust_decimal::Decimal;

use super::gate::{Gate, Passed};
use super::limits::{self, Level, Limits};
use crate::core::order::{Order, Recent};
use crate::core::state::State;
use crate::core::time::Time;

const MINUTE_US: u64 = 60_000_000;
/// Entries remembered to tell a duplicate, at most.
const MAX_RECENT: usize = 1_024;

/// A level's bucket.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Microseconds between two entries at the even rate, at least 1.
    interval: i64,
    /// Microseconds that entries may be ahead of it.
    burst: i64,
}

impl Bucket {
    fn of(limits: &Limits) -> Self {
        let rate = u64::from(limits.orders_per_minute.max(1));
        let interval = MINUTE_US.div_ceil(rate).cast_signed();
        let burst = i64::from(limits.orders_burst.max(1)) * interval;
        Self { interval, burst }
    }

    /// How far the entries so far are ahead of the even rate, microseconds.
    fn ahead(now: Time, arrival: Option<i64>) -> i64 {
        arrival.map_or(0, |at| (at - now.0 * 1000).max(0))
    }

    /// How many entries of the burst that is.
    fn entries(self, ahead: i64) -> Decimal {
        let exact = Decimal::from(ahead) / Decimal::from(self.interval);
        exact.round_dp(3).normalize()
    }
}

impl State {
    /// Entries of the burst in use at a level.
    pub fn rate_used(&self, level: Level, limits: &Limits, now: Time) -> Decimal {
        let arrival = self.risk.rates.get(&level).copied();
        Bucket::of(limits).entries(Bucket::ahead(now, arrival))
    }

    /// An entry was approved: it counts at each of its levels, a sliced order's parts too.
    pub(in crate::core) fn count_entry(&mut self, at: Time, order: &Order) {
        for (level, limits) in limits::levels(&self.settings, &order.request) {
            let bucket = Bucket::of(&limits);
            let arrival = self.risk.rates.get(&level).copied();
            let next = at.0 * 1000 + Bucket::ahead(at, arrival) + bucket.interval;
            self.risk.rates.insert(level, next);
        }
        let narrower = self.settings.narrower.iter();
        let windows = narrower.map(|(_, limits)| limits.duplicate_window_s);
        let own = self.settings.risk.duplicate_window_s;
        let window = i64::from(windows.fold(own, u32::max)) * 1000;
        let recent = &mut self.orders.recent;
        while recent.len() >= MAX_RECENT || recent.front().is_some_and(|r| at - r.at >= window) {
            recent.pop_front();
        }
        recent.push_back(Recent {
            at,
            symbol: order.request.symbol,
            side: order.request.side,
            quantity: order.quantity,
            strategy: order.request.strategy,
            family: order.parent.or(order.slicing.is_some().then_some(order.id)),
        });
    }

    /// Forgets rates and days of levels that have no limits any more.
    pub(in crate::core) fn forget_levels(&mut self) {
        let narrower = &self.settings.narrower;
        let known = |level: &Level| match level {
            Level::Organisation => true,
            Level::Instrument(symbol) => narrower.instrument.contains_key(symbol),
            Level::Strategy(name) => narrower.strategy.contains_key(name),
        };
        self.risk.rates.retain(|level, _| known(level));
        self.risk.books.retain(|level, _| known(level));
    }
}

impl Gate<'_> {
    pub(super) fn order_rate(&mut self) -> Passed {
        for i in 0..self.levels.len() {
            let (level, limits) = &self.levels[i];
            let (level, bucket) = (*level, Bucket::of(limits));
            let (most, rate) = (limits.orders_burst.max(1), limits.orders_per_minute);
            let arrival = self.state.risk.rates.get(&level).copied();
            let ahead = Bucket::ahead(self.now, arrival) + bucket.interval;
            let wait = Decimal::new((ahead - bucket.burst).max(0), 6);
            self.rule(
                "RISK_ORDER_RATE",
                ahead <= bucket.burst,
                most,
                bucket.entries(ahead),
                format_args!("too many entries of the {level}: {most} at once, {rate} a minute"),
                format_args!("the next may pass in {} s", wait.round_dp(3).normalize()),
            )?;
        }
        Ok(())
    }

    /// The same symbol, side and size was not entered a moment ago. Parts of one sliced order are
    /// alike on purpose.
    pub(super) fn duplicate(&mut self) -> Passed {
        let window = i64::from(self.limits.duplicate_window_s) * 1000;
        let (request, now) = (self.request, self.now);
        let family = self.parent.map(|p| p.id);
        let mut recent = self.state.orders.recent.iter().rev();
        let twin = recent.find(|r| {
            now - r.at < window
                && r.symbol == request.symbol
                && r.side == request.side
                && r.quantity == request.quantity
                && (family.is_none() || r.family != family)
        });
        let since = twin.map(|r| format!("{} ms", now - r.at));
        self.rule(
            "RISK_DUPLICATE",
            since.is_none(),
            format!("{window} ms"),
            since.unwrap_or_else(|| "none".to_owned()),
            "the same order was placed a moment ago",
            "if it is meant, place it again a little later",
        )
    }
}
