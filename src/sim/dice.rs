//! Chance from a seed: SplitMix64, so that a story can be told again.

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed);
        // Neighbouring seeds shall not tell neighbouring stories.
        dice.0 = dice.roll();
        dice
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n.max(1)
    }

    /// A number from `from` up to and with `to`.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from).unsigned_abs() + 1).cast_signed()
    }

    /// True so many times in a thousand.
    pub fn in_thousand(&mut self, n: u16) -> bool {
        self.below(1000) < u64::from(n)
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u16) -> bool {
        self.in_thousand(percent * 10)
    }

    /// One of several, if there are any.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(from.len() as u64)).ok()?;
        from.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_tells_one_story_and_its_neighbour_another() {
        let told = |seed| {
            let mut dice = Dice::new(seed);
            [0; 8].map(|_: u8| dice.below(1000))
        };
        assert_eq!(told(7), told(7));
        assert_ne!(told(7), told(8));
        let mut dice = Dice::new(1);
        assert!((0..1000).all(|_| (-3..=4).contains(&dice.between(-3, 4))));
        assert_eq!(dice.pick::<u8>(&[]), None);
    }
}
