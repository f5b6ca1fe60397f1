//! The limits in force. They come with the start and are journaled, so that an old decision can be
//! explained with the limits of its day.

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::reservation::SplitPolicy;
use super::service::Stage;
use super::text::{Name, Symbol};

/// Everything the core decides by. Seconds, USD and fractions, as in the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Settings {
    /// What is traded.
    #[n(0)]
    pub symbols: Vec<Symbol>,
    /// Which task runs how often.
    #[n(1)]
    pub schedules: Vec<ScheduleSetting>,
    /// Capital, compute and API budgets.
    #[n(2)]
    pub resources: ResourceSettings,
    /// The risk gate.
    #[n(3)]
    pub risk: RiskSettings,
    /// Orders and positions.
    #[n(4)]
    pub execution: ExecutionSettings,
    /// The agents' health.
    #[n(5)]
    pub health: HealthSettings,
    /// Entries in each agent's queue.
    #[n(6)]
    pub queue: u32,
    /// Life of a topic's message, seconds.
    #[n(7)]
    pub topic_ttl_s: u32,
    /// How long a phase of a cycle may take, seconds of wall time.
    #[n(8)]
    pub phase_timeout_s: u32,
    /// Narrower limits of instruments and strategies.
    #[n(9)]
    pub narrower: super::risk::Narrower,
    /// Whether a circuit breaker closes what is open.
    #[n(10)]
    pub close_on_breaker: bool,
    /// Whether the operator approves each entry.
    #[n(11)]
    #[cbor(default)]
    pub guide: bool,
    /// How long an approval waits, seconds of wall time.
    #[n(12)]
    #[cbor(default)]
    pub approval_s: u32,
    /// How long a cycle is monitored, seconds.
    #[n(13)]
    #[cbor(default)]
    pub monitoring_s: u32,
    /// Failures in a row that take a step of degradation.
    #[n(14)]
    #[cbor(default)]
    pub degrade_after: u32,
    /// Seconds without one that take it back.
    #[n(15)]
    #[cbor(default)]
    pub recover_after_s: u32,
    /// Multiplier of sizes where the regime is not known.
    #[cbor(n(16), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub unknown_regime_multiplier: Decimal,
    /// Life of a halt, seconds.
    #[n(18)]
    #[cbor(default)]
    pub halt_ttl_s: u32,
    /// Whether the prices are recorded ones.
    #[n(19)]
    #[cbor(default)]
    pub recorded: bool,
    /// The live guard.
    #[n(20)]
    #[cbor(default)]
    pub guard: GuardSettings,
    /// Execution errors in a row that pause a symbol.
    #[n(21)]
    #[cbor(default)]
    pub pause_symbol_after: u32,
    /// Research runs, stages and gates.
    #[n(22)]
    #[cbor(default)]
    pub research: ResearchSettings,
    /// Seconds of wall time after a press before HARDSTOP may be cleared; 0 in journals of before it
    /// could be configured: five.
    #[n(23)]
    #[cbor(default)]
    pub clear_wait_s: u32,
}

/// One schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct ScheduleSetting {
    /// The task and the agent that does it.
    #[n(0)]
    pub name: Name,
    /// Seconds of engine time between runs.
    #[n(1)]
    pub interval_s: u32,
    /// Whether it begins enabled.
    #[n(2)]
    pub enabled: bool,
}

/// Capital, compute and API budgets (R1–R4).
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct ResourceSettings {
    /// The pool in USD; none: the account's equity.
    #[cbor(n(0), with = "super::codec::dec", has_nil)]
    pub capital_pool_usd: Option<Decimal>,
    /// Backtests at once.
    #[n(1)]
    pub backtests: u32,
    /// Paper trades at once.
    #[n(2)]
    pub paper_trades: u32,
    /// API calls a minute.
    #[n(3)]
    pub api_per_minute: u32,
    /// API calls an hour.
    #[n(4)]
    pub api_per_hour: u32,
    /// The share of both kept for exits.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub api_exit_share: Decimal,
    /// Life of a reservation that names none, seconds.
    #[n(6)]
    pub default_ttl_s: u32,
    /// How long requests for the same capital are gathered, milliseconds of wall time.
    #[n(7)]
    #[cbor(default)]
    pub allocation_window_ms: u32,
    /// How they share where it does not suffice.
    #[n(8)]
    #[cbor(default)]
    pub split_policy: SplitPolicy,
    /// Seconds between two notices to somebody who waits.
    #[n(9)]
    #[cbor(default)]
    pub queue_notice_s: u32,
    /// Ends of reservations in one decision, at most.
    #[n(10)]
    #[cbor(default)]
    pub expiry_batch: u32,
    /// Hours of wall time an ended request's key is known.
    #[n(11)]
    #[cbor(default)]
    pub key_life_h: u32,
    /// Keys known of one actor, at most.
    #[n(12)]
    #[cbor(default)]
    pub keys_per_actor: u32,
    /// The account is valued at least so often, seconds.
    #[n(13)]
    #[cbor(default)]
    pub pool_mark_s: u32,
}

