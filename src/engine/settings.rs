//! From the configuration to the limits the core decides by.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::config::{CapitalPool, Config, OnCircuitBreaker};
use crate::core::Symbol;
use crate::core::position::Amount;
use crate::core::reservation::SplitPolicy;
use crate::core::risk::{Limits, Narrower};
use crate::core::settings::{
    ExecutionSettings, GuardSettings, HealthSettings, ResearchSettings, ResourceSettings,
    RiskSettings, ScheduleSetting, Settings, Share,
};
use crate::execution::Rules;

/// The balance a paper account is opened with where none is configured.
const OPENING: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// The limits for these symbols.
pub fn settings(config: &Config, symbols: &[Symbol]) -> Settings {
    let risk = &config.risk.organisation;
    let coordinator = &config.coordinator;
    let paper = &config.execution.paper;
    Settings {
        symbols: symbols.to_vec(),
        schedules: coordinator
            .schedules
            .iter()
            .map(|(name, schedule)| ScheduleSetting {
                name: name
                    .parse()
                    .expect("a schedule's name is one of the crew's"),
                interval_s: small(schedule.interval_s),
                enabled: schedule.enabled,
            })
            .collect(),
        resources: ResourceSettings {
            capital_pool_usd: match config.resources.capital_pool_usd {
                CapitalPool::Equity => None,
                CapitalPool::Usd(amount) => Some(amount),
            },
            backtests: count(config.resources.backtests),
            paper_trades: count(config.resources.paper_trades),
            api_per_minute: count(config.resources.api_per_minute),
            api_per_hour: count(config.resources.api_per_hour),
            api_exit_share: config.resources.api_exit_share,
            default_ttl_s: small(config.resources.default_ttl_s),
            allocation_window_ms: small(config.resources.allocation_window_ms),
            split_policy: match config.resources.split_policy {
                crate::config::SplitPolicy::SharpeWeighted => SplitPolicy::SharpeWeighted,
                crate::config::SplitPolicy::Thompson => SplitPolicy::Thompson,
            },
            queue_notice_s: small(config.resources.queue_notice_s),
            expiry_batch: count(config.resources.expiry_batch),
            key_life_h: small((config.resources.key_life_s + 3599) / 3600),
            keys_per_actor: count(config.resources.keys_per_actor),
            pool_mark_s: small(config.resources.pool_mark_s),
        },
        risk: RiskSettings {
            risk_per_trade: risk.risk_per_trade,
            minimum_confidence: risk.minimum_confidence,
            strict_confidence: coordinator.strict_minimum_confidence,
            price_collar: risk.price_collar,
            max_order_value_usd: risk.max_order_value_usd,
            max_spread: risk.max_spread,
            max_slippage: risk.max_slippage,
            orders_per_minute: count(risk.orders_per_minute),
            positions_per_symbol: count(risk.positions_per_symbol),
            positions_total: count(risk.positions_total),
            max_leverage: risk.max_leverage,
            max_exposure_usd: risk.max_exposure_usd,
            daily_loss_usd: risk.daily_loss_usd,
            duplicate_window_s: small(risk.duplicate_window_s),
            max_quote_age_s: small(config.guard.max_quote_age_s),
            max_drawdown: coordinator.max_drawdown,
            max_stops_in_row: count(coordinator.max_stops_in_row),
            max_adverse_selection: risk.max_adverse_selection,
            orders_burst: count(risk.orders_burst),
            cooldown_s: small(risk.cooldown_s),
            cooldown_window_s: small(risk.cooldown_window_s),
            cooldown_max_s: small(risk.cooldown_max_s),
        },
        execution: ExecutionSettings {
            taker_fee: paper.taker_fee,
            expected_slippage: paper.slippage,
            quantity_step: paper.quantity_step,
            price_step: paper.price_step,
            minimum_value: paper.minimum_value,
            position_snapshot_s: small(config.execution.position_snapshot_s),
            history_in_memory: count(config.execution.history_in_memory),
            protection_deadline_s: small(config.execution.protection_deadline_s),
            trail_enabled: config.execution.trail_enabled,
            trail_activation: config.execution.trail_activation,
            trail_distance: config.execution.trail_distance,
            trail_step: config.execution.trail_step,
            pov_share: config.execution.pov_share,
            absence_reads_s: small(config.execution.absence_reads_s),
        },
        health: HealthSettings {
            window: count(config.health.window),
            minimum: count(config.health.minimum),
            unhealthy_error_rate: config.health.unhealthy_error_rate,
        },
        queue: count(config.bus.queue),
        topic_ttl_s: small(config.bus.ttl_s),
        phase_timeout_s: small(coordinator.phase_timeout_s),
        narrower: Narrower {
            instrument: config
                .risk
                .instrument
                .iter()
                .map(|(symbol, l)| (*symbol, limits(l)))
                .collect(),
            strategy: config
                .risk
                .strategy
                .iter()
                .map(|(name, l)| (*name, limits(l)))
                .collect(),
        },
        close_on_breaker: coordinator.on_circuit_breaker == OnCircuitBreaker::Close,
        guide: coordinator.mode == crate::config::Mode::Guide,
        approval_s: small(coordinator.approval_s),
        monitoring_s: small(coordinator.monitoring_s),
        degrade_after: count(coordinator.degrade_after),
        recover_after_s: small(coordinator.recover_after_s),
        unknown_regime_multiplier: coordinator.unknown_regime_multiplier,
        halt_ttl_s: small(config.bus.halt_ttl_s),
        recorded: false,
        guard: guard(config),
        pause_symbol_after: count(coordinator.pause_symbol_after),
        research: research(&config.research),
        clear_wait_s: small(coordinator.clear_wait_s),
    }
}

