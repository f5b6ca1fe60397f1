//! The live guard's figures: how old the prices are, how often the venue refuses and how long it
//! takes, over a window of engine time. What they mean for entries the core decides, so that a
//! breach survives a restart.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use crate::core::risk::Breach;
use crate::core::settings::GuardSettings;
use crate::core::{Quotes, Symbol, Time};
use crate::snapshot::GuardRow;

/// Answers that are looked at, at most: the latest.
const MOST: usize = 1_000;

/// One answer of the venue.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Time,
    refused: bool,
    latency_ms: i64,
}

/// The figures of one venue.
#[derive(Debug)]
pub struct GuardFigures {
    bounds: GuardSettings,
    /// Oldest price of a symbol, milliseconds; at least one bar of its feed.
    max_age_ms: i64,
    samples: VecDeque<Sample>,
    refused: u32,
    /// Answers and prices since this process began.
    seen: u32,
    /// When new prices were seen, the latest last.
    prices: VecDeque<Time>,
    /// The time of the latest price.
    latest: Option<Time>,
    /// The 95th percentile of the samples; none where they have changed since.
    p95: Option<i64>,
    /// Since when all has been within bounds, while a breach is known.
    well_since: Option<Time>,
    age_ms: Option<i64>,
}

impl GuardFigures {
    /// Figures of a venue that has not been heard yet. `max_quote_age_s` in seconds of engine time.
    pub fn new(bounds: GuardSettings, max_quote_age_s: u32) -> Self {
        Self {
            bounds,
            max_age_ms: i64::from(max_quote_age_s) * 1000,
            samples: VecDeque::new(),
            refused: 0,
            seen: 0,
            prices: VecDeque::new(),
            latest: None,
            p95: None,
            well_since: None,
            age_ms: None,
        }
    }

    /// Other bounds from the next look on.
    pub fn set_bounds(&mut self, bounds: GuardSettings, max_quote_age_s: u32) {
        self.bounds = bounds;
        self.max_age_ms = i64::from(max_quote_age_s) * 1000;
    }

    /// The venue answered a request after so many wall milliseconds; `refused` where it refused an
    /// order.
    pub fn answered(&mut self, now: Time, refused: bool, latency_ms: i64) {
        if self.samples.len() >= MOST {
            self.forget_first();
        }
        self.samples.push_back(Sample {
            at: now,
            refused,
            latency_ms: latency_ms.max(0),
        });
        self.refused += u32::from(refused);
        self.seen = self.seen.saturating_add(1);
        self.p95 = None;
    }

    /// What the core has to hear: that a breach begins and why, or that it is over; none where
    /// nothing changes. `breached` is what the core knows. A breach is over after a while within
    /// bounds, and not before this process has heard the venue often enough to say so.
    pub fn judge(
        &mut self,
        now: Time,
        quotes: &Quotes,
        symbols: &[Symbol],
        breached: bool,
    ) -> Option<Option<String>> {
        self.look(now, quotes, symbols);
        self.forget_old(now);
        let reason = self.out_of_bounds(now, quotes, symbols, breached);
        if !breached || reason.is_some() {
            self.well_since = None;
            return reason.filter(|_| !breached).map(Some);
        }
        let since = *self.well_since.get_or_insert(now);
        let heard = self.seen >= self.bounds.minimum_samples;
        let long = now - since >= self.clear_ms();
        (heard && long).then_some(None)
    }

    /// When a breach may be over by time alone.
    pub fn wakes_at(&self) -> Option<Time> {
        let since = self.well_since?;
        (self.seen >= self.bounds.minimum_samples).then(|| since + self.clear_ms())
    }

    /// What is shown of it. Its connection and its queue are not known here.
    pub fn row(&self, venue: &str, breach: Option<&Breach>) -> GuardRow {
        let samples = self.count();
        GuardRow {
            venue: venue.to_owned(),
            quote_age_ms: self.age_ms,
            rejection_rate: (samples > 0).then(|| self.rejection_rate()),
            p95_ms: self.p95,
            samples,
            blocked: breach.is_some(),
            reason: breach.map(|b| b.reason.clone()),
            since: breach.map(|b| b.since),
            ..GuardRow::default()
        }
    }

    fn clear_ms(&self) -> i64 {
        i64::from(self.bounds.clear_after_s) * 1000
    }

    fn count(&self) -> u32 {
        u32::try_from(self.samples.len()).unwrap_or(u32::MAX)
    }

