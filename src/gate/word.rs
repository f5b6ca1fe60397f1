//! The gate's whole state in one word, so that whoever reads it reads one moment of it.

const EPOCH_BITS: u32 = 32;
const PRESS_BITS: u32 = 31;
const PRESS_MASK: u64 = (1 << PRESS_BITS) - 1;
const CLOSED: u64 = 1 << 63;

/// The highest epoch there is; a stop beyond it keeps the number.
pub(super) const MAX_EPOCH: u64 = (1 << EPOCH_BITS) - 1;

/// The gate at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// The number of the last stop; it rises with each closing, 0 before the first.
    pub epoch: u64,
    /// Presses in the life of this process; it wraps at 2³¹, so compare for difference.
    pub presses: u64,
    /// Whether entries are kept in.
    pub closed: bool,
}

impl Observed {
    pub(super) fn pack(self) -> u64 {
        let closed = if self.closed { CLOSED } else { 0 };
        closed | (self.presses & PRESS_MASK) << EPOCH_BITS | self.epoch.min(MAX_EPOCH)
    }

    pub(super) fn unpack(word: u64) -> Self {
        Self {
            epoch: word & MAX_EPOCH,
            presses: (word >> EPOCH_BITS) & PRESS_MASK,
            closed: word & CLOSED != 0,
        }
    }

    /// After one more press: a closed gate keeps its epoch, an open one closes with a new epoch,
    /// `at_least` the one named.
    pub(super) fn pressed(self, at_least: u64) -> Self {
        Self {
            epoch: if self.closed {
                self.epoch
            } else {
                (self.epoch + 1).max(at_least).min(MAX_EPOCH)
            },
            presses: (self.presses + 1) & PRESS_MASK,
            closed: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_holds_all_of_it_at_its_ends() {
        for epoch in [0, 1, MAX_EPOCH] {
            for presses in [0, 1, PRESS_MASK] {
                for closed in [false, true] {
                    let seen = Observed {
                        epoch,
                        presses,
                        closed,
                    };
                    assert_eq!(Observed::unpack(seen.pack()), seen);
                }
            }
        }
    }

    #[test]
    fn counts_at_their_ends_never_touch_their_neighbours() {
        let last = Observed {
            epoch: MAX_EPOCH,
            presses: PRESS_MASK,
            closed: false,
        };
        let next = Observed::unpack(last.pressed(u64::MAX).pack());
        assert_eq!(
            (next.epoch, next.presses, next.closed),
            (MAX_EPOCH, 0, true)
        );
    }
}
