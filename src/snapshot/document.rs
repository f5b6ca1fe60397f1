//! The documents. Stable: fields are added, never renamed or removed; amounts, prices and
//! quantities are strings; absent is `null`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::alarms::Alarm;
use super::measures::MeasuresRow;
use super::portfolio::Portfolio;
use super::research::ResearchDocument;
use super::tokens::TokenRow;
use crate::core::Origin;
use crate::core::activity::ActivityKind;
use crate::core::id::{
    ActivityId, ApprovalId, CycleId, MessageId, OrderId, PositionId, ReservationId,
};
use crate::core::message::{Delivery, MessageKind, Priority};
use crate::core::order::{Fill, Kind, Purpose, Side, Status as OrderStatus, TimeInForce};
use crate::core::position::CloseReason;
use crate::core::reservation::{Class, Resource, Standing};
use crate::core::slicing::AlgorithmKind;
use crate::core::trading_state::Mode;
use crate::core::{Name, Quote, Statistics, Symbol, Time};

/// A list: its items, the journal position it shows, and how many there are in all.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// At most 1,000.
    pub items: Vec<T>,
    /// Journal position.
    pub seq: u64,
    /// In all, kept in memory or not.
    pub total: u64,
}

/// `status`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Journal position.
    pub seq: u64,
    /// The program's version.
    pub version: String,
    /// The engine's process.
    pub pid: u32,
    /// Wall time of the start.
    pub started_at: Time,
    /// Engine time.
    pub clock: Time,
    /// `paper` or `live`.
    pub mode: String,
    /// What the prices come from.
    pub feed: String,
    /// Engine seconds a wall second; `max` as fast as it goes.
    pub speed: String,
    /// The state of trading.
    pub state: Mode,
    /// How much of the crew is needed.
    pub degradation: String,
    /// `autonomous` or `guide`.
    pub autonomy: String,
    /// Symbols whose entries are refused.
    pub paused_symbols: Vec<Symbol>,
    /// Why it is not simply running.
    pub causes: Vec<CauseRow>,
    /// The stop, while it is engaged.
    pub hardstop: Option<HardstopRow>,
    /// As in `autonomy_state.json`.
    pub global: Global,
    /// Limits and their use.
    pub resources: Vec<ResourceRow>,
    /// Active conflicts.
    pub conflicts: Vec<ConflictRow>,
    /// Running and queued ones.
    pub activities: Vec<ActivityRow>,
    /// Live ones, at most 100, soonest expiry first.
    pub reservations: Vec<ReservationRow>,
    /// How many live ones there are.
    pub reservations_total: u64,
    /// What runs when.
    pub schedules: Vec<ScheduleRow>,
    /// Who is well.
    pub agents: Vec<AgentRow>,
    /// The live guard's figures.
    pub guard: Vec<GuardRow>,
    /// What those may be.
    #[serde(default)]
    pub guard_limits: GuardLimits,
    /// A flatten that is under way.
    #[serde(default)]
    pub flattening: Option<FlatteningRow>,
    /// Counts that survive a restart.
    pub statistics: StatisticsRow,
    /// The journal's size.
    pub journal: JournalRow,
    /// Where alerts go.
    #[serde(default)]
    pub alerts: Vec<AlertChannelRow>,
    /// `running`, or `not_running` when read from the state folder.
    pub engine: String,
}

/// A channel that alerts go to, and how it fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertChannelRow {
    /// Its name in the configuration.
    pub channel: String,
    /// `idle` (nothing sent yet), `ok`, `retrying`, `dead`, `unusable` (a secret is missing, say).
    pub state: String,
    /// Messages that wait.
    pub queued: u64,
    /// Messages that got through.
    pub sent: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// Alerts that found no room.
    pub dropped: u64,
    /// What went wrong last, until a message gets through.
    pub last_error: Option<String>,
}

/// What came back of a test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertTestRow {
    /// The channel.
    pub channel: String,
    /// Whether it got through.
    pub ok: bool,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Milliseconds.
    pub elapsed_ms: u64,
    /// Why it did not get through.
    pub error: Option<String>,
}

