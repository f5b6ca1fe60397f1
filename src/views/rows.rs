//! The rows, column by column, and how they follow from what the state knows.

use rust_decimal::Decimal;
use serde::Serialize;

use super::table::{Row, Table};
use crate::core::cycle::{Cycle, Phase};
use crate::core::health::AgentHealth;
use crate::core::id::{CycleId, MessageId, OrderId, PositionId, ReservationId};
use crate::core::message::{Delivery, Message, MessageKind, Priority, Topic};
use crate::core::order::{Fill, Kind, Liquidity, Order, Purpose, Side, Status, TimeInForce};
use crate::core::position::{CloseReason, Position};
use crate::core::reservation::{Class, Reservation, Resource, Standing};
use crate::core::{Name, State, Symbol, Time};

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
        topic: Option<Topic>,
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

impl From<&Reservation> for ReservationRow {
    fn from(r: &Reservation) -> Self {
        Self {
            id: r.id,
            agent_type: r.agent,
            resource_type: r.resource,
            amount: r.amount.normalize(),
            priority: r.class.priority(),
            purpose: r.purpose.clone(),
            reserved_at: r.created_at,
            expires_at: r.expires_at,
            status: r.standing,
            created_at: r.created_at,
            strategy: r.strategy,
            class: r.class,
            asked: r.asked.normalize(),
            order_id: r.order,
            position_id: r.position,
            granted_with: json(&r.group),
        }
    }
}

impl From<&Message> for MessageRow {
    fn from(m: &Message) -> Self {
        Self {
            id: m.id,
            from_agent: m.from,
            to_agent: m.to,
            message_type: m.kind,
            priority: m.priority,
            subject: m.subject.clone(),
            payload: json(&m.payload),
            processed: m.delivery == Delivery::Acknowledged,
            processed_at: m.processed_at,
            response_message_id: m.response,
            sent_at: m.created_at,
            expires_at: m.expires_at,
            topic: m.topic,
            in_reply_to: m.in_reply_to,
            status: m.delivery,
            ttl_s: m.expires_at.map(|at| (at - m.created_at) / 1000),
        }
    }
}

impl From<&Cycle> for CycleRow {
    fn from(c: &Cycle) -> Self {
        let reason = |phase| (c.phase == phase).then(|| c.reason.clone()).flatten();
        Self {
            cycle_id: c.id,
            phase: c.phase,
            active_agents: json(&Vec::from_iter(c.phase.agent())),
            shared_data: json(&c.found),
            halt_requested: c.phase == Phase::Halted,
            halt_reason: reason(Phase::Halted),
            cycle_started_at: c.started_at,
            cycle_completed_at: c.ended_at,
            cycle_result: c.result.clone(),
            errors: json(&Vec::from_iter(reason(Phase::Failed))),
            symbol: c.symbol,
            phases: json(&c.phases),
        }
    }
}

impl From<(Name, &AgentHealth)> for HealthRow {
    fn from((name, health): (Name, &AgentHealth)) -> Self {
        Self {
            agent_name: name,
            is_healthy: !health.stale && !health.unhealthy,
            error_count: health.errors,
            success_count: health.successes,
            status_message: health.status_message.clone(),
        }
    }
}

impl From<&State> for CoordinatorRow {
    fn from(state: &State) -> Self {
        Self {
            id: 1,
            state: state.mode().as_str(),
            hardstop: state.trading.hardstop.as_ref().map(json),
            causes: json(&state.trading.causes),
            paused_symbols: json(&state.trading.paused_symbols),
            schedules: json(&state.schedules.rows),
            statistics: json(&state.statistics),
            updated_at: state.time,
        }
    }
}

impl From<&Order> for OrderRow {
    fn from(o: &Order) -> Self {
        let asked = &o.request;
        Self {
            id: o.id,
            request_id: asked.request_id.clone(),
            client_order_id: o.client_order_id.clone(),
            venue_order_id: o.venue_order_id.clone(),
            position_id: o.position,
            purpose: o.purpose,
            symbol: asked.symbol,
            side: asked.side,
            r#type: asked.kind,
            quantity: o.quantity.normalize(),
            filled: o.filled.normalize(),
            price: asked.price,
            stop_price: o.stop_price,
            average_price: o.average_price().map(|p| p.normalize()),
            status: OrderStatus(o.status),
            reason: o.reason.clone(),
            reduce_only: o.purpose.reduces(),
            time_in_force: asked.time_in_force,
            expires_at: asked.expires_at,
            post_only: asked.post_only,
            fees: o.fees.normalize(),
            strategy: asked.strategy,
            agent_id: asked.agent_id,
            policy_version: asked.policy_version.clone(),
            feature_hash: asked.feature_hash.clone(),
            confidence: asked.confidence,
            metadata: json(&asked.metadata),
            cancel_asked: o.cancel.is_some(),
            created_at: o.created_at,
            updated_at: o.updated_at,
        }
    }
}

impl From<(&Order, &Fill)> for TradeRow {
    fn from((order, fill): (&Order, &Fill)) -> Self {
        Self {
            execution_id: fill.execution_id.clone(),
            order_id: order.id,
            position_id: order.position,
            symbol: order.request.symbol,
            side: order.request.side,
            time: fill.time,
            price: fill.price,
            quantity: fill.quantity,
            fee: fill.fee,
            liquidity: fill.liquidity,
        }
    }
}

impl PositionRow {
    /// A position at its last known price.
    pub fn of(p: &Position, price: Option<Decimal>, protected: bool) -> Self {
        let live = price.filter(|_| p.is_open());
        let quantity = if p.is_open() { p.quantity } else { p.entered };
        Self {
            id: p.id,
            status: if p.is_open() { "open" } else { "closed" },
            symbol: p.symbol,
            side: match p.side {
                Side::Buy => "long",
                Side::Sell => "short",
            },
            quantity: quantity.normalize(),
            margin_size: (quantity / p.leverage).normalize(),
            entry: p.entry(),
            price,
            leverage: p.leverage,
            stop: p.stop,
            target: p.target,
            stop_order_id: p.stop_order,
            target_order_id: p.target_order,
            unrealised: live.map(|price| p.unrealised(price).normalize()),
            unrealised_pct: live.map(|price| p.unrealised_pct(price)),
            realised: p.realised().normalize(),
            fees: p.fees.normalize(),
            opened_at: p.opened_at,
            closed_at: p.closed_at,
            exit_price: p.exit_price(),
            close_reason: p.close_reason,
            protected,
            closing: p.closing.is_some(),
            strategy: p.strategy,
        }
    }
}
