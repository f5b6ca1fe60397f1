//! What is taken back, by a judge or by an operator, and the version before that goes to work again.

use super::opening::{Opening, Weight};
use super::{End, Kind, Service, Stage};
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::{ReservationId, ServiceId};
use crate::core::refusal::Refusal;
use crate::core::research::{GateResult, Version};
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

impl Decider<'_> {
    /// What is in service of a strategy on a pair, oldest first.
    pub(super) fn in_service(&self, version: &Version) -> Vec<ServiceId> {
        let same = self.state.services.of(version.strategy);
        same.filter(|s| s.stage == Stage::InService && s.symbol() == version.symbol)
            .map(|s| s.id)
            .collect()
    }

    /// Takes the newest version of a strategy back. What is in service goes on where a newer version was
    /// still in its stages; where it had taken the place of another, that one goes to work again.
    pub(in crate::core) fn rollback(&mut self, strategy: Name, reason: &str) -> Answer {
        let reason = if reason.trim().is_empty() {
            "taken back by hand"
        } else {
            checked_reason(reason)?
        };
        let newest = self
            .state
            .services
            .of(strategy)
            .filter(|s| s.kind == Kind::Deployment)
            .max_by_key(|s| s.id);
        let Some(id) = newest.map(|s| s.id) else {
            return Err(Refusal::new(
                "DEPLOY_UNKNOWN",
                format!("no version of {strategy} is in service or on its way"),
                "`pilothouse strategy list` shows what is",
            ));
        };
        let reason = format!("{}: {reason}", self.actor);
        self.take_back(id, End::RolledBack, &reason, &[]);
        Ok(Reply::Service(id))
    }

    /// An operator's word that a candidate is tested no longer.
    pub(in crate::core) fn drop_candidate(&mut self, id: ServiceId, reason: &str) -> Answer {
        let reason = if reason.trim().is_empty() {
            "dropped by hand"
        } else {
            checked_reason(reason)?
        };
        let candidate = self.state.services.live.get(&id);
        if candidate.is_none_or(|s| s.kind != Kind::Candidate) {
            return Err(Refusal::new(
                "SERVICE_UNKNOWN",
                format!("{id} is no candidate that is tested"),
                "`pilothouse research candidates` lists them; a deployment is taken back by \
                 `pilothouse strategy rollback NAME`",
            ));
        }
        let reason = format!("{}: {reason}", self.actor);
        self.end_service(id, End::Dropped, &reason, &[]);
        Ok(Reply::Service(id))
    }

    /// Ends a service; where it was in service in the place of another, that one takes its capital over,
    /// as much as it had, and goes to work again.
    pub(super) fn take_back(
        &mut self,
        id: ServiceId,
        how: End,
        reason: &str,
        gates: &[GateResult],
    ) {
        let Some(service) = self.state.services.live.get(&id).cloned() else {
            return;
        };
        let superseded = |s: &&Service| s.ended.as_ref().is_some_and(|e| e.how == End::Superseded);
        let before = service
            .replaces
            .filter(|_| service.stage == Stage::InService);
        let before = before
            .and_then(|id| self.state.services.get(id))
            .filter(superseded);
        let before = before
            .cloned()
            .filter(|b| self.in_service(&b.version) == [id]);
        let Some(before) = before else {
            return self.end_service(id, how, reason, gates);
        };
        let mode = self.state.mode();
        if !mode.reserves() {
            self.end_service(id, how, reason, gates);
            let refusal = Refusal::new(
                "DEPLOY_STATE",
                format!(
                    "{} is not put to work again while trading is {}",
                    before.id,
                    mode.as_str()
                ),
                "deploy it again once that is lifted",
            )
            .measured("running", mode.as_str());
            return self.emit(Event::Refused { refusal });
        }
        let passed = service.holds.iter().copied();
        let passed: Vec<ReservationId> = passed
            .filter_map(|hold| self.pass_on(hold, &before.version, before.asked))
            .collect();
        self.end_service(id, how, reason, gates);
        let (version, asked) = (before.version, before.asked);
        let holds = match passed.is_empty() {
            false => Ok(passed),
            true => self.reserve_stage(&version, Stage::InService, asked, Weight::Whole),
        };
        match holds {
            Ok(holds) => {
                let again = Opening {
                    kind: Kind::Deployment,
                    stage: Stage::InService,
                    replaces: before.replaces,
                };
                self.open_with(again, version, asked, holds);
            }
            Err(refusal) => self.emit(Event::Refused { refusal }),
        }
    }
}
