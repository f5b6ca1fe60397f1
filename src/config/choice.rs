//! The words that some keys choose from.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::kind::EQUITY;
use super::value::{Field, Value};

macro_rules! choice {
    ($(
        $(#[doc = $about:literal])*
        $name:ident { $( $(#[doc = $doc:literal])* $variant:ident = $word:literal, )* }
    )*) => {$(
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $( $(#[doc = $doc])* $variant, )* }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const WORDS: &[&str] = &[$($word),*];

            /// The word the configuration uses.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl Field for $name {
            fn take(value: Value) -> Option<Self> {
                match value {
                    Value::Text(text) => match text.as_str() {
                        $( $word => Some(Self::$variant), )*
                        _ => None,
                    },
                    _ => None,
                }
            }
        }
    )*};
}

choice! {
    /// Who decides on an entry.
    Mode {
        /// Autonomous on paper, guide on a live account.
        Default = "default",
        /// The operator approves each entry.
        Guide = "guide",
        /// The engine acts.
        Autonomous = "autonomous",
    }
    /// What a start on a live account does with entries.
    OnLiveStart {
        /// Adds a pause, for an operator to resume.
        Pause = "pause",
        /// Goes on with the causes it had.
        Run = "run",
    }
    /// What an orderly end does with resting entries.
    OnShutdown {
        /// Cancels them.
        CancelEntries = "cancel_entries",
        /// Leaves them at the venue.
        Leave = "leave",
    }
    /// What a circuit breaker does with open positions.
    OnCircuitBreaker {
        /// Keeps them, under their stops.
        Hold = "hold",
        /// Closes them.
        Close = "close",
    }
    /// How requests share capital that does not suffice for all.
    SplitPolicy {
        /// In proportion to amount and Sharpe ratio.
        SharpeWeighted = "sharpe_weighted",
        /// By one draw from each strategy's posterior.
        Thompson = "thompson",
    }
    /// Where orders go.
    Venue {
        /// The simulated venue.
        Paper = "paper",
    }
    /// The type of an order that names none.
    OrderType {
        /// At its price or better.
        Limit = "limit",
        /// At once, at any price.
        Market = "market",
    }
    /// How long an order that names no time in force stands.
    TimeInForce {
        /// Until it is cancelled.
        Gtc = "gtc",
        /// What does not fill at once is cancelled.
        Ioc = "ioc",
    }
    /// How loud an event's message is.
    Ring {
        /// Sent.
        On = "on",
        /// Sent, and marked not to ring.
        Silent = "silent",
        /// Not sent.
        Off = "off",
    }
    /// What a webhook is sent.
    WebhookFormat {
        /// The fields of the document, as a form.
        Form = "form",
        /// The document.
        Json = "json",
        /// Title and text as they are; the rest in headers.
        Raw = "raw",
    }
    /// The console's colours.
    Theme {
        /// For a dark terminal.
        Dark = "dark",
        /// For a light terminal.
        Light = "light",
        /// The terminal's own colours only.
        Mono = "mono",
        /// Without colours, and in ASCII.
        Ascii = "ascii",
    }
    /// What follows when the last console is lost without having been left.
    OnOperatorLoss {
        /// Hold on paper, pause on a live account.
        Default = "default",
        /// The engine goes on.
        Hold = "hold",
        /// Entries pause.
        Pause = "pause",
        /// HARDSTOP.
        Hardstop = "hardstop",
    }
}

/// How much capital there is to reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapitalPool {
    /// The account's equity, net of hodl bags.
    Equity,
    /// At most this many USD.
    Usd(Decimal),
}

impl Serialize for CapitalPool {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Equity => s.serialize_str(EQUITY),
            Self::Usd(amount) => s.collect_str(amount),
        }
    }
}

impl Field for CapitalPool {
    fn take(value: Value) -> Option<Self> {
        match value {
            Value::Decimal(amount) => Some(Self::Usd(amount)),
            Value::Text(text) if text == EQUITY => Some(Self::Equity),
            _ => None,
        }
    }
}
