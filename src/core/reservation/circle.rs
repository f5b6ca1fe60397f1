//! Circles of waits: a request that would wait for somebody who waits for it, directly or through
//! others, is denied instead of queued (R5).
//!
//! A request waits in the name of every agent it asks for. An agent that waits keeps what it holds;
//! one that does not will give it back some day. Whoever cannot be served even when everybody who
//! does not wait has given back is stuck, and a circle of the stuck that closes in an agent of the
//! new request is what must not come about. Its own holdings are in nobody's way but its own.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::ask::Wanted;
use super::{Class, Pooled, Standing};
use crate::core::activity::ActivityKind;
use crate::core::state::State;
use crate::core::text::Name;

/// What one request wants, and what one agent holds.
type Amounts = BTreeMap<Pooled, Decimal>;

/// One request that waits.
#[derive(Debug, Clone, Default)]
struct Wait {
    amounts: Amounts,
    /// Agents whose activities it waits for.
    runners: BTreeSet<Name>,
    /// Agents it asks for.
    names: BTreeSet<Name>,
}

impl Wait {
    fn add(
        &mut self,
        state: &State,
        agent: Name,
        kind: Option<ActivityKind>,
        pooled: Pooled,
        amount: Decimal,
    ) {
        *self.amounts.entry(pooled).or_default() += amount;
        self.runners.extend(runners(state, agent, kind));
        self.names.insert(agent);
    }

    /// Enters it in the name of every agent it asks for.
    fn enter(&self, waits: &mut BTreeMap<Name, Vec<Self>>) {
        for name in &self.names {
            let mut own = self.clone();
            own.runners.remove(name);
            waits.entry(*name).or_default().push(own);
        }
    }
}

/// The circle that `wanted` would close if it were queued, from one of its agents back to it.
pub(super) fn circle(state: &State, wanted: &[Wanted]) -> Option<Vec<Name>> {
    let mut holdings: BTreeMap<Name, Amounts> = BTreeMap::new();
    let mut waits: BTreeMap<Name, Vec<Wait>> = BTreeMap::new();
    for row in state.ledger.live() {
        match row.standing {
            Standing::Queued => {
                if row.leads() {
                    let rows = row.together();
                    let mut wait = Wait::default();
                    for row in rows.iter().filter_map(|id| state.ledger.get(*id)) {
                        wait.add(state, row.agent, row.activity(), row.pooled(), row.amount);
                    }
                    wait.enter(&mut waits);
                }
            }
            _ => {
                let held = holdings.entry(state.ledger.heir_of(row)).or_default();
                *held.entry(row.pooled()).or_default() += row.amount;
            }
        }
    }
    let mut wait = Wait::default();
    for want in wanted {
        wait.add(
            state,
            want.agent,
            want.activity(),
            want.pooled(),
            want.amount,
        );
    }
    wait.enter(&mut waits);

    let stuck = stuck(state, &holdings, &waits);
    let mut names = wait.names.into_iter();
    names.find_map(|agent| way_back(agent, &stuck, &holdings, &waits))
}

/// Agents whose running activities an activity would wait for.
fn runners(state: &State, agent: Name, kind: Option<ActivityKind>) -> Vec<Name> {
    let Some(kind) = kind else { return Vec::new() };
    let live = state.activities.live.values();
    live.filter(|a| !a.queued && a.agent != agent && a.kind.queues(kind))
        .map(|a| a.agent)
        .collect()
}

/// Agents that cannot be served even when everybody who can be has given back.
fn stuck(
    state: &State,
    holdings: &BTreeMap<Name, Amounts>,
    waits: &BTreeMap<Name, Vec<Wait>>,
) -> BTreeSet<Name> {
    let settings = &state.settings.resources;
    let none = Amounts::new();
    let mut free = Amounts::new();
    free.insert(Pooled::Capital, state.ledger.room());
    for (pooled, class, limit) in [
        (Pooled::Paper, Class::Paper, settings.paper_trades),
        (Pooled::Backtest, Class::Backtest, settings.backtests),
    ] {
        let taken = state.ledger.slots_taken(class);
        free.insert(pooled, Decimal::from(limit) - taken);
    }
    let give = |free: &mut Amounts, of: &Amounts| {
        for (pooled, amount) in of {
            *free.entry(*pooled).or_default() += amount;
        }
    };
    let mut stuck: BTreeSet<Name> = waits.keys().copied().collect();
    for (agent, held) in holdings {
        if !stuck.contains(agent) {
            give(&mut free, held);
        }
    }
    loop {
        let served = stuck.iter().copied().find(|agent| {
            let own = holdings.get(agent).unwrap_or(&none);
            waits[agent].iter().all(|wait| {
                wait.runners.iter().all(|a| !stuck.contains(a))
                    && wait.amounts.iter().all(|(pooled, amount)| {
                        let limited = !matches!(pooled, Pooled::Live | Pooled::Api);
                        let own = own.get(pooled).copied().unwrap_or_default();
                        !limited || free.get(pooled).copied().unwrap_or_default() + own >= *amount
                    })
            })
        });
        let Some(agent) = served else { return stuck };
        stuck.remove(&agent);
        if let Some(held) = holdings.get(&agent) {
            give(&mut free, held);
        }
    }
}

/// The shortest way over the stuck from an agent back to itself.
fn way_back(
    agent: Name,
    stuck: &BTreeSet<Name>,
    holdings: &BTreeMap<Name, Amounts>,
    waits: &BTreeMap<Name, Vec<Wait>>,
) -> Option<Vec<Name>> {
    let next = |from: Name| -> Vec<Name> {
        let holds = |other: &Name, pooled: &Pooled| {
            holdings
                .get(other)
                .is_some_and(|h| h.get(pooled).is_some_and(|a| !a.is_zero()))
        };
        stuck
            .iter()
            .copied()
            .filter(|other| *other != from)
            .filter(|other| {
                waits[&from].iter().any(|wait| {
                    wait.runners.contains(other)
                        || wait.amounts.keys().any(|pooled| holds(other, pooled))
                })
            })
            .collect()
    };
    if !stuck.contains(&agent) {
        return None;
    }
    let mut came: BTreeMap<Name, Name> = BTreeMap::new();
    let mut edge = vec![agent];
    while !edge.is_empty() {
        let mut further = Vec::new();
        for from in edge {
            for to in next(from) {
                if to == agent {
                    let mut way = vec![agent, from];
                    let mut at = from;
                    while let Some(before) = came.get(&at) {
                        way.push(*before);
                        at = *before;
                    }
                    way.reverse();
                    return Some(way);
                }
                if let std::collections::btree_map::Entry::Vacant(slot) = came.entry(to) {
                    slot.insert(from);
                    further.push(to);
                }
            }
        }
        edge = further;
    }
    None
}
