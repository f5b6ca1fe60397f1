//! What must hold whatever happens, checked from outside after every decision and between turns.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::node::Node;
use super::story::Found;
use super::venue::{Approved, Exchange};
use crate::core::id::{OrderId, PositionId};
use crate::core::order::{Order, Purpose, Side};
use crate::core::reservation::{Resource, Standing};
use crate::core::{Command, Event, Quotes, State};

/// A decision, and the state after it.
pub struct Seen<'a> {
    pub state: &'a State,
    pub command: &'a Command,
    pub events: &'a [Event],
    pub quotes: &'a Quotes,
}

/// Follows an engine from outside; it knows the rules, not how the core keeps them.
#[derive(Debug, Default)]
pub struct Audit {
    /// What is booked of each execution.
    booked: BTreeMap<String, (OrderId, Decimal)>,
    sides: BTreeMap<PositionId, Side>,
    /// Approved, and not durable yet.
    fresh: Vec<(String, Purpose)>,
}

impl Audit {
    /// Looks at one decision.
    pub fn decision(&mut self, seen: &Seen<'_>, exchange: &Exchange) -> Found {
        if seen.events.is_empty() {
            return Ok(());
        }
        for event in seen.events {
            self.event(event, seen, exchange)
                .map_err(|e| format!("{e}, at {event:?} of {:?}", seen.command))?;
        }
        self.state(seen.state)
            .map_err(|e| format!("{e}, after {:?}", seen.command))
    }

    fn event(&mut self, event: &Event, seen: &Seen<'_>, exchange: &Exchange) -> Found {
        match event {
            Event::OrderApproved { order } => self.approved(order, seen, exchange),
            Event::OrderFilled { id, fill } => {
                let known = (*id, fill.quantity);
                if self
                    .booked
                    .insert(fill.execution_id.clone(), known)
                    .is_some()
                {
                    return Err(format!("{} is booked twice", fill.execution_id));
                }
                let client_id = seen.state.orders.get(*id).map(|o| &o.client_order_id);
                let truth = client_id
                    .and_then(|id| exchange.orders.get(id))
                    .and_then(|k| k.fills.iter().find(|f| f.execution_id == fill.execution_id));
                if truth != Some(fill) {
                    return Err(format!("the venue filled {truth:?}"));
                }
                Ok(())
            }
            Event::CancelAsked { id, .. } if matches!(seen.command, Command::GateSeen { .. }) => {
                match seen.state.orders.get(*id).map(|o| o.purpose) {
                    Some(Purpose::Stop | Purpose::Target) => {
                        Err(format!("HARDSTOP cancels what protects: {id}"))
                    }
                    _ => Ok(()),
                }
            }
            Event::Defect { what } => Err(format!("a defect: {what}")),
            Event::HardstopCleared { .. } if !matches!(seen.command, Command::Clear { .. }) => {
                Err("the stop was cleared by something else than a clear".into())
            }
            _ => Ok(()),
        }
    }

    fn approved(&mut self, order: &Order, seen: &Seen<'_>, exchange: &Exchange) -> Found {
        let id = &order.client_order_id;
        let known = exchange.approved.contains_key(id);
        if known || self.fresh.iter().any(|(fresh, _)| fresh == id) {
            return Err(format!("the client id {id} came back"));
        }
        self.fresh.push((id.clone(), order.purpose));
        if order.purpose.reduces() {
            return Ok(());
        }
        if seen.state.trading.hardstop.is_some() {
            return Err("an entry was approved under HARDSTOP".into());
        }
        if !matches!(seen.command, Command::Place(_)) && order.parent.is_none() {
            return Err("an entry nobody asked for".into());
        }
        let exposed = exposure(seen.state, seen.quotes);
        let most = seen.state.settings.risk.max_exposure_usd;
        if exposed > most {
            return Err(format!("{exposed} USD are exposed; the limit is {most}"));
        }
        Ok(())
    }

