//! What a message carries: a topic's word, what a phase asks and answers, or what somebody else
//! wrote.

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::topics::{
    ExecutionEvent, MarketData, PortfolioUpdate, RegimeUpdate, RiskAlert, SentimentUpdate,
    TaSignal, TradingSignal,
};
use super::{MAX_TEXT, Topic};
use crate::core::risk::MOST;
use crate::core::text::Symbol;

/// Assets of a portfolio, at most.
const MAX_ASSETS: usize = 1_000;

/// What a phase of a cycle is asked, and what it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Payload {
    /// What technical analysis says.
    #[n(0)]
    Ta(#[n(0)] TaSignal),
    /// The market's regime.
    #[n(1)]
    Regime(#[n(0)] RegimeUpdate),
    /// What people feel.
    #[n(2)]
    Sentiment(#[n(0)] SentimentUpdate),
    /// What to do.
    #[n(3)]
    Signal(#[n(0)] TradingSignal),
    /// Asks the trading decision for a signal.
    #[n(4)]
    Analyse {
        /// Pair.
        #[n(0)]
        symbol: Symbol,
    },
    /// Asks risk for a size.
    #[n(5)]
    Validate {
        /// The signal, its confidence already weighed.
        #[n(0)]
        signal: TradingSignal,
        /// Equity in USD.
        #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
        equity: Decimal,
        /// Price of the symbol.
        #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
        price: Decimal,
        /// The regime's multiplier.
        #[cbor(n(3), with = "crate::core::codec::dec", has_nil)]
        multiplier: Decimal,
        /// Share of equity to risk.
        #[cbor(n(4), with = "crate::core::codec::dec", has_nil)]
        risk_per_trade: Decimal,
    },
    /// Risk's answer.
    #[n(6)]
    Sized {
        /// Base quantity before limits.
        #[cbor(n(0), with = "crate::core::codec::dec", has_nil)]
        quantity: Decimal,
        /// Stop price.
        #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
        stop: Decimal,
        /// Target price.
        #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
        target: Decimal,
    },
    /// Asks execution how to send what risk approved.
    #[n(7)]
    Execute {
        /// The signal.
        #[n(0)]
        signal: TradingSignal,
        /// Base quantity within every limit.
        #[cbor(n(1), with = "crate::core::codec::dec", has_nil)]
        quantity: Decimal,
        /// Stop price.
        #[cbor(n(2), with = "crate::core::codec::dec", has_nil)]
        stop: Decimal,
        /// Target price.
        #[cbor(n(3), with = "crate::core::codec::dec", has_nil)]
        target: Decimal,
    },
    /// Execution's answer: at the market, or at a limit.
    #[n(8)]
    Plan {
        /// The limit price; none means at the market.
        #[cbor(n(0), with = "crate::core::codec::dec", has_nil)]
        limit: Option<Decimal>,
    },
    /// Something happened.
    #[n(9)]
    Note {
        /// What kind of thing.
        #[n(0)]
        what: String,
        /// In words.
        #[n(1)]
        message: String,
    },
    /// What somebody else wrote: a JSON document.
    #[n(10)]
    Json {
        /// Its text.
        #[n(0)]
        text: String,
    },
    /// What a symbol costs.
    #[n(11)]
    Market(#[n(0)] MarketData),
    /// What threatens.
    #[n(12)]
    Alert(#[n(0)] RiskAlert),
    /// What an order or a position came to.
    #[n(13)]
    Execution(#[n(0)] ExecutionEvent),
    /// What the account holds.
    #[n(14)]
    Portfolio(#[n(0)] PortfolioUpdate),
}

impl Payload {
    /// The symbol it is about.
    pub fn symbol(&self) -> Option<Symbol> {
        match self {
            Self::Ta(s) => Some(s.symbol),
            Self::Regime(s) => Some(s.symbol),
            Self::Sentiment(s) => Some(s.symbol),
            Self::Signal(s)
            | Self::Validate { signal: s, .. }
            | Self::Execute { signal: s, .. } => Some(s.symbol),
            Self::Analyse { symbol } => Some(*symbol),
            Self::Market(s) => Some(s.symbol),
            Self::Execution(s) => s.symbol,
            Self::Json { text } => super::read::symbol(text),
            Self::Sized { .. }
            | Self::Plan { .. }
            | Self::Note { .. }
            | Self::Alert(_)
            | Self::Portfolio(_) => None,
        }
    }

    /// What is out of its range, in words: shares lie between 0 and 1, percents and leverage between
    /// 0 and 100.
    ///
    /// # Errors
    /// The first field that is not as it must be.
    pub fn check(&self) -> Result<(), String> {
        let within = |name: &str, value: Option<Decimal>, least: Decimal, most: Decimal| match value
        {
            Some(v) if v < least || v > most => {
                Err(format!("{name} is {v}; {least} to {most} is allowed"))
            }
            _ => Ok(()),
        };
        let short = |name: &str, text: &str| match text.len() {
            0..=MAX_TEXT => Ok(()),
            long => Err(format!("{name} has {long} bytes; {MAX_TEXT} are allowed")),
        };
        let (zero, one, hundred) = (Decimal::ZERO, Decimal::ONE, Decimal::ONE_HUNDRED);
        match self {
            Self::Ta(s) => {
                within("confidence", Some(s.confidence), zero, one)?;
                within("trend_strength", Some(s.trend_strength), zero, one)?;
                within("momentum_score", s.momentum_score, -one, one)?;
                within("atr_pct", s.atr_pct, zero, hundred)
            }
            Self::Regime(s) => {
                within("confidence", Some(s.confidence), zero, one)?;
                within(
                    "position_size_multiplier",
                    Some(s.position_size_multiplier),
                    zero,
                    one,
                )
            }
            Self::Sentiment(s) => within("confidence", Some(s.confidence), zero, one),
            Self::Signal(s) => {
                within("confidence", Some(s.confidence), zero, one)?;
                within("entry_price", s.entry_price, zero, MOST)?;
                within("stop_loss_pct", s.stop_loss_pct, zero, hundred)?;
                within("take_profit_pct", s.take_profit_pct, zero, hundred)?;
                within("leverage", s.leverage, one, hundred)
            }
            Self::Sized {
                quantity,
                stop,
                target,
            } => {
                let most = MOST;
                within("quantity", Some(*quantity), zero, most)?;
                within("stop", Some(*stop), zero, most)?;
                within("target", Some(*target), zero, most)
            }
            Self::Plan { limit } => within("limit", *limit, zero, MOST),
            Self::Market(s) => within("price", Some(s.price), zero, MOST),
            Self::Alert(s) => {
                short("alert_type", &s.alert_type)?;
                short("severity", &s.severity)?;
                short("message", &s.message)?;
                short(
                    "action_required",
                    s.action_required.as_deref().unwrap_or(""),
                )
            }
            Self::Execution(s) => {
                short("event_type", &s.event_type)?;
                within("size", s.size, zero, MOST)?;
                within("fill_price", s.fill_price, zero, MOST)
            }
            Self::Portfolio(s) => {
                within("equity", Some(s.equity), -MOST, MOST)?;
                if s.allocation.len() > MAX_ASSETS {
                    return Err(format!(
                        "allocation has {} assets; {MAX_ASSETS} are allowed",
                        s.allocation.len()
                    ));
                }
                s.allocation
                    .values()
                    .try_for_each(|share| within("allocation", Some(share.0), zero, one))
            }
            _ => Ok(()),
        }
    }

    /// How much there is of it, bytes: of what somebody else wrote the text's, of all else about as
    /// many as its document has.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Json { text } => text.len(),
            other => {
                let mut count = Count(0);
                minicbor::encode(other, &mut count).map_or(0, |()| count.0)
            }
        }
    }

    /// The topic it may be published on.
    pub fn topic(&self) -> Option<Topic> {
        match self {
            Self::Ta(_) => Some(Topic::TaSignals),
            Self::Regime(_) => Some(Topic::RegimeUpdates),
            Self::Sentiment(_) => Some(Topic::SentimentUpdates),
            Self::Signal(_) => Some(Topic::TradingSignals),
            Self::Note { .. } => Some(Topic::SystemEvents),
            Self::Market(_) => Some(Topic::MarketData),
            Self::Alert(_) => Some(Topic::RiskAlerts),
            Self::Execution(_) => Some(Topic::ExecutionEvents),
            Self::Portfolio(_) => Some(Topic::PortfolioUpdates),
            Self::Json { .. } => Some(Topic::Own),
            Self::Analyse { .. }
            | Self::Validate { .. }
            | Self::Sized { .. }
            | Self::Execute { .. }
            | Self::Plan { .. } => None,
        }
    }
}

/// Counts what is written and keeps nothing of it.
struct Count(usize);

impl minicbor::encode::Write for Count {
    type Error = std::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0 += bytes.len();
        Ok(())
    }
}
