//! The table of keys: every section, every key, its meaning, kind and default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use rust_decimal::Decimal;
use serde::Serialize;

use super::alerts::Alerts;
use super::choice::{
    CapitalPool, Mode, OnCircuitBreaker, OnLiveStart, OnOperatorLoss, OnShutdown, OrderType,
    SplitPolicy, Theme, TimeInForce, Venue,
};
use super::key::{Get, Key, Narrower, Section, section};
use super::kind::{Kind, MEBIBYTES, MILLISECONDS, SECONDS, USD, count, whole};
use super::risk::Risk;
use super::schedules::Schedules;
use super::value::Field;
use crate::core::Symbol;

section! {
    /// What the supervisor watches, when it acts, and what makes it stop.
    Coordinator in "coordinator" {
        /// Who decides on entries: `default` is autonomous on paper, guide on a live account.
        mode: Mode = Kind::Choice(Mode::WORDS), "default";
        /// What is traded; a recorded feed brings its own.
        symbols: Vec<Symbol> = Kind::Symbols, "BTC/USDT, ETH/USDT, XRP/USDT";
        /// Deadline of a cycle's phase, wall time.
        phase_timeout_s: i64 = SECONDS, "120";
        /// Longest time a cycle watches its orders before it counts as completed.
        monitoring_s: i64 = SECONDS, "120";
        /// Life of a trade in the approval queue, wall time.
        approval_s: i64 = SECONDS, "900";
        /// Whether a start on a live account waits for an operator to resume.
        on_live_start: OnLiveStart = Kind::Choice(OnLiveStart::WORDS), "pause";
        /// What an orderly end does with resting entries.
        on_shutdown: OnShutdown = Kind::Choice(OnShutdown::WORDS), "cancel_entries";
        /// Longest time an orderly end waits for its cancels, wall time.
        shutdown_s: i64 = SECONDS, "5";
        /// Silence of the core after which the watchdog engages HARDSTOP, wall time.
        watchdog_s: i64 = SECONDS, "10";
        /// Quiet time after a press before HARDSTOP may be cleared, wall time.
        clear_wait_s: i64 = SECONDS, "5";
        /// What a circuit breaker does with open positions.
        on_circuit_breaker: OnCircuitBreaker = Kind::Choice(OnCircuitBreaker::WORDS), "hold";
        /// Circuit breaker: drawdown from the account's peak.
        max_drawdown: Decimal = Kind::Share, "0.10";
        /// Circuit breaker: stops hit in a row.
        max_stops_in_row: u64 = count("stops"), "5";
        /// Execution errors in a row that pause the symbol.
        pause_symbol_after: u64 = count("errors"), "3";
        /// Failures in a row of a class of agents that degrade by one step.
        degrade_after: u64 = count("failures"), "3";
        /// Time without a failure after which degradation steps back.
        recover_after_s: i64 = SECONDS, "300";
        /// Size multiplier while degraded and the last regime has expired.
        unknown_regime_multiplier: Decimal = Kind::Share, "0.5";
        /// Least confidence of a signal where the regime is strict.
        strict_minimum_confidence: Decimal = Kind::Share, "0.65";
        /// Most that full agreement adds to confidence.
        consensus_bonus: Decimal = Kind::Share, "0.3";
        /// Most that full disagreement takes from confidence.
        consensus_penalty: Decimal = Kind::Share, "0.15";
        /// Technical and sentiment bias opposed by less than this difference is a conflict.
        conflict_confidence_gap: Decimal = Kind::Share, "0.2";
        /// A size that risk cuts by more than this share is a conflict.
        conflict_size_cut: Decimal = Kind::Share, "0.5";
        /// Live clock: distance from the wall clock above which entries are refused.
        clock_drift_s: i64 = SECONDS, "2";
        /// At a start: wall clock behind the journal by more than this refuses entries.
        clock_behind_s: i64 = SECONDS, "60";
    }
    with {
        /// What runs by itself, and how often.
        schedules: Schedules,
    }
}

