//! The end of a story: nothing fails any more, and within ten minutes everything agrees with the
//! venue and nothing is left over.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::acts::resume;
use super::fault::Fault;
use super::story::{Found, World};
use super::venue::{Exchange, Kept};
use crate::core::State;
use crate::core::order::{Order, Purpose, Status};
use crate::core::reservation::{Resource, Standing};

/// Ten minutes, in rounds of ten seconds.
const ROUNDS: usize = 60;
const ROUND_MS: i64 = 10_000;
/// From this round on prices stand still, and an operator clears and resumes.
const STILL: usize = 12;
/// The first round that may be the last, and how often it is looked at from then on.
const SOONEST: usize = 18;
const EVERY: usize = 6;
/// An order so young may still be on its way, milliseconds.
const JUST_MS: i64 = 2_000;

impl World {
    /// Lets things come to rest.
    pub(super) fn peace(&mut self) -> Found {
        self.begin("nobody", || "lets anything go wrong any more".into());
        self.exchange.get().calm();
        self.up()?;
        if self.pending.is_some() {
            // A disk that was about to be full no longer is.
            self.dies(Fault::KilledUntold);
            self.up()?;
        }
        for round in 0..ROUNDS {
            self.still = round > STILL;
            self.pass(ROUND_MS)?;
            let Some(node) = &self.node else {
                return Err("the engine died of nothing".into());
            };
            let stopped = node.state.trading.hardstop.is_some();
            if stopped && round > STILL {
                self.clear()?;
            }
            if !stopped && round == STILL {
                self.say("operator", resume(None))?;
            }
            if round >= SOONEST && round % EVERY == 0 && self.at_rest().is_ok() {
                return Ok(());
            }
        }
        self.at_rest()
    }

    fn at_rest(&self) -> Found {
        let Some(node) = &self.node else {
            return Err("no engine is left".into());
        };
        let (state, exchange) = (&node.state, self.exchange.get());
        if let Some(stop) = &state.trading.hardstop {
            return Err(format!("HARDSTOP {} cannot be cleared", stop.epoch));
        }
        if state
            .trading
            .causes
            .contains_key(&crate::core::trading_state::Cause::Recovering)
        {
            return Err("it is still recovering".into());
        }
        orders(state, &exchange)?;
        sums(self, state, &exchange)?;
        balances(state, &exchange)?;
        protected(state, &exchange)?;
        leaks(state)?;
        let dead = |id: &str| {
            state
                .orders
                .by_client_id(id)
                .is_none_or(|o| o.status.is_terminal())
        };
        let table = node
            .gate
            .open_entries()
            .into_iter()
            .chain(node.gate.open_exits());
        if let Some(row) = table.into_iter().find(|row| dead(&row.client_id)) {
            return Err(format!("the gate still holds {}", row.client_id));
        }
        if !node.desk.is_quiet() {
            return Err("the desk still waits for something".into());
        }
        Ok(())
    }
}

/// Every live order works at the venue, and the other way round.
fn orders(state: &State, exchange: &Exchange) -> Found {
    let sent = |o: &&Order| o.is_sent();
    for order in state.orders.live.values().filter(sent) {
        let id = &order.client_order_id;
        if exchange.now - order.created_at < JUST_MS {
            continue;
        }
        let kept = exchange.orders.get(id).filter(|k| k.works());
        let Some(kept) = kept else {
            return Err(format!(
                "{id} is {:?}, and the venue does not work it",
                order.status
            ));
        };
        if !matches!(order.status, Status::Open | Status::PartiallyFilled) {
            return Err(format!("{id} works, and is {:?} here", order.status));
        }
        let ours = (order.quantity, order.filled, order.price, order.stop_price);
        let o = &kept.order;
        let theirs = (o.quantity, o.filled, o.price, o.stop_price);
        if ours != theirs {
            return Err(format!("{id} is {ours:?} here and {theirs:?} at the venue"));
        }
        if order.cancel.is_some() {
            return Err(format!("{id} was to be cancelled, and works"));
        }
    }
    let live = |k: &Kept| {
        let id = &k.order.client_order_id;
        state
            .orders
            .by_client_id(id)
            .is_some_and(|o| !o.status.is_terminal())
    };
    match exchange.orders.values().find(|k| k.works() && !live(k)) {
        Some(kept) => Err(format!(
            "the venue works {}, which has ended here",
            kept.order.client_order_id
        )),
        None => Ok(()),
    }
}

fn sums(world: &World, state: &State, exchange: &Exchange) -> Found {
    for symbol in world.symbols {
        let ours: Decimal = state
            .positions
            .of(symbol)
            .map(|p| p.side.sign() * p.quantity)
            .sum();
        let theirs = exchange.net(symbol);
        if ours != theirs {
            return Err(format!("{symbol}: {ours} here, {theirs} at the venue"));
        }
    }
    Ok(())
}

fn balances(state: &State, exchange: &Exchange) -> Found {
    let held = |all: BTreeMap<String, Decimal>| -> BTreeMap<String, Decimal> {
        all.into_iter().filter(|(_, n)| !n.is_zero()).collect()
    };
    let ours = state.account.balances.iter();
    let ours = held(ours.map(|(a, n)| (a.clone(), n.0)).collect());
    let theirs = held(exchange.balances_at(exchange.now));
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{ours:?} are here, {theirs:?} at the venue"))
    }
}

/// Every open position with a stop has an order at the venue for it.
fn protected(state: &State, exchange: &Exchange) -> Found {
    for position in state.positions.open.values() {
        // What is being closed has the engine's own watch for a stop.
        let closing = position.closing.is_some();
        if position.stop.is_none() || position.quantity.is_zero() || closing {
            continue;
        }
        let live = state.orders.live.values();
        let mut ours = live.filter(|o| o.position == Some(position.id));
        // What is being closed is covered by its close.
        let covered: Decimal = ours
            .clone()
            .filter(|o| o.purpose == Purpose::Exit)
            .map(Order::remaining)
            .sum();
        let stop = ours.find(|o| o.purpose == Purpose::Stop);
        let works = stop.and_then(|o| exchange.orders.get(&o.client_order_id));
        let works = works
            .filter(|k| k.works())
            .map_or(Decimal::ZERO, Kept::remaining);
        let refused = position
            .stop_order
            .and_then(|o| state.orders.get(o))
            .is_some_and(|o| o.status == Status::Rejected);
        if works + covered < position.quantity && !refused {
            return Err(format!(
                "{} of {} has a stop, and {} of it works",
                position.quantity, position.id, works
            ));
        }
    }
    Ok(())
}

/// Capital is bound only where something lives.
fn leaks(state: &State) -> Found {
    for row in state.ledger.live() {
        let capital = row.resource == Resource::Capital && row.standing == Standing::Bound;
        if capital && row.amount < Decimal::ZERO {
            return Err(format!("{} binds {}", row.id, row.amount));
        }
    }
    if state.ledger.bound_capital(None) > Decimal::ZERO
        && state.orders.live.is_empty()
        && state.positions.open.is_empty()
    {
        return Err("capital is bound, and nothing lives".into());
    }
    Ok(())
}
