//! From the state and what was measured beside it to the documents.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::bounds;
use super::document::*;
use super::research::Progress;
use super::{positions, reconcile, research};
use crate::core::activity::{Activity, ActivityKind, Verdict};
use crate::core::approval::{Approval, ApprovalId};
use crate::core::cycle::{Cycle, Phase};
use crate::core::degradation::Level;
use crate::core::health::{AT_WORK, AgentHealth};
use crate::core::id::PositionId;
use crate::core::id::{ActivityId, ReservationId, RunId};
use crate::core::message::{Delivery, Filter, Message, Topic};
use crate::core::order::{Order, Purpose, Side, Status as OrderStatus};
use crate::core::position::Lack;
use crate::core::reservation::{Class, Pooled, Reservation, Resource, Standing, Waits};
use crate::core::risk;
use crate::core::{Name, Quotes, State, Time};

/// Rows of a list, at most.
const ROWS: usize = 1_000;
/// Activities, and of each kind the conflicts, that are shown at most.
const CONFLICTS: usize = 100;
/// Payloads of a list of messages that are shown in full, bytes in all.
const PAYLOADS: usize = 128 * 1024;

/// What was measured beside the state: it is shown and never decides.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// The last prices.
    pub quotes: Quotes,
    /// Closes of the latest bars by symbol.
    pub closes: BTreeMap<crate::core::Symbol, Vec<f64>>,
    /// The last sign of life of each agent.
    pub beats: BTreeMap<Name, BeatSample>,
    /// Heartbeat age in milliseconds from which an agent counts as laggy; 0: none does.
    pub laggy_ms: i64,
    /// The same for its mean response, in lifetime means; 0: none does.
    pub laggy_factor: f64,
    /// Engine time.
    pub clock: Option<Time>,
    /// Wall time.
    pub wall: Time,
    /// Wall time of the start.
    pub started_at: Time,
    /// The process.
    pub pid: u32,
    /// `paper` or `live`.
    pub mode: String,
    /// Engine seconds a wall second.
    pub speed: String,
    /// What the engine says of itself.
    pub engine: EngineRow,
    /// The journal's size.
    pub journal: JournalRow,
    /// Equity each minute.
    pub curve: VecDeque<f64>,
    /// The latest events.
    pub audit: VecDeque<AuditLine>,
    /// Alarms of the engine itself: disk, views, clock.
    pub alarms: Vec<Alarm>,
    /// Messages handed over and not acknowledged yet, by agent.
    pub in_flight: BTreeMap<Name, u64>,
    /// When approvals lapse, wall time.
    pub lapses: BTreeMap<ApprovalId, Time>,
    /// What the live guard measures of each venue.
    pub guard: Vec<GuardRow>,
    /// The venue's last word on all orders.
    pub statement: Option<StatementSample>,
    /// Positions that have lacked their stop, or its fill, for longer than they may.
    pub lacks: Vec<LackSample>,
    /// How far runs are that are being computed.
    pub progress: BTreeMap<RunId, Progress>,
    /// Whether an engine runs.
    pub running: bool,
}

/// A venue's word on all orders and balances, whatever came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementSample {
    /// When it was heard, engine time.
    pub at: Time,
    /// Orders of ours that it could be compared with.
    pub orders: u32,
}

/// A position that lacks something for longer than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LackSample {
    /// Which.
    pub position: PositionId,
    /// What it lacks.
    pub lack: Lack,
    /// Since when, engine time.
    pub since: Time,
}

/// An agent's last sign of life, and how quickly it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeatSample {
    /// When, wall time.
    pub at: Time,
    /// Mean response time of its latest operations, milliseconds.
    pub mean_ms: Option<f64>,
    /// Mean response time of all of them, milliseconds.
    pub lifetime_mean_ms: Option<f64>,
}

