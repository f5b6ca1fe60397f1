//! When a cycle may begin: trading goes, and every agent it needs is well.

use super::Phase;
use crate::core::decide::Answer;
use crate::core::degradation::Level;
use crate::core::event::Event;
use crate::core::health::AgentHealth;
use crate::core::id::CycleId;
use crate::core::message::Payload;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Reply};
use crate::core::text::{Name, Symbol};
use crate::core::trading_state::Mode;

/// An unhealthy agent gets another chance after this long, milliseconds of engine time.
const PROBE_MS: i64 = 300_000;

impl Decider<'_> {
    pub(in crate::core) fn start_cycle(&mut self, symbol: Option<Symbol>) -> Answer {
        let symbol = match symbol {
            Some(symbol) => {
                self.known_symbol(symbol)?;
                symbol
            }
            None => *self.state.settings.symbols.first().ok_or_else(|| {
                Refusal::new(
                    "CYCLE_SYMBOL",
                    "nothing is traded here",
                    "configure a symbol",
                )
            })?,
        };
        self.open_cycle(symbol).map(Reply::Cycle)
    }

    /// The schedule's own: a cycle that may not start is kept with its reason, one that is running
    /// already is said to be, and the schedule goes on.
    pub(in crate::core) fn open_scheduled(&mut self, symbol: Symbol) {
        if let Err(refusal) = self.may_open(symbol) {
            self.emit(Event::Refused { refusal });
            return;
        }
        let _ = self.open_cycle(symbol);
    }

    fn may_open(&self, symbol: Symbol) -> Result<(), Refusal> {
        if self.state.cycles.live.values().any(|c| c.symbol == symbol) {
            return Err(Refusal::new(
                "CYCLE_RUNNING",
                format!("a cycle of {symbol} is running"),
                "wait for its end, or halt it",
            ));
        }
        Ok(())
    }

    fn open_cycle(&mut self, symbol: Symbol) -> Result<CycleId, Refusal> {
        self.may_open(symbol)?;
        let count = self.state.cycles.live.len() as u64 + self.state.cycles.ended();
        let id = CycleId {
            second: self.now.0.div_euclid(1000),
            n: u32::try_from(count + 1).unwrap_or(u32::MAX),
        };
        self.emit(Event::CycleOpened { id, symbol });
        if let Some(why) = self.may_not_start() {
            self.end_cycle(id, Phase::Halted, &why);
            return Err(Refusal::new(
                "CYCLE_MAY_NOT_START",
                why,
                "`pilothouse status` shows state and health",
            ));
        }
        let ask = Payload::Analyse { symbol };
        self.enter_phase(
            id,
            Phase::StrategyAnalysis,
            "analyse",
            ask,
            "agents are well",
        );
        Ok(id)
    }

    fn may_not_start(&self) -> Option<String> {
        let mode = self.state.mode();
        if !mode.schedules() || mode == Mode::Paused {
            return Some(format!("trading is {}", mode.as_str()));
        }
        if self.state.degradation.level == Level::Emergency {
            return Some("degradation is emergency: there are no entries".to_owned());
        }
        let unwell: Vec<&str> = self
            .state
            .needed_agents()
            .into_iter()
            .filter(|name| !self.is_stood_in_for(name))
            .filter(|name| {
                let name: Name = name.parse().expect("a built-in name");
                self.state
                    .agents
                    .get(&name)
                    .is_some_and(|a| a.stale || a.unhealthy && !self.may_probe(a))
            })
            .collect();
        (!unwell.is_empty()).then(|| format!("Unhealthy agents detected: {}", unwell.join(", ")))
    }

    /// Whether an agent outside the process, which is well, is asked in its place.
    fn is_stood_in_for(&self, name: &str) -> bool {
        Phase::ALL
            .iter()
            .filter(|phase| phase.agent() == Some(name))
            .any(|phase| {
                self.state
                    .answers(*phase)
                    .is_some_and(|a| a.as_str() != name)
            })
    }

    /// An agent that works only in cycles could never show that it is well again: after five
    /// minutes without a failure it gets one more chance.
    fn may_probe(&self, agent: &AgentHealth) -> bool {
        agent.failed_at.is_none_or(|at| self.now - at >= PROBE_MS)
    }
}