/// The risk gate's limits (trading.md, Risk).
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct RiskSettings {
    /// Share of equity lost when a stop is hit.
    #[cbor(n(0), with = "super::codec::dec", has_nil)]
    pub risk_per_trade: Decimal,
    /// Signals below are ignored.
    #[cbor(n(1), with = "super::codec::dec", has_nil)]
    pub minimum_confidence: Decimal,
    /// The same where the regime is strict.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub strict_confidence: Decimal,
    /// Largest distance of a limit from the reference price, a fraction.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub price_collar: Decimal,
    /// Largest notional of an order, USD.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub max_order_value_usd: Decimal,
    /// Widest spread, a fraction of the mid price.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub max_spread: Decimal,
    /// Largest expected slippage, a fraction.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
    pub max_slippage: Decimal,
    /// Orders a minute of the organisation.
    #[n(7)]
    pub orders_per_minute: u32,
    /// Open positions of one symbol.
    #[n(8)]
    pub positions_per_symbol: u32,
    /// Open positions in all.
    #[n(9)]
    pub positions_total: u32,
    /// Highest leverage.
    #[cbor(n(10), with = "super::codec::dec", has_nil)]
    pub max_leverage: Decimal,
    /// Notional of all positions and open entries, USD.
    #[cbor(n(11), with = "super::codec::dec", has_nil)]
    pub max_exposure_usd: Decimal,
    /// Loss of a UTC day that engages HARDSTOP, USD.
    #[cbor(n(12), with = "super::codec::dec", has_nil)]
    pub daily_loss_usd: Decimal,
    /// The same order again within these seconds is refused.
    #[n(13)]
    pub duplicate_window_s: u32,
    /// Oldest price an entry may be decided on, seconds; at least one bar.
    #[n(14)]
    pub max_quote_age_s: u32,
    /// Fall from the account's peak that halts, a fraction.
    #[cbor(n(15), with = "super::codec::dec", has_nil)]
    pub max_drawdown: Decimal,
    /// Stops in a row that halt.
    #[n(16)]
    pub max_stops_in_row: u32,
    /// Worst adverse selection, a fraction.
    #[cbor(n(17), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub max_adverse_selection: Decimal,
    /// Orders at once, of the rate.
    #[n(18)]
    #[cbor(default)]
    pub orders_burst: u32,
    /// First wait of a strategy that was refused too much, seconds.
    #[n(19)]
    #[cbor(default)]
    pub cooldown_s: u32,
    /// A trip within these seconds of the last doubles the wait.
    #[n(20)]
    #[cbor(default)]
    pub cooldown_window_s: u32,
    /// Longest wait, seconds.
    #[n(21)]
    #[cbor(default)]
    pub cooldown_max_s: u32,
}

/// What a venue must do to be sent entries (G4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Encode, Decode)]
pub struct GuardSettings {
    /// Span its figures are taken over, seconds of engine time.
    #[n(0)]
    pub window_s: u32,
    /// Samples below which it does not judge.
    #[n(1)]
    pub minimum_samples: u32,
    /// Share of orders refused by the venue above which entries are blocked.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub max_rejection_rate: Decimal,
    /// 95th percentile of the venue's latency above which entries are blocked, milliseconds.
    #[n(3)]
    pub max_p95_latency_ms: u32,
    /// Seconds within bounds that end a breach.
    #[n(4)]
    pub clear_after_s: u32,
}

