//! What a request asks for, checked: amounts, times and words are as they must be.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::{Class, Pooled, ReserveItem, Resource, activity_of};
use crate::core::activity::ActivityKind;
use crate::core::refusal::Refusal;
use crate::core::text::Name;

/// Resources in one request.
const MAX_ITEMS: usize = 16;
/// Thirty days.
const MAX_TTL_S: u64 = 2_592_000;
/// Beyond it an amount is absurd.
const MAX_AMOUNT: Decimal = dec!(1000000000000);
/// Beyond it, either way, a Sharpe ratio is absurd.
const MAX_SHARPE: Decimal = dec!(1000);
/// Bytes of a purpose or a key.
const MAX_TEXT: usize = 256;

/// What a request comes to, item by item.
#[derive(Debug, Clone)]
pub(in crate::core) struct Wanted {
    pub(in crate::core) resource: Resource,
    pub(in crate::core) class: Class,
    pub(in crate::core) agent: Name,
    pub(in crate::core) strategy: Option<Name>,
    pub(in crate::core) amount: Decimal,
    pub(in crate::core) purpose: String,
    pub(in crate::core) ttl_s: u64,
    pub(in crate::core) sharpe: Option<Decimal>,
}

impl Wanted {
    pub(in crate::core) fn pooled(&self) -> Pooled {
        Pooled::of(self.resource, self.class)
    }

    pub(in crate::core) fn activity(&self) -> Option<ActivityKind> {
        activity_of(self.class, self.agent)
    }
}

/// The priority of a request of several: that of the least important.
pub(super) fn turn(wanted: &[Wanted]) -> u8 {
    let priorities = wanted.iter().map(|w| w.class.priority());
    priorities.max().unwrap_or(4)
}

/// Reads a request.
///
/// # Errors
/// `RESERVE_INVALID`, with the rule, its limit and what was found.
pub(super) fn read(items: &[ReserveItem], default_ttl_s: u64) -> Result<Vec<Wanted>, Refusal> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(invalid(
            "a request has 1 to 16 items",
            MAX_ITEMS,
            items.len(),
        ));
    }
    let wanted: Vec<Wanted> = items
        .iter()
        .map(|item| one(item, default_ttl_s))
        .collect::<Result<_, _>>()?;
    let kinds: Vec<(Name, ActivityKind)> = wanted
        .iter()
        .filter_map(|w| Some((w.agent, w.activity()?)))
        .collect();
    for first in &kinds {
        // All or nothing, and one of them would have to wait for the other to end.
        if let Some(second) = kinds.iter().find(|k| *k != first && first.1.queues(k.1)) {
            return Err(invalid(
                "what is asked for together may not have to wait for itself",
                format!("one {}", first.1.as_str()),
                format!("{} of {} as well", second.1.as_str(), second.0),
            ));
        }
    }
    Ok(wanted)
}

fn one(item: &ReserveItem, default_ttl_s: u64) -> Result<Wanted, Refusal> {
    if item.amount <= Decimal::ZERO || item.amount > MAX_AMOUNT {
        return Err(invalid(
            "an amount lies above 0 and is not absurd",
            MAX_AMOUNT,
            item.amount,
        ));
    }
    if item.amount.normalize().scale() > 8 {
        return Err(invalid("an amount has at most 8 decimals", 8, item.amount));
    }
    if item.resource != Resource::Capital && !item.amount.fract().is_zero() {
        return Err(invalid("slots and calls are whole", 1, item.amount));
    }
    if let Some(sharpe) = item.sharpe
        && (sharpe.abs() > MAX_SHARPE || sharpe.normalize().scale() > 8)
    {
        return Err(invalid(
            "a Sharpe ratio has at most 8 decimals and is not absurd",
            MAX_SHARPE,
            sharpe,
        ));
    }
    let purpose = item.purpose.trim();
    if purpose.is_empty() || purpose.len() > MAX_TEXT {
        return Err(invalid(
            "a purpose has 1 to 256 bytes",
            MAX_TEXT,
            item.purpose.len(),
        ));
    }
    let ttl_s = item.ttl_s.unwrap_or(default_ttl_s);
    ttl(ttl_s)?;
    let (class, agent) = Class::of_purpose(purpose);
    Ok(Wanted {
        resource: item.resource,
        class: item.class.unwrap_or(class),
        agent: item
            .agent
            .unwrap_or_else(|| agent.parse().expect("a built-in name")),
        strategy: item.strategy,
        amount: item.amount,
        purpose: purpose.to_owned(),
        ttl_s,
        sharpe: item.sharpe,
    })
}

/// A time to live.
///
/// # Errors
/// `RESERVE_INVALID`.
pub(super) fn ttl(ttl_s: u64) -> Result<(), Refusal> {
    if (1..=MAX_TTL_S).contains(&ttl_s) {
        return Ok(());
    }
    Err(invalid(
        "a time to live is 1 second to 30 days",
        MAX_TTL_S,
        ttl_s,
    ))
}

/// A key.
///
/// # Errors
/// `RESERVE_INVALID`.
pub(super) fn key(key: &str) -> Result<(), Refusal> {
    if key.is_empty() || key.len() > MAX_TEXT {
        return Err(invalid("the key has 1 to 256 bytes", MAX_TEXT, key.len()));
    }
    Ok(())
}

fn invalid(rule: &str, limit: impl std::fmt::Display, value: impl std::fmt::Display) -> Refusal {
    Refusal::new("RESERVE_INVALID", rule, "mend the request").measured(limit, value)
}
