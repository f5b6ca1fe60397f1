//! A token bucket in engine time: so many at once, refilled evenly.

use crate::core::Time;

/// What one token is counted in: a minute of milliseconds, so that a rate a minute refills whole
/// units each millisecond.
const TOKEN: i64 = 60_000;

/// So many requests a minute, and so many at once.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    per_minute: i64,
    room: i64,
    level: i64,
    at: Option<Time>,
}

impl Bucket {
    /// A full one.
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let room = i64::from(burst.max(1)) * TOKEN;
        Self {
            per_minute: i64::from(per_minute.max(1)),
            room,
            level: room,
            at: None,
        }
    }

    /// Another rate from `now` on; what was saved up beyond the new burst is lost.
    pub fn set_pace(&mut self, now: Time, per_minute: u32, burst: u32) {
        self.refill(now);
        self.per_minute = i64::from(per_minute.max(1));
        self.room = i64::from(burst.max(1)) * TOKEN;
        self.level = self.level.clamp(-self.room, self.room);
    }

    fn refill(&mut self, now: Time) {
        let passed = self.at.map_or(0, |at| (now - at).max(0));
        let more = passed.saturating_mul(self.per_minute);
        self.level = self.level.saturating_add(more).min(self.room);
        self.at = Some(self.at.map_or(now, |at| at.max(now)));
    }

    /// Whether a token is there at `now`.
    pub fn has(&mut self, now: Time) -> bool {
        self.refill(now);
        self.level >= TOKEN
    }

    /// Takes one, where none is there on credit: what never waits is counted all the same. The debt
    /// stops at one bucket.
    pub fn take(&mut self, now: Time) {
        self.refill(now);
        self.level = (self.level - TOKEN).max(-self.room);
    }

    /// When the next token is there.
    pub fn ready_at(&self, now: Time) -> Time {
        let lacking = (TOKEN - self.level).max(0);
        let since = self.at.unwrap_or(now);
        (since + (lacking + self.per_minute - 1) / self.per_minute).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let mut bucket = Bucket::new(30, 5);
        for _ in 0..5 {
            assert!(bucket.has(Time(0)));
            bucket.take(Time(0));
        }
        assert!(!bucket.has(Time(1_999)));
        assert_eq!(bucket.ready_at(Time(1_999)), Time(2_000));
        assert!(
            bucket.has(Time(2_000)),
            "30 a minute is one each two seconds"
        );
    }

    #[test]
    fn what_never_waits_is_counted_and_others_wait_longer() {
        let mut bucket = Bucket::new(60, 1);
        bucket.take(Time(0));
        bucket.take(Time(0));
        assert!(!bucket.has(Time(1_000)));
        assert!(bucket.has(Time(2_000)));
        for _ in 0..100 {
            bucket.take(Time(2_000));
        }
        assert_eq!(
            bucket.ready_at(Time(2_000)),
            Time(4_000),
            "the debt is bounded"
        );
    }

    #[test]
    fn another_pace_holds_from_then_on() {
        let mut bucket = Bucket::new(60, 5);
        bucket.take(Time(0));
        bucket.set_pace(Time(1_000), 6, 1);
        bucket.take(Time(1_000));
        assert!(!bucket.has(Time(10_999)), "the burst of before is lost");
        assert!(bucket.has(Time(11_000)), "six a minute");
        bucket.set_pace(Time(11_000), 60, 3);
        assert_eq!(bucket.ready_at(Time(11_000)), Time(11_000));
        bucket.take(Time(11_000));
        assert_eq!(bucket.ready_at(Time(11_000)), Time(12_000));
    }

    #[test]
    fn it_never_holds_more_than_its_burst() {
        let mut bucket = Bucket::new(600, 3);
        bucket.take(Time(0));
        assert!(bucket.has(Time(i64::MAX / 2)));
        assert_eq!(bucket.level, 3 * TOKEN);
    }
}