/// Research runs, the stages of candidates and deployments, and the gates between them.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct ResearchSettings {
    /// Life of a step's compute slot, seconds of engine time.
    #[n(0)]
    pub step_ttl_s: u32,
    /// Lowest Sharpe ratio.
    #[cbor(n(1), with = "super::codec::dec", has_nil)]
    pub min_sharpe: Decimal,
    /// Largest fall from a peak, a fraction.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub max_drawdown: Decimal,
    /// Fewest closed trades.
    #[n(3)]
    pub min_trades: u32,
    /// How far the Sharpe ratio lies above that of holding the symbol.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub min_excess_sharpe: Decimal,
    /// Shortest time on paper, seconds of engine time.
    #[n(5)]
    pub warm_s: u32,
    /// USD of a test on paper.
    #[cbor(n(6), with = "super::codec::dec", has_nil)]
    pub warm_capital_usd: Decimal,
    /// Shortest time at the smallest real size, seconds of engine time.
    #[n(7)]
    pub limited_s: u32,
    /// The smallest real size, USD.
    #[cbor(n(8), with = "super::codec::dec", has_nil)]
    pub limited_capital_usd: Decimal,
    /// Fewest closed trades at the smallest real size.
    #[n(9)]
    pub limited_trades: u32,
    /// Longest time of a stage, as a multiple of its shortest.
    #[n(10)]
    pub patience: u32,
    /// Shares of its capital that a deployment goes through.
    #[n(11)]
    pub stages: Vec<Share>,
    /// Shortest time of each of them, seconds of engine time.
    #[n(12)]
    pub stage_s: u32,
    /// Fewest closed trades in each of them.
    #[n(13)]
    pub stage_trades: u32,
    /// A deployment whose fall from its peak is so many times the promised one is taken back.
    #[cbor(n(14), with = "super::codec::dec", has_nil)]
    pub drawdown_factor: Decimal,
    /// The fall that every deployment is allowed, a fraction.
    #[cbor(n(15), with = "super::codec::dec", has_nil)]
    pub drawdown_floor: Decimal,
    /// A deployment whose mean trade lies so many standard errors below the promised one is taken
    /// back.
    #[cbor(n(16), with = "super::codec::dec", has_nil)]
    pub max_shortfall: Decimal,
    /// Life of what a service holds, seconds of engine time; the trader renews it.
    #[n(17)]
    pub service_ttl_s: u32,
}

/// A share of something, a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Encode, Decode)]
#[cbor(transparent)]
pub struct Share(#[cbor(n(0), with = "super::codec::dec")] pub Decimal);

impl Default for ResearchSettings {
    fn default() -> Self {
        use rust_decimal_macros::dec;
        Self {
            step_ttl_s: 3600,
            min_sharpe: dec!(1),
            max_drawdown: dec!(0.20),
            min_trades: 30,
            min_excess_sharpe: dec!(0.1),
            warm_s: 604_800,
            warm_capital_usd: dec!(1000),
            limited_s: 604_800,
            limited_capital_usd: dec!(50),
            limited_trades: 10,
            patience: 4,
            stages: vec![Share(dec!(0.10)), Share(dec!(0.50)), Share(dec!(1))],
            stage_s: 3600,
            stage_trades: 3,
            drawdown_factor: dec!(1.5),
            drawdown_floor: dec!(0.02),
            max_shortfall: dec!(3),
            service_ttl_s: 86_400,
        }
    }
}

/// What orders cost and how they are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct ExecutionSettings {
    /// Fee of an order that takes, a fraction of its notional.
    #[cbor(n(0), with = "super::codec::dec", has_nil)]
    pub taker_fee: Decimal,
    /// Expected slippage of a market order, a fraction.
    #[cbor(n(1), with = "super::codec::dec", has_nil)]
    pub expected_slippage: Decimal,
    /// Quantities are multiples of it.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub quantity_step: Decimal,
    /// Prices are multiples of it.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub price_step: Decimal,
    /// Smallest notional, in the quote currency.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub minimum_value: Decimal,
    /// Seconds between two snapshots of an open position.
    #[n(5)]
    pub position_snapshot_s: u32,
    /// Ended orders, positions, cycles and messages kept in memory, each.
    #[n(6)]
    pub history_in_memory: u32,
    /// Seconds after which a position without its stop is an alarm.
    #[n(7)]
    pub protection_deadline_s: u32,
    /// Whether stops trail.
    #[n(8)]
    #[cbor(default)]
    pub trail_enabled: bool,
    /// Gain that arms a trailing stop, a fraction of the entry price.
    #[cbor(n(9), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub trail_activation: Decimal,
    /// Distance of a trailing stop that names none, a fraction of the best price.
    #[cbor(n(10), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub trail_distance: Decimal,
    /// Least move of a trailing stop, a fraction of it.
    #[cbor(n(11), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub trail_step: Decimal,
    /// Share of the traded volume of a POV that names none.
    #[cbor(n(12), with = "super::codec::dec", has_nil)]
    #[cbor(default)]
    pub pov_share: Decimal,
    /// Seconds of wall time between the two reads that must agree that an order is absent.
    #[n(13)]
    #[cbor(default)]
    pub absence_reads_s: u32,
}

