//! Whoever waits keeps its place, is told why, and is never forgotten.

use std::collections::BTreeSet;

use pilothouse::core::State;
use pilothouse::core::id::ReservationId;
use pilothouse::core::reservation::{Class, Pooled, Reservation, Standing, Waits};
use rust_decimal::Decimal;

use super::Found;

fn rows(state: &State, first: &Reservation) -> Vec<Reservation> {
    let ids = first.together();
    ids.iter()
        .filter_map(|id| state.ledger.get(*id).cloned())
        .collect()
}

fn pools(rows: &[Reservation]) -> BTreeSet<Pooled> {
    rows.iter().map(Reservation::pooled).collect()
}

/// Whether the state of trading lets a request be granted at all.
fn may_be_served(state: &State, rows: &[Reservation]) -> bool {
    state.mode().reserves() || rows.iter().all(|r| r.class == Class::Exit)
}

/// Whether nobody before it waits for the same resource.
pub fn in_turn(state: &State, id: ReservationId) -> Found {
    let Some(row) = state.ledger.get(id) else {
        return Ok(());
    };
    if matches!(row.waits, Some(Waits::Window { .. })) || !row.leads() {
        return Ok(());
    }
    let wanted = pools(&rows(state, row));
    for before in state.ledger.queue().take_while(|q| q.id != id) {
        let others = rows(state, before);
        let theirs = pools(&others);
        if before.waits == Some(Waits::Resource)
            && theirs.len() == 1
            && theirs.is_subset(&wanted)
            && may_be_served(state, &others)
            && possible(state, &others)
        {
            return Err(format!("{} was passed over", before.id));
        }
    }
    Ok(())
}

/// Whether those asked for together are still together while they wait.
pub fn together(state: &State) -> Found {
    for row in state.ledger.live() {
        let waits = |id: &ReservationId| {
            let other = state.ledger.get(*id);
            other.is_some_and(|r| r.standing == Standing::Queued)
        };
        if row.standing == Standing::Queued && !row.together().iter().all(waits) {
            return Err(format!("{} waits alone", row.id));
        }
    }
    Ok(())
}

/// Whether whoever could be served is, and whoever waits knows why.
pub fn nobody_forgotten(state: &State, ticked: bool) -> Found {
    if ticked {
        told(state)?;
    }
    let mut claimed: BTreeSet<Pooled> = BTreeSet::new();
    for first in state.ledger.queue() {
        let rows = rows(state, first);
        if !may_be_served(state, &rows) {
            continue;
        }
        let pools = pools(&rows);
        match first.waits {
            // Behind others who lack the same, it may not have been looked at since.
            Some(Waits::Activity(id))
                if !state.activities.live.contains_key(&id) && pools.is_disjoint(&claimed) =>
            {
                return Err(format!("{} waits for {id}, which is over", first.id));
            }
            Some(Waits::Resource) if possible(state, &rows) => {
                let gives_way = rows.iter().any(|r| gives_way(state, r));
                // Calls come back as time passes: only a tick knows.
                let knows = ticked || !pools.contains(&Pooled::Api);
                if knows && pools.is_disjoint(&claimed) && !gives_way && servable(state, &rows) {
                    return Err(format!("{} could be granted and waits", first.id));
                }
                claimed.extend(pools);
            }
            _ => {}
        }
    }
    Ok(())
}

fn told(state: &State) -> Found {
    let now = state.time;
    let every = i64::from(state.settings.resources.queue_notice_s) * 1000;
    for row in state.ledger.queue() {
        if now - row.told_at.unwrap_or(row.created_at) >= every {
            return Err(format!("{} waits and was not told why", row.id));
        }
    }
    match state.ledger.next_expiry() {
        Some(at) if at <= now => Err("what is due has not ended".into()),
        _ => Ok(()),
    }
}

/// Whether some running activity is in the way of what a row stands for.
fn gives_way(state: &State, row: &Reservation) -> bool {
    let running = state.activities.live.values().filter(|a| !a.queued);
    row.activity()
        .is_some_and(|kind| running.into_iter().any(|a| a.kind.queues(kind)))
}

fn sum(rows: &[Reservation], pooled: Pooled) -> Decimal {
    let of = rows.iter().filter(|r| r.pooled() == pooled);
    of.map(|r| r.asked).sum()
}

/// Whether all of a request would fit if nobody held anything: nothing is kept for what would not.
fn possible(state: &State, rows: &[Reservation]) -> bool {
    let limits = &state.settings.resources;
    sum(rows, Pooled::Capital) <= state.ledger.pool
        && sum(rows, Pooled::Paper) <= limits.paper_trades.into()
        && sum(rows, Pooled::Backtest) <= limits.backtests.into()
        && calls_fit(state, rows, |_| 0)
}

/// Whether the calls of a request fit both windows beside those spent in so many seconds. Only where
/// all of them are for exits do they get at the exits' share.
fn calls_fit(state: &State, rows: &[Reservation], spent: impl Fn(i64) -> u64) -> bool {
    let limits = &state.settings.resources;
    let mut calls = rows.iter().filter(|r| r.pooled() == Pooled::Api);
    let share = if calls.all(|r| r.class == Class::Exit) {
        Decimal::ONE
    } else {
        Decimal::ONE - limits.api_exit_share
    };
    let wanted = sum(rows, Pooled::Api);
    [(60, limits.api_per_minute), (3600, limits.api_per_hour)]
        .into_iter()
        .all(|(seconds, whole)| {
            Decimal::from(spent(seconds)) + wanted <= Decimal::from(whole) * share
        })
}

/// Whether all of a request would fit now.
fn servable(state: &State, rows: &[Reservation]) -> bool {
    let (ledger, limits) = (&state.ledger, &state.settings.resources);
    let turn = rows.iter().map(|r| r.class.priority()).max().unwrap_or(4);
    pools(rows).into_iter().all(|pooled| {
        let wanted = sum(rows, pooled);
        match pooled {
            Pooled::Capital => wanted <= ledger.reachable_capital(turn),
            Pooled::Live => true,
            Pooled::Paper => {
                ledger.slots_taken(Class::Paper) + wanted <= limits.paper_trades.into()
            }
            Pooled::Backtest => {
                ledger.slots_taken(Class::Backtest) + wanted <= limits.backtests.into()
            }
            Pooled::Api => calls_fit(state, rows, |s| ledger.api.spent(state.time, s)),
        }
    })
}
