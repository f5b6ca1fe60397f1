//! What a key must answer: the first answer for as long as anything of it lives and a day after,
//! nothing once a window has denied it or it ended before that.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse::core::id::ReservationId;
use pilothouse::core::reservation::{Standing, Waits};
use pilothouse::core::{Command, Event, Name, Reply, State};

/// What a key got first.
#[derive(Debug, Clone)]
struct First {
    body: Command,
    ids: Vec<ReservationId>,
    /// The hour in which the last of it ended.
    ended: Option<i64>,
}

/// Every key that was ever taken.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    known: BTreeMap<(Name, String), First>,
    hour: i64,
    /// Requests that wait for their window to be decided.
    gathered: BTreeSet<ReservationId>,
}

impl Keys {
    /// One of the requests that came with a key, and by whom.
    pub fn nth(&self, n: u8) -> Option<(Name, Command)> {
        let all: Vec<_> = self.known.iter().collect();
        let ((actor, _), first) = all.get(usize::from(n) % all.len().max(1))?;
        Some((*actor, first.body.clone()))
    }

    /// Checks an answer against the first one.
    pub fn answered(&mut self, actor: Name, command: &Command, reply: &Reply) {
        let Command::Reserve { key: Some(key), .. } = command else {
            return;
        };
        // It has registered since, and asks for another: that is refused before anything is looked up.
        if matches!(reply, Reply::Refused(r) if r.code == "AGENT_NOT_ITSELF") {
            return;
        }
        let slot = (actor, key.clone());
        let ids = match reply {
            Reply::Reserved(grants) => grants.iter().map(|g| g.id).collect(),
            Reply::Gathering(_, ids) => ids.clone(),
            _ => Vec::new(),
        };
        match self.known.get(&slot) {
            Some(first) if first.ended.is_none_or(|at| self.hour <= at + 24) => {
                if first.body == *command {
                    assert_eq!(ids, first.ids, "the same key gets the same answer");
                } else {
                    assert!(
                        matches!(reply, Reply::Refused(r) if r.code == "IDEMPOTENCY_MISMATCH"),
                        "another body under the same key is refused: {reply:?}"
                    );
                }
            }
            _ if ids.is_empty() => {
                self.known.remove(&slot);
            }
            _ => {
                let body = command.clone();
                let first = First {
                    body,
                    ids,
                    ended: None,
                };
                self.known.insert(slot, first);
            }
        }
    }

    /// Follows what ends and how the hours pass.
    pub fn follow(&mut self, state: &State, events: &[Event]) {
        for event in events {
            match event {
                Event::WallHourPassed { hour } => self.hour = *hour,
                Event::Reserved { row } if matches!(row.waits, Some(Waits::Window { .. })) => {
                    self.gathered.insert(row.id);
                }
                Event::Granted { id, .. } | Event::WaitsFor { id, .. } => {
                    self.gathered.remove(id);
                }
                Event::ReservationEnded { id, how, .. } => {
                    // What ends before its window is decided was never granted either.
                    let denied = *how == Standing::Denied || self.gathered.remove(id);
                    let hour = self.hour;
                    self.known.retain(|_, first| {
                        if !first.ids.contains(id) {
                            return true;
                        }
                        if first.ids.iter().all(|id| state.ledger.get(*id).is_none()) {
                            first.ended = Some(hour);
                        }
                        !denied
                    });
                }
                _ => {}
            }
        }
    }
}
