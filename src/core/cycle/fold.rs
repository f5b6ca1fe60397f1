//! How cycles follow their events.

use super::{Cycle, Findings, Phase, PhaseRun};
use crate::core::id::{CycleId, MessageId};
use crate::core::state::State;
use crate::core::text::{Name, Symbol};
use crate::core::time::Time;

impl State {
    pub(in crate::core) fn open_cycle(&mut self, at: Time, id: CycleId, symbol: Symbol) {
        self.cycles.live.insert(
            id,
            Cycle {
                id,
                symbol,
                phase: Phase::Initializing,
                started_at: at,
                ended_at: None,
                phases: vec![begun(Phase::Initializing, None, at)],
                reason: None,
                result: None,
                waiting: None,
                found: Findings::default(),
                data: std::collections::BTreeMap::new(),
            },
        );
    }

    pub(in crate::core) fn move_cycle(
        &mut self,
        at: Time,
        id: CycleId,
        phase: Phase,
        waiting: (Option<MessageId>, Option<Name>),
        result: Option<&str>,
    ) {
        let Some(cycle) = self.cycles.live.get_mut(&id) else {
            return;
        };
        let (message, agent) = waiting;
        cycle.waiting = message;
        if cycle.phase == phase {
            // It stays where it is, and waits for something else than its agent.
            if let Some(last) = cycle.phases.last_mut() {
                last.result = result.map(str::to_owned);
            }
            return;
        }
        finish(cycle, at, result);
        cycle.phase = phase;
        cycle.phases.push(begun(phase, agent, at));
    }

    pub(in crate::core) fn end_cycle(
        &mut self,
        at: Time,
        id: CycleId,
        phase: Phase,
        result: &str,
        keep: usize,
    ) {
        let Some(mut cycle) = self.cycles.live.remove(&id) else {
            return;
        };
        finish(&mut cycle, at, Some(result));
        cycle.phase = phase;
        cycle.waiting = None;
        cycle.ended_at = Some(at);
        match phase {
            Phase::Completed => {
                self.cycles.completed += 1;
                cycle.result = Some(result.to_owned());
            }
            Phase::Halted => {
                self.cycles.halted += 1;
                cycle.reason = Some(result.to_owned());
            }
            _ => {
                self.cycles.failed += 1;
                cycle.reason = Some(result.to_owned());
            }
        }
        self.cycles.past.push_back(cycle);
        while self.cycles.past.len() > keep {
            self.cycles.past.pop_front();
        }
    }
}

fn begun(phase: Phase, agent: Option<Name>, at: Time) -> PhaseRun {
    PhaseRun {
        phase,
        agent: agent.or_else(|| phase.agent().and_then(|a| a.parse().ok())),
        started_at: at,
        ended_at: None,
        result: None,
    }
}

fn finish(cycle: &mut Cycle, at: Time, result: Option<&str>) {
    if let Some(last) = cycle.phases.last_mut() {
        last.ended_at = Some(at);
        last.result = result.map(str::to_owned);
    }
}
