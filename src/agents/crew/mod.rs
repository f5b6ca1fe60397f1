//! The shell around the agents: a thread, a bounded queue and a pulse each. An agent that panics,
//! hangs or is flooded is contained here; the core never waits for one.

mod clock;
mod desk;
mod pulse;
mod report;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use clock::{Clock, SystemClock};
pub use report::{Beat, CrewAnswer, Refused, WorkDone};

use super::{
    Agent, Brief, Deployer, Discoverer, Execution, RegimeDetection, Risk, TechnicalAnalysis,
    Trader, TradingDecision, Work,
};
use crate::core::Name;
use desk::Desk;

/// Makes an agent; called again after a panic.
pub type Maker = Arc<dyn Fn() -> Box<dyn Agent> + Send + Sync>;
/// Where answers go. It is called on the agents' threads and on the one that cuts off, and should not
/// wait.
pub type OnAnswer = Arc<dyn Fn(CrewAnswer) + Send + Sync>;

/// How often an agent without work gives a sign of life.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// How long the end of the crew waits for work that runs.
const PATIENCE: Duration = Duration::from_secs(1);

/// The agents at work.
pub struct Crew {
    desks: BTreeMap<Name, Arc<Desk>>,
}

impl Crew {
    /// The built-in agents, each on a thread of its own.
    pub fn start(on_answer: OnAnswer) -> Self {
        let makers: [Maker; 8] = [
            Arc::new(|| Box::new(TechnicalAnalysis)),
            Arc::new(|| Box::new(RegimeDetection)),
            Arc::new(|| Box::new(TradingDecision)),
            Arc::new(|| Box::new(Risk)),
            Arc::new(|| Box::new(Execution)),
            Arc::new(|| Box::new(Trader::default())),
            Arc::new(|| Box::new(Deployer)),
            Arc::new(|| Box::new(Discoverer)),
        ];
        let members = makers.into_iter().map(|make| (make().name(), make));
        Self::with(
            members.collect(),
            Arc::new(SystemClock),
            BEAT_EVERY,
            on_answer,
        )
    }

    /// Agents by name, on a clock of the caller's; who has no work beats every `beat_every`.
    pub fn with(
        members: Vec<(Name, Maker)>,
        clock: Arc<dyn Clock>,
        beat_every: Duration,
        on_answer: OnAnswer,
    ) -> Self {
        let desk = |(name, make)| {
            let (clock, on_answer) = (Arc::clone(&clock), Arc::clone(&on_answer));
            let desk = Desk::new(name, make, clock, beat_every, on_answer);
            (name, Arc::new(desk))
        };
        let crew = Self {
            desks: members.into_iter().map(desk).collect(),
        };
        for desk in crew.desks.values() {
            // Where no thread can be had now, the first work asks again and says so.
            let _ = worker::seat(desk);
        }
        crew
    }

    /// Gives an agent work. It is answered once, through the callback; a halt overtakes what waits and
    /// drops it.
    ///
    /// # Errors
    /// The work was not taken and will not be answered.
    pub fn assign(&self, agent: Name, brief: Brief, work: Work) -> Result<(), Refused> {
        let desk = self.desks.get(&agent).ok_or(Refused::Unknown)?;
        worker::seat(desk)?;
        desk.take(brief, work)
    }

    /// Whether somebody of that name works here.
    pub fn seats(&self, agent: Name) -> bool {
        self.desks.contains_key(&agent)
    }

    /// The last sign of life of each agent, by name.
    pub fn beats(&self) -> Vec<Beat> {
        self.desks.values().map(|desk| desk.beat()).collect()
    }

    /// Agents that have been at one piece of work for longer than `limit`.
    pub fn overdue(&self, limit: Duration) -> Vec<Name> {
        self.desks
            .values()
            .filter(|desk| desk.is_overdue(limit))
            .map(|desk| desk.name)
            .collect()
    }

    /// Gives up the thread an agent is at work on, answers for it, and starts another one. False where
    /// it is not at work.
    pub fn cut_off(&self, agent: Name) -> bool {
        let Some(desk) = self.desks.get(&agent) else {
            return false;
        };
        let cut = desk.cut_off();
        if cut && worker::seat(desk).is_err() {
            desk.obey_halts();
        }
        cut
    }

    /// Ends the crew: what waits is forgotten, what runs has a second to come back and is not heard
    /// after it.
    pub fn stop(&self) {
        for desk in self.desks.values() {
            desk.stop();
        }
        let deadline = Instant::now() + PATIENCE;
        for desk in self.desks.values() {
            desk.wait_empty(deadline);
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
