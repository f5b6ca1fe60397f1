//! How orders, their positions and the account follow events. A fill is booked whatever the
//! order's status says: the venue has done it.

use super::{Fill, Order, OrderId, Purpose, Status};
use crate::core::id::PositionId;
use crate::core::position::{CloseReason, Position, Trail};
use crate::core::settings::ExecutionSettings;
use crate::core::state::State;
use crate::core::time::Time;
use rust_decimal::Decimal;

impl State {
    pub(in crate::core) fn approve(&mut self, at: Time, order: &Order) {
        self.last_id = self.last_id.max(order.id.0);
        if let Some(position) = order.position {
            self.last_id = self.last_id.max(position.0);
        }
        self.orders.approved += 1;
        self.statistics.trades_routed += 1;
        if let Some(request) = &order.request.request_id {
            self.orders.by_request.insert(request.clone(), order.id);
        }
        if let Some(client_id) = &order.request.client_order_id {
            self.orders.by_client.insert(client_id.clone(), order.id);
        }
        if order.purpose == Purpose::Entry {
            self.count_entry(at, order);
        }
        if let Some(position) = order
            .position
            .and_then(|id| self.positions.open.get_mut(&id))
        {
            match order.purpose {
                Purpose::Stop => position.stop_order = Some(order.id),
                Purpose::Target => position.target_order = Some(order.id),
                _ => {}
            }
        }
        if !order.is_sent() {
            self.orders.sliced.insert(order.id);
        }
        self.orders.live.insert(order.id, order.clone());
    }

    pub(in crate::core) fn move_order(
        &mut self,
        at: Time,
        id: OrderId,
        status: Status,
        venue_id: Option<&String>,
        reason: Option<&String>,
        keep: usize,
    ) {
        if let Some(order) = self.orders.live.get_mut(&id) {
            if status == Status::Submitted {
                self.orders.sent += 1;
            }
            order.status = status;
            if status != Status::Unknown {
                order.doubt = None;
            }
            order.updated_at = at;
            if let Some(venue_id) = venue_id {
                order.venue_order_id = Some(venue_id.clone());
            }
            if let Some(reason) = reason {
                order.reason = Some(reason.clone());
            }
        }
        self.retire_order(id, keep);
    }

    fn retire_order(&mut self, id: OrderId, keep: usize) {
        if self
            .orders
            .live
            .get(&id)
            .is_none_or(|o| !o.status.is_terminal())
        {
            return;
        }
        self.reconcile.refitted.remove(&id);
        if let Some(order) = self.orders.live.remove(&id) {
            self.orders.sliced.remove(&id);
            self.orders.ended_total += 1;
            self.orders.ended.push_back(order);
        }
        while self.orders.ended.len() > keep {
            let Some(gone) = self.orders.ended.pop_front() else {
                break;
            };
            if let Some(request) = gone.request.request_id {
                self.orders.by_request.remove(&request);
            }
            if let Some(client_id) = gone.request.client_order_id {
                self.orders.by_client.remove(&client_id);
            }
        }
    }

    pub(in crate::core) fn fill_order(&mut self, at: Time, id: OrderId, fill: &Fill, keep: usize) {
        let orders = &mut self.orders;
        let order = match orders.live.get_mut(&id) {
            Some(order) => Some(order),
            None => orders.ended.iter_mut().rev().find(|o| o.id == id),
        };
        let Some(order) = order else {
            return;
        };
        let value = fill.price * fill.quantity;
        order.filled += fill.quantity;
        order.filled_value += value;
        order.fees += fill.fee;
        order.fills.push(fill.clone());
        order.updated_at = at;
        if !order.status.is_terminal() {
            order.status = if order.filled >= order.quantity {
                Status::Filled
            } else {
                Status::PartiallyFilled
            };
        }
        let (side, symbol) = (order.request.side, order.request.symbol);
        let order = order.clone();
        self.reconcile.executions.remember(&fill.execution_id, id);
        self.account.add(symbol.base(), side.sign() * fill.quantity);
        self.account
            .add(symbol.quote(), -(side.sign() * value) - fill.fee);
        self.statistics.fills += 1;
        if let Some(parent) = order.parent {
            self.mirror_fill(at, parent, fill);
        }
        if let Some(id) = order.position {
            match order.purpose {
                Purpose::Entry => {
                    let parent = order.parent.and_then(|id| self.orders.get(id));
                    let entry = parent.unwrap_or(&order);
                    self.positions
                        .open
                        .entry(id)
                        .or_insert_with(|| opened(id, entry, at, &self.settings.execution))
                        .enter(fill);
                }
                _ => {
                    if let Some(position) = self.positions.open.get_mut(&id) {
                        position.leave(fill);
                    }
                }
            }
        }
        self.retire_order(id, keep);
    }

    pub(in crate::core) fn close_position(
        &mut self,
        at: Time,
        id: PositionId,
        reason: CloseReason,
        realised: Decimal,
        keep: usize,
    ) {
        let Some(mut position) = self.positions.open.remove(&id) else {
            return;
        };
        position.closed_at = Some(at);
        position.close_reason = Some(reason);
        position.closing = None;
        if let Some(strategy) = position.strategy {
            let cost = position.entry() * position.entered / position.leverage;
            self.records.count(strategy, realised, cost);
        }
        if realised > Decimal::ZERO {
            self.account.stops_in_row = 0;
        } else if reason == CloseReason::StopLoss {
            self.account.stops_in_row += 1;
        }
        self.positions.closed_total += 1;
        self.positions.closed.push_back(position);
        while self.positions.closed.len() > keep {
            self.positions.closed.pop_front();
        }
    }
}

/// A position before its first fill. One that has a stop trails by the default distance where
/// none was asked for.
fn opened(id: PositionId, entry: &Order, at: Time, settings: &ExecutionSettings) -> Position {
    let by_default = settings.trail_enabled && entry.request.stop.is_some();
    let distance = entry
        .request
        .trail
        .or_else(|| by_default.then_some(settings.trail_distance));
    Position {
        id,
        symbol: entry.request.symbol,
        side: entry.request.side,
        quantity: Decimal::ZERO,
        cost: Decimal::ZERO,
        entered: Decimal::ZERO,
        entered_value: Decimal::ZERO,
        leverage: entry.request.leverage,
        stop: entry.request.stop,
        target: entry.request.target,
        entry_order: entry.id,
        stop_order: None,
        target_order: None,
        gross: Decimal::ZERO,
        fees: Decimal::ZERO,
        opened_at: at,
        closed_at: None,
        exited: Decimal::ZERO,
        exited_value: Decimal::ZERO,
        close_reason: None,
        strategy: entry.request.strategy,
        reservation: entry.reservation,
        closing: None,
        trail: distance.filter(|d| !d.is_zero()).map(Trail::new),
        service: entry.request.service,
    }
}
