//! Positions: one entry each, and the account they live in. `unrealised = (price − entry) ×
//! margin_size × leverage`, margin_size = quantity ÷ leverage (trading.md, Positions).

mod account;
mod trail;
mod watch;

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub(super) use account::worth_of;
pub use account::{Account, Amount};
pub use trail::Trail;
pub use watch::Lack;

use super::id::{OrderId, PositionId, ReservationId, ServiceId};
use super::order::{Fill, Side};
use super::text::{Name, Symbol};
use super::time::Time;

/// Why a position was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum CloseReason {
    /// Its stop was hit.
    #[n(0)]
    StopLoss,
    /// Its target was reached.
    #[n(1)]
    TakeProfit,
    /// An operator, an agent or a strategy closed it.
    #[n(2)]
    Exit,
}

/// A wish to close, carried out once stop and target are out of the way.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Closing {
    /// A limit price; none means at the market.
    #[cbor(n(0), with = "crate::core::codec::dec", has_nil)]
    pub limit: Option<Decimal>,
    /// Why.
    #[n(1)]
    pub reason: String,
    /// Who.
    #[n(2)]
    pub by: Name,
    /// The order that carries it out, once one is sent.
    #[n(3)]
    pub order: Option<OrderId>,
    /// What the position counts as closed by, where the engine's own watch wants it.
    #[n(4)]
    pub counts_as: Option<CloseReason>,
}

/// One entry and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Position {
    /// Ours.
    #[n(0)]
    pub id: PositionId,
    /// Pair.
    #[n(1)]
    pub symbol: Symbol,
    /// Side of its entry: buy is long.
    #[n(2)]
    pub side: Side,
    /// Open base quantity.
    #[cbor(n(3), with = "crate::core::codec::dec", has_nil)]
    pub quantity: Decimal,
    /// Σ price × quantity of what is open, at entry prices.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    pub cost: Decimal,
    /// Base quantity ever entered.
    #[cbor(n(5), with = "crate::core::codec::dec", has_nil)]
    pub entered: Decimal,
    /// Σ price × quantity ever entered.
    #[cbor(n(6), with = "crate::core::codec::dec", has_nil)]
    pub entered_value: Decimal,
    /// 1 to 5.
    #[cbor(n(7), with = "crate::core::codec::dec", has_nil)]
    pub leverage: Decimal,
    /// Stop price.
    #[cbor(n(8), with = "crate::core::codec::dec", has_nil)]
    pub stop: Option<Decimal>,
    /// Target price.
    #[cbor(n(9), with = "crate::core::codec::dec", has_nil)]
    pub target: Option<Decimal>,
    /// The entry.
    #[n(10)]
    pub entry_order: OrderId,
    /// The order that works the stop.
    #[n(11)]
    pub stop_order: Option<OrderId>,
    /// The order that works the target.
    #[n(12)]
    pub target_order: Option<OrderId>,
    /// Gains and losses of what was closed, before fees.
    #[cbor(n(13), with = "crate::core::codec::dec", has_nil)]
    pub gross: Decimal,
    /// Σ fees of entry and exits.
    #[cbor(n(14), with = "crate::core::codec::dec", has_nil)]
    pub fees: Decimal,
    /// First fill.
    #[n(15)]
    pub opened_at: Time,
    /// Last fill of the last exit.
    #[n(16)]
    pub closed_at: Option<Time>,
    /// Base quantity closed.
    #[cbor(n(17), with = "crate::core::codec::dec", has_nil)]
    pub exited: Decimal,
    /// Σ price × quantity closed.
    #[cbor(n(18), with = "crate::core::codec::dec", has_nil)]
    pub exited_value: Decimal,
    /// Why it was closed.
    #[n(19)]
    pub close_reason: Option<CloseReason>,
    /// Whose it is.
    #[n(20)]
    pub strategy: Option<Name>,
    /// What holds its capital.
    #[n(21)]
    pub reservation: Option<ReservationId>,
    /// Somebody wants it closed: at this limit or the market, and why.
    #[n(22)]
    pub closing: Option<Closing>,
    /// Its stop follows the price.
    #[n(23)]
    pub trail: Option<Trail>,
    /// The service that opened it.
    #[n(24)]
    pub service: Option<ServiceId>,
}

impl Position {
    /// Mean entry price of what is open; of all that was entered once it is closed.
    pub fn entry(&self) -> Decimal {
        self.cost
            .checked_div(self.quantity)
            .or_else(|| self.entered_value.checked_div(self.entered))
            .unwrap_or_default()
            .normalize()
    }

    /// Mean price of the exits.
    pub fn exit_price(&self) -> Option<Decimal> {
        self.exited_value
            .checked_div(self.exited)
            .map(|p| p.normalize())
    }

