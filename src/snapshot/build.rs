//! From the state and what was measured beside it to the documents.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::alarms::alarms;
use super::contention::{CONFLICTS, Running, activity, conflicts, waits_for, windows};
use super::document::*;
use super::mail::{PAYLOADS, dead, queues, within};
use super::samples::Samples;
use super::tokens::tokens;
use super::{bounds, portfolio, positions, reconcile, research};
use crate::core::activity::ActivityKind;
use crate::core::approval::Approval;
use crate::core::cycle::{Cycle, Phase};
use crate::core::health::{AT_WORK, AgentHealth};
use crate::core::order::{Order, Purpose};
use crate::core::reservation::{Class, Pooled, Reservation, Resource, Standing};
use crate::core::risk;
use crate::core::{Name, State, Time};

/// Rows of a list, at most.
pub(super) const ROWS: usize = 1_000;

/// Builds the snapshot.
pub fn build(state: &State, samples: &Samples) -> Snapshot {
    let now = samples.clock.unwrap_or(state.time);
    let account = account(state, samples);
    let agents = agents(state, samples);
    let running = Running::of(state);
    Snapshot {
        built_at: samples.wall,
        limits: super::risk::limits(state, &samples.quotes, now),
        cooldowns: super::risk::cooldowns(state, now),
        comparison: reconcile::row(state, samples.statement),
        alarms: alarms(state, samples, &agents),
        tokens: tokens(state),
        status: status(state, samples, now, agents),
        engine: samples.engine.clone(),
        account,
        prices: samples
            .quotes
            .iter()
            .map(|(symbol, quote)| {
                let closes = samples.closes.get(symbol).cloned().unwrap_or_default();
                PriceRow {
                    symbol: *symbol,
                    quote: *quote,
                    closes: closes.values,
                    bar_ms: closes.bar_ms,
                    closed_at: closes.closed_at,
                }
            })
            .collect(),
        reservations: list(
            state,
            state.ledger.live_count() as u64 + state.ledger.ended_total,
            state
                .ledger
                .live()
                .rev()
                .chain(state.ledger.past().rev())
                .map(reservation),
        ),
        orders: list(
            state,
            state.orders.live.len() as u64 + state.orders.ended_total,
            state
                .orders
                .live
                .values()
                .rev()
                .chain(state.orders.ended.iter().rev())
                .map(|o| order(state, now, o)),
        ),
        positions: list(
            state,
            state.positions.open.len() as u64 + state.positions.closed_total,
            state
                .positions
                .open
                .values()
                .rev()
                .chain(state.positions.closed.iter().rev())
                .map(|p| positions::row(state, &samples.quotes, p)),
        ),
        cycles: list(
            state,
            state.cycles.live.len() as u64
                + state.cycles.completed
                + state.cycles.halted
                + state.cycles.failed,
            state
                .cycles
                .live
                .values()
                .rev()
                .chain(state.cycles.past.iter().rev())
                .map(|c| cycle(state, c)),
        ),
        messages: list(
            state,
            state.bus.sent,
            state
                .bus
                .live
                .values()
                .rev()
                .chain(state.bus.past.iter().rev())
                .map(within(PAYLOADS)),
        ),
        queues: queues(state, samples, now),
        dead: dead(state),
        approvals: list(
            state,
            (state.approvals.waiting.len() + state.approvals.past.len()) as u64,
            state
                .approvals
                .waiting
                .values()
                .rev()
                .chain(state.approvals.past.iter().rev())
                .map(|a| approval(a, samples)),
        ),
        activities: list(
            state,
            (state.activities.live.len() + state.activities.past.len()) as u64,
            state
                .activities
                .live
                .values()
                .rev()
                .chain(state.activities.past.iter().rev())
                .map(|a| activity(&running, a)),
        ),
        windows: windows(state),
        audit: samples.audit.iter().cloned().collect(),
        research: research::document(state, samples, now),
        portfolio: portfolio::portfolio(state, samples),
        measures: samples.measures.clone(),
    }
}

fn list<T>(state: &State, total: u64, items: impl Iterator<Item = T>) -> List<T> {
    List {
        items: items.take(ROWS).collect(),
        seq: state.seq,
        total,
    }
}

