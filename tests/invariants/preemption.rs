//! What is taken from somebody is held capital of strictly lower priority, the lowest and newest
//! first, no more than is needed, and never for a request that is then refused.

use pilothouse::core::id::ReservationId;
use pilothouse::core::reservation::{Reservation, Resource, Standing, Waits};
use pilothouse::core::{Event, State};
use rust_decimal::Decimal;

use super::Found;

/// For whom something was taken.
struct Taker {
    priority: u8,
    capital: Decimal,
}

/// Looks at every run of preemptions in a record.
pub fn check(before: &State, events: &[Event]) -> Found {
    if !events.iter().any(|e| taken(e).is_some()) {
        return Ok(());
    }
    let mut state = before.clone();
    let mut at = 0;
    while at < events.len() {
        if taken(&events[at]).is_some() {
            let end = (at..events.len())
                .find(|i| ends_run(&events[*i]))
                .unwrap_or(events.len());
            run(&state, &events[at..end], &events[end..])?;
            for event in &events[at..end] {
                state.evolve(state.time, event);
            }
            at = end;
        } else {
            state.evolve(state.time, &events[at]);
            at += 1;
        }
    }
    Ok(())
}

fn taken(event: &Event) -> Option<ReservationId> {
    match event {
        Event::ReservationEnded { id, how, .. } if *how == Standing::Preempted => Some(*id),
        _ => None,
    }
}

/// Whatever follows a run but the word to those it was taken from.
fn ends_run(event: &Event) -> bool {
    !matches!(event, Event::Sent { .. } | Event::MessageEnded { .. }) && taken(event).is_none()
}

fn run(state: &State, run: &[Event], after: &[Event]) -> Found {
    let victims: Vec<ReservationId> = run.iter().filter_map(taken).collect();
    let taker = taker(state, after)
        .ok_or_else(|| format!("{victims:?} were taken, and nobody was given anything"))?;
    let room =
        state.ledger.pool - state.ledger.held_capital(None) - state.ledger.bound_capital(None);
    let needed = taker.capital - room;
    let mut candidates: Vec<&Reservation> = state
        .ledger
        .live()
        .filter(|r| {
            r.resource == Resource::Capital
                && r.standing == Standing::Held
                && r.class.priority() > taker.priority
        })
        .collect();
    candidates.sort_by_key(|r| std::cmp::Reverse((r.class.priority(), r.id)));
    let total: Decimal = candidates
        .iter()
        .filter(|r| victims.contains(&r.id))
        .map(|r| r.amount)
        .sum();
    if total < needed {
        return Err(format!("{total} was taken of {needed} needed"));
    }
    for victim in victims {
        let Some(at) = candidates.iter().position(|r| r.id == victim) else {
            return Err(format!(
                "{victim} was taken for priority {}, from {:?}",
                taker.priority,
                state.ledger.get(victim)
            ));
        };
        if total - candidates[at].amount >= needed {
            return Err(format!("{victim} was taken without need"));
        }
        let sooner: Decimal = candidates[..at].iter().map(|r| r.amount).sum();
        if sooner >= needed {
            return Err(format!("{victim} was taken before lower or newer ones"));
        }
    }
    Ok(())
}

/// The request that comes next: alone, together with others, or a whole window.
fn taker(state: &State, after: &[Event]) -> Option<Taker> {
    let capital = |rows: &mut dyn Iterator<Item = (Resource, Decimal)>| {
        rows.filter(|(resource, _)| *resource == Resource::Capital)
            .map(|(_, amount)| amount)
            .sum()
    };
    let first = after.iter().find(|e| {
        matches!(e, Event::Reserved { row } if row.standing != Standing::Queued)
            || matches!(e, Event::Granted { .. })
    })?;
    match first {
        Event::Reserved { row } => {
            let together = row.together();
            let mut rows = after.iter().filter_map(|e| match e {
                Event::Reserved { row } if together.contains(&row.id) => {
                    Some((row.resource, row.amount))
                }
                _ => None,
            });
            Some(Taker {
                priority: row.turn,
                capital: capital(&mut rows),
            })
        }
        Event::Granted { id, .. } => {
            let row = state.ledger.get(*id)?;
            let window = matches!(row.waits, Some(Waits::Window { .. }));
            let ids = row.together();
            let of_window = |id: &ReservationId| {
                state
                    .ledger
                    .windows
                    .get(&row.class.priority())
                    .is_some_and(|w| w.contains(id))
            };
            let mut rows = after.iter().filter_map(|e| match e {
                Event::Granted { id, amount, .. }
                    if ids.contains(id) || window && of_window(id) =>
                {
                    Some((state.ledger.get(*id)?.resource, *amount))
                }
                _ => None,
            });
            Some(Taker {
                priority: row.turn,
                capital: capital(&mut rows),
            })
        }
        _ => None,
    }
}
