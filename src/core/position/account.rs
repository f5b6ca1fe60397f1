//! The account: what is held of each asset, and what it is worth.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Positions;
use crate::core::quote::Quotes;
use crate::core::text::Symbol;
use crate::core::time::Time;

/// What the account holds and how it did.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Account {
    /// Balance of each asset: inventory and positions together; short positions are negative.
    #[n(0)]
    pub balances: BTreeMap<String, Amount>,
    /// Equity as last marked, in the account's currency.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub equity: Decimal,
    /// Highest equity marked since the last time an operator reset it.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub peak: Decimal,
    /// The UTC day being counted.
    #[n(3)]
    pub day: i64,
    /// Equity when that day began.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    pub day_start: Decimal,
    /// Day on which the organisation's loss has engaged HARDSTOP already.
    #[n(5)]
    pub loss_day: Option<i64>,
    /// The limit that was lost then, USD.
    #[cbor(n(9), with = "crate::core::codec::dec", has_nil)]
    #[cbor(default)]
    pub loss_limit: Option<Decimal>,
    /// Equity when the account was opened.
    #[cbor(n(6), with = "crate::core::codec::dec", has_nil)]
    pub opening: Decimal,
    /// When equity was last marked.
    #[n(7)]
    pub marked_at: Time,
    /// Stops hit since the last gain.
    #[n(8)]
    pub stops_in_row: u32,
}

/// A decimal by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cbor(transparent)]
pub struct Amount(#[cbor(n(0), with = "crate::core::codec::dec")] pub Decimal);

impl Account {
    /// Whether a day's loss has engaged the stop already under this limit or a higher one.
    pub fn has_lost(&self, day: i64, limit: Decimal) -> bool {
        self.loss_day == Some(day) && self.loss_limit.is_none_or(|lost| limit <= lost)
    }

    /// Everything held, in dollars; `None` where a price is missing.
    pub fn worth(&self, quotes: &Quotes, symbols: &[Symbol]) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        for (asset, Amount(balance)) in &self.balances {
            if balance.is_zero() {
                continue;
            }
            let price = |symbol| quotes.get(symbol).map(|q| q.last);
            sum += balance * worth_of(asset, &price, symbols, 0)?;
        }
        Some(sum)
    }

    /// What one of an asset is worth, where its price is known.
    pub fn price(asset: &str, quotes: &Quotes, symbols: &[Symbol]) -> Option<Decimal> {
        worth_of(
            asset,
            &|symbol| quotes.get(symbol).map(|q| q.last),
            symbols,
            0,
        )
    }

    /// What is held of an asset.
    pub fn balance(&self, asset: &str) -> Decimal {
        self.balances
            .get(asset)
            .map_or(Decimal::ZERO, |amount| amount.0)
    }

    pub(in crate::core) fn set(&mut self, asset: &str, amount: Decimal) {
        self.balances.insert(asset.to_owned(), Amount(amount));
    }

    pub(in crate::core) fn add(&mut self, asset: &str, amount: Decimal) {
        match self.balances.get_mut(asset) {
            Some(balance) => balance.0 += amount,
            None => {
                self.balances.insert(asset.to_owned(), Amount(amount));
            }
        }
    }
}

impl Positions {
    /// What open positions hold of an asset; shorts count below zero. The rest of the balance is
    /// inventory, which no position speaks for.
    pub fn held(&self, asset: &str) -> Decimal {
        self.open
            .values()
            .filter(|p| p.symbol.base() == asset)
            .map(|p| p.quantity * p.side.sign())
            .sum()
    }
}

/// What one of an asset is worth: through the pair it is the base of, and that pair's quote
/// currency in turn; what is only ever paid with counts 1.
pub(in crate::core) fn worth_of(
    asset: &str,
    price: &dyn Fn(Symbol) -> Option<Decimal>,
    symbols: &[Symbol],
    steps: u8,
) -> Option<Decimal> {
    match symbols.iter().find(|s| s.base() == asset) {
        Some(symbol) if steps < 3 => {
            let quote = worth_of(symbol.quote(), price, symbols, steps + 1)?;
            Some(price(*symbol)? * quote)
        }
        _ => Some(Decimal::ONE),
    }
}
