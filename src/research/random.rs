//! Seeded choices: the same numbers on every machine, from whole numbers alone.

/// A stream of choices (xoshiro256**, seeded by SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Random([u64; 4]);

impl Random {
    /// The stream of a seed and of what it is for: other words give another stream.
    pub fn of(seed: u64, purpose: &[u64]) -> Self {
        let mut mix = seed;
        for part in purpose {
            mix = split(&mut mix) ^ part;
        }
        Self([(); 4].map(|()| split(&mut mix)))
    }

    fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let word = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        word
    }

    /// A number below `n`, each as likely; 0 where `n` is.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        // What is left over by a division would come more often.
        let over = u64::MAX - u64::MAX % n;
        loop {
            let word = self.next();
            if word < over {
                return word % n;
            }
        }
    }

    /// One of several; there is one at least.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    /// Puts them in an order, each as likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at as u64 + 1) as usize);
        }
    }
}

fn split(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_are_those_of_the_published_generators() {
        // SplitMix64 of seed 1234567, and xoshiro256** of the state 1, 2, 3, 4.
        let mut state = 1_234_567;
        assert_eq!(split(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split(&mut state), 3_203_168_211_198_807_973);
        let mut random = Random([1, 2, 3, 4]);
        let words = [(); 4].map(|()| random.next());
        assert_eq!(words, [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240]);
    }

    #[test]
    fn every_choice_is_as_likely_and_streams_differ() {
        let mut random = Random::of(7, &[1]);
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[random.below(6) as usize] += 1;
        }
        assert!(
            counts.iter().all(|n| (9_500..10_500).contains(n)),
            "{counts:?}"
        );
        let mut order: Vec<_> = (0..50).collect();
        random.shuffle(&mut order);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
        assert_ne!(Random::of(7, &[1]).next(), Random::of(7, &[2]).next());
        assert_ne!(Random::of(7, &[1]).next(), Random::of(8, &[1]).next());
    }
}
