//! Market prices are context, not state: they come with a command, and a record keeps those that
//! its decision looked at.

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::text::Symbol;
use super::time::Time;

/// What a symbol costs at a moment, in its quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Quote {
    /// The last price.
    #[cbor(n(0), with = "super::codec::dec", has_nil)]
    pub last: Decimal,
    /// What a seller gets.
    #[cbor(n(1), with = "super::codec::dec", has_nil)]
    pub bid: Decimal,
    /// What a buyer pays.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub ask: Decimal,
    /// When the price was made; for a candle, its close.
    #[n(3)]
    pub time: Time,
    /// How long a price of this feed may stand: one bar, or 0 for trades. Milliseconds.
    #[n(4)]
    pub bar_ms: i64,
    /// Base quantity traded since the feed began; it starts anew with the process.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    #[serde(default)]
    pub traded: Decimal,
}

/// The latest quote of each symbol, ordered by symbol.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cbor(transparent)]
pub struct Quotes(#[n(0)] Vec<(Symbol, Quote)>);

impl Quotes {
    /// The quote of a symbol.
    pub fn get(&self, symbol: Symbol) -> Option<&Quote> {
        self.0
            .binary_search_by(|(s, _)| s.cmp(&symbol))
            .ok()
            .map(|i| &self.0[i].1)
    }

    /// Replaces the quote of a symbol.
    pub fn set(&mut self, symbol: Symbol, quote: Quote) {
        match self.0.binary_search_by(|(s, _)| s.cmp(&symbol)) {
            Ok(i) => self.0[i].1 = quote,
            Err(i) => self.0.insert(i, (symbol, quote)),
        }
    }

    /// All of them, by symbol.
    pub fn iter(&self) -> impl Iterator<Item = &(Symbol, Quote)> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