impl Samples {
    /// Late with its heartbeat, or slower than it used to be: shown, blocks nothing.
    fn is_laggy(&self, beat: &BeatSample) -> bool {
        let late = self.laggy_ms > 0 && self.wall - beat.at > self.laggy_ms;
        let slow = self.laggy_factor > 0.0
            && beat
                .mean_ms
                .zip(beat.lifetime_mean_ms)
                .is_some_and(|(mean, lifetime)| mean > self.laggy_factor * lifetime);
        late || slow
    }
}

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
        status: status(state, samples, now, agents),
        engine: samples.engine.clone(),
        account,
        prices: samples
            .quotes
            .iter()
            .map(|(symbol, quote)| PriceRow {
                symbol: *symbol,
                quote: *quote,
                closes: samples.closes.get(symbol).cloned().unwrap_or_default(),
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
        status_message: health.status_message.clone(),
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

/// The first running activity of each kind: what others wait for.
pub(super) struct Running(BTreeMap<ActivityKind, ActivityId>);

impl Running {
    pub(super) fn of(state: &State) -> Self {
        let mut first = BTreeMap::new();
        for a in state.activities.live.values().filter(|a| !a.queued) {
            first.entry(a.kind).or_insert(a.id);
        }
        Self(first)
    }

    /// What a queued one waits for to end.
    pub(super) fn before(&self, a: &Activity) -> Option<ActivityId> {
        let blocks = |(kind, _): &(&ActivityKind, _)| kind.verdict(a.kind) == Verdict::Queue;
        let blocking = self.0.iter().filter(blocks).map(|(_, id)| *id);
        blocking.min().filter(|_| a.queued)
    }

    /// The deployment that holds a running optimisation at its next step.
    pub(super) fn holding(&self, a: &Activity) -> Option<ActivityId> {
        let held = a.kind == ActivityKind::Optimisation && !a.queued && a.end.is_none();
        let deployment = self.0.get(&ActivityKind::Deployment).copied();
        deployment.filter(|_| held)
    }
}

pub(super) fn activity(running: &Running, a: &Activity) -> ActivityRow {
    let held = running.holding(a);
    let waits_for = held.or_else(|| running.before(a));
    ActivityRow {
        id: a.id,
        kind: a.kind,
        agent: a.agent,
        status: match (&a.end, a.queued) {
            (Some((how, _)), _) => how.as_str(),
            (None, true) => "queued",
            (None, false) if held.is_some() => "held",
            (None, false) => "running",
        }
        .into(),
        since: a.end.map_or(a.since, |(_, at)| at),
        declared: a.declared,
        waits_for,
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

fn windows(state: &State) -> Vec<WindowRow> {
    let row = |(priority, ids): (&u8, &BTreeSet<ReservationId>)| {
        let rows = ids.iter().filter_map(|id| state.ledger.get(*id));
        WindowRow {
            priority: *priority,
            asked: rows.map(|r| r.asked).sum::<Decimal>().normalize(),
            requests: ids.iter().copied().collect(),
        }
    };
    state.ledger.windows.iter().map(row).collect()
}

/// Who stands in whose way now.
fn conflicts(state: &State, running: &Running) -> Vec<ConflictRow> {
    let mut rows = Vec::new();
    for a in state.activities.live.values() {
        if rows.len() == CONFLICTS {
            break;
        }
        let other = running.holding(a).or_else(|| running.before(a));
        if let Some(other) = other.and_then(|id| state.activities.live.get(&id)) {
            rows.push(ConflictRow {
                kind: "activity".into(),
                parties: vec![
                    format!("{} of {}", other.kind.as_str(), other.agent),
                    format!("{} of {}", a.kind.as_str(), a.agent),
                ],
                resource: None,
                resolution: if a.queued {
                    "the second waits".into()
                } else {
                    "the second is held at its next step".into()
                },
                since: a.since.max(other.since),
                symbol: None,
            });
        }
    }
    for r in state.ledger.queue().take(CONFLICTS) {
        let (with, resolution) = match r.waits {
            Some(Waits::Activity(id)) => {
                let running = state.activities.live.get(&id);
                let with = running.map_or(id.to_string(), |a| {
                    format!("{} of {}", a.kind.as_str(), a.agent)
                });
                (with, "queued until it ends")
            }
            _ => (
                format!("holders of {}", r.pooled().as_str()),
                "queued until somebody gives back",
            ),
        };
        rows.push(ConflictRow {
            kind: match r.waits {
                Some(Waits::Activity(_)) => "activity",
                _ => "capital",
            }
            .into(),
            parties: vec![with, r.id.to_string()],
            resource: Some(r.pooled().as_str().to_owned()),
            resolution: resolution.into(),
            since: r.created_at,
            symbol: None,
        });
    }
    if let Some(stop) = &state.trading.hardstop {
        rows.push(ConflictRow {
            kind: "hardstop".into(),
            parties: vec![stop.given.by.to_string(), "everything but exits".into()],
            resource: None,
            resolution: "what was running is cancelled, nothing new begins".into(),
            since: stop.given.at,
            symbol: None,
        });
    }
    rows
}

/// What a queued reservation waits for, in words.
pub fn waits_for(r: &Reservation) -> Option<String> {
    Some(match r.waits.filter(|_| r.standing == Standing::Queued)? {
        Waits::Resource => "until somebody gives back".into(),
        Waits::Activity(id) => format!("for {id} to end"),
        Waits::Window { .. } => "to be decided with the others".into(),
    })
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

/// Rows of messages whose payloads together have so many bytes at most; of one that does not fit any
/// more the row has its size.
fn within(mut left: usize) -> impl FnMut(&Message) -> MessageRow {
    move |m| {
        let bytes = m.payload.bytes();
        match left.checked_sub(bytes) {
            Some(rest) => {
                left = rest;
                m.into()
            }
            None => message(m, json!({ "truncated": true, "bytes": bytes })),
        }
    }
}

impl From<&Message> for MessageRow {
    fn from(m: &Message) -> Self {
        message(m, serde_json::to_value(&m.payload).unwrap_or_default())
    }
}

fn message(m: &Message, payload: Value) -> MessageRow {
    MessageRow {
        id: m.id,
        from: m.from,
        to: m.to,
        topic: m.topic_name().map(str::to_owned),
        kind: m.kind,
        priority: m.priority,
        subject: m.subject.clone(),
        payload,
        in_reply_to: m.in_reply_to,
        response_id: m.response,
        processed: m.delivery == Delivery::Acknowledged,
        processed_at: m.processed_at,
        created_at: m.created_at,
        expires_at: m.expires_at,
        ttl_s: m.expires_at.map(|at| (at - m.created_at) / 1000),
        status: m.delivery,
    }
}

/// Of the agents at work, of those outside, and of whoever else something waits for.
fn queues(state: &State, samples: &Samples, now: Time) -> Vec<QueueRow> {
    let here = AT_WORK.iter().filter_map(|name| name.parse::<Name>().ok());
    let outside = state.agents.iter().filter(|(_, a)| a.outside.is_some());
    let subscribers = state.bus.subscriptions.keys().map(|(agent, _, _)| *agent);
    let others: BTreeSet<Name> = outside
        .map(|(name, _)| *name)
        .chain(state.bus.awaited())
        .chain(subscribers)
        .filter(|name| !AT_WORK.contains(&name.as_str()))
        .collect();
    here.chain(others)
        .take(ROWS)
        .map(|agent| queue(state, samples, now, agent))
        .collect()
}

fn queue(state: &State, samples: &Samples, now: Time, agent: Name) -> QueueRow {
    let mut topics: Vec<String> = state
        .bus
        .subscriptions_of(agent)
        .map(|(topic, filter)| topic_name(topic, filter))
        .collect();
    topics.dedup();
    QueueRow {
        agent,
        waiting: state.bus.waiting(agent),
        oldest_ms: state.bus.oldest(agent).map(|m| now - m.created_at),
        room: state.settings.queue,
        in_flight: samples.in_flight.get(&agent).copied().unwrap_or(0),
        topics,
    }
}

/// An agent's own topic is called as the agent is.
fn topic_name(topic: Topic, filter: &Filter) -> String {
    match (topic, filter.source) {
        (Topic::Own, Some(source)) => source.to_string(),
        (topic, _) => topic.as_str().to_owned(),
    }
}

fn dead(state: &State) -> Vec<DeadRow> {
    let latest = state.bus.dead_letters.iter().rev().take(ROWS);
    let mut row = within(PAYLOADS);
    latest
        .map(|letter| DeadRow {
            message: row(&letter.message),
            agent: letter.agent,
            reason: letter.reason.clone(),
            at: letter.at,
        })
        .collect()
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

/// What an operator must see: conditions that hold now, so that none can be missed or outlive its
/// cause.
fn alarms(state: &State, samples: &Samples, agents: &[AgentRow]) -> Vec<Alarm> {
    let now = samples.clock.unwrap_or(state.time);
    let mut alarms = samples.alarms.clone();
    alarms.extend(super::risk::alarms(state, now));
    alarms.extend(research::alarms(state, now));
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
