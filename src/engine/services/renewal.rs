//! What services hold is renewed in time.

use super::World;
use crate::core::id::ReservationId;
use crate::core::reservation::Standing;
use crate::core::{Command, Time};

impl World {
    /// Renews what services hold once half of its time is over. What still waits is not renewed: a wait
    /// has an end.
    pub(super) fn renew_services(&mut self, now: Time) {
        let ttl_s = u64::from(self.state.settings.research.service_ttl_s.max(1));
        let due: Vec<ReservationId> = self
            .renewals()
            .filter(|(_, at)| *at <= now)
            .map(|(id, _)| id)
            .collect();
        for id in due {
            self.say(0, id.agent, Command::Renew { id, ttl_s });
        }
    }

    /// When what services hold next wants renewal.
    pub(in crate::engine) fn next_renewal(&self) -> Option<Time> {
        // What is due already is done with whatever else is due.
        let now = self.clock.now();
        self.renewals()
            .map(|(_, at)| at)
            .filter(|at| *at > now)
            .min()
    }

    fn renewals(&self) -> impl Iterator<Item = (ReservationId, Time)> {
        let half_ms = i64::from(self.state.settings.research.service_ttl_s.max(1)) * 500;
        let holds = self.state.services.live.values().flat_map(|s| &s.holds);
        holds.filter_map(move |id| {
            let row = self.state.ledger.get(*id)?;
            let expires_at = row.expires_at.filter(|_| row.standing == Standing::Held)?;
            Some((*id, expires_at + -half_ms))
        })
    }
}
