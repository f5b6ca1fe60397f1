//! The bars that a rule begins with.

use super::{Candle, Service, World};
use crate::core::Time;
use crate::market::bars::{begins, gather};

/// Candles since a service was asked for that its rule is built from; one that is older begins with its
/// lead-in alone. The engine reads no prices while it gathers them.
const MOST_CANDLES: i64 = 20_000;

impl World {
    /// The bars of a service from so many before it was asked for, as far as they are known.
    pub(super) fn lead_in(&self, service: &Service, bars: u32) -> Vec<Candle> {
        let wanted_ms = service.version.interval_ms;
        let (kept, of_ms) = self.market.kept(service.symbol());
        let from = goes_back_to(
            self.clock.now(),
            service.created_at,
            i64::from(bars).saturating_mul(wanted_ms),
            MOST_CANDLES.saturating_mul(of_ms),
        );
        let from = begins(from, of_ms, wanted_ms);
        let first = |candles: &[Candle]| candles.first().map(|c| c.open_time);
        if first(kept).is_some_and(|kept| kept <= from) {
            let kept = &kept[kept.partition_point(|c| c.open_time < from)..];
            return gather(kept, of_ms, wanted_ms);
        }
        let past = self.feed.past(service.symbol(), from);
        match (first(&past), first(kept)) {
            (None, _) => gather(kept, of_ms, wanted_ms),
            (Some(past), Some(kept_from)) if kept_from < past => gather(kept, of_ms, wanted_ms),
            _ => gather(&past, of_ms, wanted_ms),
        }
    }
}

/// Where a rule's history begins: its lead-in before the service was asked for, or before now where
/// that is longer ago than is gathered.
fn goes_back_to(now: Time, asked_at: Time, lead_in_ms: i64, most_ms: i64) -> Time {
    let latest = Time(now.0.saturating_sub(lead_in_ms.max(most_ms)));
    Time(asked_at.0.saturating_sub(lead_in_ms)).max(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_old_is_led_in_and_no_more() {
        let from = |now, lead_in| goes_back_to(Time(now), Time(1_000), lead_in, 500).0;
        assert_eq!(from(1_000, 100), 900);
        assert_eq!(from(1_400, 100), 900, "the very bars that it began with");
        assert_eq!(from(9_000, 100), 8_500);
        assert_eq!(from(9_000, 2_000), 7_000, "but always its lead-in");
        assert_eq!(from(1_000, 2_000), -1_000);
    }
}
