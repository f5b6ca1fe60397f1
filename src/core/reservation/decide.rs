//! Grant, queue or refuse, all or nothing; give back; renew.

use std::collections::BTreeMap;

use super::ask::{self, Wanted, turn};
use super::fit::{Lacks, fit};
use super::{Class, Remembered, Reservation, ReserveItem, Resource, Standing, Waits, circle};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::ReservationId;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Released, Reply};
use crate::core::text::Name;

/// Requests that wait, at most.
const MAX_QUEUE: usize = 10_000;
/// Reservations that live at once, at most.
const MAX_LIVE: usize = 200_000;
/// Those of one agent outside the process.
const MAX_LIVE_OUTSIDE: usize = 10_000;
/// Characters of a purpose that whoever gives way is told.
const MAX_TOLD: usize = 64;
/// Ids named in one notice.
const MAX_NAMED: usize = 20;
/// Requests gathered in one window, at most.
const MAX_WINDOW: usize = 1_024;

impl Decider<'_> {
    pub(in crate::core) fn reserve(
        &mut self,
        items: &[ReserveItem],
        key: Option<&str>,
        wait: bool,
    ) -> Answer {
        let body = match key {
            Some(key) => {
                ask::key(key)?;
                let body = body_of(items, wait);
                if let Some(known) = self.state.ledger.keys.get(self.actor, key) {
                    return if known.body == body {
                        Ok(self.answer_of(known))
                    } else {
                        Err(Refusal::new(
                            "IDEMPOTENCY_MISMATCH",
                            "this key came with another request before",
                            "a new request wants a new key",
                        ))
                    };
                }
                Some(body)
            }
            None => None,
        };
        let default_ttl = u64::from(self.state.settings.resources.default_ttl_s);
        let mut wanted = ask::read(items, default_ttl)?;
        let outside = self.is_outside(self.actor);
        for (want, item) in wanted.iter_mut().zip(items) {
            // Whatever its purpose begins with, an agent outside the process asks for itself.
            if outside && item.agent.is_none() {
                want.agent = self.actor;
            }
            let record = want.strategy.and_then(|s| self.state.records.sharpe(s));
            want.sharpe = want.sharpe.or(record);
        }
        self.exits_are_ours(&wanted)?;
        self.reserves(&wanted)?;
        self.has_room(&wanted)?;
        self.expire_reservations();
        let keyed = key.zip(body);
        let grants = self.grant_or_queue(&wanted, wait, keyed.as_ref().map(|(k, _)| *k))?;
        let Some((key, body)) = keyed else {
            return Ok(grants);
        };
        let ids = match &grants {
            Reply::Reserved(grants) => grants.iter().map(|g| g.id).collect(),
            Reply::Gathering(_, ids) => ids.clone(),
            _ => Vec::new(),
        };
        let rows = ids.iter().filter_map(|id| self.state.ledger.get(*id));
        let answer = Remembered {
            body,
            grants: rows.map(Reservation::answer).collect(),
            live: u32::try_from(ids.len()).unwrap_or(u32::MAX),
        };
        self.emit(Event::KeyRemembered {
            actor: self.actor,
            key: key.to_owned(),
            answer,
        });
        Ok(grants)
    }

    /// What a known request got: its grants, or the window it still waits in.
    fn answer_of(&self, known: &Remembered) -> Reply {
        let ids: Vec<ReservationId> = known.grants.iter().map(|g| g.id).collect();
        let gathered = ids.iter().find_map(|id| {
            let row = self.state.ledger.get(*id)?;
            matches!(row.waits, Some(Waits::Window { .. })).then(|| row.class.priority())
        });
        match gathered {
            Some(priority) => Reply::Gathering(priority, ids),
            None => Reply::Reserved(known.grants.clone()),
        }
    }

    /// An exit goes before everything else and through every stop: nobody outside names one.
    fn exits_are_ours(&self, wanted: &[Wanted]) -> Result<(), Refusal> {
        let exit = wanted.iter().any(|w| w.class == Class::Exit);
        if !exit || !self.is_outside(self.actor) {
            return Ok(());
        }
        Err(Refusal::new(
            "RESERVE_CLASS",
            format!("{} may not reserve for exits", self.actor),
            "exits are the trader's and the operator's; ask for another class",
        )
        .measured("live deployment paper backtest research", "exit"))
    }

    /// Reservations that live at once have an end, in all and of one agent outside.
    fn has_room(&self, wanted: &[Wanted]) -> Result<(), Refusal> {
        let live = self.state.ledger.live_count();
        let (limit, count) = if self.is_outside(self.actor) {
            let own = wanted
                .first()
                .map_or(0, |w| self.state.ledger.live_of(w.agent));
            (MAX_LIVE_OUTSIDE, own)
        } else {
            (MAX_LIVE, live)
        };
        if count < limit && live < MAX_LIVE {
            return Ok(());
        }
        Err(Refusal::new(
            "RESERVE_LIMIT",
            format!("{count} reservations live already"),
            "release some first",
        )
        .measured(limit, count))
    }

    /// Whether the state of trading lets anything but exits be reserved.
    pub(super) fn reserves(&self, wanted: &[Wanted]) -> Result<(), Refusal> {
        let mode = self.state.mode();
        let other = wanted.iter().find(|w| w.class != Class::Exit);
        let Some(other) = other.filter(|_| !mode.reserves()) else {
            return Ok(());
        };
        Err(Refusal::new(
            "RESERVE_STATE",
            format!(
                "nothing but exits may be reserved while trading is {}",
                mode.as_str()
            ),
            "`pilothouse status` shows what has to be lifted",
        )
        .measured("exit", other.class.as_str()))
    }

    fn grant_or_queue(
        &mut self,
        wanted: &[Wanted],
        wait: bool,
        key: Option<&str>,
    ) -> Result<Reply, Refusal> {
        if let Some(activity) = wanted.iter().find_map(|w| self.gives_way_to(w)) {
            self.may_queue(wanted)?;
            let waits = Some(Waits::Activity(activity));
            return Ok(self.enter_rows(wanted, waits, key));
        }
        if let [want] = wanted
            && want.resource == Resource::Capital
            && want.class != Class::Exit
            && want.sharpe.is_some()
        {
            return self.gather(want, wait, key);
        }
        match fit(
            &self.state.ledger,
            &self.state.settings.resources,
            self.now,
            wanted,
        ) {
            Ok(victims) => {
                self.preempt(&victims, wanted);
                Ok(self.enter_rows(wanted, None, key))
            }
            Err(Lacks { ever: true, .. }) if wait => {
                self.may_queue(wanted)?;
                Ok(self.enter_rows(wanted, Some(Waits::Resource), key))
            }
            Err(lacks) => Err(lacks.refusal(&self.state.ledger)),
        }
    }

    /// A request that waits must not close a circle, and the queue has an end.
    pub(super) fn may_queue(&self, wanted: &[Wanted]) -> Result<(), Refusal> {
        let waiting = self.state.ledger.queue_len();
        if waiting >= MAX_QUEUE {
            return Err(Refusal::new(
                "RESERVE_QUEUE_FULL",
                format!("{waiting} requests wait already"),
                "try again later",
            )
            .measured(MAX_QUEUE, waiting));
        }
        self.closes_no_circle(wanted)
    }

    pub(super) fn closes_no_circle(&self, wanted: &[Wanted]) -> Result<(), Refusal> {
        let ledger = &self.state.ledger;
        // Where nobody waits, only those asked for together could wait for each other.
        let alone = ledger.queue_len() == 0 && wanted.iter().all(|w| w.agent == wanted[0].agent);
        // Whoever holds nothing is in nobody's way.
        let in_the_way = |w: &Wanted| ledger.held_by(w.agent) > 0 || self.runs_any(w.agent);
        if alone || !wanted.iter().any(in_the_way) {
            return Ok(());
        }
        let Some(way) = circle::circle(self.state, wanted) else {
            return Ok(());
        };
        let names: Vec<String> = way.iter().map(ToString::to_string).collect();
        Err(Refusal::new(
            "RESERVE_DEADLOCK",
            format!(
                "waiting would close a circle: {}",
                names.join(" waits for ")
            ),
            "give back what you hold, or ask again without wait",
        )
        .measured("no circle", names.len() - 1)
        .held_by(names))
    }

    fn gather(&mut self, want: &Wanted, wait: bool, key: Option<&str>) -> Result<Reply, Refusal> {
        let priority = want.class.priority();
        match self.state.ledger.windows.get(&priority) {
            Some(window) if window.len() >= MAX_WINDOW => {
                return Err(Refusal::new(
                    "RESERVE_WINDOW_FULL",
                    format!("{} requests are being decided together", window.len()),
                    "try again in a moment",
                )
                .measured(MAX_WINDOW, window.len()));
            }
            Some(_) => {}
            None => self.emit(Event::WindowOpened { priority }),
        }
        let waits = Some(Waits::Window { stays: wait });
        let reply = self.enter_rows(std::slice::from_ref(want), waits, key);
        let Reply::Reserved(grants) = reply else {
            return Ok(reply);
        };
        let ids = grants.iter().map(|g| g.id).collect();
        Ok(Reply::Gathering(priority, ids))
    }

    /// Takes from others what a request needs; each is told by name.
    pub(in crate::core) fn preempt(&mut self, victims: &[ReservationId], wanted: &[Wanted]) {
        let Some(want) = wanted.first() else { return };
        let purpose: String = want.purpose.chars().take(MAX_TOLD).collect();
        let by = format!("{purpose} ({}) of {}", want.class.as_str(), want.agent);
        self.take_from(victims, &by);
    }

    pub(in crate::core) fn take_from(&mut self, victims: &[ReservationId], by: &str) {
        let mut lost: BTreeMap<Name, Vec<ReservationId>> = BTreeMap::new();
        for id in victims {
            let Some(row) = self.state.ledger.get(*id) else {
                continue;
            };
            lost.entry(row.agent).or_default().push(*id);
            self.emit(Event::ReservationEnded {
                id: *id,
                how: Standing::Preempted,
                reason: format!("taken by {by}"),
            });
        }
        for (agent, ids) in lost {
            let what = serde_json::json!({
                "reservation_ids": ids.iter().take(MAX_NAMED).collect::<Vec<_>>(),
                "count": ids.len(),
                "reason": format!("taken by {by}"),
            });
            let subject = match &ids[..] {
                [only] => format!("preempted {only}"),
                [first, more @ ..] => format!("preempted {first} and {} more", more.len()),
                [] => continue,
            };
            self.tell(agent, &subject, &what);
        }
    }

    /// Enters rows of one request, held or waiting.
    fn enter_rows(&mut self, wanted: &[Wanted], waits: Option<Waits>, key: Option<&str>) -> Reply {
        let mut ids: Vec<ReservationId> = Vec::with_capacity(wanted.len());
        for want in wanted {
            let after = ids.iter().filter(|i| i.agent == want.agent).count();
            let after = u32::try_from(after).unwrap_or(0);
            ids.push(self.state.ledger.free_id(want.agent, self.now, after));
        }
        let group = if ids.len() > 1 {
            ids.clone()
        } else {
            Vec::new()
        };
        let standing = match waits {
            Some(_) => Standing::Queued,
            None => Standing::Held,
        };
        let turn = turn(wanted);
        for (want, id) in wanted.iter().zip(&ids) {
            let row = Reservation {
                standing,
                group: group.clone(),
                waits,
                keyed: key.map(|key| (self.actor, key.to_owned())),
                turn,
                ..Reservation::held(*id, want, self.now)
            };
            self.emit(Event::Reserved { row: Box::new(row) });
            if standing == Standing::Held {
                self.begin_implied(*id);
            }
        }
        let rows = ids.iter().filter_map(|id| self.state.ledger.get(*id));
        Reply::Reserved(rows.map(Reservation::answer).collect())
    }

    pub(in crate::core) fn release(&mut self, id: ReservationId) -> Answer {
        if let Some(row) = self.state.ledger.get(id) {
            if row.standing == Standing::Bound {
                let by = match (row.order, row.position) {
                    (Some(order), _) => order.to_string(),
                    (None, Some(position)) => position.to_string(),
                    (None, None) => String::new(),
                };
                return Err(Refusal::new(
                    "RESERVE_BOUND",
                    format!("{by} lives on {id}"),
                    "it is given back when that has ended",
                )
                .held_by(vec![by]));
            }
            let reason = format!("given back by {}", self.actor);
            if row.standing == Standing::Queued {
                self.end_waiting(id, Standing::Cancelled, &reason);
                return Ok(Reply::Released(Released::Cancelled));
            }
            self.emit(Event::ReservationEnded {
                id,
                how: Standing::Released,
                reason,
            });
            return Ok(Reply::Released(Released::Released));
        }
        Ok(Reply::Released(match self.state.ledger.ended(id) {
            Some(Standing::Expired) => Released::Expired,
            Some(_) => Released::AlreadyReleased,
            None => {
                self.emit(Event::Refused {
                    refusal: Refusal::new(
                        "RESERVE_UNKNOWN",
                        format!("nobody knows {id}"),
                        "`pilothouse reservations` lists them",
                    ),
                });
                Released::Unknown
            }
        }))
    }

    /// Ends a request that waits: what was asked for together ends together.
    pub(in crate::core) fn end_waiting(&mut self, id: ReservationId, how: Standing, reason: &str) {
        let Some(row) = self.state.ledger.get(id) else {
            return;
        };
        for id in row.together() {
            let waits = |r: &Reservation| r.standing == Standing::Queued;
            if self.state.ledger.get(id).is_some_and(waits) {
                self.emit(Event::ReservationEnded {
                    id,
                    how,
                    reason: reason.to_owned(),
                });
            }
        }
    }

    pub(in crate::core) fn renew(&mut self, id: ReservationId, ttl_s: u64) -> Answer {
        ask::ttl(ttl_s)?;
        match self.state.ledger.get(id) {
            Some(row) if row.standing == Standing::Bound => Err(Refusal::new(
                "RESERVE_BOUND",
                format!("{id} has no time to live: an order or position lives on it"),
                "nothing has to be renewed",
            )),
            Some(row) => {
                // What waits together waits equally long.
                let ids = match row.standing {
                    Standing::Queued => row.together(),
                    _ => vec![id],
                };
                let expires_at = self.now.plus_s(ttl_s as i64);
                for id in ids {
                    self.emit(Event::Renewed { id, expires_at });
                }
                Ok(Reply::Done)
            }
            None => Err(Refusal::new(
                "RESERVE_UNKNOWN",
                format!("{id} is not live"),
                "`pilothouse reservations` lists those that are",
            )),
        }
    }
}

/// The request itself, so that another one under the same key is told apart.
fn body_of(items: &[ReserveItem], wait: bool) -> Vec<u8> {
    minicbor::to_vec((items, wait)).expect("memory takes what is written to it")
}
