//! Orders: what is asked, what the venue answered, and which step may follow which (trading.md,
//! Orders).

mod amending;
mod cancelling;
mod closing;
mod drawing;
mod evolve;
mod fit;
mod flattening;
mod placing;
mod protecting;
mod reporting;
mod self_trade;
mod status;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub(in crate::core) use closing::CLOSING;
pub use status::Status;

use super::id::{CycleId, OrderId, PositionId, ReservationId, ServiceId};
use super::refusal::Refusal;
use super::slicing::{Algorithm, Slicing};
use super::text::{Name, Symbol};
use super::time::Time;

/// Buy or sell.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Side {
    /// Takes base, gives quote.
    #[n(0)]
    Buy,
    /// Gives base, takes quote.
    #[n(1)]
    Sell,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// +1 for a buy, −1 for a sell.
    pub fn sign(self) -> Decimal {
        match self {
            Self::Buy => Decimal::ONE,
            Self::Sell => Decimal::NEGATIVE_ONE,
        }
    }
}

/// How an order meets the market (E1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Kind {
    /// At the next price.
    #[n(0)]
    Market,
    /// At its price or better.
    #[n(1)]
    Limit,
    /// A market order once the price has gone against it as far as `stop_price`.
    #[n(2)]
    StopLoss,
    /// A market order once the price has come to `stop_price` in its favour.
    #[n(3)]
    TakeProfit,
}

/// How long an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum TimeInForce {
    /// Until cancelled.
    #[default]
    #[n(0)]
    Gtc,
    /// What fills at once; the rest is cancelled.
    #[n(1)]
    Ioc,
    /// Until `expires_at`.
    #[n(2)]
    Gtd,
}

/// What happens where an order would trade with another of our own (self-trade prevention).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum SelfTrade {
    /// The new one is refused.
    #[default]
    #[n(0)]
    CancelNewest,
    /// The one that rests is cancelled.
    #[n(1)]
    CancelOldest,
    /// Both go.
    #[n(2)]
    CancelBoth,
}

impl SelfTrade {
    /// As in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CancelNewest => "cancel_newest",
            Self::CancelOldest => "cancel_oldest",
            Self::CancelBoth => "cancel_both",
        }
    }
}

/// What an order is for; decided by the core, never by a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Purpose {
    /// Opens or increases a position.
    #[n(0)]
    Entry,
    /// Closes one, wholly or in part.
    #[n(1)]
    Exit,
    /// The position's stop.
    #[n(2)]
    Stop,
    /// The position's target.
    #[n(3)]
    Target,
    /// Moves inventory, opens nothing.
    #[n(4)]
    Rebalance,
}

impl Purpose {
    /// Whether it can only reduce a position.
    pub fn reduces(self) -> bool {
        matches!(self, Self::Exit | Self::Stop | Self::Target)
    }
}

/// Whether a fill took or made liquidity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Liquidity {
    /// It rested.
    #[n(0)]
    Maker,
    /// It crossed.
    #[n(1)]
    Taker,
}

