//! Those that wait: each comes to its turn by itself, by priority and then by time, and is told
//! every minute who holds what it waits for.

use std::collections::BTreeSet;

use super::ask::Wanted;
use super::fit::{fit, holders};
use super::{Pooled, Reservation, Standing, Waits};
use crate::core::event::Event;
use crate::core::id::ReservationId;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, State};
use crate::core::time::Time;

/// Notices in one decision, at most.
const MAX_NOTICES: usize = 64;
/// Grants in one decision, at most.
const MAX_GRANTS: usize = 1_024;
/// Events that the grants of one request may come to.
const GROUP: usize = 64;

impl Reservation {
    /// The same, asked for again.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            resource: self.resource,
            class: self.class,
            agent: self.agent,
            strategy: self.strategy,
            amount: self.asked,
            purpose: self.purpose.clone(),
            ttl_s: self.ttl_s,
            sharpe: self.sharpe,
        }
    }
}

impl Decider<'_> {
    /// Grants what can be granted now. Whoever lacks a resource keeps its place: nobody behind it
    /// gets that resource first. Where trading lets only exits be reserved, only they have turns.
    pub(in crate::core) fn resume_queue(&mut self) {
        let mut lacking: BTreeSet<Pooled> = BTreeSet::new();
        let turns: Vec<ReservationId> = self.state.ledger.queue().map(|r| r.id).collect();
        let (mut granted, mut left) = (0, false);
        for id in turns {
            // Live slots never lack.
            if lacking.len() >= Pooled::ALL.len() - 1 {
                break;
            }
            if granted >= MAX_GRANTS || self.left() < GROUP {
                left = true;
                break;
            }
            granted += usize::from(self.take_turn(id, &mut lacking));
        }
        if left != self.state.ledger.turns_left {
            self.emit(Event::TurnsLeft { left });
        }
    }

    /// Whether a request that waits was granted.
    fn take_turn(&mut self, id: ReservationId, lacking: &mut BTreeSet<Pooled>) -> bool {
        let ledger = &self.state.ledger;
        let Some(first) = ledger.get(id) else {
            return false;
        };
        let ids = first.together();
        let rows = ids.iter().filter_map(|id| ledger.get(*id));
        let wanted: Vec<Wanted> = rows.map(Reservation::wanted).collect();
        if self.reserves(&wanted).is_err() {
            return false;
        }
        let known = first.waits;
        // A new activity waits for the whole of the one before it, whatever that gives back meanwhile.
        if let Some(Waits::Activity(before)) = known
            && self.state.activities.live.contains_key(&before)
        {
            return false;
        }
        if let Some(activity) = wanted.iter().find_map(|w| self.gives_way_to(w)) {
            self.waits_for(&ids, &wanted, known, Waits::Activity(activity));
            return false;
        }
        if wanted.iter().any(|w| lacking.contains(&w.pooled())) {
            self.waits_for(&ids, &wanted, known, Waits::Resource);
            return false;
        }
        let found = fit(ledger, &self.state.settings.resources, self.now, &wanted);
        let victims = match found {
            Ok(victims) => victims,
            Err(lacks) => {
                // What it could have is not kept for it while it lacks something else, and nothing
                // is kept for what can never be granted, such as more than a pool that has shrunk.
                lacking.extend(lacks.ever.then_some(lacks.what));
                self.waits_for(&ids, &wanted, known, Waits::Resource);
                return false;
            }
        };
        self.preempt(&victims, &wanted);
        for (id, want) in ids.iter().zip(&wanted) {
            self.emit(Event::Granted {
                id: *id,
                amount: want.amount,
                expires_at: self.now.plus_s(want.ttl_s as i64),
            });
            self.begin_implied(*id);
        }
        true
    }

    /// What a request waits for is another thing now. Where that would close a circle of waits it is
    /// denied, as it would have been had it asked now.
    fn waits_for(
        &mut self,
        ids: &[ReservationId],
        wanted: &[Wanted],
        known: Option<Waits>,
        waits: Waits,
    ) {
        if known == Some(waits) {
            return;
        }
        if let (Err(refusal), Some(id)) = (self.closes_no_circle(wanted), ids.first()) {
            return self.end_waiting(*id, Standing::Denied, &refusal.message);
        }
        for id in ids {
            self.emit(Event::WaitsFor { id: *id, waits });
        }
    }

    /// Lets a request that was gathered wait on, for whatever it lacks now.
    ///
    /// # Errors
    /// The queue is full, or a circle of waits would close; it is denied then.
    pub(super) fn wait_on(&mut self, id: ReservationId) -> Result<(), Refusal> {
        let Some(row) = self.state.ledger.get(id) else {
            return Ok(());
        };
        let wanted = [row.wanted()];
        if let Err(refusal) = self.may_queue(&wanted) {
            self.end_waiting(id, Standing::Denied, &refusal.message);
            return Err(refusal);
        }
        let waits = match self.gives_way_to(&wanted[0]) {
            Some(activity) => Waits::Activity(activity),
            None => Waits::Resource,
        };
        self.emit(Event::WaitsFor { id, waits });
        Ok(())
    }

    /// Tells those who wait who holds what they wait for.
    pub(in crate::core) fn tell_waiting(&mut self) {
        let every = i64::from(self.state.settings.resources.queue_notice_s.max(1)) * 1000;
        let since = Time(self.now.0 - every);
        for id in self.state.ledger.untold(since, MAX_NOTICES) {
            let Some(row) = self.state.ledger.get(id) else {
                continue;
            };
            let (agent, amount, expires_at) = (row.agent, row.amount.normalize(), row.expires_at);
            let (what, holders) = match row.waits {
                Some(Waits::Activity(activity)) => (
                    format!("{activity} to end"),
                    vec![
                        self.state
                            .activities
                            .live
                            .get(&activity)
                            .map_or(String::new(), |a| {
                                format!("{} of {} since {}", a.kind.as_str(), a.agent, a.since)
                            }),
                    ],
                ),
                _ => (
                    format!("{amount} of {}", row.pooled().as_str()),
                    holders(&self.state.ledger, row.pooled()),
                ),
            };
            let payload = serde_json::json!({
                "reservation_id": id,
                "waits_for": what,
                "holders": holders,
                "until": expires_at,
            });
            self.emit(Event::WaitTold { id });
            self.tell(agent, &format!("{id} waits for {what}"), &payload);
        }
    }

    /// Ends what waited or was held until now. Of those asked for together and still waiting none is
    /// left behind.
    pub(in crate::core) fn expire_reservations(&mut self) {
        let most = self.state.settings.resources.expiry_batch.max(1) as usize;
        for id in self.state.ledger.due(self.now, most) {
            if self.left() < GROUP {
                break;
            }
            match self.state.ledger.get(id).map(|r| r.standing) {
                Some(Standing::Queued) => {
                    self.end_waiting(id, Standing::Expired, "its turn did not come in time");
                }
                Some(_) => self.emit(Event::ReservationEnded {
                    id,
                    how: Standing::Expired,
                    reason: "its time was up".into(),
                }),
                None => {}
            }
        }
    }
}

impl State {
    /// When those who wait have to be told, or the API's windows to be looked at again.
    pub(in crate::core) fn next_turn_due(&self) -> Option<Time> {
        let every = i64::from(self.settings.resources.queue_notice_s.max(1)) * 1000;
        let notice = self.ledger.next_notice().map(|told| told + every);
        let api = self.ledger.waiting(Pooled::Api) > 0;
        let slide = api.then(|| self.ledger.api.next_slide(self.time)).flatten();
        let left = self.ledger.turns_left.then_some(self.time);
        [notice, slide, left].into_iter().flatten().min()
    }
}
