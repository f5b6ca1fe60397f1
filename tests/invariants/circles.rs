//! Nobody who begins to wait closes a circle of agents none of whom can be served before another. A
//! request of several waits in the name of each of them.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse::core::reservation::{Class, Pooled, Reservation, Standing, Waits};
use pilothouse::core::{Event, Name, State};
use rust_decimal::Decimal;

use super::Found;

type Amounts = BTreeMap<Pooled, Decimal>;

/// Looks for a circle through whoever began to wait in this record.
pub fn check(state: &State, events: &[Event]) -> Found {
    let began = events.iter().filter_map(|e| match e {
        Event::Reserved { row } if !matches!(row.waits, None | Some(Waits::Window { .. })) => {
            Some(row.id)
        }
        Event::WaitsFor { id, .. } => Some(*id),
        _ => None,
    });
    let agents: BTreeSet<Name> = began
        .filter(|id| {
            let row = state.ledger.get(*id);
            row.is_some_and(|r| r.standing == Standing::Queued)
        })
        .map(|id| id.agent)
        .collect();
    if agents.is_empty() {
        return Ok(());
    }
    let graph = Graph::of(state);
    for agent in agents {
        if graph.comes_back(agent) {
            return Err(format!("{agent} waits in a circle"));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Graph {
    held: BTreeMap<Name, Amounts>,
    /// Requests that wait, by agent: amounts, and whose activities have to end.
    waits: BTreeMap<Name, Vec<(Amounts, BTreeSet<Name>)>>,
    free: Amounts,
    stuck: BTreeSet<Name>,
}

impl Graph {
    fn of(state: &State) -> Self {
        let ledger = &state.ledger;
        let limits = &state.settings.resources;
        let mut graph = Self::default();
        let taken = ledger.held_capital(None) + ledger.bound_capital(None);
        graph.free = Amounts::from([
            (Pooled::Capital, ledger.pool - taken),
            (
                Pooled::Paper,
                Decimal::from(limits.paper_trades) - ledger.slots_taken(Class::Paper),
            ),
            (
                Pooled::Backtest,
                Decimal::from(limits.backtests) - ledger.slots_taken(Class::Backtest),
            ),
        ]);
        for row in ledger.live() {
            if row.standing != Standing::Queued {
                // What was drawn goes back to where it was drawn on, as long as that is held.
                let source = row.drawn.and_then(|d| ledger.get(d.from));
                let source = source.filter(|s| s.standing == Standing::Held);
                let heir = source.map_or(row.agent, |s| s.agent);
                let held = graph.held.entry(heir).or_default();
                *held.entry(row.pooled()).or_default() += row.amount;
            } else if row.leads() && !matches!(row.waits, Some(Waits::Window { .. })) {
                let ids = row.together();
                let rows: Vec<&Reservation> = ids.iter().filter_map(|id| ledger.get(*id)).collect();
                let mut amounts = Amounts::new();
                let mut running = BTreeSet::new();
                for row in &rows {
                    *amounts.entry(row.pooled()).or_default() += row.asked;
                    running.extend(runners(state, row));
                }
                let agents: BTreeSet<Name> = rows.iter().map(|r| r.agent).collect();
                for agent in agents {
                    let mut others = running.clone();
                    others.remove(&agent);
                    let waits = graph.waits.entry(agent).or_default();
                    waits.push((amounts.clone(), others));
                }
            }
        }
        graph.stuck = graph.waits.keys().copied().collect();
        let holders: BTreeSet<Name> = graph.held.keys().copied().collect();
        for agent in &holders - &graph.stuck {
            graph.gives_back(agent);
        }
        while let Some(agent) = graph.stuck.iter().copied().find(|a| graph.served(*a)) {
            graph.stuck.remove(&agent);
            graph.gives_back(agent);
        }
        graph
    }

    fn gives_back(&mut self, agent: Name) {
        for (pooled, amount) in self.held.get(&agent).into_iter().flatten() {
            *self.free.entry(*pooled).or_default() += amount;
        }
    }

    fn limited(pooled: Pooled) -> bool {
        !matches!(pooled, Pooled::Live | Pooled::Api)
    }

    fn lacks(&self, agent: Name, amounts: &Amounts) -> Vec<Pooled> {
        let own = |p: &Pooled| self.held.get(&agent).and_then(|h| h.get(p)).copied();
        amounts
            .iter()
            .filter(|(p, amount)| {
                let free = self.free.get(p).copied().unwrap_or_default();
                Self::limited(**p) && free + own(p).unwrap_or_default() < **amount
            })
            .map(|(p, _)| *p)
            .collect()
    }

    fn served(&self, agent: Name) -> bool {
        self.waits[&agent].iter().all(|(amounts, agents)| {
            agents.is_disjoint(&self.stuck) && self.lacks(agent, amounts).is_empty()
        })
    }

    /// Those among the stuck who have what this one lacks.
    fn ahead(&self, from: Name) -> BTreeSet<Name> {
        let mut found = BTreeSet::new();
        for (amounts, agents) in &self.waits[&from] {
            found.extend(agents.intersection(&self.stuck));
            for pooled in self.lacks(from, amounts) {
                let holds = |a: &&Name| self.held.get(*a).is_some_and(|h| h.contains_key(&pooled));
                found.extend(self.stuck.iter().filter(holds));
            }
        }
        found.remove(&from);
        found
    }

    fn comes_back(&self, agent: Name) -> bool {
        if !self.stuck.contains(&agent) {
            return false;
        }
        let mut seen = BTreeSet::new();
        let mut edge = vec![agent];
        while let Some(from) = edge.pop() {
            for to in self.ahead(from) {
                if to == agent {
                    return true;
                }
                if seen.insert(to) {
                    edge.push(to);
                }
            }
        }
        false
    }
}

/// Agents whose running activities this row waits for.
fn runners(state: &State, row: &Reservation) -> Vec<Name> {
    let Some(kind) = row.activity() else {
        return Vec::new();
    };
    let live = state.activities.live.values();
    live.filter(|a| !a.queued && a.agent != row.agent && a.kind.queues(kind))
        .map(|a| a.agent)
        .collect()
}
