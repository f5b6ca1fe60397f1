//! What a feed brings: candles and trades, gathered by the instant at which they became known.

use rust_decimal::Decimal;

use crate::core::{Symbol, Time};

/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;

/// Prices in quote currency and the volume in base currency over one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// Where the interval begins.
    pub open_time: Time,
    /// The first price.
    pub open: Decimal,
    /// The highest price.
    pub high: Decimal,
    /// The lowest price.
    pub low: Decimal,
    /// The last price.
    pub close: Decimal,
    /// What was traded.
    pub volume: Decimal,
}

impl Candle {
    /// A candle that has seen one trade.
    pub fn of_trade(open_time: Time, price: Decimal, quantity: Decimal) -> Self {
        Self {
            open_time,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: quantity,
        }
    }

    /// Takes a later trade in. The volume stops at the largest number there is.
    pub fn extend(&mut self, price: Decimal, quantity: Decimal) {
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
        self.volume = self.volume.saturating_add(quantity);
    }
}

/// One thing that became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A recorded bar closed; known at its open time plus the interval.
    Bar {
        /// The pair.
        symbol: Symbol,
        /// Length of the bar.
        interval_ms: i64,
        /// The whole bar.
        candle: Candle,
    },
    /// A recorded bar begins. Only its open price is known by now.
    Open {
        /// The pair.
        symbol: Symbol,
        /// The bar's open price.
        price: Decimal,
        /// The whole bar's volume: for the paper venue's participation, nobody else may look.
        volume: Decimal,
        /// Until when the price may be taken as a quote: a third of the bar.
        holds_until: Time,
    },
    /// A trade of the market.
    Trade {
        /// The pair.
        symbol: Symbol,
        /// Price in quote currency.
        price: Decimal,
        /// Size in base currency.
        quantity: Decimal,
    },
}

impl Item {
    /// The pair it is about.
    pub fn symbol(&self) -> Symbol {
        match self {
            Self::Bar { symbol, .. } | Self::Open { symbol, .. } | Self::Trade { symbol, .. } => {
                *symbol
            }
        }
    }
}

/// Everything that became known at one time: bars, then opens, then trades, each by symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant {
    /// When.
    pub time: Time,
    /// What, never empty.
    pub items: Vec<Item>,
}
