//! The exchange port: what every venue, simulated or real, is asked and answers. What it says
//! comes back as [`Report`]s, which the engine hands to the core.

pub mod paper;

use rust_decimal::Decimal;

use crate::core::command::Report;
use crate::core::order::{Kind, Order, Side, TimeInForce};
use crate::core::{Symbol, Time};
use crate::market::Instant;

/// An order as a venue sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct VenueOrder {
    /// Journaled before it is sent, never used again.
    pub client_order_id: String,
    /// Pair.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Market, limit, stop-loss, take-profit.
    pub kind: Kind,
    /// Base quantity.
    pub quantity: Decimal,
    /// Of it, filled already.
    pub filled: Decimal,
    /// Limit.
    pub price: Option<Decimal>,
    /// Trigger.
    pub stop_price: Option<Decimal>,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// Until when, engine time.
    pub expires_at: Option<Time>,
    /// Only as maker.
    pub post_only: bool,
    /// Only reduces a position.
    pub reduce_only: bool,
}

impl VenueOrder {
    /// What is sent of an order of ours.
    pub fn of(order: &Order) -> Self {
        let request = &order.request;
        Self {
            client_order_id: order.client_order_id.clone(),
            symbol: request.symbol,
            side: request.side,
            kind: request.kind,
            quantity: order.quantity,
            filled: order.filled,
            price: request.price,
            stop_price: order.stop_price,
            time_in_force: request.time_in_force,
            expires_at: request.expires_at,
            post_only: request.post_only,
            reduce_only: order.purpose.reduces(),
        }
    }
}

/// What can be relied on at a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// An order it does not know was never sent.
    pub absence_is_proof: bool,
    /// It refuses by itself what would do more than reduce.
    pub enforces_reduce_only: bool,
}

/// An exchange. No call waits: what comes of it is found in [`Venue::reports`].
pub trait Venue: Send {
    /// `paper`, `kraken`.
    fn name(&self) -> &str;
    /// What can be relied on.
    fn capabilities(&self) -> Capabilities;
    /// Takes an order.
    fn place(&mut self, order: VenueOrder, now: Time);
    /// Moves quantity (with what has filled) and trigger of a working order.
    fn amend(
        &mut self,
        client_order_id: &str,
        quantity: Decimal,
        trigger: Option<Decimal>,
        now: Time,
    );
    /// Cancels; asking again is harmless.
    fn cancel(&mut self, client_order_id: &str, now: Time);
    /// Client ids of the orders it works.
    fn open_orders(&self) -> Vec<String>;
    /// Orders that work since before this start; only a venue that keeps nothing of its own needs
    /// them.
    fn restore(&mut self, orders: Vec<(VenueOrder, String)>);
    /// What the market did.
    fn on_market(&mut self, instant: &Instant);
    /// Time has passed.
    fn advance(&mut self, now: Time);
    /// When [`Venue::advance`] has something to do.
    fn wakes_at(&self) -> Option<Time>;
    /// What happened since, in order: client order id and report.
    fn reports(&mut self) -> Vec<(String, Report)>;
}