section! {
    /// What agents reserve: capital, compute slots, API calls.
    Resources in "resources" {
        /// Capital that can be reserved: the account's equity net of hodl bags, or less.
        capital_pool_usd: CapitalPool = Kind::Pool, "equity";
        /// How often the pool follows the equity.
        pool_mark_s: i64 = SECONDS, "60";
        /// How long capital requests that name a Sharpe ratio wait for each other, wall time.
        allocation_window_ms: i64 = MILLISECONDS, "250";
        /// How they share what does not suffice for all.
        split_policy: SplitPolicy = Kind::Choice(SplitPolicy::WORDS), "sharpe_weighted";
        /// Backtests at once; research counts as one.
        backtests: u64 = count("slots"), "3";
        /// Paper trades at once; a deployment counts as one.
        paper_trades: u64 = count("slots"), "5";
        /// API calls in any minute.
        api_per_minute: u64 = count("calls"), "600";
        /// API calls in any hour.
        api_per_hour: u64 = count("calls"), "30000";
        /// Share of the API calls that is kept for exits.
        api_exit_share: Decimal = Kind::Share, "0.10";
        /// Life of a reservation that names none; at most 30 days.
        default_ttl_s: i64 = whole("seconds", 1, 2_592_000), "3600";
        /// How often a waiting agent is told who holds what it waits for.
        queue_notice_s: i64 = SECONDS, "60";
        /// Reservations that expire at most in one batch.
        expiry_batch: u64 = count("reservations"), "4096";
        /// How long the key of an ended request is known, wall time.
        key_life_s: i64 = SECONDS, "86400";
        /// Keys known of each actor, the oldest leaving first.
        keys_per_actor: u64 = count("keys"), "100000";
    }
}

section! {
    /// Messages between agents.
    Bus in "bus" {
        /// Messages that wait for one agent; beyond it the lowest priority goes to the dead letters.
        queue: u64 = count("messages"), "1024";
        /// Life of a topic's message that names none.
        ttl_s: i64 = SECONDS, "300";
        /// Life of a phase's command.
        command_ttl_s: i64 = SECONDS, "120";
        /// Life of a halt.
        halt_ttl_s: i64 = SECONDS, "60";
        /// Time without acknowledgement after which a message is delivered again, wall time.
        redeliver_s: i64 = SECONDS, "10";
        /// Repeated deliveries before a message is dead.
        redeliveries: u64 = count("deliveries"), "5";
    }
}

section! {
    /// When an agent counts as healthy.
    Health in "health" {
        /// Age of the last heartbeat above which an agent is stale.
        heartbeat_timeout_s: i64 = SECONDS, "60";
        /// Age of the last heartbeat above which an agent is shown as laggy.
        laggy_s: i64 = SECONDS, "30";
        /// Response time, in lifetime means, above which an agent is shown as laggy.
        laggy_factor: Decimal = Kind::Factor { min: 1, max: 1000 }, "3";
        /// Latest operations that the error rate looks at.
        window: u64 = count("operations"), "50";
        /// Operations below which there is no error rate.
        minimum: u64 = count("operations"), "2";
        /// Error rate above which an agent is unhealthy.
        unhealthy_error_rate: Decimal = Kind::Share, "0.5";
    }
}

