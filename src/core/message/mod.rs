//! Messages (B1–B7): what agents say to one another, each kept until it is acknowledged or old.

mod bus;
mod deliver;
mod join;
mod payload;
mod post;
mod read;
mod reply;
mod send;
mod topics;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

pub(in crate::core) use bus::End;
pub use bus::{Bus, DeadLetter};
pub(in crate::core) use join::Bearer;
pub use join::ENGINES_OWN;
pub use payload::Payload;
pub use topics::{
    ExecutionEvent, MarketData, PortfolioUpdate, RegimeUpdate, RiskAlert, SentimentUpdate,
    TaSignal, TradingSignal,
};

use super::id::MessageId;
use super::order::Side;
use super::text::{Name, Symbol};
use super::time::Time;

/// Longest text of a reason, a subject, a purpose or a word in a payload, bytes.
pub(super) const MAX_TEXT: usize = 1024;
/// Largest payload of a message, bytes (interfaces.md gives a cycle's data the same).
pub(super) const MAX_PAYLOAD: usize = 64 * 1024;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $n:literal $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, minicbor::Encode, minicbor::Decode)]
        #[cbor(index_only)]
        pub enum $name { $($(#[$vdoc])* #[n($n)] #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As in documents and on screens.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = super::text::NameError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(super::text::NameError(format!(
                        "{other:?} is none of {}", [$($word),+].join(", ")))),
                }
            }
        }
    };
}
pub(super) use words;

words!(
    /// What a message is.
    MessageKind {
        /// Do this.
        0 Command = "command",
        /// Tell me this.
        1 Request = "request",
        /// The answer to either.
        2 Response = "response",
        /// This happened.
        3 Event = "event",
        /// Stop.
        4 Halt = "halt",
    }
);
words!(
    /// Delivery is by priority, then time, then id (B2).
    Priority {
        /// Before everything.
        0 Critical = "critical",
        /// Before normal.
        1 High = "high",
        /// As it comes.
        2 Normal = "normal",
        /// When nothing else waits.
        3 Low = "low",
    }
);
words!(
    /// What a published message is about (B5).
    Topic {
        /// Prices; conflated, never journaled.
        0 MarketData = "market_data",
        /// What technical analysis says.
        1 TaSignals = "ta_signals",
        /// The market's regime.
        2 RegimeUpdates = "regime_updates",
        /// What people feel.
        3 SentimentUpdates = "sentiment_updates",
        /// What to do.
        4 TradingSignals = "trading_signals",
        /// What threatens.
        5 RiskAlerts = "risk_alerts",
        /// What orders did.
        6 ExecutionEvents = "execution_events",
        /// What the account holds.
        7 PortfolioUpdates = "portfolio_updates",
        /// Everything else.
        8 SystemEvents = "system_events",
        /// An outside agent's own: it is called as the agent is.
        9 Own = "own",
    }
);
words!(
    /// Which way the market leans.
    Bias {
        /// Up.
        0 Bullish = "bullish",
        /// Down.
        1 Bearish = "bearish",
        /// Neither.
        2 Neutral = "neutral",
    }
);
words!(
    /// The market's regime.
    Regime {
        /// Rising.
        0 TrendingBull = "trending_bull",
        /// Falling.
        1 TrendingBear = "trending_bear",
        /// Between two levels.
        2 Ranging = "ranging",
        /// Without direction, with noise.
        3 Choppy = "choppy",
        /// Moving far, either way.
        4 Volatile = "volatile",
    }
);
words!(
    /// What a signal says to do.
    Action {
        /// Open a long.
        0 Buy = "BUY",
        /// Open a short.
        1 Sell = "SELL",
        /// Nothing.
        2 Hold = "HOLD",
    }
);
words!(
    /// Where a message stands.
    Delivery {
        /// Waits in a queue.
        0 Queued = "queued",
        /// Handed over, not acknowledged.
        1 Delivered = "delivered",
        /// Done with.
        2 Acknowledged = "acknowledged",
        /// Too old before anybody took it.
        3 Expired = "expired",
        /// Given up.
        4 Dead = "dead",
    }
);

impl Topic {
    /// Who may publish on it; none: anyone.
    pub fn owners(self) -> &'static [&'static str] {
        match self {
            Self::MarketData => &["feed"],
            Self::TaSignals => &["technical_analysis"],
            Self::RegimeUpdates => &["regime_detection"],
            Self::SentimentUpdates => &["sentiment_analysis"],
            Self::TradingSignals => &["trading_decision", "trader"],
            Self::RiskAlerts => &["risk"],
            Self::ExecutionEvents => &["execution"],
            Self::PortfolioUpdates => &["portfolio_rebalance"],
            Self::SystemEvents | Self::Own => &[],
        }
    }
}

impl Bias {
    /// The side it speaks for.
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Bullish => Some(Side::Buy),
            Self::Bearish => Some(Side::Sell),
            Self::Neutral => None,
        }
    }
}

impl Action {
    /// The side it opens.
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Buy => Some(Side::Buy),
            Self::Sell => Some(Side::Sell),
            Self::Hold => None,
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Message {
    /// Its id.
    #[n(0)]
    pub id: MessageId,
    /// Who sent it.
    #[n(1)]
    pub from: Name,
    /// Whose queue it is in.
    #[n(2)]
    pub to: Option<Name>,
    /// Or what it is about.
    #[n(3)]
    pub topic: Option<Topic>,
    /// What it is.
    #[n(4)]
    pub kind: MessageKind,
    /// How urgent.
    #[n(5)]
    pub priority: Priority,
    /// In a few words.
    #[n(6)]
    pub subject: String,
    /// In full.
    #[n(7)]
    pub payload: Payload,
    /// The message it answers.
    #[n(8)]
    pub in_reply_to: Option<MessageId>,
    /// The answer it got.
    #[n(9)]
    pub response: Option<MessageId>,
    /// When it was sent.
    #[n(10)]
    pub created_at: Time,
    /// When it is too old.
    #[n(11)]
    pub expires_at: Option<Time>,
    /// Where it stands.
    #[n(12)]
    pub delivery: Delivery,
    /// When it was acknowledged.
    #[n(13)]
    pub processed_at: Option<Time>,
}

/// Which of a topic's messages a subscriber wants; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct Filter {
    /// Only from this one.
    #[n(0)]
    pub source: Option<Name>,
    /// Only about this.
    #[n(1)]
    pub symbol: Option<Symbol>,
    /// Only as urgent as this, or more.
    #[n(2)]
    pub priority: Option<Priority>,
}

impl Message {
    /// The topic's name; an outside agent's own is called as the agent is.
    pub fn topic_name(&self) -> Option<&str> {
        match self.topic? {
            Topic::Own => Some(self.from.as_str()),
            topic => Some(topic.as_str()),
        }
    }
}

#[cfg(test)]
mod tests;
