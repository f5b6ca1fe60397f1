//! A snapshot like one of a busy night, for tests: one agent gone, one late, three positions.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::json;

use crate::core::cycle::Phase;
use crate::core::id::{CycleId, MessageId, OrderId, PositionId, ReservationId};
use crate::core::message::{Delivery, MessageKind, Priority};
use crate::core::order::{Kind, Purpose, Side, Status as OrderStatus, TimeInForce};
use crate::core::reservation::{Class, Resource, Standing};
use crate::core::trading_state::Mode;
use crate::core::{Quote, Statistics, Time};
use crate::snapshot::*;

/// 2026-02-14T14:02:11Z, of both clocks.
pub const NOW: Time = Time(1_771_077_731_000);

fn name(text: &str) -> crate::core::Name {
    text.parse().unwrap()
}

fn list<T>(items: Vec<T>, more: u64) -> List<T> {
    let total = items.len() as u64 + more;
    List {
        items,
        seq: 184_223,
        total,
    }
}

/// The night.
pub fn snapshot() -> Snapshot {
    Snapshot {
        built_at: NOW,
        status: status(),
        engine: EngineRow {
            stop_gate_us: None,
            ..EngineRow::default()
        },
        account: AccountRow {
            equity: dec!(4087.6),
            day_pnl: dec!(-12.4),
            exposure: dec!(1234.5),
            exposure_limit: dec!(4000),
            daily_loss_limit: dec!(500),
            peak: dec!(4120.15),
            balances: BTreeMap::from([("USDT".to_owned(), dec!(2853.1))]),
            curve: (0..60).map(|i| 4090.0 + f64::from(i % 7)).collect(),
        },
        prices: vec![
            price("BTC/USDT", dec!(64231.5)),
            price("ETH/USDT", dec!(3102.84)),
            price("XRP/USDT", dec!(0.61234)),
        ],
        alarms: vec![
            alarm(2, 62, "technical_analysis gives no sign of life"),
            alarm(1, 12, "ETH/USDT paused by operator: news at 14:00"),
            alarm(1, 5, "disk is filling: 9 days left"),
        ],
        reservations: list(reservations(), 340),
        orders: list(orders(), 61),
        positions: list(positions(), 22),
        cycles: list(cycles(), 800),
        messages: list(messages(), 12_000),
        queues: queues(),
        dead: Vec::new(),
        approvals: list(Vec::new(), 0),
        activities: list(Vec::new(), 0),
        windows: Vec::new(),
        audit: (0..30)
            .map(|i| AuditLine {
                seq: 184_194 + i,
                time: NOW + (i as i64 - 30) * 250,
                kind: "order_filled".into(),
                actor: name("execution"),
                cause: Some(184_190),
                data: json!({"order": 41, "price": "64230.1"}),
            })
            .collect(),
    }
}

fn status() -> Status {
    Status {
        seq: 184_223,
        version: "0.1.0".into(),
        pid: 4242,
        started_at: NOW.plus_s(-86_400),
        clock: NOW,
        mode: "paper".into(),
        feed: "sim".into(),
        speed: "60".into(),
        state: Mode::Running,
        degradation: "normal".into(),
        autonomy: "autonomous".into(),
        paused_symbols: Vec::new(),
        causes: Vec::new(),
        hardstop: None,
        global: Global {
            deployment_in_progress: false,
            param_optimization_active: false,
            strategy_discovery_active: false,
            hardstop_triggered: false,
            available_capital_usd: 2853.1,
            reserved_capital: ReservedCapital {
                exits: 0.0,
                live_trades: 0.0,
                paper_trades: 1234.5,
                backtests: 0.0,
            },
            active_backtests: 0,
            active_paper_trades: 3,
        },
        resources: vec![
            resource(
                Resource::Capital,
                None,
                dec!(4087.6),
                dec!(812.25),
                dec!(1234.5),
            ),
            resource(
                Resource::Compute,
                Some("backtest"),
                dec!(3),
                dec!(1),
                dec!(0),
            ),
            resource(Resource::Api, Some("minute"), dec!(600), dec!(540), dec!(0)),
        ],
        conflicts: Vec::new(),
        activities: Vec::new(),
        reservations: Vec::new(),
        reservations_total: 5,
        schedules: ["technical_analysis", "regime_detection", "trading_decision"]
            .into_iter()
            .map(|n| ScheduleRow {
                name: name(n),
                agent: name(n),
                symbols: vec!["BTC/USDT".parse().unwrap()],
                interval_s: 60,
                enabled: n != "technical_analysis",
                available: true,
                last_run: Some(NOW.plus_s(-40)),
                next_run: Some(NOW.plus_s(20)),
                runs: 1_440,
                failures: 2,
                running: 0,
            })
            .collect(),
        agents: agents(),
        guard: Vec::new(),
        statistics: StatisticsRow {
            cycles_completed: 812,
            cycles_halted: 3,
            cycles_failed: 1,
            messages_sent: 12_004,
            messages_expired: 7,
            positions_closed: 22,
            trades_rejected: BTreeMap::from([("RISK_PRICE_COLLAR".to_owned(), 4)]),
            ..StatisticsRow::of(&Statistics::default())
        },
        journal: JournalRow::default(),
        engine: "running".into(),
    }
}

