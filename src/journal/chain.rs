//! The hash chain: equal runs have equal hashes, however their records were batched.

use sha2::{Digest, Sha256};

use crate::core::Time;

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The chain after some record: `h(n) = SHA-256(h(n-1) ‖ seq ‖ time ‖ body)`, numbers as eight bytes,
/// little-endian; `h(0)` is 32 zeroes. Wall time and batch boundaries do not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chain {
    seq: u64,
    hash: Hash,
}

impl Chain {
    /// The chain as it is known after record `seq`.
    pub fn at(seq: u64, hash: Hash) -> Self {
        Self { seq, hash }
    }

    /// The last record that is in the hash; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The hash after that record.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Takes in the next record.
    ///
    /// # Panics
    /// When `seq` does not follow the last one: a chain with a hole would prove nothing.
    pub fn absorb(&mut self, seq: u64, time: Time, body: &[u8]) {
        assert_eq!(seq, self.seq + 1, "records enter the chain in sequence");
        let mut sha = Sha256::new();
        sha.update(self.hash);
        sha.update(seq.to_le_bytes());
        sha.update(time.0.to_le_bytes());
        sha.update(body);
        self.hash = sha.finalize().into();
        self.seq = seq;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_record_is_in_the_hash() {
        let one = |time, body: &[u8]| {
            let mut chain = Chain::default();
            chain.absorb(1, Time(time), body);
            chain.hash()
        };
        assert_eq!(one(5, b"a"), one(5, b"a"));
        assert_ne!(one(5, b"a"), one(6, b"a"));
        assert_ne!(one(5, b"a"), one(5, b"b"));
        let later = |mut chain: Chain| {
            chain.absorb(8, Time(5), b"a");
            chain.hash()
        };
        assert_ne!(later(Chain::at(7, [0; 32])), later(Chain::at(7, [1; 32])));
        assert_ne!(later(Chain::at(7, [0; 32])), one(5, b"a"));
    }

    #[test]
    #[should_panic(expected = "in sequence")]
    fn a_hole_is_refused() {
        Chain::default().absorb(2, Time(0), b"");
    }
}