section! {
    /// Research runs, the stages of candidates and deployments, and the gates between them.
    Research in "research" {
        /// Life of the compute slot of a run's step; it is renewed while the step is computed.
        step_ttl_s: i64 = whole("seconds", 1, 2_592_000), "3600";
        /// Gate: least Sharpe ratio, a year.
        min_sharpe: Decimal = Kind::Factor { min: 0, max: 100 }, "1";
        /// Gate: largest fall from a peak.
        max_drawdown: Decimal = Kind::Share, "0.20";
        /// Gate: fewest closed trades.
        min_trades: u64 = count("trades"), "30";
        /// Gate: how far the Sharpe ratio lies above that of holding the symbol.
        min_excess_sharpe: Decimal = Kind::Factor { min: 0, max: 100 }, "0.1";
        /// Shortest test on paper (warm).
        warm_s: i64 = SECONDS, "604800";
        /// What a test on paper trades with.
        warm_capital_usd: Decimal = USD, "1000";
        /// Shortest test at the smallest real size (limited).
        limited_s: i64 = SECONDS, "604800";
        /// The smallest real size.
        limited_capital_usd: Decimal = USD, "50";
        /// Fewest closed trades at the smallest real size.
        limited_trades: u64 = count("trades"), "10";
        /// Longest time of a stage, in its shortest: what cannot be judged by then is dropped.
        patience: u64 = count("times"), "4";
        /// Share of its capital a deployment begins with.
        first_share: Decimal = Kind::Share, "0.10";
        /// The share it goes on with, before all of it.
        second_share: Decimal = Kind::Share, "0.50";
        /// Shortest time with each share.
        stage_s: i64 = SECONDS, "3600";
        /// Fewest closed trades with each share.
        stage_trades: u64 = count("trades"), "3";
        /// A deployment that falls so many times as far as was promised is taken back.
        drawdown_factor: Decimal = Kind::Factor { min: 1, max: 100 }, "1.5";
        /// The fall that every deployment is allowed.
        drawdown_floor: Decimal = Kind::Share, "0.02";
        /// A deployment whose mean trade lies so many standard errors below the promised one is taken back.
        max_shortfall: Decimal = Kind::Factor { min: 1, max: 100 }, "3";
        /// Life of what a strategy at work holds; the trader renews it.
        service_ttl_s: i64 = whole("seconds", 60, 2_592_000), "86400";
    }
}

section! {
    /// The live guard: what a venue must do to be sent entries.
    Guard in "guard" {
        /// Span its figures are taken over, rolling.
        window_s: i64 = SECONDS, "300";
        /// Samples below which it does not judge.
        minimum_samples: u64 = count("samples"), "20";
        /// Age of the latest quote above which entries are blocked.
        max_quote_age_s: i64 = SECONDS, "5";
        /// Share of orders refused by the venue above which entries are blocked.
        max_rejection_rate: Decimal = Kind::Share, "0.20";
        /// 95th percentile of the venue's latency above which entries are blocked.
        max_p95_latency_ms: i64 = MILLISECONDS, "2000";
        /// Time within bounds that ends a breach.
        clear_after_s: i64 = SECONDS, "60";
    }
}

section! {
    /// Orders, positions, and the venue they go to.
    Execution in "execution" {
        /// Where orders go.
        venue: Venue = Kind::Choice(Venue::WORDS), "paper";
        /// How often orders and balances are compared with the venue.
        reconcile_s: i64 = SECONDS, "30";
        /// How often open orders are polled while the execution stream is down, wall time.
        poll_s: i64 = SECONDS, "5";
        /// Type of an order that names none.
        default_type: OrderType = Kind::Choice(OrderType::WORDS), "limit";
        /// Time in force of an order that names none.
        time_in_force: TimeInForce = Kind::Choice(TimeInForce::WORDS), "gtc";
        /// Deadline for an entry to reach the venue, wall time.
        submission_deadline_s: i64 = SECONDS, "5";
        /// Repeats after an error that proves the order was not processed; 0 is none.
        retries: u64 = whole("repeats", 0, 100), "3";
        /// Pause before the first repeat, doubled each time, wall time.
        retry_delay_s: i64 = SECONDS, "5";
        /// Time between the two reads that must agree that an order is absent, wall time.
        absence_reads_s: i64 = SECONDS, "90";
        /// Ended orders and positions kept in memory.
        history_in_memory: u64 = count("entries"), "1000";
        /// How often an open position is recorded.
        position_snapshot_s: i64 = SECONDS, "60";
        /// Whether stops trail.
        trail_enabled: bool = Kind::Switch, "true";
        /// Gain that arms a trailing stop, a fraction of the entry price.
        trail_activation: Decimal = Kind::Share, "0.01";
        /// Distance of a trailing stop behind the best price, a fraction of it.
        trail_distance: Decimal = Kind::Share, "0.015";
        /// Least move of a trailing stop, a fraction of it.
        trail_step: Decimal = Kind::Share, "0.001";
        /// Time a position may be without its stop before it is an alarm, wall time.
        protection_deadline_s: i64 = SECONDS, "5";
        /// Share of the traded volume that an order of kind `pov` takes.
        pov_share: Decimal = Kind::Share, "0.10";
        /// Span that execution statistics are taken over.
        telemetry_window_s: i64 = SECONDS, "86400";
    }
    with {
        /// How fast the venue is called.
        rate: Rate,
        /// The simulated venue.
        paper: Paper,
    }
}

