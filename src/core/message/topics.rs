//! What is said on the topics: one type each, its fields those that the topic requires (B5).

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Action, Bias, Regime};
use crate::core::id::OrderId;
use crate::core::order::Side;
use crate::core::position::Amount;
use crate::core::text::Symbol;
use crate::core::time::Time;

/// What technical analysis says of a symbol (topic `ta_signals`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct TaSignal {
    /// Pair.
    #[n(0)]
    pub symbol: Symbol,
    /// `up`, `down` or `flat`.
    #[n(1)]
    pub trend_direction: String,
    /// 0 to 1.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub trend_strength: Decimal,
    /// Which way it leans.
    #[n(3)]
    pub bias: Bias,
    /// 0 to 1.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    pub confidence: Decimal,
    /// −1 to 1.
    #[cbor(n(5), with = "crate::core::codec::dec", has_nil)]
    pub momentum_score: Option<Decimal>,
    /// Average true range as a share of the price.
    #[cbor(n(6), with = "crate::core::codec::dec", has_nil)]
    pub atr_pct: Option<Decimal>,
}

/// The market's regime (topic `regime_updates`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct RegimeUpdate {
    /// Pair.
    #[n(0)]
    pub symbol: Symbol,
    /// Which.
    #[n(1)]
    pub regime: Regime,
    /// 0 to 1.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub confidence: Decimal,
    /// Sizes are multiplied by it.
    #[cbor(n(3), with = "crate::core::codec::dec", has_nil)]
    pub position_size_multiplier: Decimal,
    /// Whether the higher minimum of confidence counts.
    #[n(4)]
    pub entry_strictness: bool,
}

/// What people feel (topic `sentiment_updates`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct SentimentUpdate {
    /// Pair.
    #[n(0)]
    pub symbol: Symbol,
    /// Which way it leans.
    #[n(1)]
    pub bias: Bias,
    /// 0 to 1.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub confidence: Decimal,
}

/// What to do (topic `trading_signals`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct TradingSignal {
    /// Pair.
    #[n(0)]
    pub symbol: Symbol,
    /// Buy, sell, hold.
    #[n(1)]
    pub action: Action,
    /// 0 to 1.
    #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
    pub confidence: Decimal,
    /// A limit price; none means at the market.
    #[cbor(n(3), with = "crate::core::codec::dec", has_nil)]
    pub entry_price: Option<Decimal>,
    /// Percent of the entry price.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    pub stop_loss_pct: Option<Decimal>,
    /// Percent of the entry price.
    #[cbor(n(5), with = "crate::core::codec::dec", has_nil)]
    pub take_profit_pct: Option<Decimal>,
    /// 1 to 5.
    #[cbor(n(6), with = "crate::core::codec::dec", has_nil)]
    pub leverage: Option<Decimal>,
    /// Why, in the agent's words.
    #[n(7)]
    pub reasoning: String,
    /// Which policy decided (G6).
    #[n(8)]
    #[serde(default)]
    pub policy_version: Option<String>,
    /// Which features it saw (G6).
    #[n(9)]
    #[serde(default)]
    pub feature_hash: Option<String>,
}

/// What a symbol costs (topic `market_data`): the latest only, never journaled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct MarketData {
    /// Pair.
    #[n(0)]
    pub symbol: Symbol,
    /// The last price, in the quote currency.
    #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
    pub price: Decimal,
    /// When the price was made.
    #[n(2)]
    pub time: Time,
}

/// What threatens (topic `risk_alerts`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct RiskAlert {
    /// What kind of thing.
    #[n(0)]
    pub alert_type: String,
    /// How bad, in the agent's words.
    #[n(1)]
    pub severity: String,
    /// In words.
    #[n(2)]
    pub message: String,
    /// What has to be done; `halt_trading` is done at once.
    #[n(3)]
    #[serde(default)]
    pub action_required: Option<String>,
}

/// What an order or a position came to (topic `execution_events`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct ExecutionEvent {
    /// `filled`, `cancelled`, `expired`, `rejected` or `position_closed`; agents may say others.
    #[n(0)]
    pub event_type: String,
    /// The order; of a position, its entry.
    #[n(1)]
    pub order_id: OrderId,
    /// Pair.
    #[n(2)]
    #[serde(default)]
    pub symbol: Option<Symbol>,
    /// The order's side; of a position, its entry's.
    #[n(3)]
    #[serde(default)]
    pub side: Option<Side>,
    /// Base quantity filled; of a position, closed.
    #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
    #[serde(default)]
    pub size: Option<Decimal>,
    /// Mean price of the fills; of a position, of its exits.
    #[cbor(n(5), with = "crate::core::codec::dec", has_nil)]
    #[serde(default)]
    pub fill_price: Option<Decimal>,
}

/// What the account holds (topic `portfolio_updates`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct PortfolioUpdate {
    /// USD.
    #[cbor(n(0), with = "crate::core::codec::dec", has_nil)]
    pub equity: Decimal,
    /// Shares of the equity by asset, 0 to 1.
    #[n(1)]
    pub allocation: BTreeMap<String, Amount>,
}
