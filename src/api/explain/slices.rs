//! What a sliced order cost against the market, of all its events: a story keeps the first of them
//! only.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::Event;
use crate::core::id::OrderId;
use crate::core::order::Order;

/// What a sliced order cost against the market.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Slicing {
    /// Price when it began.
    arrival_price: Decimal,
    /// Mean price of its fills.
    average_price: Option<Decimal>,
    /// Time-weighted mean of the market, from its first child to its last fill.
    twap: Option<Decimal>,
    /// Volume-weighted mean of the market over the same time.
    vwap: Option<Decimal>,
    /// Against the arrival price; positive is worse.
    slippage_bps: Option<Decimal>,
    /// Children sent.
    children: u32,
}

/// The sliced orders of a story, and whose part each child is.
#[derive(Debug, Default)]
pub(super) struct Slices {
    parents: BTreeMap<OrderId, Order>,
    children: BTreeMap<OrderId, OrderId>,
}

impl Slices {
    /// To be shown every event of the story.
    pub(super) fn see(&mut self, event: &Event) {
        match event {
            Event::OrderApproved { order } if !order.is_sent() => {
                self.parents.insert(order.id, (**order).clone());
            }
            Event::OrderApproved { order } => {
                if let Some(parent) = order.parent {
                    self.children.insert(order.id, parent);
                }
            }
            Event::SlicingMoved { id, slicing } => {
                if let Some(parent) = self.parents.get_mut(id) {
                    parent.slicing = Some(slicing.clone());
                }
            }
            Event::OrderFilled { id, fill } => {
                let parent = self.children.get(id);
                if let Some(parent) = parent.and_then(|p| self.parents.get_mut(p)) {
                    parent.filled += fill.quantity;
                    parent.filled_value += fill.price * fill.quantity;
                }
            }
            _ => {}
        }
    }

    /// Of the order that was asked for, or whose child, position or reservation was.
    pub(super) fn document(&self, id: &str) -> Option<Slicing> {
        let asked: Option<OrderId> = id.parse().ok();
        let asked = asked.map(|id| self.children.get(&id).copied().unwrap_or(id));
        let named = |o: &&Order| o.request.request_id.as_deref() == Some(id);
        let parent = asked
            .and_then(|id| self.parents.get(&id))
            .or_else(|| self.parents.values().find(named))
            .or_else(|| self.parents.values().next())?;
        let slicing = parent.slicing.as_deref()?;
        Some(Slicing {
            arrival_price: slicing.arrival.normalize(),
            average_price: parent.average_price().map(|p| p.round_dp(8).normalize()),
            twap: slicing.market_twap(),
            vwap: slicing.market_vwap(),
            slippage_bps: slicing.slippage_bps(parent),
            children: slicing.children,
        })
    }
}
