//! Engine time: it follows the feed, straight between two instants at `speed`, and never runs
//! backwards.

use std::time::{Duration, Instant};

use crate::core::Time;

/// How fast engine time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// So many engine seconds a wall second.
    Times(u32),
    /// From one instant to the next without waiting.
    Max,
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Times(n) => write!(f, "{n}"),
            Self::Max => f.write_str("max"),
        }
    }
}

impl std::str::FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.parse()
            .ok()
            .filter(|n| (1..=1_000_000).contains(n))
            .map(Self::Times)
            .ok_or_else(|| format!("{text:?} is no speed: 1 to 1000000, or max"))
    }
}

/// Where engine time would be by now, and where it is.
#[derive(Debug)]
pub struct Clock {
    now: Time,
    speed: Speed,
    anchor: (Time, Instant),
}

impl Clock {
    /// A clock that starts here.
    pub fn new(start: Time, speed: Speed, wall: Instant) -> Self {
        Self {
            now: start,
            speed,
            anchor: (start, wall),
        }
    }

    /// Engine time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How fast it goes.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Up to where what is due may happen; none: as far as there is something.
    pub fn horizon(&self, wall: Instant) -> Option<Time> {
        let Speed::Times(times) = self.speed else {
            return None;
        };
        let passed = wall.saturating_duration_since(self.anchor.1).as_micros();
        let ms = i64::try_from(passed * u128::from(times) / 1000).unwrap_or(i64::MAX);
        Some((self.anchor.0 + ms).max(self.now))
    }

    /// Moves to an instant that has been reached.
    pub fn reach(&mut self, at: Time) {
        self.now = self.now.max(at);
    }

    /// Starts counting anew from here: where the world had to wait, the time it waited is not made
    /// up for.
    pub fn anchor(&mut self, wall: Instant) {
        self.anchor = (self.now, wall);
    }

    /// Goes on at another speed.
    pub fn set_speed(&mut self, speed: Speed, wall: Instant) {
        self.speed = speed;
        self.anchor(wall);
    }

    /// How long until engine time comes to a moment.
    pub fn until(&self, at: Time, wall: Instant) -> Duration {
        match (self.speed, self.horizon(wall)) {
            (Speed::Times(times), Some(horizon)) => {
                let ms = u64::try_from(at - horizon).unwrap_or(0);
                Duration::from_micros(ms.saturating_mul(1000) / u64::from(times))
            }
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_time_goes_straight_between_instants_and_never_back() {
        let wall = Instant::now();
        let mut clock = Clock::new(Time(1_000), Speed::Times(60), wall);
        let later = wall + Duration::from_millis(500);
        assert_eq!(clock.horizon(later), Some(Time(31_000)));
        assert_eq!(clock.until(Time(61_000), later), Duration::from_millis(500));
        clock.reach(Time(40_000));
        clock.reach(Time(2_000));
        assert_eq!(clock.now(), Time(40_000));
        assert_eq!(clock.horizon(later), Some(Time(40_000)));
        clock.set_speed(Speed::Max, later);
        assert_eq!(clock.horizon(later), None);
        assert!("0".parse::<Speed>().is_err() && "1000001".parse::<Speed>().is_err());
        assert_eq!("max".parse::<Speed>().unwrap(), Speed::Max);
    }
}