/// An activity.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ActivityRow {
    /// Its id.
    pub id: ActivityId,
    /// What it is.
    pub kind: ActivityKind,
    /// Whose.
    pub agent: Name,
    /// `running`, `queued`, `held`, `cancelled`, `ended`.
    pub status: String,
    /// Since when.
    pub since: Time,
    /// Begun by a request of its own; the others begin and end with their reservations.
    pub declared: bool,
    /// Which activity it waits for.
    pub waits_for: Option<ActivityId>,
}

/// Two that want what only one can have.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConflictRow {
    /// `activity`, `capital`, `hardstop`, `signal`.
    pub kind: String,
    /// Who: agents or reservations.
    pub parties: Vec<String>,
    /// What they want.
    pub resource: Option<String>,
    /// What is done about it.
    pub resolution: String,
    /// Since when.
    pub since: Time,
    /// About which pair.
    pub symbol: Option<Symbol>,
}

/// An entry that waits for the operator.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApprovalRow {
    /// Its id.
    pub id: ApprovalId,
    /// The cycle it belongs to.
    pub cycle_id: Option<CycleId>,
    /// Who wants it.
    pub by: Name,
    /// Pair.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Base quantity.
    pub quantity: Decimal,
    /// Its limit, or the market's price when it was asked.
    pub price: Option<Decimal>,
    /// Stop price.
    pub stop: Option<Decimal>,
    /// Target price.
    pub target: Option<Decimal>,
    /// Why.
    pub reason: String,
    /// Engine time.
    pub created_at: Time,
    /// Wall time; none once it is decided.
    pub expires_at: Option<Time>,
    /// `waiting`, `approved`, `rejected`, `lapsed`.
    pub status: String,
    /// Who decided.
    pub decided_by: Option<Name>,
}

/// Requests for capital that are being gathered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WindowRow {
    /// 1 critical to 4 low.
    pub priority: u8,
    /// USD asked in it so far.
    pub asked: Decimal,
    /// The requests in it.
    pub requests: Vec<ReservationId>,
}

/// A message that was given up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeadRow {
    /// Which.
    pub message: MessageRow,
    /// Whose copy.
    pub agent: Option<Name>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Time,
}

/// Why trading does not simply run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CauseRow {
    /// In words.
    pub cause: String,
    /// Who.
    pub by: Name,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Time,
}

/// The stop, while it is engaged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HardstopRow {
    /// Which.
    pub epoch: u64,
    /// Who.
    pub by: Name,
    /// Why.
    pub reason: String,
    /// Engine time.
    pub engaged_at: Time,
    /// Entries that were open.
    pub cancels_total: u32,
    /// Those that have come to an end.
    pub cancels_confirmed: u32,
    /// Positions that are still open.
    pub open_positions: u32,
}

/// The documents' global state, as JSON numbers and booleans.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Global {
    /// A deployment runs.
    pub deployment_in_progress: bool,
    /// An optimisation runs.
    pub param_optimization_active: bool,
    /// A discovery runs.
    pub strategy_discovery_active: bool,
    /// The stop is engaged.
    pub hardstop_triggered: bool,
    /// What is still free.
    pub available_capital_usd: f64,
    /// Held and bound by class.
    pub reserved_capital: ReservedCapital,
    /// Backtest slots taken.
    pub active_backtests: u64,
    /// Paper slots taken.
    pub active_paper_trades: u64,
}

/// Capital held and bound.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReservedCapital {
    /// Class exit.
    pub exits: f64,
    /// Class live.
    pub live_trades: f64,
    /// Classes paper and deployment.
    pub paper_trades: f64,
    /// Classes backtest and research.
    pub backtests: f64,
}

/// A resource and its use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResourceRow {
    /// `capital`, `compute`, `api`.
    pub resource: Resource,
    /// A class, an API window (`minute`, `hour`), or `null` for capital as a whole.
    pub class: Option<String>,
    /// None: unlimited.
    pub limit: Option<Decimal>,
    /// Held, or spent in the window.
    pub held: Decimal,
    /// Bound to orders and positions.
    pub bound: Decimal,
    /// None: unlimited.
    pub available: Option<Decimal>,
    /// Waiting.
    pub queued: u64,
    /// Of the limit, what only exits may take.
    #[serde(default)]
    pub exits: Option<Decimal>,
}

