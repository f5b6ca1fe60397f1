//! A story told by a real engine: deployer, optimizer, discoverer and trader at work at once, on recorded
//! prices, with less capital than they want. It goes through the same door as anybody's requests, and what
//! it prints is read back from the journal.

mod audit;
mod market;
mod scenes;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde::Serialize;

pub use market::write as write_market;

use crate::api::{Api, Caller};
use crate::client::{Call, Problem};
use crate::config::Config;
use crate::core::Symbol;
use crate::engine::{Engine, FeedChoice, LaunchError, Options, Speed};

/// What a story is told on.
#[derive(Debug, Clone)]
pub struct Market {
    /// What research looks at: bars that come before the others.
    pub history: PathBuf,
    /// What is traded meanwhile.
    pub feed: PathBuf,
    /// Both are of this pair.
    pub symbol: Symbol,
    /// Length of their bars, milliseconds.
    pub interval_ms: i64,
}

/// How a story is told.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Engine seconds a wall second.
    pub speed: u32,
    /// Backtests of the optimisation.
    pub trials: u32,
    /// Strategies that each discovery composes.
    pub candidates: u32,
    /// What chance is drawn from.
    pub seed: u64,
    /// Shortest time of a deployment's stage, seconds of engine time.
    pub stage_s: u32,
    /// Whether candidates are followed until they have left paper.
    pub follow: bool,
    /// Longest wait for anything.
    pub patience: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            speed: 20_000,
            trials: 240,
            candidates: 24,
            seed: 7,
            stage_s: 6 * 3600,
            follow: true,
            patience: Duration::from_secs(120),
        }
    }
}

/// Why a story has no end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The engine does not start.
    #[error(transparent)]
    Launch(#[from] Box<LaunchError>),
    /// It refused what the story asks.
    #[error("{doing}: {problem}")]
    Asked {
        /// What was asked.
        doing: String,
        /// What it said.
        problem: Problem,
    },
    /// What should have come did not.
    #[error("waited {seconds} s for {what}")]
    Waited {
        /// For what.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// Its folder is somebody's already.
    #[error("{} is there already", .0.display())]
    Taken(PathBuf),
    /// The disk.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// What the story came to, for whoever checks it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Told {
    /// The optimisation.
    pub optimisation: String,
    /// How it ended.
    pub optimisation_status: String,
    /// Whether it was held at a step while the deployment ran.
    pub held: bool,
    /// The deployment.
    pub deployment: String,
    /// Where it ended.
    pub deployment_stage: String,
    /// What two strategies wanted of the same capital, and what each got, USD.
    pub shared: Vec<Share>,
    /// The discovery that the stop ended.
    pub discovery: String,
    /// How it ended.
    pub discovery_status: String,
    /// Candidates that traded on paper.
    pub candidates: u64,
    /// Microseconds from the press to the closed gate, and to the journal.
    pub stopped_us: (u64, u64),
    /// Live reservations after the stop, but those that orders and positions live on.
    pub leaked: u64,
    /// Records in the journal.
    pub records: u64,
}

/// A strategy's part of capital that did not suffice.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Share {
    /// Which strategy.
    pub strategy: String,
    /// Its Sharpe ratio.
    pub sharpe: String,
    /// USD it wanted.
    pub asked: Decimal,
    /// USD it got.
    pub granted: Decimal,
}

/// The engine of a story, and its door.
pub(crate) struct Stage {
    api: Arc<Api>,
    engine: Option<Engine>,
    terms: Terms,
    market: Market,
    said: Box<dyn FnMut(&str)>,
}

/// What a test of strategies takes weeks for takes minutes here.
fn config(terms: &Terms) -> Config {
    let mut config = Config::default();
    let research = &mut config.research;
    // Engine time runs far ahead of the wall clock that computing takes.
    research.step_ttl_s = 2_592_000;
    research.service_ttl_s = 2_592_000;
    research.min_sharpe = Decimal::ZERO;
    research.min_excess_sharpe = Decimal::ZERO;
    research.max_drawdown = Decimal::ONE;
    research.min_trades = 3;
    research.warm_s = 3 * 86_400;
    research.warm_capital_usd = dec!(300);
    research.limited_s = 2 * 86_400;
    research.limited_capital_usd = dec!(200);
    research.limited_trades = 2;
    research.stage_s = i64::from(terms.stage_s);
    research.stage_trades = 1;
    research.patience = 8;
    research.drawdown_floor = dec!(0.5);
    // The crew looks on: the story is of the four.
    let schedules = &mut config.coordinator.schedules;
    schedules.technical_analysis.interval_s = 3600;
    schedules.regime_detection.interval_s = 3600;
    schedules.trading_decision.enabled = false;
    // A bad day on real prices must not end the story before its end.
    config.coordinator.max_stops_in_row = 10_000;
    config.coordinator.max_drawdown = Decimal::ONE;
    config.risk.organisation.daily_loss_usd = dec!(100_000);
    config
        .execution
        .paper
        .balances
        .insert("USDT".into(), dec!(2000));
    config
}

/// Tells the story in a state folder of its own; `said` is given each line of it.
///
/// # Errors
/// The engine does not start, refuses what is asked, or takes longer than the patience of `terms`.
pub fn tell(
    dir: &Path,
    market: Market,
    terms: Terms,
    said: impl FnMut(&str) + 'static,
) -> Result<Told, DemoError> {
    let options = Options {
        state_dir: dir.to_owned(),
        config: config(&terms),
        feed: FeedChoice::Recorded(market.feed.clone()),
        speed: Some(Speed::Times(terms.speed)),
        seed: terms.seed,
        symbol: Some(market.symbol),
        exit_at_end: false,
        accept_loss: None,
        views: false,
    };
    let engine = Engine::start(options).map_err(Box::new)?;
    let api = Arc::new(Api::new(engine.handle.clone(), dir));
    let mut stage = Stage {
        api,
        engine: Some(engine),
        terms,
        market,
        said: Box::new(said),
    };
    let told = stage.tell();
    stage.leave();
    told
}

impl Stage {
    fn say(&mut self, line: &str) {
        (self.said)(line);
    }

    fn leave(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.handle.shutdown();
            engine.join();
        }
    }

    fn ask(&self, call: &Call) -> Result<serde_json::Value, DemoError> {
        let answer = self.api.dispatch(&Caller::owner(), call).into_result();
        answer.map_err(|problem| DemoError::Asked {
            doing: format!("{} {}", call.method, call.path),
            problem,
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.leave();
    }
}