    fn rejection_rate(&self) -> Decimal {
        let rate = Decimal::from(self.refused).checked_div(self.count().into());
        rate.unwrap_or_default().round_dp(4).normalize()
    }

    fn forget_first(&mut self) {
        if let Some(gone) = self.samples.pop_front() {
            self.refused -= u32::from(gone.refused);
            self.p95 = None;
        }
    }

    fn forget_old(&mut self, now: Time) {
        let window = i64::from(self.bounds.window_s) * 1000;
        while self.samples.front().is_some_and(|s| now - s.at > window) {
            self.forget_first();
        }
        while self.prices.front().is_some_and(|at| now - *at > window) {
            self.prices.pop_front();
        }
    }

    /// Counts the prices that are new.
    fn look(&mut self, now: Time, quotes: &Quotes, symbols: &[Symbol]) {
        let latest = symbols
            .iter()
            .filter_map(|s| quotes.get(*s))
            .map(|q| q.time)
            .max();
        if latest <= self.latest {
            return;
        }
        self.latest = latest;
        if self.prices.len() >= MOST {
            self.prices.pop_front();
        }
        self.prices.push_back(now);
        self.seen = self.seen.saturating_add(1);
    }

    /// The first figure out of bounds, with its limit. Of the prices the youngest counts: one symbol
    /// that is not traded is the gate's affair, a venue that has gone silent is the guard's. Prices
    /// that come too seldom to fill the window are not expected sooner.
    fn out_of_bounds(
        &mut self,
        now: Time,
        quotes: &Quotes,
        symbols: &[Symbol],
        breached: bool,
    ) -> Option<String> {
        let of = |symbol: &Symbol| {
            quotes
                .get(*symbol)
                .map(|q| ((now - q.time).max(0), q.bar_ms))
        };
        let youngest = symbols.iter().filter_map(of).min();
        self.age_ms = youngest.map(|(age, _)| age);
        let expected = breached || self.prices.len() >= self.bounds.minimum_samples as usize;
        if let Some((age, bar)) = youngest.filter(|_| expected) {
            let limit = self.max_age_ms.max(bar);
            if age > limit {
                return Some(format!("quote age {age} ms, at most {limit} ms"));
            }
        }
        let p95 = self.percentile();
        if self.count() < self.bounds.minimum_samples.max(1) {
            return None;
        }
        let (rate, most) = (self.rejection_rate(), self.bounds.max_rejection_rate);
        if rate > most {
            return Some(format!("rejections {rate}, at most {}", most.normalize()));
        }
        let most = i64::from(self.bounds.max_p95_latency_ms);
        let p95 = p95.filter(|p95| *p95 > most)?;
        Some(format!("p95 latency {p95} ms, at most {most} ms"))
    }