/// A reservation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReservationRow {
    /// Its id.
    pub id: ReservationId,
    /// Whose.
    pub agent: Name,
    /// For which strategy.
    pub strategy: Option<Name>,
    /// Of what.
    pub resource: Resource,
    /// For what.
    pub class: Class,
    /// 1 critical to 4 low.
    pub priority: u8,
    /// Granted.
    pub amount: Decimal,
    /// Asked.
    pub asked: Decimal,
    /// Why.
    pub purpose: String,
    /// Where it stands.
    pub status: Standing,
    /// When it was granted.
    pub created_at: Time,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
    /// The order that lives on it.
    pub order_id: Option<OrderId>,
    /// The position that lives on it.
    pub position_id: Option<PositionId>,
    /// The ids granted together.
    pub group: Vec<ReservationId>,
    /// The Sharpe ratio it came with.
    pub sharpe: Option<Decimal>,
    /// What it waits for, in words, while it is queued.
    pub waits_for: Option<String>,
    /// Its whole life from the grant or the last renewal on, seconds.
    #[serde(default)]
    pub ttl_s: u64,
}

/// A schedule.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScheduleRow {
    /// Its name.
    pub name: Name,
    /// Who does it.
    pub agent: Name,
    /// What it looks at.
    pub symbols: Vec<Symbol>,
    /// Engine seconds between runs.
    pub interval_s: u32,
    /// Runs by itself.
    pub enabled: bool,
    /// Whether this version has the agent.
    pub available: bool,
    /// When it last began.
    pub last_run: Option<Time>,
    /// When it is due.
    pub next_run: Option<Time>,
    /// Runs ever.
    pub runs: u64,
    /// Failed ever.
    pub failures: u64,
    /// Running now.
    pub running: u32,
}

/// How an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Too many errors.
    Unhealthy,
    /// No heartbeat.
    Stale,
    /// Slow, or its heartbeat is late.
    Laggy,
    /// Well.
    Ok,
    /// Not at work.
    Off,
}

/// An agent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AgentRow {
    /// Its name.
    pub name: Name,
    /// How it is.
    pub health: Health,
    /// Wall time.
    pub last_heartbeat: Option<Time>,
    /// Share of errors in the window.
    pub error_rate: Decimal,
    /// Rolling mean response time, milliseconds.
    pub mean_ms: Option<f64>,
    /// Succeeded ever.
    pub successes: u64,
    /// Failed ever.
    pub errors: u64,
    /// Whether its schedule is on; none without one.
    pub task_enabled: Option<bool>,
    /// What it last said.
    pub status_message: Option<String>,
    /// Whether it works outside this process.
    pub outside: bool,
    /// Its own version, where it works outside.
    pub version: Option<String>,
    /// The tasks and phases it answers, where it works outside.
    pub handles: Vec<Name>,
}

/// Counts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StatisticsRow {
    /// Signals that asked for a trade.
    pub signals_seen: u64,
    /// Those that went on to risk.
    pub signals_passed: u64,
    /// Those that did not.
    pub signals_ignored: u64,
    /// Conflicts found.
    pub conflicts: u64,
    /// What was done about them, by the resolution's word.
    pub resolutions: BTreeMap<String, u64>,
    /// Orders approved.
    pub trades_routed: u64,
    /// Orders refused, by code.
    pub trades_rejected: BTreeMap<String, u64>,
    /// Requests refused.
    pub refusals: u64,
    /// Fills booked.
    pub fills: u64,
    /// Cycles completed, halted, failed.
    pub cycles_completed: u64,
    /// Halted.
    pub cycles_halted: u64,
    /// Failed.
    pub cycles_failed: u64,
    /// Messages sent.
    pub messages_sent: u64,
    /// Messages too old.
    pub messages_expired: u64,
    /// Messages given up.
    pub messages_dead: u64,
    /// What a venue said and could not be.
    pub defects: u64,
    /// Positions closed.
    pub positions_closed: u64,
}