/// One execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Fill {
    /// The venue's own id: a fill known by it is booked once.
    #[n(0)]
    pub execution_id: String,
    /// When, in engine time.
    #[n(1)]
    pub time: Time,
    /// Price, in the quote currency.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub price: Decimal,
    /// Quantity, in the base currency.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub quantity: Decimal,
    /// Fee, in the quote currency.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub fee: Decimal,
    /// Maker or taker.
    #[n(5)]
    pub liquidity: Liquidity,
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct OrderRequest {
    /// The caller's own id: the same one again is the same order.
    #[n(0)]
    pub request_id: Option<String>,
    /// Pair.
    #[n(1)]
    pub symbol: Symbol,
    /// Buy or sell.
    #[n(2)]
    pub side: Side,
    /// Market, limit, stop-loss, take-profit.
    #[n(3)]
    pub kind: Kind,
    /// Base quantity.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub quantity: Decimal,
    /// Limit price.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub price: Option<Decimal>,
    /// Trigger price.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
    pub stop_price: Option<Decimal>,
    /// How long it stands.
    #[n(7)]
    pub time_in_force: TimeInForce,
    /// Until when, for GTD.
    #[n(8)]
    pub expires_at: Option<Time>,
    /// Only as maker.
    #[n(9)]
    pub post_only: bool,
    /// It must be an exit.
    #[n(10)]
    pub reduce_only: bool,
    /// 1 to 5.
    #[cbor(n(11), with = "super::codec::dec", has_nil)]
    pub leverage: Decimal,
    /// Stop placed after the fill.
    #[cbor(n(12), with = "super::codec::dec", has_nil)]
    pub stop: Option<Decimal>,
    /// Target placed after the fill.
    #[cbor(n(13), with = "super::codec::dec", has_nil)]
    pub target: Option<Decimal>,
    /// Which strategy it belongs to.
    #[n(14)]
    pub strategy: Option<Name>,
    /// Which agent asked.
    #[n(15)]
    pub agent_id: Option<Name>,
    /// Which policy decided (G6).
    #[n(16)]
    pub policy_version: Option<String>,
    /// Which features it saw (G6).
    #[n(17)]
    pub feature_hash: Option<String>,
    /// How sure it was, 0 to 1.
    #[cbor(n(18), with = "super::codec::dec", has_nil)]
    pub confidence: Option<Decimal>,
    /// Whatever else the caller wants kept, at most 4 KiB.
    #[n(19)]
    pub metadata: BTreeMap<String, String>,
    /// The cycle it comes from.
    #[n(20)]
    pub cycle: Option<CycleId>,
    /// What happens where it would trade with another of our own.
    #[n(21)]
    #[cbor(default)]
    pub self_trade: SelfTrade,
    /// Distance of a trailing stop, a fraction of the best price.
    #[cbor(n(22), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub trail: Option<Decimal>,
    /// Sent in slices, by this plan.
    #[n(23)]
    pub algorithm: Option<Algorithm>,
    /// The id it is to be sent with; one is made where it is absent.
    #[n(24)]
    pub client_order_id: Option<String>,
    /// The held reservation that covers it; it makes one of its own where none is named.
    #[n(25)]
    pub draws: Option<ReservationId>,
    /// The service it works for.
    #[n(26)]
    pub service: Option<ServiceId>,
}

impl OrderRequest {
    /// An order without any wish beyond the needful.
    pub fn new(symbol: Symbol, side: Side, kind: Kind, quantity: Decimal) -> Self {
        Self {
            request_id: None,
            symbol,
            side,
            kind,
            quantity,
            price: None,
            stop_price: None,
            time_in_force: TimeInForce::Gtc,
            expires_at: None,
            post_only: false,
            reduce_only: false,
            leverage: Decimal::ONE,
            stop: None,
            target: None,
            strategy: None,
            agent_id: None,
            policy_version: None,
            feature_hash: None,
            confidence: None,
            metadata: BTreeMap::new(),
            cycle: None,
            self_trade: SelfTrade::default(),
            trail: None,
            algorithm: None,
            client_order_id: None,
            draws: None,
            service: None,
        }
    }
}

/// An order as approved, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Order {
    /// Ours.
    #[n(0)]
    pub id: OrderId,
    /// What was asked.
    #[n(1)]
    pub request: OrderRequest,
    /// Journaled before it is sent, never used again.
    #[n(2)]
    pub client_order_id: String,
    /// What it is for.
    #[n(3)]
    pub purpose: Purpose,
    /// The position it opens, reduces or protects.
    #[n(4)]
    pub position: Option<PositionId>,
    /// What holds its capital.
    #[n(5)]
    pub reservation: Option<ReservationId>,
    /// Price of the symbol when it was decided.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
    pub decision_price: Decimal,
    /// When it was approved.
    #[n(7)]
    pub created_at: Time,
    /// Where it stands.
    #[n(8)]
    pub status: Status,
    /// The venue's id, once known.
    #[n(9)]
    pub venue_order_id: Option<String>,
    /// Base quantity that may still fill or has; it shrinks with its position.
    #[cbor(n(10), with = "super::codec::dec", has_nil)]
    pub quantity: Decimal,
    /// Base quantity filled.
    #[cbor(n(11), with = "super::codec::dec", has_nil)]
    pub filled: Decimal,
    /// Σ price × quantity of the fills.
    #[cbor(n(12), with = "super::codec::dec", has_nil)]
    pub filled_value: Decimal,
    /// Σ fees, quote currency.
    #[cbor(n(13), with = "super::codec::dec", has_nil)]
    pub fees: Decimal,
    /// The executions.
    #[n(14)]
    pub fills: Vec<Fill>,
    /// When it last changed.
    #[n(15)]
    pub updated_at: Time,
    /// When its cancel was asked for, and why.
    #[n(16)]
    pub cancel: Option<(Time, String)>,
    /// Why it ended, where somebody said so.
    #[n(17)]
    pub reason: Option<String>,
    /// Trigger price in force: it moves with the position's stop.
    #[cbor(n(18), with = "super::codec::dec", has_nil)]
    pub stop_price: Option<Decimal>,
    /// Limit price in force: amendments move it.
    #[cbor(n(19), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub price: Option<Decimal>,
    /// The sliced order it is a part of.
    #[n(20)]
    pub parent: Option<OrderId>,
    /// How far it is, where it is sent in slices: then only its parts go to the venue.
    #[n(21)]
    pub slicing: Option<Box<Slicing>>,
    /// What is known of it while its status is unknown.
    #[n(22)]
    pub doubt: Option<Doubt>,
}

