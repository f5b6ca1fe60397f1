//! A trade: a position from its entry to its exit.

use rust_decimal::Decimal;

use crate::core::id::PositionId;
use crate::core::order::Side;
use crate::core::position::Position;
use crate::core::{Symbol, Time};

/// One position, closed or still open.
#[derive(Debug, Clone, PartialEq)]
pub struct Trade {
    /// The position's id.
    pub id: PositionId,
    /// Pair.
    pub symbol: Symbol,
    /// Side of its entry: buy is long.
    pub side: Side,
    /// First fill.
    pub entry_time: Time,
    /// Mean price of what was entered.
    pub entry_price: Decimal,
    /// When it was closed; none while it is open.
    pub exit_time: Option<Time>,
    /// Mean price of the exits; none while it is open.
    pub exit_price: Option<Decimal>,
    /// Base quantity entered.
    pub quantity: Decimal,
    /// Σ fees, quote currency.
    pub fees: Decimal,
    /// Gain or loss after fees, quote currency; of an open one as if it were closed at the last price
    /// without a fee.
    pub pnl: Decimal,
}

impl Trade {
    /// A closed position, or an open one valued at a price.
    pub(super) fn of(position: &Position, price: Option<Decimal>) -> Self {
        let open = price.map_or(Decimal::ZERO, |price| position.unrealised(price));
        let entered = position.entered_value.checked_div(position.entered);
        Self {
            id: position.id,
            symbol: position.symbol,
            side: position.side,
            entry_time: position.opened_at,
            entry_price: entered.unwrap_or_default().normalize(),
            exit_time: position.closed_at,
            exit_price: position.closed_at.and_then(|_| position.exit_price()),
            quantity: position.entered.normalize(),
            fees: position.fees.normalize(),
            pnl: (position.realised() + open).normalize(),
        }
    }
}