fn status(state: &State, samples: &Samples, now: Time, agents: Vec<AgentRow>) -> Status {
    let identity = state.identity.as_ref();
    let running = Running::of(state);
    let mut soonest: Vec<ReservationRow> =
        state.ledger.soonest().take(100).map(reservation).collect();
    let bound = state
        .ledger
        .live()
        .filter(|r| r.standing == Standing::Bound)
        .take(100 - soonest.len())
        .map(reservation);
    soonest.extend(bound);
    Status {
        seq: state.seq,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: samples.pid,
        started_at: samples.started_at,
        clock: now,
        mode: samples.mode.clone(),
        feed: identity.map_or_else(String::new, |i| i.feed.clone()),
        speed: samples.speed.clone(),
        state: state.mode(),
        degradation: state.degradation.level.as_str().into(),
        autonomy: if state.settings.guide {
            "guide"
        } else {
            "autonomous"
        }
        .into(),
        paused_symbols: state.trading.paused_symbols.keys().copied().collect(),
        causes: state
            .trading
            .causes
            .iter()
            .map(|(cause, given)| CauseRow {
                cause: cause.as_str().to_owned(),
                by: given.by,
                reason: given.reason.clone(),
                since: given.at,
            })
            .collect(),
        hardstop: hardstop(state),
        global: global(state),
        resources: resources(state, now),
        conflicts: conflicts(state, &running),
        activities: state
            .activities
            .live
            .values()
            .take(CONFLICTS)
            .map(|a| activity(&running, a))
            .collect(),
        reservations: soonest,
        reservations_total: state.ledger.live_count() as u64,
        schedules: schedules(state),
        agents,
        guard: super::risk::guard(state, samples),
        guard_limits: bounds::guard(&state.settings),
        alerts: samples.channels.clone(),
        flattening: bounds::flattening(&state.trading),
        statistics: StatisticsRow {
            cycles_completed: state.cycles.completed,
            cycles_halted: state.cycles.halted,
            cycles_failed: state.cycles.failed,
            messages_sent: state.bus.sent,
            messages_expired: state.bus.expired,
            messages_dead: state.bus.dead,
            positions_closed: state.positions.closed_total,
            ..StatisticsRow::of(&state.statistics)
        },
        journal: samples.journal.clone(),
        engine: if samples.running {
            "running"
        } else {
            "not_running"
        }
        .into(),
    }
}

fn hardstop(state: &State) -> Option<HardstopRow> {
    let stop = state.trading.hardstop.as_ref()?;
    let open = state
        .orders
        .live
        .values()
        .filter(|o| o.purpose == Purpose::Entry)
        .count();
    let unconfirmed = u32::try_from(open).unwrap_or(u32::MAX);
    Some(HardstopRow {
        epoch: stop.epoch,
        by: stop.given.by,
        reason: stop.given.reason.clone(),
        engaged_at: stop.given.at,
        cancels_total: stop.cancels_total,
        cancels_confirmed: stop.cancels_total.saturating_sub(unconfirmed),
        open_positions: u32::try_from(state.positions.open.len()).unwrap_or(u32::MAX),
    })
}

/// The documents' global state, as in `autonomy_state.json`.
pub fn global(state: &State) -> Global {
    let ledger = &state.ledger;
    let number = |d: Decimal| d.to_f64().unwrap_or_default();
    let reserved = |classes: &[Class]| {
        number(
            classes
                .iter()
                .map(|c| ledger.held_capital(Some(*c)) + ledger.bound_capital(Some(*c)))
                .sum(),
        )
    };
    Global {
        deployment_in_progress: state.activities.runs(ActivityKind::Deployment),
        param_optimization_active: state.activities.runs(ActivityKind::Optimisation),
        strategy_discovery_active: state.activities.runs(ActivityKind::Discovery),
        hardstop_triggered: state.trading.hardstop.is_some(),
        available_capital_usd: number(ledger.available_capital()),
        reserved_capital: ReservedCapital {
            exits: reserved(&[Class::Exit]),
            live_trades: reserved(&[Class::Live]),
            paper_trades: reserved(&[Class::Paper, Class::Deployment]),
            backtests: reserved(&[Class::Backtest, Class::Research]),
        },
        active_backtests: ledger.slots_taken(Class::Backtest).to_u64().unwrap_or(0),
        active_paper_trades: ledger.slots_taken(Class::Paper).to_u64().unwrap_or(0),
    }
}

