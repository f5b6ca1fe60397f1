//! Client ids of the latest orders that ended: one of them may not come again, and a cancel of it
//! has nothing to say.

use std::collections::{BTreeSet, VecDeque};

/// Ids that are remembered.
const MAX_ENDED: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Ended {
    ids: BTreeSet<String>,
    oldest_first: VecDeque<String>,
}

impl Ended {
    pub fn contains(&self, client_order_id: &str) -> bool {
        self.ids.contains(client_order_id)
    }

    pub fn insert(&mut self, client_order_id: String) {
        if self.ids.insert(client_order_id.clone()) {
            self.oldest_first.push_back(client_order_id);
        }
        while self.oldest_first.len() > MAX_ENDED {
            if let Some(id) = self.oldest_first.pop_front() {
                self.ids.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut ended = Ended::default();
        for n in 0..=MAX_ENDED {
            ended.insert(format!("ph-{n}"));
        }
        ended.insert("ph-7".to_owned());
        assert!(!ended.contains("ph-0"));
        assert!(ended.contains("ph-1"));
        assert_eq!(ended.ids.len(), MAX_ENDED);
        assert_eq!(ended.oldest_first.len(), MAX_ENDED);
    }
}
