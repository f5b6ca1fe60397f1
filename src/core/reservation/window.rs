//! Contention (R6): requests for capital that name a Sharpe ratio are gathered for a moment and
//! decided together.

use rust_decimal::Decimal;

use super::fit::{MAX_VICTIMS, holders};
use super::split::{Claim, split};
use super::{Pooled, Reservation, Standing, Waits};
use crate::core::activity::ActivityKind;
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::ReservationId;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Grant, Reply};

impl Decider<'_> {
    pub(in crate::core) fn close_window(&mut self, priority: u8) -> Answer {
        let Some(window) = self.state.ledger.windows.get(&priority) else {
            return Ok(Reply::Allocated(Vec::new()));
        };
        let ids: Vec<ReservationId> = window.iter().copied().collect();
        self.expire_reservations();
        let mut claims: Vec<Claim> = ids
            .iter()
            .filter_map(|id| self.state.ledger.get(*id))
            .map(|row| self.claim(row))
            .collect();
        claims.sort_by(|a, b| b.sharpe.cmp(&a.sharpe).then(a.id.cmp(&b.id)));
        let later = self.held_up(&mut claims);
        let asked: Decimal = claims.iter().map(|c| c.asked).sum();
        let reserves = self.state.mode().reserves();
        let ledger = &self.state.ledger;
        let (free, reachable) = if reserves {
            let reachable = ledger.reachable_capital(priority);
            (ledger.available_capital(), reachable)
        } else {
            (Decimal::ZERO, Decimal::ZERO)
        };
        let whole = asked <= reachable;
        let policy = self.state.settings.resources.split_policy;
        // The record's own number: chance that can be drawn again.
        let seed = self.state.seq + 1;
        let shares_of = |of| {
            if asked <= of {
                claims.iter().map(|c| c.asked).collect()
            } else {
                split(of, &claims, policy, seed)
            }
        };
        let mut shares: Vec<Decimal> = shares_of(reachable);
        let total: Decimal = shares.iter().sum();
        if total > free {
            let taken = ledger.victims(priority, total);
            if taken.len() > MAX_VICTIMS {
                shares = shares_of(free);
            } else {
                let by = format!("{} requests decided together", claims.len());
                self.take_from(&taken, &by);
            }
        }
        let contested = !whole && !claims.is_empty();
        let mut answers = Vec::with_capacity(claims.len());
        for (claim, share) in claims.iter().zip(shares) {
            answers.push((claim.id, self.allot(claim, share, &claims)));
        }
        for id in later {
            let answer = self.wait_on(id).and_then(|()| self.answer_now(id));
            answers.push((id, answer));
        }
        self.emit(Event::WindowClosed {
            priority,
            split: contested.then_some(policy),
            seed,
        });
        Ok(Reply::Allocated(answers))
    }

    /// Takes out those that have to wait for an activity: one that runs, or one that another of the
    /// claims begins.
    fn held_up(&self, claims: &mut Vec<Claim>) -> Vec<ReservationId> {
        let mut begins: Vec<ActivityKind> = Vec::new();
        let mut later = Vec::new();
        claims.retain(|claim| {
            let Some(row) = self.state.ledger.get(claim.id) else {
                return false;
            };
            let kind = row.activity();
            let beside = kind.is_some_and(|new| begins.iter().any(|kind| kind.queues(new)));
            if beside || self.gives_way_to(&row.wanted()).is_some() {
                later.push(claim.id);
                return false;
            }
            begins.extend(kind);
            true
        });
        later
    }

    fn answer_now(&self, id: ReservationId) -> Result<Grant, Refusal> {
        let gone = || Refusal::new("RESERVE_ENDED", "it ended while it waited", "ask again");
        let row = self.state.ledger.get(id);
        row.map(Reservation::answer).ok_or_else(gone)
    }

    fn claim(&self, row: &Reservation) -> Claim {
        let trades = row.strategy.map_or(0, |s| self.state.records.trades(s));
        Claim {
            id: row.id,
            asked: row.asked,
            sharpe: row.sharpe.unwrap_or_default(),
            trades,
        }
    }

    /// Grants a share, lets its owner wait on, or denies it.
    fn allot(&mut self, claim: &Claim, share: Decimal, all: &[Claim]) -> Result<Grant, Refusal> {
        let Some(row) = self.state.ledger.get(claim.id) else {
            return self.answer_now(claim.id);
        };
        if share > Decimal::ZERO {
            let expires_at = self.now.plus_s(row.ttl_s as i64);
            self.emit(Event::Granted {
                id: claim.id,
                amount: share,
                expires_at,
            });
            self.begin_implied(claim.id);
        } else if let Some(Waits::Window { stays: true }) = row.waits {
            self.wait_on(claim.id)?;
        } else {
            let others: Decimal = all.iter().map(|c| c.asked).sum();
            let free = self.state.ledger.available_capital().normalize();
            let others = others.normalize();
            let refusal = Refusal::new(
                "RESERVE_CAPITAL",
                match all.len() {
                    1 => format!("{others} USD are wanted and {free} are free"),
                    several => format!(
                        "{several} requests wanted {others} USD together and {free} are free"
                    ),
                },
                "ask for less, ask with wait, or wait until one of the holders gives back",
            )
            .measured(free, claim.asked.normalize())
            .held_by(holders(&self.state.ledger, Pooled::Capital));
            self.emit(Event::ReservationEnded {
                id: claim.id,
                how: Standing::Denied,
                reason: refusal.message.clone(),
            });
            return Err(refusal);
        }
        self.answer_now(claim.id)
    }

    /// Windows that a stop of the engine left open: nobody waits for their answers any more.
    pub(in crate::core) fn abandon_windows(&mut self) {
        let windows: Vec<(u8, Vec<ReservationId>)> = self
            .state
            .ledger
            .windows
            .iter()
            .map(|(p, ids)| (*p, ids.iter().copied().collect()))
            .collect();
        for (priority, ids) in windows {
            for id in ids {
                let stays = self
                    .state
                    .ledger
                    .get(id)
                    .is_some_and(|r| r.waits == Some(Waits::Window { stays: true }));
                if stays {
                    // Where it may not wait on it is denied; nobody is left to be told.
                    let _ = self.wait_on(id);
                } else {
                    let reason = "the engine was restarted before it was decided";
                    self.end_waiting(id, Standing::Denied, reason);
                }
            }
            self.emit(Event::WindowClosed {
                priority,
                split: None,
                seed: 0,
            });
        }
    }
}