/// The gates, and the stages between them.
pub(super) fn research(config: &crate::config::Research) -> ResearchSettings {
    ResearchSettings {
        step_ttl_s: small(config.step_ttl_s),
        min_sharpe: config.min_sharpe,
        max_drawdown: config.max_drawdown,
        min_trades: count(config.min_trades),
        min_excess_sharpe: config.min_excess_sharpe,
        warm_s: small(config.warm_s),
        warm_capital_usd: config.warm_capital_usd,
        limited_s: small(config.limited_s),
        limited_capital_usd: config.limited_capital_usd,
        limited_trades: count(config.limited_trades),
        patience: count(config.patience),
        stages: vec![
            Share(config.first_share),
            Share(config.second_share),
            Share(Decimal::ONE),
        ],
        stage_s: small(config.stage_s),
        stage_trades: count(config.stage_trades),
        drawdown_factor: config.drawdown_factor,
        drawdown_floor: config.drawdown_floor,
        max_shortfall: config.max_shortfall,
        service_ttl_s: small(config.service_ttl_s),
    }
}

/// The live guard's bounds.
fn guard(config: &Config) -> GuardSettings {
    GuardSettings {
        window_s: small(config.guard.window_s),
        minimum_samples: count(config.guard.minimum_samples),
        max_rejection_rate: config.guard.max_rejection_rate,
        max_p95_latency_ms: small(config.guard.max_p95_latency_ms),
        clear_after_s: small(config.guard.clear_after_s),
    }
}

/// How the venue is spoken to.
pub fn rules(config: &Config) -> Rules {
    let execution = &config.execution;
    let rate = &execution.rate;
    Rules {
        calls_per_minute: count(rate.calls_per_minute),
        calls_burst: count(rate.calls_burst),
        orders_per_minute: count(rate.orders_per_minute),
        orders_burst: count(rate.orders_burst),
        retries: count(execution.retries),
        retry_delay_ms: execution.retry_delay_s.saturating_mul(1000),
        submission_deadline_ms: execution.submission_deadline_s.saturating_mul(1000),
        reconcile_ms: execution.reconcile_s.saturating_mul(1000),
        poll_ms: execution.poll_s.saturating_mul(1000),
        guard: guard(config),
        max_quote_age_s: small(config.guard.max_quote_age_s),
    }
}

fn limits(l: &crate::config::Limits) -> Limits {
    Limits {
        price_collar: l.price_collar,
        max_order_value_usd: l.max_order_value_usd,
        max_spread: l.max_spread,
        max_slippage: l.max_slippage,
        max_leverage: l.max_leverage,
        positions_per_symbol: count(l.positions_per_symbol),
        max_exposure_usd: l.max_exposure_usd,
        orders_per_minute: count(l.orders_per_minute),
        orders_burst: count(l.orders_burst),
        max_adverse_selection: l.max_adverse_selection,
        positions_total: count(l.positions_total),
        daily_loss_usd: l.daily_loss_usd,
        duplicate_window_s: small(l.duplicate_window_s),
        cooldown_s: small(l.cooldown_s),
        cooldown_window_s: small(l.cooldown_window_s),
        cooldown_max_s: small(l.cooldown_max_s),
    }
}

/// What a paper account is opened with: as configured, or 10,000 of each quote currency.
pub fn balances(config: &Config, symbols: &[Symbol]) -> BTreeMap<String, Amount> {
    let configured = &config.execution.paper.balances;
    if configured.is_empty() {
        return symbols
            .iter()
            .filter(|s| !symbols.iter().any(|other| other.base() == s.quote()))
            .map(|s| (s.quote().to_owned(), Amount(OPENING)))
            .collect();
    }
    configured
        .iter()
        .map(|(asset, amount)| (asset.clone(), Amount(*amount)))
        .collect()
}

fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn count(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