    /// The latency that 95 of 100 answers do not exceed (nearest rank).
    fn percentile(&mut self) -> Option<i64> {
        if self.p95.is_none() && !self.samples.is_empty() {
            let mut all: Vec<i64> = self.samples.iter().map(|s| s.latency_ms).collect();
            let rank = (all.len() * 95).div_ceil(100) - 1;
            self.p95 = Some(*all.select_nth_unstable(rank).1);
        }
        self.p95
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;

    use super::*;
    use crate::core::{Quote, Settings};

    fn btc() -> Symbol {
        "BTC/USDT".parse().unwrap()
    }

    fn figures() -> GuardFigures {
        GuardFigures::new(Settings::of(&[btc()]).guard, 5)
    }

    fn quotes(at: i64, bar_ms: i64) -> Quotes {
        let mut quotes = Quotes::default();
        let quote = Quote {
            last: dec!(1),
            bid: dec!(1),
            ask: dec!(1),
            time: Time(at),
            bar_ms,
            traded: dec!(0),
        };
        quotes.set(btc(), quote);
        quotes
    }

    /// Judged beside a price that is young, and not new.
    fn judge(f: &mut GuardFigures, now: i64, breached: bool) -> Option<Option<String>> {
        f.latest = Some(Time(now));
        f.judge(Time(now), &quotes(now, 0), &[btc()], breached)
    }

    #[test]
    fn too_many_rejections_are_a_breach_once_there_are_enough_samples() {
        let mut f = figures();
        for n in 0..19 {
            f.answered(Time(n), n < 5, 10);
        }
        assert_eq!(judge(&mut f, 20, false), None, "19 samples say nothing");
        f.answered(Time(20), false, 10);
        let reason = "rejections 0.25, at most 0.2".to_owned();
        assert_eq!(judge(&mut f, 20, false), Some(Some(reason)));
        assert_eq!(judge(&mut f, 20, true), None, "it is known");
        // A fifth is within bounds.
        let mut f = figures();
        (0..20).for_each(|n| f.answered(Time(n), n < 4, 10));
        assert_eq!(judge(&mut f, 20, false), None);
    }

    #[test]
    fn one_slow_answer_in_twenty_is_forgiven_and_two_are_not() {
        let mut f = figures();
        (0..20).for_each(|n| f.answered(Time(n), false, if n == 0 { 9_000 } else { 2_000 }));
        assert_eq!(judge(&mut f, 20, false), None);
        f.answered(Time(20), false, 2_001);
        let reason = "p95 latency 2001 ms, at most 2000 ms".to_owned();
        assert_eq!(judge(&mut f, 20, false), Some(Some(reason)));
    }

    #[test]
    fn an_old_price_is_a_breach_and_a_bar_is_given_its_length() {
        let mut f = figures();
        let at =
            |f: &mut GuardFigures, now, bar| f.judge(Time(now), &quotes(20, bar), &[btc()], false);
        for n in 1..20 {
            assert_eq!(f.judge(Time(n), &quotes(n, 0), &[btc()], false), None);
        }
        assert_eq!(at(&mut f, 5_020, 0), None);
        let reason = "quote age 5001 ms, at most 5000 ms".to_owned();
        assert_eq!(at(&mut f, 5_021, 0), Some(Some(reason)));
        assert_eq!(at(&mut f, 60_020, 60_000), None);
        assert!(at(&mut f, 60_021, 60_000).is_some());
        let mut thin = figures();
        assert_eq!(at(&mut thin, 20, 0), None);
        assert_eq!(
            at(&mut thin, 90_000, 0),
            None,
            "nobody expects one each five seconds"
        );
        let none = f.judge(Time(99_999), &Quotes::default(), &[btc()], false);
        assert_eq!(none, None, "a symbol without a price is the gate's affair");
    }

    #[test]
    fn a_breach_is_over_after_a_minute_within_bounds() {
        let mut f = figures();
        (0..20).for_each(|n| f.answered(Time(n), true, 10));
        assert!(judge(&mut f, 20, false).is_some());
        // The refusals leave the window.
        assert_eq!(judge(&mut f, 300_100, true), None);
        assert_eq!(f.wakes_at(), Some(Time(360_100)));
        assert_eq!(judge(&mut f, 360_099, true), None);
        assert_eq!(judge(&mut f, 360_100, true), Some(None));
        // What leaves its bounds in between begins the minute anew.
        let mut f = figures();
        (0..20).for_each(|n| f.answered(Time(n), false, 10));
        assert_eq!(judge(&mut f, 100, true), None);
        let stale = f.judge(Time(30_000), &quotes(0, 0), &[btc()], true);
        assert_eq!(stale, None);
        assert_eq!(judge(&mut f, 61_000, true), None);
        assert_eq!(judge(&mut f, 121_000, true), Some(None));
    }

    #[test]
    fn a_breach_from_before_the_start_waits_for_twenty_answers() {
        let mut f = figures();
        assert_eq!(judge(&mut f, 0, true), None);
        assert_eq!(judge(&mut f, 600_000, true), None);
        // Slow traffic counts too: not twenty in one window, but twenty since the start.
        for n in 0..19 {
            f.answered(Time(600_000 + n * 30_000), false, 10);
        }
        assert_eq!(judge(&mut f, 1_200_000, true), None);
        f.answered(Time(1_200_000), false, 10);
        assert_eq!(judge(&mut f, 1_200_000, true), Some(None));
    }

    #[test]
    fn the_latest_thousand_are_kept_and_shown() {
        let mut f = figures();
        (0..1_500).for_each(|n| f.answered(Time(0), n < 500, n));
        assert_eq!(judge(&mut f, 0, false), None);
        let row = f.row("paper", None);
        assert_eq!((row.samples, row.p95_ms), (1_000, Some(1_449)));
        assert_eq!(row.rejection_rate, Some(dec!(0)));
        assert_eq!((row.quote_age_ms, row.blocked), (Some(0), false));
    }
}