fn resources(state: &State, now: Time) -> Vec<ResourceRow> {
    let ledger = &state.ledger;
    let settings = &state.settings.resources;
    let mut rows = vec![ResourceRow {
        resource: Resource::Capital,
        class: None,
        limit: Some(ledger.pool),
        held: ledger.held_capital(None),
        bound: ledger.bound_capital(None),
        available: Some(ledger.available_capital()),
        queued: ledger.waiting(Pooled::Capital),
        exits: None,
    }];
    for (class, limit) in [
        (Class::Live, None),
        (Class::Paper, Some(settings.paper_trades)),
        (Class::Backtest, Some(settings.backtests)),
    ] {
        let taken = ledger.slots_taken(class);
        let limit = limit.map(Decimal::from);
        rows.push(ResourceRow {
            resource: Resource::Compute,
            class: Some(class.as_str().to_owned()),
            limit,
            held: taken,
            bound: Decimal::ZERO,
            available: limit.map(|l| (l - taken).max(Decimal::ZERO)),
            queued: ledger.waiting(Pooled::of(Resource::Compute, class)),
            exits: None,
        });
    }
    for (window, seconds, limit) in [
        ("minute", 60, settings.api_per_minute),
        ("hour", 3600, settings.api_per_hour),
    ] {
        let spent = Decimal::from(ledger.api.spent(now, seconds));
        let limit = Decimal::from(limit);
        rows.push(ResourceRow {
            resource: Resource::Api,
            class: Some(window.to_owned()),
            limit: Some(limit),
            held: spent,
            bound: Decimal::ZERO,
            available: Some((limit - spent).max(Decimal::ZERO)),
            queued: ledger.waiting(Pooled::Api),
            exits: Some((limit * settings.api_exit_share).floor().normalize()),
        });
    }
    rows
}

fn schedules(state: &State) -> Vec<ScheduleRow> {
    let runs = state.mode().schedules();
    state
        .schedules
        .rows
        .iter()
        .map(|s| ScheduleRow {
            name: s.name,
            agent: s.name,
            symbols: state.settings.symbols.clone(),
            interval_s: s.interval_s,
            enabled: s.enabled,
            available: AT_WORK.contains(&s.name.as_str()),
            last_run: s.last_run,
            next_run: (s.enabled && runs).then_some(s.next_run),
            runs: s.runs,
            failures: s.failures,
            running: state
                .schedules
                .running
                .values()
                .filter(|t| t.name == s.name)
                .count() as u32,
        })
        .collect()
}

fn agents(state: &State, samples: &Samples) -> Vec<AgentRow> {
    let all = state.agents.iter();
    all.map(|(name, health)| agent(state, samples, *name, health))
        .collect()
}

/// An agent's document.
pub(super) fn agent(
    state: &State,
    samples: &Samples,
    name: Name,
    health: &AgentHealth,
) -> AgentRow {
    let beat = samples.beats.get(&name);
    let at_work = AT_WORK.contains(&name.as_str()) || health.outside.is_some();
    let outside = health.outside.as_ref();
    AgentRow {
        name,
        health: if !at_work || !samples.running {
            Health::Off
        } else if health.unhealthy {
            Health::Unhealthy
        } else if health.stale {
            Health::Stale
        } else if beat.is_some_and(|b| samples.is_laggy(b)) {
            Health::Laggy
        } else {
            Health::Ok
        },
        last_heartbeat: beat.map(|b| b.at),
        error_rate: health.error_rate(),
        mean_ms: beat.and_then(|b| b.mean_ms),
        successes: health.successes,
        errors: health.errors,
        task_enabled: state.schedules.find(name.as_str()).map(|s| s.enabled),
        // What it failed at last is said until it comes through again.
        status_message: match (health.window.back(), samples.says.get(&name)) {
            (None | Some(true), Some(says)) => Some(says.clone()),
            _ => health.status_message.clone(),
        },
        outside: outside.is_some(),
        version: outside.map(|o| o.version.clone()),
        handles: outside.map(|o| o.handles.clone()).unwrap_or_default(),
    }
}

/// A reservation's document.
pub(super) fn reservation(r: &Reservation) -> ReservationRow {
    ReservationRow {
        id: r.id,
        agent: r.agent,
        strategy: r.strategy,
        resource: r.resource,
        class: r.class,
        priority: r.class.priority(),
        amount: r.amount.normalize(),
        asked: r.asked.normalize(),
        purpose: r.purpose.clone(),
        status: r.standing,
        created_at: r.created_at,
        expires_at: r.expires_at,
        order_id: r.order,
        position_id: r.position,
        group: r.group.clone(),
        sharpe: r.sharpe,
        waits_for: waits_for(r),
        ttl_s: r.ttl_s,
    }
}