section! {
    /// Token buckets before the venue; what exceeds them waits, exits first.
    Rate in "execution.rate" {
        /// Calls, refilled evenly.
        calls_per_minute: u64 = count("calls"), "60";
        /// Calls at once.
        calls_burst: u64 = count("calls"), "10";
        /// Orders, refilled evenly.
        orders_per_minute: u64 = count("orders"), "30";
        /// Orders at once.
        orders_burst: u64 = count("orders"), "5";
    }
}

section! {
    /// The simulated venue.
    Paper in "execution.paper" {
        /// What the account starts with; empty: 10,000 of the symbols' quote currency.
        balances: BTreeMap<String, Decimal> = Kind::Amounts, "";
        /// Fee of a resting order, a fraction of its value.
        maker_fee: Decimal = Kind::Share, "0.0016";
        /// Fee of an order that fills at once, a fraction of its value.
        taker_fee: Decimal = Kind::Share, "0.0026";
        /// Slippage of a market order, a fraction of the price.
        slippage: Decimal = Kind::Share, "0.0005";
        /// Time before an order takes effect; 0 is at once.
        latency_ms: i64 = whole("milliseconds", 0, 3_600_000), "50";
        /// Most of a bar's volume that fills one order.
        participation: Decimal = Kind::Share, "0.10";
        /// Distance of bid and ask, a fraction of the close.
        spread: Decimal = Kind::Share, "0.0002";
        /// Seed of its chance.
        seed: u64 = whole("seed", 0, 9_223_372_036_854_775_807), "1";
        /// Step of a quantity, and the least one, in the base asset.
        quantity_step: Decimal = Kind::Amount { unit: "the base asset" }, "0.00000001";
        /// Least value of an order, in the quote currency.
        minimum_value: Decimal = Kind::Amount { unit: "the quote currency" }, "0.5";
        /// Step of a price, in the quote currency.
        price_step: Decimal = Kind::Amount { unit: "the quote currency" }, "0.00000001";
    }
}

section! {
    /// The shares that the account is kept at, and what is set aside.
    Portfolio in "portfolio" {
        /// Share of each asset; they should sum to 1. A layer's table replaces the one before.
        targets: BTreeMap<String, Decimal> = Kind::Shares, "BTC=0.3333, XRP=0.3333, USDT=0.3334";
        /// Deviation of a share from its target above which trades restore it.
        threshold: Decimal = Kind::Share, "0.05";
        /// Least value of a restoring trade.
        minimum_trade_usd: Decimal = USD, "10";
        /// Value above which a restoring trade is split into batches.
        dca_threshold_usd: Decimal = USD, "500";
        /// Most batches of one trade.
        dca_batches: u64 = count("batches"), "6";
        /// Time between two batches.
        dca_interval_s: i64 = SECONDS, "14400";
        /// Share of realised profit that is set aside.
        hodl_share: Decimal = Kind::Share, "0.10";
        /// Bags: amounts of assets that are never sold.
        hodl: BTreeMap<String, Decimal> = Kind::Amounts, "";
    }
}

section! {
    /// The journal's disk.
    Store in "store" {
        /// Free space below which the engine only reduces.
        reserve_mb: u64 = MEBIBYTES, "256";
        /// Free space below which it engages HARDSTOP.
        stop_mb: u64 = MEBIBYTES, "64";
        /// Size of a full-grown segment of the journal.
        segment_mb: u64 = whole("MiB", 1, 1024), "64";
    }
}

