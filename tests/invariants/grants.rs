//! Every grant fits at its own event, is of a class that trading allows, and ends as it may.

use pilothouse::core::id::ReservationId;
use pilothouse::core::reservation::{Class, Reservation, Resource, Standing};
use pilothouse::core::{State, Time};
use rust_decimal::Decimal;

use super::Found;

/// Whether the state of trading allows a request of this class.
pub fn allowed(state: &State, row: &Reservation) -> Found {
    if row.amount <= Decimal::ZERO {
        return Err("an amount that is not above 0".into());
    }
    let mode = state.mode();
    if row.class == Class::Exit || mode.reserves() {
        return Ok(());
    }
    Err(format!("{:?} was let in while {mode:?}", row.class))
}

/// Whether what is granted was waiting for it, within what it asked and what trading allows.
pub fn was_waiting(state: &State, id: ReservationId, amount: Decimal) -> Found {
    match state.ledger.get(id) {
        Some(row) if row.standing == Standing::Queued => {
            if amount > row.asked || amount <= Decimal::ZERO {
                return Err(format!("{amount} was granted of {} asked", row.asked));
            }
            allowed(state, row)
        }
        _ => Err("granted, and it did not wait".into()),
    }
}

/// Whether a reservation that was just granted fits into its limit.
pub fn fits(state: &State, row: &Reservation, now: Time) -> Found {
    // What was drawn in full was granted before: the pool may have shrunk under it meanwhile.
    let drawn = row.drawn.is_some_and(|d| d.amount == row.amount);
    if row.standing == Standing::Queued || drawn {
        return Ok(());
    }
    let (ledger, limits) = (&state.ledger, &state.settings.resources);
    match row.resource {
        Resource::Capital => {
            let taken = ledger.held_capital(None) + ledger.bound_capital(None);
            within("USD", taken, ledger.pool)
        }
        Resource::Compute => {
            let taken = ledger.slots_taken(row.class);
            match row.class.slots() {
                Class::Backtest => within("backtests", taken, limits.backtests.into()),
                Class::Paper => within("paper trades", taken, limits.paper_trades.into()),
                _ => Ok(()),
            }
        }
        Resource::Api => {
            let share = match row.class {
                Class::Exit => Decimal::ONE,
                _ => Decimal::ONE - limits.api_exit_share,
            };
            for (seconds, whole) in [(60, limits.api_per_minute), (3600, limits.api_per_hour)] {
                let spent = ledger.api.spent(now, seconds).into();
                within("calls", spent, Decimal::from(whole) * share)?;
            }
            Ok(())
        }
    }
}

fn within(what: &str, taken: Decimal, limit: Decimal) -> Found {
    if taken <= limit {
        return Ok(());
    }
    Err(format!("{taken} {what} are taken of {limit}"))
}

/// Whether a reservation may end in this way.
pub fn may_end(state: &State, id: ReservationId, how: Standing, now: Time) -> Found {
    let Some(row) = state.ledger.get(id) else {
        return Err("it was not there to end".into());
    };
    // Of those that wait together all end with the first.
    let with = match row.standing {
        Standing::Queued => row.together(),
        _ => vec![id],
    };
    let due = with.iter().any(|id| match state.ledger.get(*id) {
        Some(row) => row.expires_at.is_some_and(|at| at <= now),
        None => state.ledger.ended(*id) == Some(Standing::Expired),
    });
    let may = match (row.standing, how) {
        (Standing::Queued | Standing::Held, Standing::Expired) => due,
        (Standing::Queued, Standing::Cancelled | Standing::Denied)
        | (Standing::Held, Standing::Released | Standing::Preempted)
        | (Standing::Bound, Standing::Released) => true,
        (Standing::Held, Standing::Cancelled) => state.trading.hardstop.is_some(),
        _ => false,
    };
    if may {
        return Ok(());
    }
    Err(format!("{:?} ended as {how:?}", row.standing))
}
