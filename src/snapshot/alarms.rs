//! What an operator must see.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::document::{AgentRow, Health};
use super::positions;
use super::samples::Samples;
use crate::core::degradation::Level;
use crate::core::order::{Side, Status as OrderStatus};
use crate::core::{Name, State, Time};

/// Something an operator must see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alarm {
    /// The same for as long as it stands, and when it comes again: `kind:about`.
    pub id: String,
    /// What is wrong.
    pub kind: AlarmKind,
    /// 2 critical, 1 warning.
    pub severity: u8,
    /// Since when, engine time.
    pub since: Time,
    /// What it is about: an agent, an order, a position.
    pub about: String,
    /// In words.
    pub text: String,
    /// Who has taken note of it; none while nobody has.
    pub acked: Option<AckRow>,
    /// How often it has come since the engine started, as far as somebody looked; 0: not counted.
    #[serde(default)]
    pub times: u32,
}

impl Alarm {
    /// One that nobody has taken note of.
    pub fn new(
        kind: AlarmKind,
        severity: u8,
        since: Time,
        about: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let about = about.into();
        Self {
            id: format!("{kind}:{about}"),
            kind,
            severity,
            since,
            about,
            text: text.into(),
            acked: None,
            times: 0,
        }
    }
}

/// What is wrong, in a word.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlarmKind {
    /// HARDSTOP is engaged.
    Hardstop,
    /// Trading is held for a cause.
    Trading,
    /// A symbol is paused.
    SymbolPaused,
    /// Less of the crew is at work than should be.
    Degradation,
    /// An entry waits for the operator.
    ApprovalWaiting,
    /// A position has no working stop.
    UnprotectedPosition,
    /// A stop was hit and does not fill.
    StopUnfilled,
    /// The venue holds something else than we do.
    ReconcileMismatch,
    /// Nobody knows an order's fate.
    UnknownOrder,
    /// An agent gives no sign of life.
    AgentStale,
    /// An agent fails.
    AgentUnhealthy,
    /// The live guard sends a venue no entries.
    GuardBreach,
    /// A strategy rests after refusals.
    Cooldown,
    /// A deployment was taken back.
    StrategyLost,
    /// State snapshots are no longer written.
    Follower,
    /// The journal's past is damaged.
    Journal,
    /// The SQL views are behind.
    Views,
    /// A channel of alerts is dead.
    AlertChannel,
}

/// Who has taken note of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AckRow {
    /// When.
    pub at: Time,
    /// Who.
    pub by: Name,
}

/// What an operator must see: conditions that hold now, so that none can be missed or outlive its
/// cause.
pub(super) fn alarms(state: &State, samples: &Samples, agents: &[AgentRow]) -> Vec<Alarm> {
    let now = samples.clock.unwrap_or(state.time);
    let mut alarms = samples.alarms.clone();
    alarms.extend(super::risk::alarms(state, now));
    alarms.extend(super::research::alarms(state, now));
    let mut raise = |kind, severity, since, about: String, text: String| {
        alarms.push(Alarm::new(kind, severity, since, about, text));
    };
    if let Some(stop) = &state.trading.hardstop {
        raise(
            AlarmKind::Hardstop,
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
            AlarmKind::Trading,
            severity,
            given.at,
            cause.as_str().into(),
            format!("{}: {} ({})", cause.as_str(), given.reason, given.by),
        );
    }
    for (symbol, given) in &state.trading.paused_symbols {
        raise(
            AlarmKind::SymbolPaused,
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
            AlarmKind::Degradation,
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
            AlarmKind::ApprovalWaiting,
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
                AlarmKind::UnknownOrder,
                2,
                o.updated_at,
                o.id.to_string(),
                format!("{} {}: nobody knows its fate", o.id, o.request.symbol),
            );
        }
    }
    for agent in agents {
        if matches!(agent.health, Health::Stale | Health::Unhealthy) {
            let health = state.agents.get(&agent.name);
            let since = health.and_then(|health| health.changed_at);
            let since = since.or(agent.last_heartbeat).unwrap_or(state.time);
            let (kind, text) = match agent.health {
                Health::Stale => (
                    AlarmKind::AgentStale,
                    format!("{} gives no sign of life", agent.name),
                ),
                _ => (
                    AlarmKind::AgentUnhealthy,
                    format!(
                        "{} fails: {} % of its latest work",
                        agent.name,
                        (agent.error_rate * Decimal::ONE_HUNDRED).normalize()
                    ),
                ),
            };
            raise(kind, 2, since, agent.name.to_string(), text);
        }
    }
    for alarm in &mut alarms {
        let ack = state.acks.of(&alarm.id, alarm.since);
        alarm.acked = ack.map(|ack| AckRow {
            at: ack.at,
            by: ack.by,
        });
    }
    let urgent = |a: &Alarm| (a.acked.is_some(), std::cmp::Reverse(a.severity), a.since);
    alarms.sort_by_key(urgent);
    alarms
}
