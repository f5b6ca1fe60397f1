//! HARDSTOP: once swept nothing but exits is held or waits, no activity lives, and only a
//! clear lifts it.

use pilothouse::core::reservation::{Class, Standing};
use pilothouse::core::{Event, State};

use super::Found;

/// `stopped`: whether it was engaged before the record.
pub fn check(state: &State, events: &[Event], stopped: bool) -> Found {
    let engaged = state.trading.hardstop.is_some();
    if stopped && !engaged {
        let cleared = |e: &Event| matches!(e, Event::HardstopCleared { .. });
        if !events.iter().any(cleared) {
            return Err("HARDSTOP went away by itself".into());
        }
        if state.mode().entries() {
            return Err("a clear let entries in".into());
        }
    }
    if !engaged {
        return Ok(());
    }
    if let Some(activity) = state.activities.live.values().next() {
        return Err(format!("{activity:?} lives under HARDSTOP"));
    }
    let left = state
        .ledger
        .live()
        .find(|r| r.class != Class::Exit && r.standing != Standing::Bound);
    match left {
        Some(row) if !state.trading.sweeping => Err(format!("{row:?} outlived HARDSTOP")),
        _ => Ok(()),
    }
}
