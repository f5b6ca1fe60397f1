//! What was granted stays what it was, however much of it orders have drawn: what is left and what
//! lives on it add up, as long as it is held.

use std::collections::BTreeMap;

use pilothouse::core::id::ReservationId;
use pilothouse::core::reservation::{Class, Reservation, Resource, Standing};
use pilothouse::core::{Event, State};
use rust_decimal::Decimal;

use super::Found;

/// What each reservation that is held was granted, as its own grant said.
#[derive(Debug, Clone, Default)]
pub struct Granted(BTreeMap<ReservationId, Decimal>);

/// Whether a row may draw on what it says it does.
pub fn may(state: &State, row: &Reservation) -> Found {
    let Some(drawn) = &row.drawn else {
        return Ok(());
    };
    let Some(source) = state.ledger.get(drawn.from) else {
        return Err(format!("{} draws on what is not there", row.id));
    };
    let fits = source.standing == Standing::Held
        && source.resource == Resource::Capital
        && matches!(source.class, Class::Live | Class::Deployment)
        && row.standing == Standing::Bound
        && drawn.amount <= source.amount
        && source.strategy.is_none_or(|s| row.strategy == Some(s));
    if fits {
        return Ok(());
    }
    Err(format!("{row:?} draws on {source:?}"))
}

impl Granted {
    /// Goes on from a state that was recovered: what waits again was never granted.
    pub fn recovered(&mut self, state: &State) {
        let held = |row: &&Reservation| row.standing == Standing::Held;
        let rows = state.ledger.live().filter(held);
        self.0 = rows.map(|row| (row.id, row.granted())).collect();
    }

    /// After an event.
    pub fn after(&mut self, state: &State, event: &Event) -> Found {
        match event {
            Event::Reserved { row } if row.standing == Standing::Held => {
                self.0.insert(row.id, row.amount);
            }
            Event::Granted { id, amount, .. } => {
                self.0.insert(*id, *amount);
            }
            Event::ReservationEnded { id, .. } => {
                self.0.remove(id);
                return self.check(state);
            }
            Event::HandedOver { from, row } => {
                self.0.remove(from);
                self.0.insert(row.id, row.granted());
                return self.check(state);
            }
            Event::Bound { .. } => return self.check(state),
            _ => {}
        }
        match event {
            Event::Reserved { row } if row.drawn.is_some() => self.check(state),
            _ => Ok(()),
        }
    }

    fn check(&self, state: &State) -> Found {
        let mut sums: BTreeMap<ReservationId, Decimal> = BTreeMap::new();
        for row in state.ledger.live() {
            match &row.drawn {
                Some(drawn) => *sums.entry(drawn.from).or_default() += drawn.amount,
                None => *sums.entry(row.id).or_default() += row.amount,
            }
        }
        for (id, granted) in &self.0 {
            let sum = sums.get(id).copied().unwrap_or_default();
            if sum != *granted {
                return Err(format!("{id} was granted {granted} and comes to {sum}"));
            }
        }
        Ok(())
    }
}
