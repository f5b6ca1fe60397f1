//! Where an order stands, and the one table of what may follow.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Where an order stands (E1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Status {
    /// Approved and journaled, not sent.
    #[n(0)]
    Pending,
    /// Sent; the venue has not answered.
    #[n(1)]
    Submitted,
    /// Works at the venue.
    #[n(2)]
    Open,
    /// Works at the venue, in part filled.
    #[n(3)]
    PartiallyFilled,
    /// Filled to the last.
    #[n(4)]
    Filled,
    /// Ended by a cancel.
    #[n(5)]
    Cancelled,
    /// Ended by its time in force.
    #[n(6)]
    Expired,
    /// The venue said no: proved.
    #[n(7)]
    Rejected,
    /// Nobody knows: not proved.
    #[n(8)]
    Unknown,
}

impl Status {
    /// Every status, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Submitted,
        Self::Open,
        Self::PartiallyFilled,
        Self::Filled,
        Self::Cancelled,
        Self::Expired,
        Self::Rejected,
        Self::Unknown,
    ];

    /// Nothing follows.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Filled | Self::Cancelled | Self::Expired | Self::Rejected
        )
    }

    /// Whether `next` may follow. Fills follow the venue whatever the status says, so the filled
    /// states may follow any that is not terminal.
    pub fn may_become(self, next: Self) -> bool {
        use Status::{
            Cancelled, Expired, Filled, Open, PartiallyFilled, Pending, Rejected, Submitted,
            Unknown,
        };
        match self {
            Pending => next != Pending,
            Submitted => !matches!(next, Pending | Submitted),
            Open => matches!(
                next,
                PartiallyFilled | Filled | Cancelled | Expired | Unknown
            ),
            PartiallyFilled => {
                matches!(
                    next,
                    PartiallyFilled | Filled | Cancelled | Expired | Unknown
                )
            }
            Unknown => !matches!(next, Pending | Submitted | Unknown),
            Filled | Cancelled | Expired | Rejected => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_an_end_and_nothing_returns_to_the_beginning() {
        for from in Status::ALL {
            for to in Status::ALL {
                if from.is_terminal() || to == Status::Pending {
                    assert!(!from.may_become(to), "{from:?} → {to:?}");
                }
            }
            assert!(from.is_terminal() || from.may_become(Status::Filled));
        }
        assert!(!Status::Open.may_become(Status::Rejected));
        assert!(Status::Unknown.may_become(Status::Rejected));
    }
}
