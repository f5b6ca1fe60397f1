//! Chance from a seed: SplitMix64, the same on every machine.

/// A stream of numbers that its seed decides.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(mixed(seed))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// Evenly from 0 up to 1.
    pub(super) fn share(&mut self) -> f64 {
        as_share(self.bits())
    }

    /// Nearly normal with mean 0 and deviation 1: the sum of four even numbers, never beyond 3.5.
    pub(super) fn normal(&mut self) -> f64 {
        let bits = self.bits();
        let sum: u64 = [0, 16, 32, 48].map(|at| (bits >> at) & 0xffff).iter().sum();
        (sum as f64 / 65_536.0 - 2.0) * 3f64.sqrt()
    }
}

/// Evenly from 0 up to 1.
pub(super) fn as_share(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// Every bit of the result hangs on every bit of the number.
pub(super) fn mixed(number: u64) -> u64 {
    let a = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}
