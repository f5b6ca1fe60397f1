//! The exchange port: what every venue, simulated or real, is asked and answers. What it says
//! comes back as [`Said`], which the engine hands to the core.

pub mod paper;

use rust_decimal::Decimal;

use crate::core::command::{Report, Statement};
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
    /// Wall time after which the venue is not to take it any more, Unix milliseconds: what is unknown
    /// of an entry is bounded by the venue itself.
    pub submit_by: Option<i64>,
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
            price: order.price,
            stop_price: order.stop_price,
            time_in_force: request.time_in_force,
            expires_at: request.expires_at,
            post_only: request.post_only,
            reduce_only: order.purpose.reduces(),
            submit_by: None,
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

/// What is changed of a working order: the figures it is to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amendment {
    /// Base quantity, with what has filled.
    pub quantity: Decimal,
    /// Limit price.
    pub price: Option<Decimal>,
    /// Trigger price.
    pub stop_price: Option<Decimal>,
}

/// What was asked of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To take an order.
    Place,
    /// To change one.
    Amend,
    /// To cancel one.
    Cancel,
    /// To find one by its client id.
    LookUp,
    /// To name everything it works and holds.
    Statement,
}

/// Why a request came to nothing, by what it proves (trading.md, Orders).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VenueError {
    /// The venue said no: the same again would be refused again.
    #[error("{0}")]
    Definitive(String),
    /// It proves that nothing was processed: rate limit, throttled, nonce.
    #[error("{0}")]
    Retryable(String),
    /// It proves nothing: time-out, disconnect, 5xx, an unreadable answer.
    #[error("{0}")]
    Ambiguous(String),
}

/// What a venue says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Of an order, by its client id.
    Order(String, Report),
    /// A request failed.
    Failed {
        /// The order's client id; empty where the request was about none.
        client_order_id: String,
        /// What was asked.
        asked: Asked,
        /// What went wrong.
        error: VenueError,
    },
    /// It was asked for an order by its client id, and finds none.
    NotFound(String),
    /// Everything it works and holds.
    Statement(Box<Statement>),
    /// The stream of executions broke off, in its words.
    Down(String),
    /// It is back: what was missed is to be asked for.
    Up,
}

/// An exchange. No call waits: what comes of it is found in [`Venue::said`].
pub trait Venue: Send {
    /// `paper`, `kraken`.
    fn name(&self) -> &str;
    /// What can be relied on.
    fn capabilities(&self) -> Capabilities;
    /// Takes an order.
    fn place(&mut self, order: VenueOrder, now: Time);
    /// Changes a working order.
    fn amend(&mut self, client_order_id: &str, to: Amendment, now: Time);
    /// Cancels; asking again is harmless.
    fn cancel(&mut self, client_order_id: &str, now: Time);
    /// Looks an order up among those that work, have ended and have traded: fills come first, then
    /// where it stands, or [`Said::NotFound`].
    fn look_up(&mut self, client_order_id: &str, now: Time);
    /// Asks for everything it works and holds.
    fn state(&mut self, now: Time);
    /// Orders that work since before this start; only a venue that keeps nothing of its own needs
    /// them.
    fn restore(&mut self, orders: Vec<(VenueOrder, String)>);
    /// What the market did.
    fn on_market(&mut self, instant: &Instant);
    /// Time has passed.
    fn advance(&mut self, now: Time);
    /// When [`Venue::advance`] has something to do.
    fn wakes_at(&self) -> Option<Time>;
    /// What it said since, in order.
    fn said(&mut self) -> Vec<Said>;
}
