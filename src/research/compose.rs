//! New strategies out of the indicators: a signal, up to two filters, an exit, always a stop, at times a
//! target. Bounded, seeded, none twice by feature hash, and long only: not every account can sell short.

mod parts;

use std::collections::BTreeSet;

use super::random::Random;
use crate::strategies::Definition;

/// Compositions for each that is wanted, where most are there already.
const ATTEMPTS: usize = 40;
/// Digits of the hash in a name.
const DIGITS: usize = 8;

/// At most so many compositions, in the order they were found; fewer where the seed finds no more.
pub fn compose(seed: u64, count: usize) -> Vec<Definition> {
    let mut found = Vec::with_capacity(count);
    let mut known = BTreeSet::new();
    let mut random = Random::of(seed, &[0xc0]);
    for _ in 0..count.saturating_mul(ATTEMPTS) {
        if found.len() == count {
            break;
        }
        let mut definition = parts::composed(&mut random);
        let name = format!("found_{}", &definition.feature_hash()[..DIGITS]);
        if definition.check().is_ok() && known.insert(name.clone()) {
            definition.name = name;
            found.push(definition);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::strategies::PositionSide;

    #[test]
    fn compositions_hold_together_differ_and_have_a_stop() {
        let found = compose(7, 200);
        assert_eq!(found.len(), 200);
        let hashes: BTreeSet<_> = found.iter().map(Definition::feature_hash).collect();
        assert_eq!(hashes.len(), 200);
        for definition in &found {
            definition.check().unwrap();
            assert_eq!(
                definition.name,
                format!("found_{}", &definition.feature_hash()[..8])
            );
            assert_eq!(definition.side, PositionSide::Long);
            assert!(definition.parameters.iter().any(|p| p.search.is_some()));
            let chosen = Arc::new(definition.clone()).with(&[]).unwrap();
            assert!(chosen.has_stop() && chosen.warm_up() <= 1_000);
        }
    }

    #[test]
    fn a_seed_composes_the_same_and_another_something_else() {
        assert_eq!(compose(3, 30), compose(3, 30));
        assert_ne!(compose(3, 30), compose(4, 30));
        assert_eq!(
            compose(3, 60)[..30],
            compose(3, 30),
            "more begin with the same"
        );
    }

    #[test]
    fn there_are_enough_for_the_largest_discovery() {
        assert_eq!(compose(1, 5_000).len(), 5_000);
    }
}
