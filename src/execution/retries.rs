//! Orders that the venue proved not to have processed: the same id again after a pause that
//! doubles, a few times (trading.md, Orders).

use std::collections::BTreeMap;

use super::desk::Wall;

/// How often an order was sent again, and when it is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pause {
    attempt: u32,
    due: Option<Wall>,
}

#[derive(Debug, Default)]
pub(super) struct Retries {
    waiting: BTreeMap<String, Pause>,
}

impl Retries {
    /// The order was not processed: which repeat it waits for now, from 1; none where it had all of
    /// them.
    pub fn put_off(&mut self, id: &str, most: u32, delay_ms: i64, wall: Wall) -> Option<u32> {
        let done = self.waiting.get(id).map_or(0, |p| p.attempt);
        if done >= most {
            self.waiting.remove(id);
            return None;
        }
        let due = wall.plus(delay_ms.saturating_mul(1 << done.min(20)));
        let pause = Pause {
            attempt: done + 1,
            due: Some(due),
        };
        self.waiting.insert(id.to_owned(), pause);
        Some(pause.attempt)
    }

    /// Those whose pause is over; each is told once.
    pub fn due(&mut self, wall: Wall) -> Vec<String> {
        let over = |p: &Pause| p.due.is_some_and(|due| due <= wall);
        let due = self.waiting.iter_mut().filter(|(_, p)| over(p));
        due.map(|(id, p)| {
            p.due = None;
            id.clone()
        })
        .collect()
    }

    /// Whether it waits to be sent again.
    pub fn waits(&self, id: &str) -> bool {
        self.waiting.get(id).is_some_and(|p| p.due.is_some())
    }

    /// It is not sent again.
    pub fn forget(&mut self, id: &str) {
        self.waiting.remove(id);
    }

    /// The wall clock was set back: nothing waits for a time that lies far ahead.
    pub fn heed(&mut self, wall: Wall, delay_ms: i64) {
        for pause in self.waiting.values_mut() {
            let longest = delay_ms.saturating_mul(1 << pause.attempt.min(20));
            pause.due = pause.due.map(|due| due.min(wall.plus(longest)));
        }
    }

    pub fn wakes_at(&self) -> Option<Wall> {
        self.waiting.values().filter_map(|p| p.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_times_with_a_pause_that_doubles() {
        let mut retries = Retries::default();
        let mut wall = Wall(0);
        for (attempt, pause) in [(1, 5_000), (2, 10_000), (3, 20_000)] {
            assert_eq!(retries.put_off("a", 3, 5_000, wall), Some(attempt));
            assert!(retries.due(wall.plus(pause - 1)).is_empty());
            wall = wall.plus(pause);
            assert_eq!(retries.due(wall), ["a"]);
            assert!(retries.due(wall).is_empty(), "told once");
        }
        assert_eq!(retries.put_off("a", 3, 5_000, wall), None);
        assert_eq!(retries.wakes_at(), None);
    }
}
