//! The rows, column by column.

use rust_decimal::Decimal;
use serde::Serialize;

use super::table::{Row, Table};
use crate::core::cycle::Phase;
use crate::core::degradation::Level;
use crate::core::id::{
    ActivityId, ApprovalId, CycleId, MessageId, OrderId, PositionId, ReservationId, RunId,
    ServiceId,
};
use crate::core::message::{Delivery, MessageKind, Priority};
use crate::core::order::{Kind, Liquidity, Purpose, SelfTrade, Side, Status, TimeInForce};
use crate::core::position::CloseReason;
use crate::core::research::{RunKind, RunStatus};
use crate::core::reservation::{Class, Resource, Standing};
use crate::core::service::{End, Kind as ServiceKind};
use crate::core::{Name, Origin, Symbol, Time};

macro_rules! tables {
    ($($(#[$doc:meta])* $row:ident = $table:literal $(by $key:literal)? {
        $($column:ident: $kind:ty,)+
    })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize)]
            pub(super) struct $row { $(pub $column: $kind,)+ }

            impl Row for $row {
                const TABLE: Table = Table {
                    name: $table,
                    key: tables!(@key $($key)?),
                    columns: &[$(stringify!($column)),+],
                };
            }
        )+

        /// Every table that is folded.
        pub(super) const TABLES: &[Table] = &[$($row::TABLE),+];
    };
    (@key) => { None };
    (@key $key:literal) => { Some($key) };
}