/// When an agent counts as unhealthy (H1).
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct HealthSettings {
    /// Operations looked at.
    #[n(0)]
    pub window: u32,
    /// Fewer than this many decide nothing.
    #[n(1)]
    pub minimum: u32,
    /// Share of errors above which it is unhealthy.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub unhealthy_error_rate: Decimal,
}

impl ResearchSettings {
    /// The shortest time of a stage, seconds of engine time.
    pub fn shortest(&self, stage: Stage) -> u32 {
        match stage {
            Stage::Warm => self.warm_s,
            Stage::Limited => self.limited_s,
            Stage::Part(_) => self.stage_s,
            Stage::InService => 0,
        }
    }

    /// The longest time of a stage, seconds of engine time: what cannot be judged by then is dropped or
    /// taken back.
    pub fn longest(&self, stage: Stage) -> u64 {
        u64::from(self.shortest(stage)) * u64::from(self.patience.max(1))
    }
}

impl Settings {
    /// The documents' defaults for these symbols: what tests and benches start from.
    pub fn of(symbols: &[Symbol]) -> Self {
        use rust_decimal_macros::dec;
        let schedule = |name: &str, interval_s, enabled| ScheduleSetting {
            name: name.parse().expect("a built-in name"),
            interval_s,
            enabled,
        };
        Self {
            symbols: symbols.to_vec(),
            schedules: vec![
                schedule("technical_analysis", 60, true),
                schedule("regime_detection", 300, true),
                schedule("sentiment_analysis", 1800, false),
                schedule("trading_decision", 3600, true),
                schedule("portfolio_rebalance", 3600, false),
            ],
            resources: ResourceSettings {
                capital_pool_usd: None,
                backtests: 3,
                paper_trades: 5,
                api_per_minute: 600,
                api_per_hour: 30_000,
                api_exit_share: dec!(0.10),
                default_ttl_s: 3600,
                allocation_window_ms: 250,
                split_policy: SplitPolicy::SharpeWeighted,
                queue_notice_s: 60,
                expiry_batch: 4096,
                key_life_h: 24,
                keys_per_actor: 100_000,
                pool_mark_s: 60,
            },
            risk: RiskSettings {
                risk_per_trade: dec!(0.01),
                minimum_confidence: dec!(0.55),
                strict_confidence: dec!(0.65),
                price_collar: dec!(0.02),
                max_order_value_usd: dec!(2500),
                max_spread: dec!(0.01),
                max_slippage: dec!(0.005),
                orders_per_minute: 30,
                positions_per_symbol: 2,
                positions_total: 5,
                max_leverage: dec!(5),
                max_exposure_usd: dec!(8000),
                daily_loss_usd: dec!(500),
                duplicate_window_s: 2,
                max_quote_age_s: 5,
                max_drawdown: dec!(0.10),
                max_stops_in_row: 5,
                max_adverse_selection: dec!(0.005),
                orders_burst: 5,
                cooldown_s: 30,
                cooldown_window_s: 600,
                cooldown_max_s: 3600,
            },
            execution: ExecutionSettings {
                taker_fee: dec!(0.0026),
                expected_slippage: dec!(0.0005),
                quantity_step: dec!(0.00000001),
                price_step: dec!(0.00000001),
                minimum_value: dec!(0.5),
                position_snapshot_s: 60,
                history_in_memory: 1000,
                protection_deadline_s: 5,
                trail_enabled: true,
                trail_activation: dec!(0.01),
                trail_distance: dec!(0.015),
                trail_step: dec!(0.001),
                pov_share: dec!(0.10),
                absence_reads_s: 90,
            },
            health: HealthSettings {
                window: 50,
                minimum: 2,
                unhealthy_error_rate: dec!(0.5),
            },
            queue: 1024,
            topic_ttl_s: 300,
            phase_timeout_s: 120,
            narrower: super::risk::Narrower::default(),
            close_on_breaker: false,
            guide: false,
            approval_s: 900,
            monitoring_s: 120,
            degrade_after: 3,
            recover_after_s: 300,
            unknown_regime_multiplier: dec!(0.5),
            halt_ttl_s: 60,
            recorded: false,
            guard: GuardSettings {
                window_s: 300,
                minimum_samples: 20,
                max_rejection_rate: dec!(0.20),
                max_p95_latency_ms: 2000,
                clear_after_s: 60,
            },
            pause_symbol_after: 3,
            research: ResearchSettings::default(),
            clear_wait_s: 5,
        }
    }

    /// How long after a press HARDSTOP stays, milliseconds of wall time.
    pub fn clear_wait_ms(&self) -> u64 {
        let seconds = match self.clear_wait_s {
            0 => 5,
            seconds => seconds,
        };
        u64::from(seconds) * 1_000
    }
}
