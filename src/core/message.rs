//! Messages (B1–B7): what agents say to one another, each kept until it is acknowledged or old.

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::id::MessageId;
use super::order::Side;
use super::text::{Name, Symbol};
use super::time::Time;

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
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub trend_strength: Decimal,
    /// Which way it leans.
    #[n(3)]
    pub bias: Bias,
    /// 0 to 1.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub confidence: Decimal,
    /// −1 to 1.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub momentum_score: Option<Decimal>,
    /// Average true range as a share of the price.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
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
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub confidence: Decimal,
    /// Sizes are multiplied by it.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
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
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
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
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub confidence: Decimal,
    /// A limit price; none means at the market.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub entry_price: Option<Decimal>,
    /// Percent of the entry price.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub stop_loss_pct: Option<Decimal>,
    /// Percent of the entry price.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub take_profit_pct: Option<Decimal>,
    /// 1 to 5.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
    pub leverage: Option<Decimal>,
    /// Why, in the agent's words.
    #[n(7)]
    pub reasoning: String,
}

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
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        equity: Decimal,
        /// Price of the symbol.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        price: Decimal,
        /// The regime's multiplier.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        multiplier: Decimal,
        /// Share of equity to risk.
        #[cbor(n(4), with = "super::codec::dec", has_nil)]
        risk_per_trade: Decimal,
    },
    /// Risk's answer.
    #[n(6)]
    Sized {
        /// Base quantity before limits.
        #[cbor(n(0), with = "super::codec::dec", has_nil)]
        quantity: Decimal,
        /// Stop price.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        stop: Decimal,
        /// Target price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        target: Decimal,
    },
    /// Asks execution how to send what risk approved.
    #[n(7)]
    Execute {
        /// The signal.
        #[n(0)]
        signal: TradingSignal,
        /// Base quantity within every limit.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        quantity: Decimal,
        /// Stop price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        stop: Decimal,
        /// Target price.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        target: Decimal,
    },
    /// Execution's answer: at the market, or at a limit.
    #[n(8)]
    Plan {
        /// The limit price; none means at the market.
        #[cbor(n(0), with = "super::codec::dec", has_nil)]
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

/// Every message that is still of use.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct Bus {
    /// Waiting or delivered, not yet acknowledged.
    #[n(0)]
    pub live: BTreeMap<MessageId, Message>,
    /// Done with, oldest first, bounded.
    #[n(1)]
    pub past: VecDeque<Message>,
    /// The last word of each source on each topic and symbol.
    #[n(2)]
    pub latest: BTreeMap<(Topic, Name, Option<Symbol>), Message>,
    /// By the time they are too old.
    #[n(3)]
    pub expiry: std::collections::BTreeSet<(Time, MessageId)>,
    /// Sent ever.
    #[n(4)]
    pub sent: u64,
    /// Expired ever.
    #[n(5)]
    pub expired: u64,
    /// Dead ever.
    #[n(6)]
    pub dead: u64,
    /// Who gets what is published: by agent, topic and the source it is limited to.
    #[n(7)]
    #[cbor(default)]
    pub subscriptions: BTreeMap<(Name, Topic, Option<Name>), Filter>,
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
            _ => None,
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
                within("entry_price", s.entry_price, zero, super::risk::MOST)?;
                within("stop_loss_pct", s.stop_loss_pct, zero, hundred)?;
                within("take_profit_pct", s.take_profit_pct, zero, hundred)?;
                within("leverage", s.leverage, one, hundred)
            }
            Self::Sized {
                quantity,
                stop,
                target,
            } => {
                let most = super::risk::MOST;
                within("quantity", Some(*quantity), zero, most)?;
                within("stop", Some(*stop), zero, most)?;
                within("target", Some(*target), zero, most)
            }
            Self::Plan { limit } => within("limit", *limit, zero, super::risk::MOST),
            _ => Ok(()),
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
            _ => None,
        }
    }
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

impl Bus {
    /// The last word on a topic that is not too old; an expired one counts as absent.
    pub fn latest(
        &self,
        topic: Topic,
        source: Option<Name>,
        symbol: Option<Symbol>,
        now: Time,
    ) -> Option<&Message> {
        self.latest
            .iter()
            .filter(|((t, from, of), m)| {
                *t == topic
                    && source.is_none_or(|s| s == *from)
                    && (symbol.is_none() || symbol == *of)
                    && m.expires_at.is_none_or(|at| at > now)
            })
            .map(|(_, m)| m)
            .max_by_key(|m| (m.created_at, m.id))
    }

    pub(super) fn subscribe(&mut self, agent: Name, topic: Topic, filter: Filter) {
        self.subscriptions
            .insert((agent, topic, filter.source), filter);
    }

    pub(super) fn unsubscribe(&mut self, agent: Name, topic: Topic, source: Option<Name>) {
        self.subscriptions.remove(&(agent, topic, source));
    }

    /// Entries of an agent's queue.
    pub fn queued(&self, agent: Name) -> usize {
        self.live.values().filter(|m| m.to == Some(agent)).count()
    }

    pub(super) fn put(&mut self, message: &Message, keep: usize) {
        self.sent += 1;
        if let Some(topic) = message.topic {
            self.latest.insert(
                (topic, message.from, message.payload.symbol()),
                message.clone(),
            );
        }
        if message.delivery == Delivery::Queued {
            if let Some(at) = message.expires_at {
                self.expiry.insert((at, message.id));
            }
            self.live.insert(message.id, message.clone());
        } else {
            self.retire(message.clone(), keep);
        }
    }

    pub(super) fn end(
        &mut self,
        id: MessageId,
        how: Delivery,
        at: Time,
        response: Option<MessageId>,
        keep: usize,
    ) {
        if let Some(mut message) = self.live.remove(&id) {
            if let Some(expires) = message.expires_at {
                self.expiry.remove(&(expires, id));
            }
            message.delivery = how;
            message.response = response;
            match how {
                Delivery::Expired => self.expired += 1,
                Delivery::Dead => self.dead += 1,
                _ => message.processed_at = Some(at),
            }
            self.retire(message, keep);
        }
    }

    fn retire(&mut self, message: Message, keep: usize) {
        self.past.push_back(message);
        while self.past.len() > keep {
            self.past.pop_front();
        }
    }
}