impl StatisticsRow {
    /// From the core's own counts; what is counted elsewhere is added by the builder.
    pub fn of(s: &Statistics) -> Self {
        Self {
            signals_seen: s.signals_seen,
            signals_passed: s.signals_passed,
            signals_ignored: s.signals_ignored,
            conflicts: s.conflicts,
            resolutions: s.resolutions.clone(),
            trades_routed: s.trades_routed,
            trades_rejected: s.trades_rejected.clone(),
            refusals: s.refusals,
            fills: s.fills,
            defects: s.defects,
            cycles_completed: 0,
            cycles_halted: 0,
            cycles_failed: 0,
            messages_sent: 0,
            messages_expired: 0,
            messages_dead: 0,
            positions_closed: 0,
        }
    }
}

/// The journal's size.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct JournalRow {
    /// Written so far.
    pub bytes: u64,
    /// At the present rate, of wall time.
    pub bytes_per_day: Option<u64>,
    /// Until the disk is full at that rate.
    pub days_left: Option<u64>,
}

/// An order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderRow {
    /// Ours.
    pub id: OrderId,
    /// The caller's.
    pub request_id: Option<String>,
    /// Sent with it.
    pub client_order_id: String,
    /// The venue's.
    pub venue_order_id: Option<String>,
    /// The sliced parent.
    pub parent_id: Option<OrderId>,
    /// What it opens, reduces or protects.
    pub position_id: Option<PositionId>,
    /// What it is for.
    pub purpose: Purpose,
    /// Pair.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Market, limit, stop-loss, take-profit.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Base quantity.
    pub quantity: Decimal,
    /// Filled.
    pub filled: Decimal,
    /// Limit.
    pub price: Option<Decimal>,
    /// Trigger.
    pub stop_price: Option<Decimal>,
    /// Mean price of the fills.
    pub average_price: Option<Decimal>,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// Can only reduce.
    pub reduce_only: bool,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// Until when.
    pub expires_at: Option<Time>,
    /// Only as maker.
    pub post_only: bool,
    /// Self-trade prevention, where asked for.
    pub self_trade: Option<String>,
    /// Quote currency.
    pub fees: Decimal,
    /// Whose.
    pub strategy: Option<Name>,
    /// Who asked.
    pub agent_id: Option<Name>,
    /// Which policy decided.
    pub policy_version: Option<String>,
    /// Which features it saw.
    pub feature_hash: Option<String>,
    /// How sure it was.
    pub confidence: Option<Decimal>,
    /// Whatever else was kept.
    pub metadata: BTreeMap<String, String>,
    /// Whether its cancel was asked for.
    pub cancel_asked: bool,
    /// Approved.
    pub created_at: Time,
    /// Last changed.
    pub updated_at: Time,
    /// Executions.
    pub fills: Vec<Fill>,
    /// How far it is, where it is sent in slices.
    #[serde(default)]
    pub slicing: Option<SlicingRow>,
}

/// How far a sliced order is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SlicingRow {
    /// `twap`, `vwap`, `pov`, `iceberg`, `passive`.
    pub kind: AlgorithmKind,
    /// Whether an operator holds it.
    pub paused: bool,
    /// When it began.
    pub started_at: Time,
    /// When it should be done.
    pub ends_at: Time,
    /// When the next child is due.
    pub next_at: Option<Time>,
    /// Children sent.
    pub children: u32,
    /// Those that live.
    pub working: Vec<OrderId>,
    /// Of the parent, what should be filled by now, 0 to 1.
    pub planned: Decimal,
    /// Of the parent, what is filled, 0 to 1.
    pub done: Decimal,
    /// Price when it began.
    pub arrival_price: Decimal,
    /// Mean price of the fills.
    pub average_price: Option<Decimal>,
    /// Time-weighted mean of the market from the first child on.
    pub twap: Option<Decimal>,
    /// Volume-weighted mean of the market from the first child on.
    pub vwap: Option<Decimal>,
    /// Against the arrival price, positive is worse.
    pub slippage_bps: Option<Decimal>,
}

/// A limit of the gate: its use and its last refusal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LimitRow {
    /// The rule's stable code.
    pub rule: String,
    /// `organisation`, `instrument BTC/USDT`, `strategy NAME`.
    pub level: String,
    /// `USD`, `fraction`, `count`, `seconds`, `factor`.
    pub unit: String,
    /// The limit.
    pub limit: Decimal,
    /// What is used of it now; none where it is measured at each order.
    pub used: Option<Decimal>,
    /// Refusals by this rule ever, at any level.
    pub refusals: u64,
    /// The last one.
    pub last_refusal: Option<RefusalRow>,
}

