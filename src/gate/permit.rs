//! What an entry needs to leave.

use super::egress::Gate;

/// The right to write one entry to its connection. Dropped without a word it counts as possibly
/// sent, until there is terminal evidence.
#[must_use = "an order with a permit counts as possibly sent"]
pub struct Permit {
    pub(super) gate: Gate,
    pub(super) client_id: String,
    pub(super) epoch: u64,
}

impl Permit {
    /// The order it is for.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The epoch it was given in.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether the gate is still as it was: look before the write, and drop the request if not.
    pub fn is_current(&self) -> bool {
        let now = self.gate.observe();
        !now.closed && now.epoch == self.epoch
    }

    /// Records the write.
    pub fn written(self) {
        self.gate.mark_written(&self.client_id);
    }

    /// Gives it back unused: the caller vouches that not a byte was written. True where the order
    /// is thereby proved unsent (`GateKilled`).
    pub fn kill(self) -> bool {
        self.gate.kill(&self.client_id)
    }
}