fn resource(
    resource: Resource,
    class: Option<&str>,
    limit: Decimal,
    held: Decimal,
    bound: Decimal,
) -> ResourceRow {
    ResourceRow {
        resource,
        class: class.map(str::to_owned),
        limit: Some(limit),
        held,
        bound,
        available: Some(limit - held - bound),
        queued: 0,
        exits: None,
    }
}

fn price(symbol: &str, last: Decimal) -> PriceRow {
    PriceRow {
        symbol: symbol.parse().unwrap(),
        quote: Quote {
            last,
            bid: last,
            ask: last,
            time: NOW,
            bar_ms: 0,
        },
        closes: (0..40).map(|i| f64::from((i * 7) % 11)).collect(),
    }
}

fn alarm(severity: u8, ago: i64, text: &str) -> Alarm {
    Alarm {
        severity,
        since: NOW.plus_s(-ago),
        about: "fixture".into(),
        text: text.into(),
    }
}

fn agents() -> Vec<AgentRow> {
    crate::core::health::CREW
        .iter()
        .map(|agent| {
            let (health, beat) = match *agent {
                "technical_analysis" => (Health::Stale, Some(62)),
                "regime_detection" => (Health::Laggy, Some(31)),
                "trading_decision" | "risk" | "execution" => (Health::Ok, Some(0)),
                _ => (Health::Off, None),
            };
            let known = health != Health::Off;
            AgentRow {
                name: name(agent),
                health,
                last_heartbeat: beat.map(|s| NOW.plus_s(-s)),
                error_rate: if health == Health::Laggy {
                    dec!(0.08)
                } else {
                    dec!(0)
                },
                mean_ms: known.then_some(12.0),
                successes: if known { 1_440 } else { 0 },
                errors: if health == Health::Laggy { 9 } else { 0 },
                task_enabled: match *agent {
                    "technical_analysis" => Some(false),
                    "regime_detection" | "trading_decision" => Some(true),
                    _ => None,
                },
                status_message: (health == Health::Ok).then(|| "all as it should be".to_owned()),
                outside: false,
                version: None,
                handles: Vec::new(),
            }
        })
        .collect()
}

fn reservations() -> Vec<ReservationRow> {
    [
        ("trader", Class::Paper, Standing::Bound, dec!(617.25), None),
        ("trader", Class::Paper, Standing::Bound, dec!(617.25), None),
        (
            "execution",
            Class::Exit,
            Standing::Held,
            dec!(200),
            Some(48),
        ),
        (
            "optimizer",
            Class::Backtest,
            Standing::Held,
            dec!(612.25),
            Some(3_100),
        ),
        (
            "discoverer",
            Class::Research,
            Standing::Queued,
            dec!(1500),
            Some(900),
        ),
        ("trader", Class::Paper, Standing::Released, dec!(400), None),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (agent, class, status, amount, left))| ReservationRow {
        id: ReservationId {
            at: NOW.plus_s(-500),
            n: n as u32,
            agent: name(agent),
        },
        agent: name(agent),
        strategy: None,
        resource: Resource::Capital,
        class,
        priority: class.priority(),
        amount,
        asked: amount,
        purpose: format!("{} BTC/USDT", class.as_str()),
        status,
        created_at: NOW.plus_s(-500),
        expires_at: left.map(|s| NOW.plus_s(s)),
        order_id: None,
        position_id: None,
        group: Vec::new(),
        sharpe: None,
        waits_for: None,
        ttl_s: 0,
    })
    .collect()
}

fn orders() -> Vec<OrderRow> {
    [
        (45, Purpose::Entry, OrderStatus::Submitted),
        (44, Purpose::Stop, OrderStatus::Open),
        (43, Purpose::Target, OrderStatus::Open),
        (42, Purpose::Stop, OrderStatus::Unknown),
        (41, Purpose::Entry, OrderStatus::Filled),
    ]
    .into_iter()
    .map(|(id, purpose, status)| OrderRow {
        id: OrderId(id),
        request_id: None,
        client_order_id: format!("ph-{id}"),
        venue_order_id: None,
        parent_id: None,
        position_id: Some(PositionId(7)),
        purpose,
        symbol: "BTC/USDT".parse().unwrap(),
        side: if purpose == Purpose::Entry {
            Side::Buy
        } else {
            Side::Sell
        },
        kind: Kind::Limit,
        quantity: dec!(0.0096),
        filled: if status == OrderStatus::Filled {
            dec!(0.0096)
        } else {
            dec!(0)
        },
        price: Some(dec!(64230.1)),
        stop_price: None,
        average_price: None,
        status,
        reason: None,
        reduce_only: purpose.reduces(),
        time_in_force: TimeInForce::Gtc,
        expires_at: None,
        post_only: false,
        self_trade: None,
        fees: dec!(0.98),
        strategy: None,
        agent_id: Some(name("execution")),
        policy_version: None,
        feature_hash: None,
        confidence: Some(dec!(0.71)),
        metadata: BTreeMap::new(),
        cancel_asked: false,
        created_at: NOW.plus_s(-90),
        updated_at: NOW.plus_s(-60),
        fills: Vec::new(),
    })
    .collect()
}