/// A refusal by the gate.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RefusalRow {
    /// When, engine time.
    pub time: Time,
    /// Pair.
    pub symbol: Option<Symbol>,
    /// Whose.
    pub strategy: Option<Name>,
    /// The caller's id.
    pub request_id: Option<String>,
    /// The limit in force then.
    pub limit: String,
    /// What was measured.
    pub value: String,
}

/// A strategy that has to wait.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CooldownRow {
    /// Which.
    pub strategy: Name,
    /// Since when.
    pub since: Time,
    /// Until when.
    pub until: Time,
    /// Trips in a row.
    pub trips: u32,
    /// The rule that refused it last.
    pub rule: String,
}

/// The live guard's figures of a venue.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct GuardRow {
    /// Which.
    pub venue: String,
    /// Age of the youngest quote that is traded, engine milliseconds: while one comes, the stream
    /// is alive.
    pub quote_age_ms: Option<i64>,
    /// Share of orders the venue refused.
    pub rejection_rate: Option<Decimal>,
    /// 95th percentile of its answers, wall milliseconds.
    pub p95_ms: Option<i64>,
    /// Answers in the window.
    pub samples: u32,
    /// Whether entries are refused.
    pub blocked: bool,
    /// Why.
    pub reason: Option<String>,
    /// Since when.
    pub since: Option<Time>,
    /// Whether its stream of executions is up; none where no engine runs that could know.
    #[serde(default)]
    pub connected: Option<bool>,
    /// Requests that wait for their turn.
    pub waiting: u32,
}

/// What the live guard lets pass.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct GuardLimits {
    /// Age of a quote, engine milliseconds.
    pub quote_age_ms: i64,
    /// Share of orders the venue refuses, 0 to 1.
    pub rejection_rate: Decimal,
    /// 95th percentile of its answers, wall milliseconds.
    pub p95_ms: i64,
    /// Answers below which it does not judge.
    pub samples: u32,
}

/// A flatten that is under way: entries are refused until it is done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FlatteningRow {
    /// Who.
    pub by: Name,
    /// Why.
    pub reason: String,
    /// Since when, engine time.
    pub since: Time,
    /// What was open at the call and still is.
    pub positions: Vec<PositionId>,
}

/// The last comparison with the venue.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ComparisonRow {
    /// Engine time; none before the first.
    pub at: Option<Time>,
    /// Orders that were compared.
    pub orders: u32,
    /// What the last one found, at most its latest 20.
    pub differences: Vec<String>,
    /// How many the last one found.
    #[serde(default)]
    pub found: u32,
    /// Symbols of which the venue still does not hold what the positions add up to.
    #[serde(default)]
    pub mismatched: Vec<Symbol>,
    /// What ever differed, the latest last, at most 20.
    #[serde(default)]
    pub history: Vec<String>,
    /// Orders whose fate is unknown.
    pub unknown: u32,
    /// Orders the venue works that are none of ours, by their ids there.
    #[serde(default)]
    pub external: Vec<String>,
    /// Whether somebody waits for the next one.
    #[serde(default)]
    pub asked: bool,
}

impl ComparisonRow {
    /// What the last one found, or what is left of what earlier ones found.
    pub fn unresolved(&self) -> usize {
        self.mismatched.len().max(self.found as usize)
    }
}

/// What a comparison that was asked for has found.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SyncedRow {
    /// Orders that were compared; none while the venue has not answered.
    pub synced: Option<u32>,
    /// What this comparison found, at most its latest 20.
    pub differences: Vec<String>,
    /// Journal position.
    pub seq: u64,
}

impl SyncedRow {
    /// Of a snapshot in which the comparison is `done`, or is not yet.
    pub fn of(snapshot: &Snapshot, done: bool) -> Self {
        let c = &snapshot.comparison;
        let seq = snapshot.status.seq;
        if !done {
            return Self {
                seq,
                ..Self::default()
            };
        }
        Self {
            synced: Some(c.orders),
            differences: c.differences.clone(),
            seq,
        }
    }
}

