//! How rows follow from what the state knows.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::rows::*;
use crate::core::activity::Activity;
use crate::core::cycle::{Cycle, Phase};
use crate::core::health::AgentHealth;
use crate::core::id::ApprovalId;
use crate::core::message::{Delivery, Message};
use crate::core::order::{Fill, Order, Side};
use crate::core::position::Position;
use crate::core::reservation::Reservation;
use crate::core::{Name, State};
use crate::snapshot::waits_for;

impl From<&Reservation> for ReservationRow {
    fn from(r: &Reservation) -> Self {
        Self {
            id: r.id,
            agent_type: r.agent,
            resource_type: r.resource,
            amount: r.amount.normalize(),
            priority: r.class.priority(),
            purpose: r.purpose.clone(),
            reserved_at: r.granted_at.unwrap_or(r.created_at),
            expires_at: r.expires_at,
            status: r.standing,
            created_at: r.created_at,
            strategy: r.strategy,
            class: r.class,
            asked: r.asked.normalize(),
            order_id: r.order,
            position_id: r.position,
            granted_with: json(&r.group),
            sharpe: r.sharpe,
            waits_for: waits_for(r),
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
            topic: m.topic_name().map(str::to_owned),
            in_reply_to: m.in_reply_to,
            status: m.delivery,
            ttl_s: m.expires_at.map(|at| (at - m.created_at) / 1000),
        }
    }
}

impl CycleRow {
    /// A cycle, and the approval it waits for.
    pub fn of(c: &Cycle, approval_id: Option<ApprovalId>) -> Self {
        let reason = |phase| (c.phase == phase).then(|| c.reason.clone()).flatten();
        Self {
            cycle_id: c.id,
            phase: c.phase,
            active_agents: json(&Vec::from_iter(c.asked().filter(|_| c.waiting.is_some()))),
            shared_data: json(&shared(c)),
            halt_requested: c.phase == Phase::Halted,
            halt_reason: reason(Phase::Halted),
            cycle_started_at: c.started_at,
            cycle_completed_at: c.ended_at,
            cycle_result: c.result.clone(),
            errors: json(&Vec::from_iter(reason(Phase::Failed))),
            symbol: c.symbol,
            phases: json(&c.phases),
            findings: json(&c.found),
            approval_id,
        }
    }
}

/// What agents left for each other, as it was written: no digit of a number is lost.
fn shared(c: &Cycle) -> BTreeMap<&str, Box<RawValue>> {
    let written = |text: &String| {
        RawValue::from_string(text.clone())
            .or_else(|_| serde_json::value::to_raw_value(text))
            .expect("a text is always a JSON document")
    };
    c.data
        .iter()
        .map(|(key, text)| (key.as_str(), written(text)))
        .collect()
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
            autonomy: if state.settings.guide {
                "guide"
            } else {
                "autonomous"
            },
            degradation: state.degradation.level,
            activities: json(&Vec::<&Activity>::from_iter(state.activities.live.values())),
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
            parent_id: o.parent,
            position_id: o.position,
            purpose: o.purpose,
            symbol: asked.symbol,
            side: asked.side,
            r#type: asked.kind,
            quantity: o.quantity.normalize(),
            filled: o.filled.normalize(),
            price: o.price,
            stop_price: o.stop_price,
            average_price: o.average_price().map(|p| p.normalize()),
            status: OrderStatus(o.status),
            reason: o.reason.clone(),
            reduce_only: o.purpose.reduces(),
            time_in_force: asked.time_in_force,
            expires_at: asked.expires_at,
            post_only: asked.post_only,
            self_trade: asked.self_trade,
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
            trail: p.trail.map(|t| t.distance),
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