fn positions() -> Vec<PositionRow> {
    [
        (
            9,
            "BTC/USDT",
            "long",
            dec!(0.0096),
            dec!(64230.1),
            Some(dec!(14.02)),
            true,
            "open",
        ),
        (
            8,
            "ETH/USDT",
            "short",
            dec!(0.2),
            dec!(3120),
            Some(dec!(-3.43)),
            false,
            "open",
        ),
        (
            7,
            "XRP/USDT",
            "long",
            dec!(1000),
            dec!(0.6101),
            Some(dec!(2.24)),
            true,
            "open",
        ),
        (
            6,
            "BTC/USDT",
            "long",
            dec!(0.01),
            dec!(63900),
            None,
            true,
            "closed",
        ),
    ]
    .into_iter()
    .map(
        |(id, symbol, side, quantity, entry, gain, protected, status)| PositionRow {
            id: PositionId(id),
            status: status.into(),
            symbol: symbol.parse().unwrap(),
            side: side.into(),
            quantity,
            margin_size: quantity,
            entry,
            price: Some(entry),
            leverage: dec!(1),
            stop: Some(entry * dec!(0.98)),
            target: Some(entry * dec!(1.04)),
            trail: None,
            stop_order_id: None,
            target_order_id: None,
            unrealised: gain,
            unrealised_pct: gain.map(|g| (g / dec!(6)).round_dp(2)),
            realised: dec!(8.11),
            fees: dec!(0.98),
            opened_at: NOW.plus_s(-4_000),
            closed_at: (status == "closed").then(|| NOW.plus_s(-100)),
            exit_price: (status == "closed").then_some(dec!(64000)),
            close_reason: None,
            protected,
            closing: false,
            strategy: None,
        },
    )
    .collect()
}

fn cycles() -> Vec<CycleRow> {
    [
        (814, "BTC/USDT", Phase::RiskValidation, None, None),
        (813, "ETH/USDT", Phase::Monitoring, None, None),
        (
            812,
            "XRP/USDT",
            Phase::Completed,
            Some(true),
            Some("bought 1000 at 0.6101"),
        ),
        (
            811,
            "BTC/USDT",
            Phase::Failed,
            Some(false),
            Some("risk did not answer within 120 s"),
        ),
    ]
    .into_iter()
    .map(|(n, symbol, phase, success, result)| CycleRow {
        id: CycleId {
            second: NOW.0 / 1_000 - 40,
            n,
        },
        symbol: symbol.parse().unwrap(),
        phase,
        active_agents: phase.agent().map(name).into_iter().collect(),
        halt_requested: false,
        halt_reason: None,
        started_at: NOW.plus_s(-40),
        ended_at: success.map(|_| NOW.plus_s(-2)),
        success,
        result: result.map(str::to_owned),
        errors: Vec::new(),
        phases_completed: Phase::ALL
            .iter()
            .copied()
            .filter(|p| {
                let failed = phase == Phase::Failed && *p >= Phase::RiskValidation;
                *p > Phase::Idle && *p < phase && !p.is_terminal() && !failed
            })
            .collect(),
        phases: Vec::new(),
        data: Vec::new(),
        approval: None,
    })
    .collect()
}

fn messages() -> Vec<MessageRow> {
    vec![MessageRow {
        id: MessageId(12_004),
        from: name("trading_decision"),
        to: Some(name("risk")),
        topic: None,
        kind: MessageKind::Request,
        priority: Priority::High,
        subject: "size BTC/USDT long".into(),
        payload: json!({"symbol": "BTC/USDT"}),
        in_reply_to: None,
        response_id: None,
        processed: false,
        processed_at: None,
        created_at: NOW.plus_s(-3),
        expires_at: Some(NOW.plus_s(297)),
        ttl_s: Some(300),
        status: Delivery::Queued,
    }]
}

fn queues() -> Vec<QueueRow> {
    crate::core::health::AT_WORK
        .iter()
        .map(|agent| {
            let (waiting, oldest_ms) = match *agent {
                "technical_analysis" => ([0, 2, 41, 0], Some(62_000)),
                "risk" => ([0, 1, 0, 0], Some(3_000)),
                _ => ([0; 4], None),
            };
            QueueRow {
                agent: name(agent),
                waiting,
                oldest_ms,
                room: 1_024,
                in_flight: 0,
                topics: Vec::new(),
            }
        })
        .collect()
}
