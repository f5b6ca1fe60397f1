//! How a service begins: what may be deployed, and what each stage reserves.

use rust_decimal::Decimal;

use super::{Book, End, Kind, Service, Stage};
use crate::core::command::DeployRequest;
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::{ReservationId, ServiceId};
use crate::core::refusal::Refusal;
use crate::core::research::Version;
use crate::core::reservation::{Class, ReserveItem, Resource};
use crate::core::state::{Decider, Reply};

/// Services at once.
const MAX_LIVE: usize = 64;
/// A ratio beyond it, either way, weighs no more when capital is shared.
const MAX_SHARPE: Decimal = Decimal::ONE_HUNDRED;

/// What a service is opened as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub kind: Kind,
    pub stage: Stage,
    pub replaces: Option<ServiceId>,
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

    pub(super) fn open_with(
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
}
