//! How the core's own types are described to whoever reads the documents: here, because the core
//! knows nothing of documents.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::core::access::Access;
use crate::core::activity::{ActivityKind, Verdict};
use crate::core::cycle::Phase;
use crate::core::id::{
    ActivityId, ApprovalId, CycleId, MessageId, OrderId, PositionId, ReservationId, RunId,
    ServiceId,
};
use crate::core::message::{Delivery, MessageKind, Priority};
use crate::core::order::{self, Fill, Liquidity, Purpose, SelfTrade, Side, TimeInForce};
use crate::core::position::CloseReason;
use crate::core::research::{GateResult, Promise, RunKind, RunStatus, Setting, Version};
use crate::core::reservation::{Class, Resource, Standing};
use crate::core::service;
use crate::core::slicing::AlgorithmKind;
use crate::core::trading_state::Mode;
use crate::core::{Name, Origin, Quote, Released, Symbol, Time};

/// A text of some form.
fn text(about: &str, pattern: Option<&str>, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .pattern(pattern)
        .examples([example])
        .into()
}

/// One of some words.
fn one_of(about: &str, words: impl IntoIterator<Item = Value>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .enum_values(Some(words))
        .into()
}

macro_rules! texts {
    ($($kind:ty = $name:literal, $about:literal, $pattern:expr, $example:literal;)+) => {$(
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                text($about, $pattern, $example)
            }
        }
        impl ToSchema for $kind {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )+};
}

/// Enumerations; one whose variants are not all named does not compile.
macro_rules! words {
    ($($kind:ty = $name:literal, $about:literal: $($variant:ident)+;)+) => {$(
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                let word = |one: $kind| match one {
                    $(<$kind>::$variant)|+ => json!(one),
                };
                one_of($about, [$(word(<$kind>::$variant)),+])
            }
        }
        impl ToSchema for $kind {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )+};
}

texts!(
    Name = "Name", "Who: an agent, an operator, a part of the engine; of a strategy, its name.",
        Some("^[A-Za-z0-9_.:@-]{1,40}$"), "technical_analysis";
    Origin = "Origin", "From where something was asked: `console`, `unix:UID`, `tcp:ADDRESS`, a signal.",
        Some("^[ -~]{1,64}$"), "unix:1000";
    Symbol = "Symbol", "A traded pair; BTC_USDT is read as the same.",
        Some("^[A-Za-z0-9.]{1,11}[/_][A-Za-z0-9.]{1,11}$"), "BTC/USDT";
    ActivityId = "ActivityId", "An activity.", Some("^activity_[0-9]+$"), "activity_12";
    ApprovalId = "ApprovalId", "An entry that waits for the operator.",
        Some("^approval_[0-9]+$"), "approval_12";
    CycleId = "CycleId", "A cycle: when it was opened, and a number.",
        Some("^cycle_[0-9]{8}_[0-9]{6}_[0-9a-f]{8}$"), "cycle_20260214_112333_0000002a";
    MessageId = "MessageId", "A message.", Some("^message_[0-9]+$"), "message_12";
    OrderId = "OrderId", "An order of ours, whatever the venue calls it.",
        Some("^order_[0-9]+$"), "order_12";
    PositionId = "PositionId", "A position.", Some("^position_[0-9]+$"), "position_12";
    ReservationId = "ReservationId", "A reservation: its agent and the millisecond of its grant.",
        None, "trader_1771068213740";
    RunId = "RunId", "A research run.", Some("^run_[0-9]+$"), "run_12";
    ServiceId = "ServiceId", "A strategy version at work.", Some("^service_[0-9]+$"), "service_12";
);

