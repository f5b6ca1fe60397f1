//! What follows when nobody watches any more.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::decide::Answer;
use super::event::Event;
use super::state::{Decider, Reply};

/// What follows when the last console goes without having been left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Follows {
    /// The engine goes on.
    #[n(0)]
    Hold,
    /// Trading pauses.
    #[n(1)]
    Pause,
    /// HARDSTOP, which whoever noticed has engaged at the gate already.
    #[n(2)]
    Hardstop,
}

impl Decider<'_> {
    pub(super) fn operator_lost(&mut self, follows: Follows, reason: &str) -> Answer {
        self.emit(Event::OperatorLost {
            follows,
            reason: reason.to_owned(),
        });
        match follows {
            Follows::Pause => self.pause(None, reason),
            Follows::Hold | Follows::Hardstop => Ok(Reply::Done),
        }
    }
}
