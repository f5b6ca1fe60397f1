//! The live guard: a venue whose figures are out of bounds is sent no entries (G4). The engine
//! measures; what it finds is decided here, so that a breach survives a restart.

use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

impl Decider<'_> {
    /// The guard's figures left their bounds, or came back.
    pub(in crate::core) fn guard(&mut self, venue: Name, breach: Option<&str>) -> Answer {
        let breached = self.state.risk.guard.contains_key(&venue);
        match breach {
            Some(reason) if !breached => self.emit(Event::GuardBreached {
                venue,
                reason: reason.to_owned(),
            }),
            None if breached => self.emit(Event::GuardCleared { venue }),
            _ => {}
        }
        Ok(Reply::Done)
    }
}