words!(
    Access = "Access", "What a token allows; each includes what is before it.": Viewer Operator Admin;
    ActivityKind = "ActivityKind", "What somebody is at.":
        Deployment Optimisation Discovery LiveTrading Hardstop;
    AlgorithmKind = "AlgorithmKind", "How an order is sent in slices.":
        Twap Vwap Pov Iceberg Passive;
    Class = "Class", "What a reservation is for; its priority follows.":
        Exit Live Deployment Paper Backtest Research;
    CloseReason = "CloseReason", "Why a position was closed.": StopLoss TakeProfit Exit;
    Delivery = "Delivery", "Where a message stands.":
        Queued Delivered Acknowledged Expired Dead;
    Liquidity = "Liquidity", "Who was there first.": Maker Taker;
    MessageKind = "MessageKind", "What a message is.": Command Request Response Event Halt;
    Mode = "TradingState", "The state of trading.":
        Hardstopped Recovering Halted ReduceOnly Paused Running;
    Phase = "Phase", "Where a cycle stands.":
        Idle Initializing StrategyAnalysis RiskValidation Execution Monitoring Completed Halted
        Failed;
    Priority = "Priority", "How urgent a message is.": Critical High Normal Low;
    Purpose = "OrderPurpose", "What an order is for.": Entry Exit Stop Target Rebalance;
    Released = "Released", "What a release came to.":
        Released Cancelled AlreadyReleased Expired Unknown;
    Resource = "Resource", "What is reserved.": Capital Compute Api;
    RunKind = "RunKind", "What a run is for.": Optimise Discover Backtest;
    RunStatus = "RunStatus", "Where a run stands.":
        Queued Running Passed Failed NotJudged Cancelled;
    SelfTrade = "SelfTrade", "What gives way where an order would meet one of our own.":
        CancelNewest CancelOldest CancelBoth;
    Side = "Side", "Which way.": Buy Sell;
    Standing = "ReservationStatus", "Where a reservation stands.":
        Queued Held Bound Released Expired Preempted Denied Cancelled;
    TimeInForce = "TimeInForce",
        "How long an order stands: until cancelled, at once or not at all, until a time.":
        Gtc Ioc Gtd;
    Verdict = "Verdict", "What a running activity means for a new one.":
        Allow Queue Cancel Deny Already;
    order::Kind = "OrderType", "What makes an order trade.": Market Limit StopLoss TakeProfit;
    order::Status = "OrderStatus", "Where an order stands.":
        Pending Submitted Open PartiallyFilled Filled Cancelled Expired Rejected Unknown;
    service::End = "ServiceEnd", "How a service ended.":
        Promoted Dropped RolledBack Superseded Cancelled;
    service::Kind = "ServiceKind", "How a version came to work.": Candidate Deployment;
);

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339, UTC, with milliseconds."))
            .examples(["2026-02-14T11:23:33.740Z"])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

/// Structs of the core, by what is written of them.
macro_rules! like {
    ($($kind:ty = $shape:ty;)+) => {$(
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                <$shape>::schema()
            }
        }
        impl ToSchema for $kind {
            fn name() -> Cow<'static, str> {
                <$shape>::name()
            }
            fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
                <$shape as ToSchema>::schemas(all);
            }
        }
    )+};
}

like!(
    Fill = shapes::Fill;
    GateResult = shapes::GateResult;
    Promise = shapes::Promise;
    Quote = shapes::Quote;
    Setting = shapes::Setting;
    Version = shapes::Version;
);

/// What is written of the core's structs.
#[expect(dead_code, reason = "only their shapes are looked at")]
mod shapes {
    use rust_decimal::Decimal;
    use utoipa::ToSchema;

    use crate::core::id::RunId;
    use crate::core::order::Liquidity;
    use crate::core::{Name, Symbol, Time};

    /// One execution.
    #[derive(ToSchema)]
    pub(super) struct Fill {
        /// The venue's own id: a fill known by it is booked once.
        execution_id: String,
        /// When, in engine time.
        time: Time,
        /// Price, in the quote currency.
        price: Decimal,
        /// Quantity, in the base currency.
        quantity: Decimal,
        /// Fee, in the quote currency.
        fee: Decimal,
        /// Maker or taker.
        liquidity: Liquidity,
    }

    /// One gate, and what stood before it.
    #[derive(ToSchema)]
    pub(super) struct GateResult {
        /// Its name: sharpe, drawdown, trades, return, baseline …
        gate: String,
        /// What is asked.
        limit: String,
        /// What was found; none where nothing could be.
        value: Option<String>,
        /// Whether it is passed; none: not judged, which is not passed.
        passed: Option<bool>,
    }