tables! {
    /// An event.
    AuditRow = "audit" {
        seq: u64,
        time: Time,
        kind: &'static str,
        actor: Name,
        cause: Option<u64>,
        data: String,
        origin: Option<Origin>,
    }
    /// A reservation.
    ReservationRow = "resource_reservations" by "id" {
        id: ReservationId,
        agent_type: Name,
        resource_type: Resource,
        amount: Decimal,
        priority: u8,
        purpose: String,
        reserved_at: Time,
        expires_at: Option<Time>,
        status: Standing,
        created_at: Time,
        strategy: Option<Name>,
        class: Class,
        asked: Decimal,
        order_id: Option<OrderId>,
        position_id: Option<PositionId>,
        granted_with: String,
        sharpe: Option<Decimal>,
        waits_for: Option<String>,
    }
    /// A change of what may be done or is held.
    TransitionRow = "state_transitions" {
        timestamp: Time,
        agent_type: Name,
        state_change: &'static str,
        details: String,
        created_at: Time,
    }
    /// A message.
    MessageRow = "agent_messages" by "id" {
        id: MessageId,
        from_agent: Name,
        to_agent: Option<Name>,
        message_type: MessageKind,
        priority: Priority,
        subject: String,
        payload: String,
        processed: bool,
        processed_at: Option<Time>,
        response_message_id: Option<MessageId>,
        sent_at: Time,
        expires_at: Option<Time>,
        topic: Option<String>,
        in_reply_to: Option<MessageId>,
        status: Delivery,
        ttl_s: Option<i64>,
    }
    /// A cycle.
    CycleRow = "coordination_state" by "cycle_id" {
        cycle_id: CycleId,
        phase: Phase,
        active_agents: String,
        shared_data: String,
        halt_requested: bool,
        halt_reason: Option<String>,
        cycle_started_at: Time,
        cycle_completed_at: Option<Time>,
        cycle_result: Option<String>,
        errors: String,
        symbol: Symbol,
        phases: String,
        findings: String,
        approval_id: Option<ApprovalId>,
    }
    /// An agent.
    HealthRow = "agent_health" by "agent_name" {
        agent_name: Name,
        is_healthy: bool,
        error_count: u64,
        success_count: u64,
        status_message: Option<String>,
    }
    /// What a restart would restore.
    CoordinatorRow = "coordinator_state" by "id" {
        id: u8,
        state: &'static str,
        hardstop: Option<String>,
        causes: String,
        paused_symbols: String,
        autonomy: &'static str,
        degradation: Level,
        activities: String,
        schedules: String,
        statistics: String,
        updated_at: Time,
    }
    /// An order.
    OrderRow = "orders" by "id" {
        id: OrderId,
        request_id: Option<String>,
        client_order_id: String,
        venue_order_id: Option<String>,
        parent_id: Option<OrderId>,
        position_id: Option<PositionId>,
        purpose: Purpose,
        symbol: Symbol,
        side: Side,
        r#type: Kind,
        quantity: Decimal,
        filled: Decimal,
        price: Option<Decimal>,
        stop_price: Option<Decimal>,
        average_price: Option<Decimal>,
        status: OrderStatus,
        reason: Option<String>,
        reduce_only: bool,
        time_in_force: TimeInForce,
        expires_at: Option<Time>,
        post_only: bool,
        self_trade: SelfTrade,
        fees: Decimal,
        strategy: Option<Name>,
        agent_id: Option<Name>,
        policy_version: Option<String>,
        feature_hash: Option<String>,
        confidence: Option<Decimal>,
        metadata: String,
        cancel_asked: bool,
        created_at: Time,
        updated_at: Time,
    }
    /// A step of an order.
    StatusRow = "order_status_log" {
        order_id: OrderId,
        external_id: Option<String>,
        status: OrderStatus,
        timestamp: Time,
        details: Option<String>,
    }
    /// What befell an order, or the venue's word on one.
    ExecutionRow = "execution_events" {
        timestamp: Time,
        event_type: &'static str,
        order_id: Option<OrderId>,
        symbol: Option<Symbol>,
        side: Option<Side>,
        size: Option<Decimal>,
        fill_price: Option<Decimal>,
        details: String,
    }
    /// A fill.
    TradeRow = "trade_executions" {
        execution_id: String,
        order_id: OrderId,
        position_id: Option<PositionId>,
        symbol: Symbol,
        side: Side,
        time: Time,
        price: Decimal,
        quantity: Decimal,
        fee: Decimal,
        liquidity: Liquidity,
    }
    /// A position.
    PositionRow = "positions" by "id" {
        id: PositionId,
        status: &'static str,
        symbol: Symbol,
        side: &'static str,
        quantity: Decimal,
        margin_size: Decimal,
        entry: Decimal,
        price: Option<Decimal>,
        leverage: Decimal,
        stop: Option<Decimal>,
        target: Option<Decimal>,
        trail: Option<Decimal>,
        stop_order_id: Option<OrderId>,
        target_order_id: Option<OrderId>,
        unrealised: Option<Decimal>,
        unrealised_pct: Option<Decimal>,
        realised: Decimal,
        fees: Decimal,
        opened_at: Time,
        closed_at: Option<Time>,
        exit_price: Option<Decimal>,
        close_reason: Option<CloseReason>,
        protected: bool,
        closing: bool,
        strategy: Option<Name>,
    }
    /// How a position stood.
    SnapshotRow = "position_snapshots" {
        timestamp: Time,
        position_id: PositionId,
        symbol: Symbol,
        current_price: Decimal,
        unrealized_pnl: Decimal,
        unrealized_pnl_pct: Decimal,
    }
    /// A research run.
    RunRow = "research_runs" by "id" {
        id: RunId,
        kind: RunKind,
        strategy: Option<Name>,
        status: RunStatus,
        activity_id: Option<ActivityId>,
        spec: String,
        data_hash: String,
        code_version: String,
        seed: String,
        trials: u64,
        trials_done: u64,
        steps_done: u32,
        best: Option<String>,
        gates: String,
        hash: Option<String>,
        reason: Option<String>,
        asked_by: Name,
        created_at: Time,
        started_at: Option<Time>,
        ended_at: Option<Time>,
    }
    /// A strategy version that may be put into service.
    VersionRow = "strategy_versions" by "id" {
        id: String,
        strategy: Name,
        version: String,
        definition: String,
        parameters: String,
        symbol: Symbol,
        interval_ms: i64,
        has_stop: bool,
        promise: Option<String>,
        run_id: Option<RunId>,
        feature_hash: String,
        proved_at: Time,
    }
    /// A strategy version at work.
    ServiceRow = "services" by "id" {
        id: ServiceId,
        kind: ServiceKind,
        strategy: Name,
        version: String,
        symbol: Symbol,
        interval_ms: i64,
        feature_hash: String,
        stage: String,
        asked: Decimal,
        capital: Decimal,
        signals: u64,
        trades: u64,
        wins: u64,
        realised: Decimal,
        sharpe: Option<Decimal>,
        baseline_sharpe: Option<Decimal>,
        max_drawdown: Decimal,
        holding: Option<String>,
        holds: String,
        run_id: Option<RunId>,
        asked_by: Name,
        replaces: Option<ServiceId>,
        created_at: Time,
        staged_at: Time,
        began_at: Option<Time>,
        ended_at: Option<Time>,
        end_how: Option<End>,
        end_reason: Option<String>,
    }
    /// A stage that a service has left.
    StageRow = "service_stages" {
        service_id: ServiceId,
        stage: String,
        left_at: Time,
        capital: Decimal,
        signals: u64,
        trades: u64,
        wins: u64,
        realised: Decimal,
        sharpe: Option<Decimal>,
        baseline_sharpe: Option<Decimal>,
        max_drawdown: Decimal,
        gates: String,
    }
}

/// An order's status as the documents write it: `error` where the venue rejected it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OrderStatus(pub Status);

impl Serialize for OrderStatus {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Status::Rejected => s.serialize_str("error"),
            status => status.serialize(s),
        }
    }
}

/// As JSON text, for columns that hold a document.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the core's values have text for keys and cannot fail")
}