pub(super) fn approval(a: &Approval, samples: &Samples) -> ApprovalRow {
    ApprovalRow {
        id: a.id,
        cycle_id: a.cycle,
        by: a.by,
        symbol: a.request.symbol,
        side: a.request.side,
        quantity: a.request.quantity.normalize(),
        price: a.request.price.or(a.price),
        stop: a.request.stop,
        target: a.request.target,
        reason: a.reason.clone(),
        created_at: a.created_at,
        expires_at: samples
            .lapses
            .get(&a.id)
            .copied()
            .filter(|_| a.end.is_none()),
        status: a
            .end
            .as_ref()
            .map_or("waiting", |(verdict, ..)| verdict.as_str())
            .into(),
        decided_by: a.end.as_ref().map(|(_, by, ..)| *by),
    }
}

fn order(state: &State, now: Time, o: &Order) -> OrderRow {
    OrderRow {
        id: o.id,
        request_id: o.request.request_id.clone(),
        client_order_id: o.client_order_id.clone(),
        venue_order_id: o.venue_order_id.clone(),
        parent_id: o.parent,
        position_id: o.position,
        purpose: o.purpose,
        symbol: o.request.symbol,
        side: o.request.side,
        kind: o.request.kind,
        quantity: o.quantity.normalize(),
        filled: o.filled.normalize(),
        price: o.price,
        stop_price: o.stop_price,
        average_price: o.average_price().map(|p| p.normalize()),
        status: o.status,
        reason: o.reason.clone(),
        reduce_only: o.purpose.reduces(),
        time_in_force: o.request.time_in_force,
        expires_at: o.request.expires_at,
        post_only: o.request.post_only,
        self_trade: Some(o.request.self_trade.as_str().into()),
        fees: o.fees.normalize(),
        strategy: o.request.strategy,
        agent_id: o.request.agent_id,
        policy_version: o.request.policy_version.clone(),
        feature_hash: o.request.feature_hash.clone(),
        confidence: o.request.confidence,
        metadata: o.request.metadata.clone(),
        cancel_asked: o.cancel.is_some(),
        created_at: o.created_at,
        updated_at: o.updated_at,
        slicing: super::slicing::row(state, now, o),
        fills: o.fills.clone(),
    }
}

fn cycle(state: &State, c: &Cycle) -> CycleRow {
    CycleRow {
        id: c.id,
        symbol: c.symbol,
        phase: c.phase,
        active_agents: c
            .asked()
            .filter(|_| c.waiting.is_some())
            .into_iter()
            .collect(),
        halt_requested: c.phase == Phase::Halted,
        halt_reason: (c.phase == Phase::Halted)
            .then(|| c.reason.clone())
            .flatten(),
        started_at: c.started_at,
        ended_at: c.ended_at,
        success: c.ended_at.map(|_| c.phase == Phase::Completed),
        result: c.result.clone(),
        errors: (c.phase == Phase::Failed)
            .then(|| c.reason.clone())
            .flatten()
            .into_iter()
            .collect(),
        phases_completed: c
            .phases
            .iter()
            .filter(|p| p.ended_at.is_some())
            .map(|p| p.phase)
            .collect(),
        phases: c
            .phases
            .iter()
            .map(|p| PhaseRow {
                phase: p.phase,
                agent: p.agent,
                started_at: p.started_at,
                ended_at: p.ended_at,
                result: p.result.clone(),
            })
            .collect(),
        data: c.data.keys().cloned().collect(),
        approval: state
            .approvals
            .waiting
            .values()
            .find(|a| a.cycle == Some(c.id))
            .map(|a| a.id),
    }
}

fn account(state: &State, samples: &Samples) -> AccountRow {
    let equity = state
        .account
        .worth(&samples.quotes, &state.settings.symbols)
        .unwrap_or(state.account.equity);
    let price = |s| samples.quotes.get(s).map(|q| q.last);
    AccountRow {
        equity: equity.normalize(),
        day_pnl: (equity - state.account.day_start).normalize(),
        exposure: risk::exposure(state, risk::Level::Organisation, price).normalize(),
        exposure_limit: state.settings.risk.max_exposure_usd,
        daily_loss_limit: state.settings.risk.daily_loss_usd,
        peak: state.account.peak.normalize(),
        balances: state
            .account
            .balances
            .iter()
            .map(|(asset, amount)| (asset.clone(), amount.0.normalize()))
            .collect(),
        curve: samples.curve.iter().copied().collect(),
    }
}