    /// What a version has shown where it was not chosen.
    #[derive(ToSchema)]
    pub(super) struct Promise {
        /// Sharpe ratio of the daily returns, a year.
        sharpe: Option<Decimal>,
        /// Largest fall from a peak, a positive fraction.
        max_drawdown: Decimal,
        /// Closed trades.
        trades: u64,
        /// Mean return of a trade on what it cost, after fees.
        mean_trade: Option<Decimal>,
        /// Standard deviation (n − 1) of those returns.
        deviation: Option<Decimal>,
        /// Share of the capital gained.
        gained: Decimal,
    }

    /// What a symbol costs at a moment, in its quote currency.
    #[derive(ToSchema)]
    pub(super) struct Quote {
        /// The last price.
        last: Decimal,
        /// What a seller gets.
        bid: Decimal,
        /// What a buyer pays.
        ask: Decimal,
        /// When the price was made; for a candle, its close.
        time: Time,
        /// How long a price of this feed may stand: one bar, or 0 for trades. Milliseconds.
        bar_ms: i64,
        /// Base quantity traded since the feed began; it starts anew with the process.
        traded: Decimal,
    }

    /// A parameter's value.
    #[derive(ToSchema)]
    pub(super) struct Setting {
        /// Which.
        name: String,
        /// What it is set to.
        value: Decimal,
    }

    /// A strategy version that may be put into service: its rule with values for its parameters.
    #[derive(ToSchema)]
    pub(super) struct Version {
        /// The strategy.
        strategy: Name,
        /// Which version of it.
        version: String,
        /// The rule, as JSON in a text.
        definition: String,
        /// A value for every parameter.
        parameters: Vec<Setting>,
        /// The pair it was judged on.
        symbol: Symbol,
        /// Length of its bars, milliseconds.
        interval_ms: i64,
        /// Whether it gives each position a stop.
        has_stop: bool,
        /// What it has shown; none: nobody has judged it.
        promise: Option<Promise>,
        /// The run that judged it.
        run: Option<RunId>,
        /// SHA-256 of its composition, in hex.
        feature_hash: String,
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal_macros::dec;
    use std::collections::BTreeSet;

    use super::*;

    fn fields<T: PartialSchema>() -> BTreeSet<String> {
        let schema = json!(T::schema());
        schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    }

    fn written(one: impl serde::Serialize) -> BTreeSet<String> {
        json!(one).as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn what_is_said_of_the_cores_structs_is_what_is_written() {
        let time = Time(0);
        let (last, bid, ask) = (dec!(1), dec!(1), dec!(1));
        assert_eq!(
            written(Quote {
                last,
                bid,
                ask,
                time,
                bar_ms: 0,
                traded: dec!(0)
            }),
            fields::<Quote>()
        );
        let fill = Fill {
            execution_id: "e".into(),
            time,
            price: dec!(1),
            quantity: dec!(1),
            fee: dec!(0),
            liquidity: Liquidity::Maker,
        };
        assert_eq!(written(fill), fields::<Fill>());
        let gate = GateResult {
            gate: "sharpe".into(),
            limit: "1".into(),
            value: None,
            passed: None,
        };
        assert_eq!(written(gate), fields::<GateResult>());
        let promise = Promise {
            sharpe: None,
            max_drawdown: dec!(0),
            trades: 0,
            mean_trade: None,
            deviation: None,
            gained: dec!(0),
        };
        assert_eq!(written(&promise), fields::<Promise>());
        let setting = Setting {
            name: "n".into(),
            value: dec!(1),
        };
        assert_eq!(written(&setting), fields::<Setting>());
        let version = Version {
            strategy: "trend".parse().unwrap(),
            version: "1".into(),
            definition: "{}".into(),
            parameters: vec![setting],
            symbol: "BTC/USDT".parse().unwrap(),
            interval_ms: 60_000,
            has_stop: true,
            promise: Some(promise),
            run: None,
            feature_hash: "00".into(),
        };
        assert_eq!(written(version), fields::<Version>());
    }

    #[test]
    fn words_are_those_that_are_written() {
        let schema = json!(order::Kind::schema());
        assert_eq!(
            schema["enum"],
            json!(["market", "limit", "stop_loss", "take_profit"])
        );
        assert_eq!(schema["type"], "string");
    }
}
