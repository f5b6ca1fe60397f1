//! From stage to stage: none is left but in its time, once, and by gates that were judged and passed.

use super::opening::Weight;
use super::{End, Judgement, Kind, Service, Stage};
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::{ReservationId, ServiceId};
use crate::core::refusal::Refusal;
use crate::core::research::{GateResult, Version};
use crate::core::state::{Decider, Reply};

impl Decider<'_> {
    /// A judge's word on a service's stage.
    pub(in crate::core) fn judge(
        &mut self,
        id: ServiceId,
        stage: Stage,
        judgement: &Judgement,
        gates: &[GateResult],
    ) -> Answer {
        let service = self.judged_service(id, stage)?;
        let kind = service.kind;
        match judgement {
            Judgement::Advance => {
                self.may_advance(id, stage, gates)?;
                self.advance(id, gates)
            }
            Judgement::Fail(reason) | Judgement::NotJudged(reason) => {
                if stage == Stage::InService && matches!(judgement, Judgement::NotJudged(_)) {
                    return Err(Refusal::new(
                        "SERVICE_STAGE",
                        format!("{id} is in service: there is no gate left to be judged by"),
                        "a breach takes it back, or an operator",
                    ));
                }
                let reason = checked_reason(reason)?;
                let reason = match judgement {
                    Judgement::NotJudged(_) => format!("not judged: {reason}"),
                    _ => reason.to_owned(),
                };
                let how = match kind {
                    Kind::Candidate => End::Dropped,
                    Kind::Deployment => End::RolledBack,
                };
                self.take_back(id, how, &reason, gates);
                Ok(Reply::Service(id))
            }
        }
    }

    /// The service, where the one who speaks judges its kind and means the stage it is in.
    fn judged_service(&self, id: ServiceId, stage: Stage) -> Result<&Service, Refusal> {
        let Some(service) = self.state.services.live.get(&id) else {
            return Err(Refusal::new(
                "SERVICE_UNKNOWN",
                format!("{id} is unknown or has ended"),
                "`pilothouse strategy list` shows what is at work",
            ));
        };
        let judge = service.kind.judge();
        if self.actor != judge {
            return Err(Refusal::new(
                "SERVICE_OWNED",
                format!("a {} is judged by {judge}", service.kind.as_str()),
                "`pilothouse strategy rollback NAME` takes one back",
            )
            .measured(judge, self.actor));
        }
        if service.stage != stage || !service.is_at_work() {
            return Err(Refusal::new(
                "SERVICE_STAGE",
                format!("{id} is not at work in {stage}"),
                "judge the stage it is in",
            )
            .measured(service.stage, stage));
        }
        Ok(service)
    }

    fn may_advance(
        &self,
        id: ServiceId,
        stage: Stage,
        gates: &[GateResult],
    ) -> Result<(), Refusal> {
        let mode = self.state.mode();
        if !mode.reserves() {
            return Err(Refusal::new(
                "SERVICE_STATE",
                format!("no stage is entered while trading is {}", mode.as_str()),
                "`pilothouse status` shows what has to be lifted",
            )
            .measured("running", mode.as_str()));
        }
        if stage == Stage::InService {
            return Err(Refusal::new(
                "SERVICE_STAGE",
                format!("{id} is in service already"),
                "there is no further stage",
            ));
        }
        let open = gates.iter().find(|g| g.passed != Some(true));
        if let Some(gate) = open {
            return Err(Refusal::new(
                "SERVICE_GATES",
                format!("{} was not passed", gate.gate),
                "a stage is left by gates that were judged and passed",
            )
            .measured(&gate.limit, gate.value.as_deref().unwrap_or("not judged")));
        }
        if gates.is_empty() {
            return Err(Refusal::new(
                "SERVICE_GATES",
                "nothing was judged",
                "a stage is left by gates that were judged and passed",
            ));
        }
        let least = self.shortest(stage);
        let began = self.state.services.live.get(&id).and_then(|s| s.began_at);
        let lasted = began.map_or(0, |began| (self.now - began) / 1000);
        if lasted < i64::from(least) {
            return Err(Refusal::new(
                "SERVICE_EARLY",
                format!("{id} has been in {stage} for {lasted} s"),
                "every stage has its shortest time",
            )
            .measured(least, lasted));
        }
        Ok(())
    }

    fn shortest(&self, stage: Stage) -> u32 {
        self.state.settings.research.shortest(stage)
    }

    fn advance(&mut self, id: ServiceId, gates: &[GateResult]) -> Answer {
        let Some(service) = self.state.services.live.get(&id) else {
            return Ok(Reply::Done);
        };
        let (stage, version, holds) = (
            service.stage,
            service.version.clone(),
            service.holds.clone(),
        );
        let stages = self.state.settings.research.stages.len();
        match stage {
            Stage::Warm => {
                let capital = self.state.settings.research.limited_capital_usd;
                let sharpe = service.book.days.yearly();
                let sharpe = sharpe.or(version.promise.as_ref().and_then(|p| p.sharpe));
                self.leave_paper(id);
                let next =
                    match self.reserve_stage(&version, Stage::Limited, capital, Weight::By(sharpe))
                    {
                        Ok(next) => next,
                        Err(refusal) => {
                            self.end_service(id, End::Dropped, &refusal.message, gates);
                            return Err(refusal);
                        }
                    };
                self.emit(Event::ServiceStaged {
                    id,
                    stage: Stage::Limited,
                    holds: next,
                    gates: gates.to_vec(),
                    replaces: None,
                });
                self.give_up_holds(&holds, "the test on paper is over");
            }
            Stage::Limited => {
                self.end_service(id, End::Promoted, "every gate was passed", gates);
                self.emit(Event::VersionProved {
                    version: Box::new(version),
                });
            }
            Stage::Part(n) if usize::from(n) + 1 < stages => {
                let stage = Stage::Part(n + 1);
                self.emit(Event::ServiceStaged {
                    id,
                    stage,
                    holds,
                    gates: gates.to_vec(),
                    replaces: None,
                });
            }
            Stage::Part(_) => self.enter_service(id, &version, gates),
            Stage::InService => {}
        }
        Ok(Reply::Service(id))
    }

    /// The deployment is over: its capital passes to the trader in the same record, so that nobody can
    /// come between, and whatever of the strategy was in service on this pair ends.
    fn enter_service(&mut self, id: ServiceId, version: &Version, gates: &[GateResult]) {
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let (holds, asked) = (service.holds.clone(), service.asked);
        let mut before = self.in_service(version);
        before.retain(|other| *other != id);
        self.lapse_of_service(id, "its capital passes to the trader");
        let passed: Vec<ReservationId> = holds
            .into_iter()
            .filter_map(|hold| self.pass_on(hold, version, asked))
            .collect();
        self.emit(Event::ServiceStaged {
            id,
            stage: Stage::InService,
            holds: passed,
            gates: gates.to_vec(),
            replaces: before.last().copied(),
        });
        for before in before {
            self.end_service(
                before,
                End::Superseded,
                &format!("{id} takes its place"),
                &[],
            );
        }
    }
}
