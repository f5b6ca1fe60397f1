//! What fits, and whom it takes where it does not fit by itself (R1).

use rust_decimal::Decimal;

use super::ask::{Wanted, turn};
use super::{Class, Ledger, Pooled, Reservation, Resource, Standing};
use crate::core::id::ReservationId;
use crate::core::refusal::Refusal;
use crate::core::settings::ResourceSettings;
use crate::core::time::Time;

/// Holders named in a refusal.
const MAX_HOLDERS: usize = 10;

/// Why a request does not fit: what it lacks, and the words for it.
#[derive(Debug)]
pub(super) struct Lacks {
    pub(super) what: Pooled,
    pub(super) refusal: Refusal,
    /// Whether it would fit where nobody else held anything.
    pub(super) ever: bool,
}

/// The reservations that have to go so that all of it fits; none where it fits as it is.
///
/// # Errors
/// What it lacks first. Nothing is taken then.
pub(super) fn fit(
    ledger: &Ledger,
    settings: &ResourceSettings,
    now: Time,
    wanted: &[Wanted],
) -> Result<Vec<ReservationId>, Lacks> {
    slots(ledger, settings, wanted)?;
    calls(ledger, settings, now, wanted)?;
    let capital = sum(wanted, Pooled::Capital);
    let (free, priority) = (ledger.available_capital(), turn(wanted));
    if capital.is_zero() || capital <= free {
        return Ok(Vec::new());
    }
    let reachable = ledger.reachable_capital(priority);
    if capital <= reachable {
        return Ok(ledger.victims(priority, capital));
    }
    let takes = match ledger.preemptible_capital(priority) {
        taken if taken.is_zero() => String::new(),
        taken => format!(
            ", {} more could be taken from lower priorities",
            taken.normalize()
        ),
    };
    let words = format!(
        "{} USD are wanted and {} are free{takes}",
        capital.normalize(),
        free.normalize()
    );
    Err(Lacks {
        what: Pooled::Capital,
        ever: capital <= ledger.pool,
        refusal: Refusal::new(
            "RESERVE_CAPITAL",
            words,
            "ask for less, ask with wait, or wait until one of the holders gives back",
        )
        .measured(free.normalize(), capital.normalize())
        .held_by(holders(ledger, Pooled::Capital)),
    })
}

fn sum(wanted: &[Wanted], pooled: Pooled) -> Decimal {
    let of = |w: &&Wanted| w.pooled() == pooled;
    wanted.iter().filter(of).map(|w| w.amount).sum()
}

fn slots(ledger: &Ledger, settings: &ResourceSettings, wanted: &[Wanted]) -> Result<(), Lacks> {
    for (pooled, class, limit) in [
        (Pooled::Backtest, Class::Backtest, settings.backtests),
        (Pooled::Paper, Class::Paper, settings.paper_trades),
    ] {
        let slots = sum(wanted, pooled);
        let (taken, limit) = (ledger.slots_taken(class), Decimal::from(limit));
        if slots.is_zero() || taken + slots <= limit {
            continue;
        }
        return Err(Lacks {
            what: pooled,
            ever: slots <= limit,
            refusal: Refusal::new(
                "RESERVE_COMPUTE",
                format!("{taken} of {limit} {} slots are taken", class.as_str()),
                "ask with wait, or wait until one of the holders gives back",
            )
            .measured(limit, taken + slots)
            .held_by(holders(ledger, pooled)),
        });
    }
    Ok(())
}

fn calls(
    ledger: &Ledger,
    settings: &ResourceSettings,
    now: Time,
    wanted: &[Wanted],
) -> Result<(), Lacks> {
    let calls = sum(wanted, Pooled::Api);
    if calls.is_zero() {
        return Ok(());
    }
    let exits = wanted
        .iter()
        .all(|w| w.resource != Resource::Api || w.class == Class::Exit);
    for (window, seconds, whole) in [
        ("minute", 60, settings.api_per_minute),
        ("hour", 3600, settings.api_per_hour),
    ] {
        let whole = Decimal::from(whole);
        let limit = if exits {
            whole
        } else {
            whole * (Decimal::ONE - settings.api_exit_share)
        };
        let spent = Decimal::from(ledger.api.spent(now, seconds));
        if spent + calls <= limit {
            continue;
        }
        return Err(Lacks {
            what: Pooled::Api,
            ever: calls <= limit,
            refusal: Refusal::new(
                "RESERVE_API",
                format!("{spent} calls were spent in the last {window}"),
                format!(
                    "wait: the window slides; {} % are kept for exits",
                    (settings.api_exit_share * Decimal::ONE_HUNDRED).normalize()
                ),
            )
            .measured(limit.normalize(), spent + calls),
        });
    }
    Ok(())
}

impl Ledger {
    /// Whom a request of this priority takes `capital` from: the lowest priority first and, within
    /// it, the newest, and no more than is needed. Whoever turns out not to be needed is spared, the
    /// most important first. None where nothing has to be taken.
    pub fn victims(&self, priority: u8, capital: Decimal) -> Vec<ReservationId> {
        let needed = capital - self.room();
        let mut taken: Vec<&Reservation> = Vec::new();
        let mut sum = Decimal::ZERO;
        for lower in (priority + 1..=4).rev() {
            let held = self.live().rev().filter(|r| {
                r.resource == Resource::Capital
                    && r.standing == Standing::Held
                    && r.class.priority() == lower
            });
            for row in held {
                if sum >= needed {
                    break;
                }
                sum += row.amount;
                taken.push(row);
            }
        }
        let mut spared = Vec::new();
        for row in taken.iter().rev() {
            if sum - row.amount >= needed {
                sum -= row.amount;
                spared.push(row.id);
            }
        }
        let ids = taken.iter().map(|r| r.id);
        ids.filter(|id| !spared.contains(id)).collect()
    }
}

/// Who holds it: the largest first, with the time they end.
pub(super) fn holders(ledger: &Ledger, pooled: Pooled) -> Vec<String> {
    let mut rows: Vec<&Reservation> = Vec::with_capacity(MAX_HOLDERS + 1);
    let all = ledger
        .live()
        .filter(|r| r.standing != Standing::Queued && r.pooled() == pooled);
    for row in all {
        let at = rows.partition_point(|r| r.amount >= row.amount);
        if at < MAX_HOLDERS {
            rows.insert(at, row);
            rows.truncate(MAX_HOLDERS);
        }
    }
    rows.iter()
        .map(|r| {
            let amount = r.amount.normalize();
            match r.expires_at {
                Some(at) => format!("{} holds {amount} until {at}", r.id),
                None => format!("{} holds {amount} for an order or position", r.id),
            }
        })
        .collect()
}