section! {
    /// The HTTP API, which is always on the state folder's socket.
    Api in "api" {
        /// A TCP address that it listens on too; every request there needs a token, see
        /// `pilothouse token`. Anything but loopback needs tls_cert and tls_key.
        listen: Option<SocketAddr> = Kind::Listen, "";
        /// The certificate that it shows there, PEM, the server's own first.
        tls_cert: Option<PathBuf> = Kind::File, "";
        /// The private key of that certificate, PEM; a file that only its owner may read.
        tls_key: Option<PathBuf> = Kind::File, "";
        /// Connections over TCP at once. The socket has places of its own.
        connections: u64 = whole("connections", 1, 4_096), "256";
        /// Those of one address at once; of IPv6 a /64 counts as one.
        connections_per_address: u64 = whole("connections", 1, 4_096), "64";
        /// Requests a second of one caller: of a token, or of the socket's owner. HARDSTOP is
        /// always taken.
        requests_per_second: u64 = whole("requests", 1, 100_000), "5000";
        /// Requests of one caller at once.
        burst: u64 = whole("requests", 1, 100_000), "10000";
        /// Longest time a TLS handshake, the head of a request and the pause between two requests
        /// may take over TCP, wall time.
        header_timeout_s: u64 = whole("seconds", 1, 3_600), "15";
        /// Longest time the body of a request may take, wall time.
        body_timeout_s: u64 = whole("seconds", 1, 3_600), "15";
        /// Longest time a caller may take nothing of an answer, wall time.
        write_timeout_s: u64 = whole("seconds", 1, 3_600), "30";
    }
}

section! {
    /// The operator's console.
    Console in "console" {
        /// Its colours; NO_COLOR is honoured whatever stands here.
        theme: Theme = Kind::Choice(Theme::WORDS), "dark";
        /// What follows when the last console is lost without having been left:
        /// `default` is hold on paper, pause on a live account.
        on_operator_loss: OnOperatorLoss = Kind::Choice(OnOperatorLoss::WORDS), "default";
    }
    with {
        /// Keys of each action that differ from the built-in table.
        keys: Bindings,
    }
}

/// The keys of each action, as they were written: whether action and key exist is for the console
/// to say.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Bindings(pub BTreeMap<String, Vec<String>>);

impl Bindings {
    /// None: the table of keys has no bindings, as only the console knows the actions.
    fn build(_: Get<'_>) -> Self {
        Self::default()
    }
}

/// Every action's binding: not a line of the table, as actions are known to the console alone.
pub(super) static BINDING: Key = Key {
    section: "console.keys",
    name: "ACTION",
    kind: Kind::Keys,
    default: "",
    doc: &[" Keys of an action that differ from the built-in table."],
    narrower: Narrower::Lower,
};

/// The whole configuration, checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// What the supervisor watches, when it acts, and what makes it stop.
    pub coordinator: Coordinator,
    /// What agents reserve.
    pub resources: Resources,
    /// Messages between agents.
    pub bus: Bus,
    /// When an agent counts as healthy.
    pub health: Health,
    /// What an entry must pass.
    pub risk: Risk,
    /// What a venue must do to be sent entries.
    pub guard: Guard,
    /// Research runs and the stages after them.
    pub research: Research,
    /// Orders, positions, and the venue they go to.
    pub execution: Execution,
    /// The shares that the account is kept at.
    pub portfolio: Portfolio,
    /// The journal's disk.
    pub store: Store,
    /// The HTTP API.
    pub api: Api,
    /// Who is told of what.
    pub alerts: Alerts,
    /// The operator's console.
    pub console: Console,
}

/// A section as the template and the search for keys see it.
pub(super) struct Part {
    pub(super) path: &'static str,
    pub(super) about: &'static [&'static str],
    pub(super) keys: &'static [Key],
}

const fn part<S: Section>() -> Part {
    Part {
        path: S::PATH,
        about: S::ABOUT,
        keys: S::KEYS,
    }
}

/// Every section, in the order of the template.
pub(super) static PARTS: &[Part] = &[
    part::<Coordinator>(),
    part::<Schedules>(),
    part::<Resources>(),
    part::<Bus>(),
    part::<Health>(),
    part::<super::risk::Limits>(),
    part::<Guard>(),
    part::<Research>(),
    part::<Execution>(),
    part::<Rate>(),
    part::<Paper>(),
    part::<Portfolio>(),
    part::<Store>(),
    part::<Api>(),
    part::<Alerts>(),
    part::<Console>(),
];

/// Every key of the table, in the order of the template.
pub(super) fn keys() -> impl Iterator<Item = &'static Key> {
    PARTS.iter().flat_map(|part| part.keys)
}
