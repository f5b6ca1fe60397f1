//! What an operator must see.

use rust_decimal::Decimal;

use super::document::{AgentRow, Alarm, Health};
use super::positions;
use super::samples::Samples;
use crate::core::State;
use crate::core::degradation::Level;
use crate::core::order::{Side, Status as OrderStatus};

/// What an operator must see: conditions that hold now, so that none can be missed or outlive its
/// cause.
pub(super) fn alarms(state: &State, samples: &Samples, agents: &[AgentRow]) -> Vec<Alarm> {
    let now = samples.clock.unwrap_or(state.time);
    let mut alarms = samples.alarms.clone();
    alarms.extend(super::risk::alarms(state, now));
    alarms.extend(super::research::alarms(state, now));
    let mut raise = |severity, since, about: String, text: String| {
        alarms.push(Alarm {
            severity,
            since,
            about,
            text,
        });
    };
    if let Some(stop) = &state.trading.hardstop {
        raise(
            2,
            stop.given.at,
            "hardstop".into(),
            format!(
                "HARDSTOP {} by {}: {}",
                stop.epoch, stop.given.by, stop.given.reason
            ),
        );
    }
    for (cause, given) in &state.trading.causes {
        let severity = match cause.mode() {
            crate::core::trading_state::Mode::Halted => 2,
            _ => 1,
        };
        raise(
            severity,
            given.at,
            "trading".into(),
            format!("{}: {} ({})", cause.as_str(), given.reason, given.by),
        );
    }
    for (symbol, given) in &state.trading.paused_symbols {
        raise(
            1,
            given.at,
            symbol.to_string(),
            format!("{symbol} paused by {}: {}", given.by, given.reason),
        );
    }
    let degradation = &state.degradation;
    if degradation.level >= Level::Limited {
        let (severity, means) = match degradation.level {
            Level::Emergency => (2, "no entries"),
            _ => (1, "optional agents rest"),
        };
        let level = degradation.level.as_str();
        raise(
            severity,
            degradation.since,
            "degradation".into(),
            format!("degradation {level}, {means}: {}", degradation.reason),
        );
    }
    for a in state.approvals.waiting.values() {
        let symbol = a.request.symbol;
        let side = match a.request.side {
            Side::Buy => "buy",
            Side::Sell => "sell",
        };
        raise(
            1,
            a.created_at,
            a.id.to_string(),
            format!("{} waits for approval: {side} {symbol} by {}", a.id, a.by),
        );
    }
    positions::alarms(state, samples, &mut raise);
    for o in state.orders.live.values() {
        if o.status == OrderStatus::Unknown {
            raise(
                2,
                o.updated_at,
                o.id.to_string(),
                format!("{} {}: nobody knows its fate", o.id, o.request.symbol),
            );
        }
    }
    for agent in agents {
        if matches!(agent.health, Health::Stale | Health::Unhealthy) {
            let since = agent.last_heartbeat.unwrap_or(state.time);
            let text = match agent.health {
                Health::Stale => format!("{} gives no sign of life", agent.name),
                _ => format!(
                    "{} fails: {} % of its latest work",
                    agent.name,
                    (agent.error_rate * Decimal::ONE_HUNDRED).normalize()
                ),
            };
            raise(2, since, agent.name.to_string(), text);
        }
    }
    alarms.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.since.cmp(&b.since)));
    alarms
}
