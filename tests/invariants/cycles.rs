//! A cycle's phases go forward only, a symbol has one at a time, none moves after it was halted;
//! approvals and steps of degradation come one by one.

use std::collections::BTreeSet;

use pilothouse::core::trading_state::Mode;
use pilothouse::core::{Event, State};

use super::Found;

/// Before an event.
pub fn before(state: &State, event: &Event) -> Found {
    match event {
        Event::CycleOpened { symbol, .. } => {
            let mut live = state.cycles.live.values();
            match live.find(|c| c.symbol == *symbol) {
                Some(running) => Err(format!("{} runs already", running.id)),
                None => Ok(()),
            }
        }
        Event::CycleMoved { id, phase, .. } => match state.cycles.live.get(id) {
            None => Err("a cycle moved after its end".into()),
            Some(cycle) if *phase < cycle.phase || phase.is_terminal() => {
                Err(format!("{:?} came after {:?}", phase, cycle.phase))
            }
            Some(_) if !state.mode().schedules() => {
                Err(format!("a phase began while {:?}", state.mode()))
            }
            Some(_) => Ok(()),
        },
        Event::CycleEnded { id, .. } if !state.cycles.live.contains_key(id) => {
            Err("a cycle ended twice".into())
        }
        Event::ApprovalAsked { approval } if !state.settings.guide => {
            Err(format!("nobody wants to be asked for {:?}", approval.id))
        }
        Event::ApprovalEnded { id, .. } if !state.approvals.waiting.contains_key(id) => {
            Err("an approval was decided twice".into())
        }
        Event::DegradationMoved { level, .. } => {
            let steps = (*level as i8 - state.degradation.level as i8).abs();
            if steps == 1 {
                Ok(())
            } else {
                Err(format!("{steps} steps of degradation at once"))
            }
        }
        _ => Ok(()),
    }
}

/// Between decisions.
pub fn check(state: &State) -> Found {
    let mode = state.mode();
    let stopped = matches!(mode, Mode::Hardstopped | Mode::Halted);
    if stopped && let Some(id) = state.cycles.live.keys().next() {
        return Err(format!("{id} lives while {mode:?}"));
    }
    if mode == Mode::Hardstopped && !state.approvals.waiting.is_empty() {
        return Err("approvals wait under HARDSTOP".into());
    }
    let symbols: BTreeSet<_> = state.cycles.live.values().map(|c| c.symbol).collect();
    if symbols.len() < state.cycles.live.len() {
        return Err("two cycles of one symbol".into());
    }
    Ok(())
}
