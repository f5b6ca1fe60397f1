//! What must hold whatever is asked, checked from outside: an auditor folds every record event by
//! event and looks at the state before and after each. It knows the rules of domain.md, not how
//! the core keeps them.

mod activities;
mod bus;
mod circles;
mod cycles;
mod drawing;
mod grants;
mod holdings;
mod preemption;
mod stop;
mod turns;

use std::collections::BTreeSet;

use pilothouse::core::activity::ActivityKind;
use pilothouse::core::id::ReservationId;
use pilothouse::core::{Command, Event, Name, State};

/// What was found; an error is a rule that was broken, in words.
pub type Found = Result<(), String>;

/// Follows a core record by record.
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    /// The fold of all events so far, one by one.
    pub shadow: State,
    ended: BTreeSet<ReservationId>,
    copies: bus::Copies,
    lent: drawing::Granted,
    /// Activities that ended in this record: what they held goes on as one.
    over: Vec<(ActivityKind, Name)>,
    inventory: Option<holdings::Inventory>,
}

impl Auditor {
    /// Goes on from what a restart has recovered: what was never durable has not happened.
    pub fn recovered(&mut self, state: State) {
        self.ended.retain(|id| state.ledger.ended(*id).is_some());
        self.copies = bus::Copies::of(&state);
        self.lent.recovered(&state);
        self.shadow = state;
    }

    /// Looks at one decision of the core, which now stands at `after`.
    pub fn decision(&mut self, after: &State, command: &Command, events: &[Event]) -> Found {
        if events.is_empty() {
            return Ok(());
        }
        let at = after.time;
        preemption::check(&self.shadow, events)?;
        self.over.clear();
        let stopped = self.shadow.trading.hardstop.is_some();
        for event in events {
            self.before(event, after)
                .map_err(|e| format!("{e}, at {event:?} of {command:?}"))?;
            self.shadow.evolve(at, event);
            self.copies.after(&self.shadow, event);
            self.lent.after(&self.shadow, event)?;
            self.after(event, after)
                .map_err(|e| format!("{e}, after {event:?} of {command:?}"))?;
        }
        (self.shadow.seq, self.shadow.time) = (after.seq, after.time);
        self.settled(command, events, stopped)
            .map_err(|e| format!("{e}, after {command:?}"))
    }

    fn before(&mut self, event: &Event, after: &State) -> Found {
        let state = &self.shadow;
        self.copies.before(state, event)?;
        cycles::before(state, event)?;
        self.inventory = holdings::before(state, event);
        match event {
            Event::Reserved { row } => {
                if self.ended.contains(&row.id) || state.ledger.get(row.id).is_some() {
                    return Err("an id came back".into());
                }
                drawing::may(state, row)?;
                grants::allowed(state, row)
            }
            Event::Granted { id, amount, .. } => {
                grants::was_waiting(state, *id, *amount)?;
                turns::in_turn(state, *id)
            }
            Event::ReservationEnded { id, how, .. } => {
                if !self.ended.insert(*id) {
                    return Err("it ended twice".into());
                }
                grants::may_end(state, *id, *how, after.time)
            }
            Event::ActivityBegan { activity }
                if !activity.queued && !self.over.contains(&(activity.kind, activity.agent)) =>
            {
                activities::may_run(state, activity)
            }
            Event::ActivityResumed { id } => match state.activities.live.get(id) {
                Some(activity) => activities::may_run(state, activity),
                None => Err("an ended activity came back".into()),
            },
            Event::ActivityEnded { id, .. } => match state.activities.live.get(id) {
                Some(activity) => {
                    self.over.push((activity.kind, activity.agent));
                    Ok(())
                }
                None => Err("an activity ended twice".into()),
            },
            Event::Defect { what } => Err(format!("a defect: {what}")),
            _ => Ok(()),
        }
    }

    fn after(&self, event: &Event, after: &State) -> Found {
        let state = &self.shadow;
        match event {
            Event::Reserved { row } => grants::fits(state, row, after.time),
            Event::Granted { id, .. } => match state.ledger.get(*id) {
                Some(row) => grants::fits(state, row, after.time),
                None => Err("a grant of nothing".into()),
            },
            _ => holdings::after(state, self.inventory.as_ref()),
        }
    }

    /// What holds between any two decisions.
    fn settled(&self, command: &Command, events: &[Event], stopped: bool) -> Found {
        let state = &self.shadow;
        state.ledger.check()?;
        stop::check(state, events, stopped)?;
        turns::together(state)?;
        activities::check(state)?;
        let ticked = *command == Command::Tick;
        turns::nobody_forgotten(state, ticked)?;
        self.copies.check(state, events, ticked)?;
        cycles::check(state)?;
        circles::check(state, events)
    }
}