    /// Quantity ÷ leverage, base currency.
    pub fn margin_size(&self) -> Decimal {
        (self.quantity / self.leverage).normalize()
    }

    /// Gain or loss of what is open at a price, before fees, quote currency.
    pub fn unrealised(&self, price: Decimal) -> Decimal {
        (price * self.quantity - self.cost) * self.side.sign()
    }

    /// The same in percent of the margin.
    pub fn unrealised_pct(&self, price: Decimal) -> Decimal {
        (self.unrealised(price) * self.leverage)
            .checked_div(self.cost)
            .map_or(Decimal::ZERO, |r| (r * Decimal::ONE_HUNDRED).round_dp(4))
    }

    /// Gain or loss of what was closed, after all fees so far.
    pub fn realised(&self) -> Decimal {
        self.gross - self.fees
    }

    /// Whether it still is, or waits for its first fill.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    pub(in crate::core) fn enter(&mut self, fill: &Fill) {
        let value = fill.price * fill.quantity;
        self.quantity += fill.quantity;
        self.cost += value;
        self.entered += fill.quantity;
        self.entered_value += value;
        self.fees += fill.fee;
    }

    pub(in crate::core) fn leave(&mut self, fill: &Fill) {
        let quantity = fill.quantity.min(self.quantity);
        let part = if quantity == self.quantity {
            self.cost
        } else {
            self.cost * quantity / self.quantity
        };
        self.gross += (fill.price * quantity - part) * self.side.sign();
        self.quantity -= quantity;
        self.cost -= part;
        self.exited += quantity;
        self.exited_value += fill.price * quantity;
        self.fees += fill.fee;
    }
}

/// Positions by id, the open ones and the latest that closed.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Positions {
    /// Open, or waiting for their first fill.
    #[n(0)]
    pub open: BTreeMap<PositionId, Position>,
    /// Closed, oldest first, bounded.
    #[n(1)]
    pub closed: VecDeque<Position>,
    /// Closed ever.
    #[n(2)]
    pub closed_total: u64,
}

impl Positions {
    /// One position, open or remembered.
    pub fn get(&self, id: PositionId) -> Option<&Position> {
        self.open
            .get(&id)
            .or_else(|| self.closed.iter().rev().find(|p| p.id == id))
    }

    /// Open ones of a symbol.
    pub fn of(&self, symbol: Symbol) -> impl Iterator<Item = &Position> {
        self.open.values().filter(move |p| p.symbol == symbol)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::core::order::Liquidity;
    use rust_decimal_macros::dec;

    pub fn fill(price: Decimal, quantity: Decimal) -> Fill {
        Fill {
            execution_id: "x".into(),
            time: Time(0),
            price,
            quantity,
            fee: Decimal::ZERO,
            liquidity: Liquidity::Taker,
        }
    }

    pub fn position(side: Side, leverage: Decimal) -> Position {
        Position {
            id: PositionId(1),
            symbol: "BTC/USDT".parse().unwrap(),
            side,
            quantity: Decimal::ZERO,
            cost: Decimal::ZERO,
            entered: Decimal::ZERO,
            entered_value: Decimal::ZERO,
            leverage,
            stop: None,
            target: None,
            entry_order: OrderId(1),
            stop_order: None,
            target_order: None,
            gross: Decimal::ZERO,
            fees: Decimal::ZERO,
            opened_at: Time(0),
            closed_at: None,
            exited: Decimal::ZERO,
            exited_value: Decimal::ZERO,
            close_reason: None,
            strategy: None,
            reservation: None,
            closing: None,
            trail: None,
            service: None,
        }
    }

    #[test]
    fn the_documents_example_is_booked_once_not_twice() {
        let mut long = position(Side::Buy, dec!(2));
        long.enter(&fill(dec!(45200), dec!(0.05)));
        assert_eq!(long.margin_size(), dec!(0.025));
        assert_eq!(long.unrealised(dec!(47000)), dec!(90.00));
        assert_eq!(long.unrealised(dec!(44300)), dec!(-45.00));
        let mut short = position(Side::Sell, dec!(2));
        short.enter(&fill(dec!(45200), dec!(0.05)));
        assert_eq!(short.unrealised(dec!(47000)), dec!(-90.00));
    }

    #[test]
    fn a_position_closed_in_parts_books_every_cent() {
        let mut long = position(Side::Buy, dec!(1));
        long.enter(&fill(dec!(10), dec!(1)));
        long.enter(&fill(dec!(11), dec!(2)));
        long.leave(&fill(dec!(12), dec!(1)));
        long.leave(&fill(dec!(12), dec!(2)));
        assert_eq!(long.gross.normalize(), dec!(4));
        assert_eq!((long.quantity, long.cost.normalize()), (dec!(0), dec!(0)));
    }
}
