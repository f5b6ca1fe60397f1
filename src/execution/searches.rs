//! Orders of unknown fate are looked for by their client id: at once, soon again, and then as long
//! as it takes. Two reads far enough apart are what their absence is concluded from.

use std::collections::BTreeMap;

use super::desk::Wall;

/// Milliseconds between two reads: soon at first, in the end a little more than the rule asks for.
const PAUSES: [i64; 5] = [2_000, 5_000, 15_000, 30_000, 45_000];

#[derive(Debug, Clone, Copy)]
struct Search {
    reads: usize,
    due: Wall,
    /// When the order can no longer arrive.
    settles: Wall,
}

#[derive(Debug, Default)]
pub(super) struct Searches {
    running: BTreeMap<String, Search>,
}

impl Searches {
    /// Begins to look for an order that can arrive until `settles`; one that is looked for already
    /// goes on.
    pub fn begin(&mut self, id: &str, settles: Wall, wall: Wall) {
        self.running.entry(id.to_owned()).or_insert(Search {
            reads: 0,
            due: wall,
            settles,
        });
    }

    /// Those that are to be looked for now.
    pub fn due(&mut self, wall: Wall) -> Vec<String> {
        let due = self.running.iter_mut().filter(|(_, s)| s.due <= wall);
        due.map(|(id, search)| {
            let pause = PAUSES[search.reads.min(PAUSES.len() - 1)];
            search.reads += 1;
            search.due = wall.plus(pause);
            id.clone()
        })
        .collect()
    }

    /// Whether it is looked for.
    pub fn is_looked_for(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Whether what is read now can no longer be overtaken by the order itself.
    pub fn is_settled(&self, id: &str, wall: Wall) -> bool {
        self.running.get(id).is_none_or(|s| s.settles < wall)
    }

    /// It is found, or its end is known.
    pub fn end(&mut self, id: &str) {
        self.running.remove(id);
    }

    /// The wall clock was set back: nothing waits for a time that lies far ahead.
    pub fn heed(&mut self, wall: Wall, deadline_ms: i64) {
        let last = PAUSES[PAUSES.len() - 1];
        for search in self.running.values_mut() {
            search.due = search.due.min(wall.plus(last));
            search.settles = search.settles.min(wall.plus(deadline_ms));
        }
    }

    pub fn wakes_at(&self) -> Option<Wall> {
        self.running.values().map(|s| s.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_looked_for_until_it_is_found() {
        let mut searches = Searches::default();
        searches.begin("a", Wall(5_000), Wall(0));
        searches.begin("a", Wall(9_000), Wall(0));
        let mut reads = Vec::new();
        for at in 0..200 {
            if !searches.due(Wall(at * 1_000)).is_empty() {
                reads.push(at);
            }
        }
        assert_eq!(reads, [0, 2, 7, 22, 52, 97, 142, 187]);
        assert!(!searches.is_settled("a", Wall(5_000)));
        assert!(searches.is_settled("a", Wall(5_001)));
        searches.end("a");
        assert_eq!(searches.wakes_at(), None);
    }
}
