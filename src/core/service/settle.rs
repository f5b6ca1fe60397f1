//! What follows from what was granted or lost: a service begins once it has all that its stage needs,
//! and ends when it loses any of it.

use rust_decimal::Decimal;

use super::opening::Weight;
use super::{End, Kind, Mark, Service, Stage};
use crate::core::event::Event;
use crate::core::id::{ReservationId, ServiceId};
use crate::core::reservation::{Resource, Standing};
use crate::core::state::Decider;

/// A share of what was asked that is too little to begin with: one in so many.
const TENTH: Decimal = Decimal::TEN;

/// What a service's holds come to.
enum Held {
    /// All of it, with so much capital.
    All(Decimal),
    /// Something still waits.
    Waits,
    /// Something ended so.
    Lost(ReservationId, Option<Standing>),
}

impl Decider<'_> {
    /// Begins what has what it needs, ends what has lost it. Returns whether anything ended, which
    /// others may have waited for.
    pub(in crate::core) fn settle_services(&mut self) -> bool {
        if self.state.services.live.is_empty() || !self.events.iter().any(concerns) {
            return false;
        }
        let mut ended = false;
        let ids: Vec<ServiceId> = self.state.services.live.keys().copied().collect();
        for id in ids {
            let Some(service) = self.state.services.live.get(&id) else {
                continue;
            };
            let (kind, stage, began) = (service.kind, service.stage, service.began_at.is_some());
            match self.held(&service.holds) {
                Held::All(capital) if !began && self.is_a_crumb(id, capital) => {
                    ended = true;
                    self.ask_again(id, "what it was granted is too little to begin with");
                }
                Held::All(capital) if !began => {
                    self.emit(Event::ServiceBegan { id, capital });
                    self.mark_service(id);
                }
                Held::All(_) | Held::Waits => {}
                Held::Lost(hold, how) => {
                    ended = true;
                    if stage == Stage::Warm && how == Some(Standing::Preempted) {
                        self.leave_paper(id);
                        self.ask_again(id, "the test on paper waits");
                        continue;
                    }
                    let end = match (kind, began || stage != Stage::Part(0)) {
                        (Kind::Candidate, _) => End::Dropped,
                        (Kind::Deployment, true) => End::RolledBack,
                        (Kind::Deployment, false) => End::Cancelled,
                    };
                    let how = how.map_or("ended", word);
                    let why = format!("{hold}, which it held, was {how}");
                    self.take_back(id, end, &why, &[]);
                }
            }
        }
        ended
    }

    /// Whether a share of what several wanted is too little to begin with: less than a tenth of what was
    /// asked, or than the smallest order in the stage's share.
    fn is_a_crumb(&self, id: ServiceId, capital: Decimal) -> bool {
        let Some(service) = self.state.services.live.get(&id) else {
            return false;
        };
        let usable = capital * self.state.share_of(service.stage);
        let asked = self.asked_for(service);
        capital < asked
            && (capital * TENTH < asked || usable < self.state.settings.execution.minimum_value)
    }

    /// What a service asks for in its stage, USD.
    fn asked_for(&self, service: &Service) -> Decimal {
        match service.stage {
            Stage::Limited => self.state.settings.research.limited_capital_usd,
            Stage::Warm | Stage::Part(_) | Stage::InService => service.asked,
        }
    }

    /// Gives back what a service has of its stage and asks for all of it again, to wait for its turn; what
    /// it has shown so far it keeps. Where it cannot wait it ends.
    fn ask_again(&mut self, id: ServiceId, why: &str) {
        let Some(service) = self.state.services.live.get(&id).cloned() else {
            return;
        };
        self.give_up_holds(&service.holds, why);
        let asked = self.asked_for(&service);
        match self.reserve_stage(&service.version, service.stage, asked, Weight::Whole) {
            Ok(holds) => self.emit(Event::ServiceStaged {
                id,
                stage: service.stage,
                holds,
                gates: Vec::new(),
                replaces: None,
            }),
            Err(refusal) => {
                let how = match service.kind {
                    Kind::Candidate => End::Dropped,
                    Kind::Deployment => End::Cancelled,
                };
                self.end_service(id, how, &refusal.message, &[]);
            }
        }
    }

    fn held(&self, holds: &[ReservationId]) -> Held {
        let ledger = &self.state.ledger;
        let mut capital = Decimal::ZERO;
        let mut waits = holds.is_empty();
        for id in holds {
            match ledger.get(*id) {
                Some(row) if row.standing == Standing::Queued => waits = true,
                Some(row) if row.resource == Resource::Capital => capital += row.granted(),
                Some(_) => {}
                None => return Held::Lost(*id, ledger.ended(*id)),
            }
        }
        if waits {
            Held::Waits
        } else {
            Held::All(capital)
        }
    }

    /// Writes down what a service is worth at the end of each day, and as it begins.
    pub(in crate::core) fn mark_services(&mut self) {
        if self.state.services.live.is_empty() {
            return;
        }
        let today = self.now.day();
        let due = |m: Option<Mark>| m.is_none_or(|m| m.day < today);
        let services = self.state.services.live.values();
        let ids: Vec<ServiceId> = services
            .filter(|s| s.is_at_work() && due(s.book.mark))
            .map(|s| s.id)
            .collect();
        for id in ids {
            self.mark_service(id);
        }
    }

    fn mark_service(&mut self, id: ServiceId) {
        let day = self.now.day();
        let Some(symbol) = self.state.services.live.get(&id).map(|s| s.symbol()) else {
            return;
        };
        let Some(price) = self.quote(symbol).map(|q| q.last) else {
            return;
        };
        let Some(equity) = self.state.worth_of_service(id, price) else {
            return;
        };
        let mark = Mark { day, equity, price };
        self.emit(Event::ServiceMarked { id, mark });
    }
}

fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::Granted { .. }
            | Event::ReservationEnded { .. }
            | Event::ServiceOpened { .. }
            | Event::ServiceStaged { .. }
    )
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Released => "given back",
        Standing::Expired => "not renewed in time",
        Standing::Preempted => "taken by a higher priority",
        Standing::Denied => "denied",
        Standing::Cancelled => "cancelled",
        Standing::Queued | Standing::Held | Standing::Bound => "changed",
    }
}
