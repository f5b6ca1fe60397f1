//! What runs by itself: one pair of keys for each schedule.

use serde::Serialize;

use super::key::{Get, Key, Narrower, Section};
use super::kind::{Kind, SECONDS};
use super::value::Field;

/// One schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// Seconds of engine time between two runs.
    pub interval_s: i64,
    /// Whether it runs by itself.
    pub enabled: bool,
}

macro_rules! schedules {
    (
        $(#[doc = $about:literal])*
        in $path:literal {
            $( $(#[doc = $doc:literal])* $name:ident = $interval:literal, $enabled:literal; )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        pub struct Schedules { $( $(#[doc = $doc])* pub $name: Schedule, )* }

        impl Section for Schedules {
            const ABOUT: &[&str] = &[$($about),*];
            const PATH: &str = $path;
            const KEYS: &[Key] = &[$(
                Key {
                    section: $path,
                    name: concat!(stringify!($name), ".interval_s"),
                    kind: SECONDS,
                    default: $interval,
                    doc: &[$($doc,)* " Engine time between two runs."],
                    narrower: Narrower::Lower,
                },
                Key {
                    section: $path,
                    name: concat!(stringify!($name), ".enabled"),
                    kind: Kind::Switch,
                    default: $enabled,
                    doc: &[" Whether it runs by itself."],
                    narrower: Narrower::Lower,
                },
            )*];
        }

        impl Schedules {
            pub(super) fn build(get: Get<'_>) -> Self {
                Self {$(
                    $name: Schedule {
                        interval_s: Field::take(
                            get($path, concat!(stringify!($name), ".interval_s"))
                        ).expect("an interval is a whole number"),
                        enabled: Field::take(
                            get($path, concat!(stringify!($name), ".enabled"))
                        ).expect("enabled is a switch"),
                    },
                )*}
            }

            /// Each schedule with the name of its task, in the order of the template.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, Schedule)> {
                [$( (stringify!($name), self.$name), )*].into_iter()
            }
        }
    };
}

schedules! {
    /// What runs by itself, and how often.
    in "coordinator.schedules" {
        /// Trend and momentum of each symbol; also `ta_analysis`.
        technical_analysis = "60", "true";
        /// The market's regime of each symbol.
        regime_detection = "300", "true";
        /// Sentiment of each symbol.
        sentiment_analysis = "1800", "false";
        /// Opens a cycle for each symbol.
        trading_decision = "3600", "true";
        /// Compares the portfolio with its targets; also `portfolio_check`.
        portfolio_rebalance = "3600", "false";
    }
}

/// A task's name, where a document calls it otherwise.
pub(super) fn renamed(name: &str) -> &str {
    match name {
        "ta_analysis" => "technical_analysis",
        "portfolio_check" => "portfolio_rebalance",
        other => other,
    }
}