    /// What holds between any two decisions.
    fn state(&mut self, state: &State) -> Found {
        state.ledger.check()?;
        for row in state.ledger.live() {
            let bound = row.standing == Standing::Bound && row.resource == Resource::Capital;
            let by_order = row
                .order
                .is_some_and(|o| state.orders.live.contains_key(&o));
            let by_position = row
                .position
                .is_some_and(|p| state.positions.open.contains_key(&p));
            if bound && !by_order && !by_position {
                return Err(format!("{} is bound to nothing that lives", row.id));
            }
        }
        let row_of = |r| state.ledger.get(r).map(|row| row.standing);
        for order in state.orders.live.values() {
            if order.purpose == Purpose::Entry
                && let Some(reservation) = order.reservation
                && row_of(reservation) != Some(Standing::Bound)
            {
                return Err(format!(
                    "{} lives, and {reservation} is not bound",
                    order.id
                ));
            }
        }
        for position in state.positions.open.values() {
            if position.quantity < Decimal::ZERO {
                return Err(format!("{} is below nothing", position.id));
            }
            let side = *self.sides.entry(position.id).or_insert(position.side);
            if side != position.side {
                return Err(format!("{} turned round", position.id));
            }
            if let Some(reservation) = position.reservation
                && row_of(reservation) != Some(Standing::Bound)
            {
                return Err(format!(
                    "{} is open, and {reservation} is not bound",
                    position.id
                ));
            }
            let exits = state.orders.live.values().filter(|o| {
                o.position == Some(position.id) && o.purpose == Purpose::Exit && o.is_sent()
            });
            let exits: Decimal = exits.map(Order::remaining).sum();
            if exits > position.quantity {
                return Err(format!(
                    "exits of {exits} work for {}, of which {} is open",
                    position.id, position.quantity
                ));
            }
        }
        if state.orders.sent > state.orders.approved {
            return Err("more was sent than approved".into());
        }
        Ok(())
    }

    /// What holds between turns.
    pub fn between(&mut self, node: Option<&Node>, exchange: &Exchange) -> Found {
        if let Some(broken) = exchange.violations.first() {
            return Err(broken.clone());
        }
        let Some(node) = node else { return Ok(()) };
        let gate = node.gate.observe();
        // A press the core has not heard of yet is heard before the next command.
        let known = gate.closed == node.state.trading.hardstop.is_some();
        if !(known || node.clearing || gate.closed && node.gate_is_ahead()) {
            return Err(format!(
                "the gate is {gate:?}, and the core knows otherwise"
            ));
        }
        let counts = node.gate.counts();
        if counts.sent > counts.permitted + counts.exits {
            return Err(format!("more was sent than may leave: {counts:?}"));
        }
        Ok(())
    }

    /// What was decided is durable: it may leave.
    pub fn durable(&mut self, exchange: &mut Exchange) {
        for (id, purpose) in self.fresh.drain(..) {
            exchange.approved.insert(id, Approved::new(purpose));
        }
    }

    /// The engine died: what was not durable did not happen.
    pub fn forget(&mut self) {
        self.fresh.clear();
    }

    /// Goes on from what a start has recovered.
    pub fn recovered(&mut self, node: &Node, exchange: &mut Exchange) {
        let orders = &node.state.orders;
        self.booked.clear();
        for order in orders.live.values().chain(&orders.ended) {
            for fill in &order.fills {
                let known = (order.id, fill.quantity);
                self.booked.insert(fill.execution_id.clone(), known);
            }
            let approved = exchange.approved.entry(order.client_order_id.clone());
            approved.or_insert_with(|| Approved::new(order.purpose));
        }
        let known = |id: &PositionId| node.state.positions.get(*id).is_some();
        self.sides.retain(|id, _| known(id));
    }
}

/// Notional of what is held and of what may be entered, USD. A parent stands for its children.
fn exposure(state: &State, quotes: &Quotes) -> Decimal {
    let held = state.positions.open.values().map(|p| {
        let price = quotes.get(p.symbol).map_or(p.entry(), |q| q.last);
        p.quantity * price
    });
    let live = state.orders.live.values();
    let entries = live.filter(|o| o.purpose == Purpose::Entry && o.parent.is_none());
    let entering = entries.map(|o| o.remaining() * o.price.unwrap_or(o.decision_price));
    held.sum::<Decimal>() + entering.sum::<Decimal>()
}
