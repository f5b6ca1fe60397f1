//! Cancels go on until each order is terminal (domain.md, HARDSTOP): one that is not confirmed is
//! sent again.

use std::collections::BTreeMap;

use super::desk::Wall;

/// Milliseconds after which an unconfirmed cancel is sent again.
const AGAIN_MS: i64 = 5_000;

#[derive(Debug, Default)]
pub(super) struct Cancels {
    /// When each is sent again.
    waiting: BTreeMap<String, Wall>,
}

impl Cancels {
    /// One was sent.
    pub fn sent(&mut self, id: &str, wall: Wall) {
        self.waiting.insert(id.to_owned(), wall.plus(AGAIN_MS));
    }

    /// Those that are sent again now.
    pub fn due(&mut self, wall: Wall) -> Vec<String> {
        let due = self.waiting.iter_mut().filter(|(_, at)| **at <= wall);
        due.map(|(id, at)| {
            *at = wall.plus(AGAIN_MS);
            id.clone()
        })
        .collect()
    }

    /// Whether one was sent and is not confirmed.
    pub fn is_waiting(&self, id: &str) -> bool {
        self.waiting.contains_key(id)
    }

    /// The order has ended.
    pub fn end(&mut self, id: &str) {
        self.waiting.remove(id);
    }

    /// The wall clock was set back: nothing waits for a time that lies far ahead.
    pub fn heed(&mut self, wall: Wall) {
        for at in self.waiting.values_mut() {
            *at = (*at).min(wall.plus(AGAIN_MS));
        }
    }

    pub fn wakes_at(&self) -> Option<Wall> {
        self.waiting.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_is_sent_again_until_the_order_has_ended() {
        let mut cancels = Cancels::default();
        cancels.sent("a", Wall(0));
        assert!(cancels.due(Wall(4_999)).is_empty());
        assert_eq!(cancels.due(Wall(5_000)), ["a"]);
        assert_eq!(cancels.due(Wall(10_000)), ["a"]);
        cancels.heed(Wall(1_000));
        assert_eq!(cancels.due(Wall(6_000)), ["a"], "the clock was set back");
        cancels.end("a");
        assert_eq!(cancels.wakes_at(), None);
    }
}
