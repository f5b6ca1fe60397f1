//! How a service begins and goes from stage to stage: what each stage reserves, and that none is left but
//! by gates that were passed.

use rust_decimal::Decimal;

use super::{Book, End, Judgement, Kind, Service, Stage};
use crate::core::command::DeployRequest;
use crate::core::decide::{Answer, checked_reason};
use crate::core::event::Event;
use crate::core::id::{ReservationId, ServiceId};
use crate::core::refusal::Refusal;
use crate::core::research::{GateResult, Version};
use crate::core::reservation::{Class, ReserveItem, Resource};
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

/// Services at once.
const MAX_LIVE: usize = 64;
/// A ratio beyond it, either way, weighs no more when capital is shared.
const MAX_SHARPE: Decimal = Decimal::ONE_HUNDRED;

/// What a service is opened as.
#[derive(Debug, Clone, Copy)]
struct Opening {
    kind: Kind,
    stage: Stage,
    replaces: Option<ServiceId>,
}

/// How capital is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Weight {
    /// With others who want it now, by this Sharpe ratio.
    By(Option<Decimal>),
    /// All of it, when its turn comes.
    Whole,
}

impl Decider<'_> {
    /// Puts a strategy version into service: its capital is held for the whole deployment, and used in
    /// stages.
    pub(in crate::core) fn deploy(&mut self, request: &DeployRequest) -> Answer {
        let mode = self.state.mode();
        if !mode.reserves() {
            return Err(Refusal::new(
                "DEPLOY_STATE",
                format!(
                    "nothing goes into service while trading is {}",
                    mode.as_str()
                ),
                "`pilothouse status` shows what has to be lifted",
            )
            .measured("running", mode.as_str()));
        }
        let version = self.deployable(request)?;
        self.known_symbol(version.symbol)?;
        if !version.has_stop {
            return Err(Refusal::new(
                "DEPLOY_UNPROTECTED",
                format!(
                    "{} {} gives its positions no stop",
                    request.strategy, request.version
                ),
                "set one of its parameters for it, or give its definition a stop",
            ));
        }
        if request.capital <= Decimal::ZERO {
            return Err(Refusal::new(
                "DEPLOY_CAPITAL",
                "a deployment wants capital",
                "--capital USD",
            )
            .measured("above 0", request.capital.normalize()));
        }
        let smallest = self.state.settings.execution.minimum_value;
        let first = self.state.share_of(Stage::Part(0)) * request.capital;
        if first < smallest {
            return Err(Refusal::new(
                "DEPLOY_CAPITAL",
                "the first stage's share is less than the smallest order",
                "more capital",
            )
            .measured(smallest.normalize(), first.normalize()));
        }
        let same = || self.state.services.of(request.strategy);
        let running =
            |s: &&Service| s.kind == Kind::Deployment && s.version.version == request.version;
        if let Some(running) = same().find(running) {
            return Err(Refusal::new(
                "DEPLOY_RUNS",
                format!("{} is this version at work", running.id),
                "`pilothouse strategy list` shows what is in service",
            ));
        }
        let opening = Opening {
            kind: Kind::Deployment,
            stage: Stage::Part(0),
            replaces: None,
        };
        let id = self.open_at(opening, version, request.capital)?;
        Ok(Reply::Service(id))
    }

    fn deployable(&self, request: &DeployRequest) -> Result<Version, Refusal> {
        let research = &self.state.research;
        if let Some(version) = research.version(request.strategy, &request.version) {
            return Ok(version.clone());
        }
        match &request.unproven {
            Some(version)
                if version.strategy == request.strategy && version.version == request.version =>
            {
                // Nobody has judged it, whatever it says of itself.
                Ok(Version {
                    promise: None,
                    run: None,
                    ..(**version).clone()
                })
            }
            _ => Err(Refusal::new(
                "DEPLOY_UNPROVEN",
                format!("no run has passed {} {}", request.strategy, request.version),
                "research it first: `pilothouse research run optimise`, or insist: --unproven",
            )),
        }
    }

    /// A candidate goes to paper. Where it cannot have what that takes it is dropped, with the reason.
    pub(in crate::core) fn open_candidate(&mut self, version: Version) {
        let capital = self.state.settings.research.warm_capital_usd;
        let opening = Opening {
            kind: Kind::Candidate,
            stage: Stage::Warm,
            replaces: None,
        };
        if let Err(refusal) = self.open_at(opening, version.clone(), capital) {
            let id = self.open_with(opening, version, capital, Vec::new());
            self.end_service(id, End::Dropped, &refusal.message, &[]);
        }
    }

    fn open_at(
        &mut self,
        opening: Opening,
        version: Version,
        capital: Decimal,
    ) -> Result<ServiceId, Refusal> {
        let live = self.state.services.live.len();
        if live >= MAX_LIVE {
            return Err(Refusal::new(
                "SERVICE_LIMIT",
                format!("{live} strategy versions are at work"),
                "take some back: `pilothouse strategy rollback NAME`",
            )
            .measured(MAX_LIVE, live));
        }
        self.known_symbol(version.symbol)?;
        self.counted_in_usd(&version)?;
        let sharpe = version.promise.as_ref().and_then(|p| p.sharpe);
        let holds = self.reserve_stage(&version, opening.stage, capital, Weight::By(sharpe))?;
        Ok(self.open_with(opening, version, capital, holds))
    }

    fn open_with(
        &mut self,
        opening: Opening,
        version: Version,
        capital: Decimal,
        holds: Vec<ReservationId>,
    ) -> ServiceId {
        let id = ServiceId(self.next_id());
        let service = Service {
            id,
            kind: opening.kind,
            run: version.run,
            version,
            by: self.actor,
            asked: capital,
            capital: Decimal::ZERO,
            stage: opening.stage,
            staged_at: self.now,
            began_at: None,
            holds,
            book: Book::default(),
            left: Vec::new(),
            replaces: opening.replaces,
            created_at: self.now,
            ended: None,
        };
        self.emit(Event::ServiceOpened {
            service: Box::new(service),
        });
        id
    }

    /// Capital is USD, and what is earned is counted as the pair pays: it has to be the same.
    fn counted_in_usd(&self, version: &Version) -> Result<(), Refusal> {
        let quote = version.symbol.quote();
        let symbols = &self.state.settings.symbols;
        if !symbols.iter().any(|s| s.base() == quote) {
            return Ok(());
        }
        Err(Refusal::new(
            "DEPLOY_CURRENCY",
            format!("{} is not paid in USD", version.symbol),
            "a strategy at work is accounted in USD: choose a pair that is paid in it",
        )
        .measured("USD", quote))
    }

    /// What a stage takes: a paper slot and a notional on paper, real capital otherwise. It waits where
    /// it is not free; several that want the same capital share it by their Sharpe ratios.
    pub(super) fn reserve_stage(
        &mut self,
        version: &Version,
        stage: Stage,
        capital: Decimal,
        weight: Weight,
    ) -> Result<Vec<ReservationId>, Refusal> {
        let strategy = version.strategy;
        let (named, sharpe) = match weight {
            Weight::By(sharpe) => (Some(strategy), sharpe),
            // A strategy that is named weighs by its record.
            Weight::Whole => (None, None),
        };
        let ttl = u64::from(self.state.settings.research.service_ttl_s.max(1));
        let item = |resource, class: Class, amount, agent: &str, word: &str| ReserveItem {
            resource,
            class: Some(class),
            amount,
            purpose: format!("{word}: {strategy} {}", version.version),
            ttl_s: Some(ttl),
            agent: Some(agent.parse().expect("a built-in name")),
            strategy: named,
            sharpe: sharpe.map(|s| s.clamp(-MAX_SHARPE, MAX_SHARPE).round_dp(8)),
        };
        let capital = capital.round_dp(8);
        let items = match stage {
            Stage::Warm => vec![
                ReserveItem {
                    sharpe: None,
                    ..item(Resource::Capital, Class::Paper, capital, "trader", "paper")
                },
                ReserveItem {
                    sharpe: None,
                    ..item(
                        Resource::Compute,
                        Class::Paper,
                        Decimal::ONE,
                        "trader",
                        "paper",
                    )
                },
            ],
            Stage::Limited => {
                vec![item(
                    Resource::Capital,
                    Class::Live,
                    capital,
                    "trader",
                    "live: limited",
                )]
            }
            Stage::Part(_) => vec![item(
                Resource::Capital,
                Class::Deployment,
                capital,
                "deployer",
                "deploy",
            )],
            Stage::InService => {
                vec![item(
                    Resource::Capital,
                    Class::Live,
                    capital,
                    "trader",
                    "live",
                )]
            }
        };
        match self.reserve(&items, None, true)? {
            Reply::Reserved(grants) => Ok(grants.iter().map(|g| g.id).collect()),
            Reply::Gathering(_, ids) => Ok(ids),
            _ => Ok(Vec::new()),
        }
    }

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

    /// What is in service of a strategy on a pair, oldest first.
    fn in_service(&self, version: &Version) -> Vec<ServiceId> {
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