/// A position.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PositionRow {
    /// Ours.
    pub id: PositionId,
    /// `open` or `closed`.
    pub status: String,
    /// Pair.
    pub symbol: Symbol,
    /// `long` or `short`.
    pub side: String,
    /// Open base quantity.
    pub quantity: Decimal,
    /// Quantity ÷ leverage.
    pub margin_size: Decimal,
    /// Mean entry price.
    pub entry: Decimal,
    /// Last price of the symbol.
    pub price: Option<Decimal>,
    /// 1 to 5.
    pub leverage: Decimal,
    /// Stop price.
    pub stop: Option<Decimal>,
    /// Target price.
    pub target: Option<Decimal>,
    /// Trailing distance.
    pub trail: Option<Decimal>,
    /// The order that works the stop.
    pub stop_order_id: Option<OrderId>,
    /// The order that works the target.
    pub target_order_id: Option<OrderId>,
    /// Before fees, quote currency.
    pub unrealised: Option<Decimal>,
    /// Percent of the margin.
    pub unrealised_pct: Option<Decimal>,
    /// After fees so far, quote currency.
    pub realised: Decimal,
    /// Quote currency.
    pub fees: Decimal,
    /// First fill.
    pub opened_at: Time,
    /// Last fill of the last exit.
    pub closed_at: Option<Time>,
    /// Mean exit price.
    pub exit_price: Option<Decimal>,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// Whether its stop works, or it wants none.
    pub protected: bool,
    /// Somebody wants it closed and the order is on its way.
    pub closing: bool,
    /// Whose.
    pub strategy: Option<Name>,
}

/// A cycle.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CycleRow {
    /// Its id.
    pub id: CycleId,
    /// What it looks at.
    pub symbol: Symbol,
    /// Where it stands.
    pub phase: crate::core::cycle::Phase,
    /// Who is being asked.
    pub active_agents: Vec<Name>,
    /// Somebody asked for its halt.
    pub halt_requested: bool,
    /// Who and why.
    pub halt_reason: Option<String>,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// None while it runs.
    pub success: Option<bool>,
    /// What came of it.
    pub result: Option<String>,
    /// What went wrong.
    pub errors: Vec<String>,
    /// Phases that ended.
    pub phases_completed: Vec<crate::core::cycle::Phase>,
    /// Phases that began.
    pub phases: Vec<PhaseRow>,
    /// Keys of its shared data.
    pub data: Vec<String>,
    /// The approval it waits for.
    pub approval: Option<ApprovalId>,
}

/// A phase that began.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhaseRow {
    /// Which.
    pub phase: crate::core::cycle::Phase,
    /// Who answers it.
    pub agent: Option<Name>,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// What came of it.
    pub result: Option<String>,
}

/// A message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MessageRow {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub from: Name,
    /// To whom.
    pub to: Option<Name>,
    /// Or on which topic; an outside agent's own is called as it is.
    pub topic: Option<String>,
    /// What it is.
    pub kind: MessageKind,
    /// How urgent.
    pub priority: Priority,
    /// In a few words.
    pub subject: String,
    /// In full; in a snapshot whose messages are too large together
    /// `{"truncated": true, "bytes": N}`.
    pub payload: Value,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// The answer it got.
    pub response_id: Option<MessageId>,
    /// Done with.
    pub processed: bool,
    /// When.
    pub processed_at: Option<Time>,
    /// When it was sent.
    pub created_at: Time,
    /// When it is too old.
    pub expires_at: Option<Time>,
    /// Its life in seconds.
    pub ttl_s: Option<i64>,
    /// Where it stands.
    pub status: Delivery,
}

/// An agent's queue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QueueRow {
    /// Whose.
    pub agent: Name,
    /// Waiting by priority: critical, high, normal, low.
    pub waiting: [u64; 4],
    /// Age of the oldest, engine milliseconds.
    pub oldest_ms: Option<i64>,
    /// Room in all.
    pub room: u32,
    /// Handed over and not acknowledged yet.
    pub in_flight: u64,
    /// Topics it has subscribed to.
    pub topics: Vec<String>,
}

