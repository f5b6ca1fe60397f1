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

/// Reservations one request may take from others: each is an event and a line in somebody's mail.
pub(in crate::core) const MAX_VICTIMS: usize = 256;

/// Why a request does not fit: what it lacks, and the words for it.
#[derive(Debug)]
pub(super) struct Lacks {
    pub(super) what: Pooled,
    /// Whether it would fit where nobody else held anything.
    pub(super) ever: bool,
    code: &'static str,
    words: String,
    hint: String,
    limit: Decimal,
    value: Decimal,
}

impl Lacks {
    /// For the one who asked, with who holds it.
    pub(super) fn refusal(self, ledger: &Ledger) -> Refusal {
        Refusal::new(self.code, self.words, self.hint)
            .measured(self.limit.normalize(), self.value.normalize())
            .held_by(match self.what {
                Pooled::Api => Vec::new(),
                what => holders(ledger, what),
            })
    }
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
    slots(ledger, settings, wanted)
        .and_then(|()| calls(ledger, settings, now, wanted))
        .and_then(|()| capital(ledger, wanted))
        .map_err(|lacks| Lacks {
            ever: lacks.ever && ever(ledger, settings, wanted),
            ..lacks
        })
}

/// Whether it would fit where nobody held anything.
fn ever(ledger: &Ledger, settings: &ResourceSettings, wanted: &[Wanted]) -> bool {
    sum(wanted, Pooled::Capital) <= ledger.pool
        && sum(wanted, Pooled::Backtest) <= Decimal::from(settings.backtests)
        && sum(wanted, Pooled::Paper) <= Decimal::from(settings.paper_trades)
        && call_limits(settings, wanted)
            .iter()
            .all(|(.., limit)| sum(wanted, Pooled::Api) <= *limit)
}

fn capital(ledger: &Ledger, wanted: &[Wanted]) -> Result<Vec<ReservationId>, Lacks> {
    let capital = sum(wanted, Pooled::Capital);
    let (free, priority) = (ledger.available_capital(), turn(wanted));
    if capital.is_zero() || capital <= free {
        return Ok(Vec::new());
    }
    let mut words = format!(
        "{} USD are wanted and {} are free",
        capital.normalize(),
        free.normalize()
    );
    if capital <= ledger.reachable_capital(priority) {
        let victims = ledger.victims(priority, capital);
        if victims.len() <= MAX_VICTIMS {
            return Ok(victims);
        }
        words = format!(
            "{words}, and {} reservations would have to go at once; {MAX_VICTIMS} may",
            victims.len()
        );
    } else if !ledger.preemptible_capital(priority).is_zero() {
        let taken = ledger.preemptible_capital(priority).normalize();
        words = format!("{words}, {taken} more are held by lower priorities");
    }
    Err(Lacks {
        what: Pooled::Capital,
        ever: capital <= ledger.pool,
        code: "RESERVE_CAPITAL",
        words,
        hint: "ask for less, ask with wait, or wait until one of the holders gives back".into(),
        limit: free,
        value: capital,
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
            code: "RESERVE_COMPUTE",
            words: format!("{taken} of {limit} {} slots are taken", class.as_str()),
            hint: "ask with wait, or wait until one of the holders gives back".into(),
            limit,
            value: taken + slots,
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
    for (window, seconds, limit) in call_limits(settings, wanted) {
        let spent = Decimal::from(ledger.api.spent(now, seconds));
        if spent + calls <= limit {
            continue;
        }
        return Err(Lacks {
            what: Pooled::Api,
            ever: calls <= limit,
            code: "RESERVE_API",
            words: format!("{spent} calls were spent in the last {window}"),
            hint: format!(
                "wait: the window slides; {} % are kept for exits",
                (settings.api_exit_share * Decimal::ONE_HUNDRED).normalize()
            ),
            limit,
            value: spent + calls,
        });
    }
    Ok(())
}

/// Each window of calls, its seconds, and how many of them a request may come to: only one whose
/// calls are all for exits gets at their share.
fn call_limits(
    settings: &ResourceSettings,
    wanted: &[Wanted],
) -> [(&'static str, i64, Decimal); 2] {
    let exits = wanted
        .iter()
        .all(|w| w.resource != Resource::Api || w.class == Class::Exit);
    let share = if exits {
        Decimal::ONE
    } else {
        Decimal::ONE - settings.api_exit_share
    };
    [
        ("minute", 60, settings.api_per_minute),
        ("hour", 3600, settings.api_per_hour),
    ]
    .map(|(window, seconds, whole)| (window, seconds, Decimal::from(whole) * share))
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
        let mut needed_ones = Vec::with_capacity(taken.len());
        for row in taken.iter().rev() {
            if sum - row.amount >= needed {
                sum -= row.amount;
            } else {
                needed_ones.push(row.id);
            }
        }
        needed_ones.reverse();
        needed_ones
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
