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
        let replaces = same().find(|s| s.stage == Stage::InService).map(|s| s.id);
        let id = self.open_at(
            Kind::Deployment,
            version,
            request.capital,
            Stage::Part(0),
            replaces,
        )?;
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
    pub(in crate::core) fn open_service(
        &mut self,
        kind: Kind,
        version: Version,
        capital: Decimal,
        replaces: Option<ServiceId>,
    ) {
        let stage = match kind {
            Kind::Candidate => Stage::Warm,
            Kind::Deployment => Stage::InService,
        };
        if let Err(refusal) = self.open_at(kind, version, capital, stage, replaces) {
            self.emit(Event::Refused { refusal });
        }
    }

    fn open_at(
        &mut self,
        kind: Kind,
        version: Version,
        capital: Decimal,
        stage: Stage,
        replaces: Option<ServiceId>,
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
        self.counted_in_usd(&version)?;
        let sharpe = version.promise.as_ref().and_then(|p| p.sharpe);
        let holds = self.reserve_stage(&version, stage, capital, sharpe)?;
        let id = ServiceId(self.next_id());
        let service = Service {
            id,
            kind,
            run: version.run,
            version,
            by: self.actor,
            asked: capital,
            capital: Decimal::ZERO,
            stage,
            staged_at: self.now,
            began_at: None,
            holds,
            book: Book::default(),
            left: Vec::new(),
            replaces,
            created_at: self.now,
            ended: None,
        };
        self.emit(Event::ServiceOpened {
            service: Box::new(service),
        });
        Ok(id)
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
        sharpe: Option<Decimal>,
    ) -> Result<Vec<ReservationId>, Refusal> {
        let strategy = version.strategy;
        let ttl = u64::from(self.state.settings.research.service_ttl_s.max(1));
        let item = |resource, class: Class, amount, agent: &str, word: &str| ReserveItem {
            resource,
            class: Some(class),
            amount,
            purpose: format!("{word}: {strategy} {}", version.version),
            ttl_s: Some(ttl),
            agent: Some(agent.parse().expect("a built-in name")),
            strategy: Some(strategy),
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
                self.end_service(id, how, &reason, gates);
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
                let next = match self.reserve_stage(&version, Stage::Limited, capital, sharpe) {
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
                });
            }
            Stage::Part(_) => self.enter_service(id, &version, gates),
            Stage::InService => {}
        }
        Ok(Reply::Service(id))
    }

    /// The deployment is over: its capital passes to the trader in the same record, so that nobody can
    /// come between, and what it takes the place of ends.
    fn enter_service(&mut self, id: ServiceId, version: &Version, gates: &[GateResult]) {
        let Some(service) = self.state.services.live.get(&id) else {
            return;
        };
        let (holds, replaces) = (service.holds.clone(), service.replaces);
        let ttl = self.state.settings.research.service_ttl_s;
        let purpose = format!("live: {} {}", version.strategy, version.version);
        let trader: Name = "trader".parse().expect("a built-in name");
        let mut passed = Vec::with_capacity(holds.len());
        for hold in holds {
            if let Some(new) = self.pass_on(hold, trader, Class::Live, &purpose, ttl) {
                passed.push(new);
            }
        }
        self.emit(Event::ServiceStaged {
            id,
            stage: Stage::InService,
            holds: passed,
            gates: gates.to_vec(),
        });
        if let Some(before) = replaces {
            self.end_service(
                before,
                End::Superseded,
                &format!("{id} takes its place"),
                &[],
            );
        }
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
        let Some(service) = newest else {
            return Err(Refusal::new(
                "DEPLOY_UNKNOWN",
                format!("no version of {strategy} is in service or on its way"),
                "`pilothouse strategy list` shows what is",
            ));
        };
        let (id, stage, capital, replaces) =
            (service.id, service.stage, service.asked, service.replaces);
        let reason = format!("{}: {reason}", self.actor);
        self.end_service(id, End::RolledBack, &reason, &[]);
        self.reinstate(stage, capital, replaces);
        Ok(Reply::Service(id))
    }

    /// The version that was in service before goes to work again, with its capital.
    fn reinstate(&mut self, stage: Stage, capital: Decimal, replaced: Option<ServiceId>) {
        if stage != Stage::InService || !self.state.mode().reserves() {
            return;
        }
        let before = replaced.and_then(|id| self.state.services.get(id));
        let Some(before) =
            before.filter(|s| s.ended.as_ref().is_some_and(|e| e.how == End::Superseded))
        else {
            return;
        };
        let (version, again) = (before.version.clone(), before.replaces);
        self.open_service(Kind::Deployment, version, capital, again);
    }
}