/// What speaks for an order of unknown fate not being at the venue (trading.md, Orders).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Doubt {
    /// Wall time of the first read that did not find it, milliseconds.
    #[n(0)]
    pub absent_since: Option<i64>,
    /// Reads in a row that did not find it.
    #[n(1)]
    pub reads: u32,
}

impl Order {
    /// Whether it came to its end without having been at the venue, and without anybody's wish.
    pub fn never_worked(&self) -> bool {
        self.status == Status::Cancelled
            && self.venue_order_id.is_none()
            && self.filled.is_zero()
            && self.cancel.is_none()
    }

    /// Whether it goes to a venue itself, and not only in slices.
    pub fn is_sent(&self) -> bool {
        self.slicing.is_none()
    }

    /// What may still fill.
    pub fn remaining(&self) -> Decimal {
        (self.quantity - self.filled).max(Decimal::ZERO)
    }

    /// Mean price of the fills.
    pub fn average_price(&self) -> Option<Decimal> {
        self.filled_value.checked_div(self.filled)
    }
}

/// Orders by id, the live ones and the latest that ended.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Orders {
    /// Not terminal.
    #[n(0)]
    pub live: BTreeMap<OrderId, Order>,
    /// Terminal, oldest first, bounded.
    #[n(1)]
    pub ended: std::collections::VecDeque<Order>,
    /// By the caller's request id, as long as the order is known.
    #[n(2)]
    pub by_request: BTreeMap<String, OrderId>,
    /// Orders approved, ever.
    #[n(3)]
    pub approved: u64,
    /// The latest entries, as far back as a duplicate is looked for; bounded.
    #[n(4)]
    pub recent: std::collections::VecDeque<Recent>,
    /// Orders that ended, ever.
    #[n(5)]
    pub ended_total: u64,
    /// By the client id a caller gave, as long as the order is known.
    #[n(6)]
    #[cbor(default)]
    pub by_client: BTreeMap<String, OrderId>,
    /// Orders that left for a venue, ever: never more than were approved.
    #[n(7)]
    #[cbor(default)]
    pub sent: u64,
    /// Live orders that are sent in slices.
    #[n(8)]
    #[cbor(default)]
    pub sliced: std::collections::BTreeSet<OrderId>,
}

/// An entry of a moment ago, kept to tell a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Encode, Decode)]
pub struct Recent {
    /// When it was approved.
    #[n(0)]
    pub at: Time,
    /// Pair.
    #[n(1)]
    pub symbol: Symbol,
    /// Buy or sell.
    #[n(2)]
    pub side: Side,
    /// Base quantity.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub quantity: Decimal,
    /// Whose.
    #[n(4)]
    pub strategy: Option<Name>,
    /// The sliced order it is, or is a part of.
    #[n(5)]
    pub family: Option<OrderId>,
}

/// Client ids of our own making begin with it, and nobody else's do.
pub const OWN_PREFIX: &str = "ph-";

impl Orders {
    /// One order, live or remembered.
    pub fn get(&self, id: OrderId) -> Option<&Order> {
        self.live
            .get(&id)
            .or_else(|| self.ended.iter().rev().find(|o| o.id == id))
    }

    /// The live order the venue knows by this client id.
    pub fn by_client_id(&self, client_id: &str) -> Option<&Order> {
        let id = match client_id.strip_prefix(OWN_PREFIX) {
            Some(number) => OrderId(number.parse().ok()?),
            None => *self.by_client.get(client_id)?,
        };
        self.get(id).filter(|o| o.client_order_id == client_id)
    }
}

fn unknown(code: &str, id: &str, list: &str) -> Refusal {
    Refusal::new(
        code,
        format!("nobody knows {id}, or it has ended"),
        format!("`pilothouse {list}` lists them"),
    )
}