/// The last price of a symbol.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PriceRow {
    /// Pair.
    pub symbol: Symbol,
    /// Last price, bid, ask and when.
    pub quote: Quote,
    /// Closes of the latest bars, oldest first, for a chart.
    pub closes: Vec<f64>,
    /// Length of such a bar, engine milliseconds; 0 where nobody can say.
    #[serde(default)]
    pub bar_ms: i64,
    /// When the last of them closed, engine time.
    #[serde(default)]
    pub closed_at: Option<Time>,
}

/// What the account is worth.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountRow {
    /// Now, at the last prices.
    pub equity: Decimal,
    /// Since the UTC day began.
    pub day_pnl: Decimal,
    /// Notional of positions and entries.
    pub exposure: Decimal,
    /// Its limit.
    pub exposure_limit: Decimal,
    /// The day's loss that engages HARDSTOP.
    pub daily_loss_limit: Decimal,
    /// Highest equity.
    pub peak: Decimal,
    /// Balance of each asset.
    pub balances: BTreeMap<String, Decimal>,
    /// Equity each minute of engine time, oldest first, for a sparkline.
    pub curve: Vec<f64>,
}

/// What the engine itself has to say.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct EngineRow {
    /// Commands waiting: exit, control, normal.
    pub lanes: [u64; 3],
    /// Commands refused because a lane was full.
    pub overflowed: u64,
    /// Snapshots somebody did not take in time.
    pub conflated: u64,
    /// Records the SQL views are behind.
    pub views_lag: u64,
    /// Stages of the stop: gate closed, microseconds; journaled, microseconds.
    pub stop_gate_us: Option<u64>,
    /// Journaled.
    pub stop_durable_us: Option<u64>,
    /// Whether the recorded feed is over.
    pub feed_ended: bool,
    /// Share of the recorded feed that is done, 0 to 1.
    pub feed_done: Option<f64>,
    /// Whether somebody asked it to end.
    pub stopping: bool,
}

/// A line of the audit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditLine {
    /// Record.
    pub seq: u64,
    /// Engine time.
    pub time: Time,
    /// The event's name.
    pub kind: String,
    /// Who.
    pub actor: Name,
    /// From where; `null` for what the engine asked of itself.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// The record that caused it.
    pub cause: Option<u64>,
    /// The event.
    pub data: Value,
}

/// Everything a screen shows, at one journal position.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// When it was built, wall time.
    pub built_at: Time,
    /// The status document.
    pub status: Status,
    /// What the engine says of itself.
    pub engine: EngineRow,
    /// What the account is worth.
    pub account: AccountRow,
    /// What symbols cost.
    pub prices: Vec<PriceRow>,
    /// Each limit of the gate.
    #[serde(default)]
    pub limits: Vec<LimitRow>,
    /// Strategies that have to wait.
    #[serde(default)]
    pub cooldowns: Vec<CooldownRow>,
    /// The last comparison with the venue.
    #[serde(default)]
    pub comparison: ComparisonRow,
    /// What an operator must see: what nobody has taken note of first, then the worst.
    pub alarms: Vec<Alarm>,
    /// Who may use the API from outside.
    #[serde(default)]
    pub tokens: Vec<TokenRow>,
    /// Live ones, then the latest that ended.
    pub reservations: List<ReservationRow>,
    /// Live ones, then the latest that ended.
    pub orders: List<OrderRow>,
    /// Open ones, then the latest that closed.
    pub positions: List<PositionRow>,
    /// Running ones, then the latest that ended.
    pub cycles: List<CycleRow>,
    /// Waiting ones, then the latest.
    pub messages: List<MessageRow>,
    /// The agents' queues.
    pub queues: Vec<QueueRow>,
    /// Messages that were given up, the latest first.
    pub dead: Vec<DeadRow>,
    /// Waiting ones, then the latest that were decided.
    pub approvals: List<ApprovalRow>,
    /// Running and queued ones, then the latest that ended.
    pub activities: List<ActivityRow>,
    /// Requests for capital that are being gathered.
    pub windows: Vec<WindowRow>,
    /// The latest events, oldest first.
    pub audit: Vec<AuditLine>,
    /// What is searched, and what is at work.
    #[serde(default)]
    pub research: ResearchDocument,
    /// The account's allocation against its targets.
    #[serde(default)]
    pub portfolio: Portfolio,
    /// How quick the engine has been and how full its queues were.
    #[serde(default)]
    pub measures: MeasuresRow,
}
