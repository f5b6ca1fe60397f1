//! The engine as a snapshot has it.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::core::message::Priority;
use crate::core::reservation::Class;
use crate::core::trading_state::Mode;
use crate::snapshot::{Health, Snapshot};

/// The states of trading.
const MODES: [Mode; 6] = [
    Mode::Hardstopped,
    Mode::Recovering,
    Mode::Halted,
    Mode::ReduceOnly,
    Mode::Paused,
    Mode::Running,
];

type Labels = Vec<(&'static str, String)>;
type Figure = Gauge<f64, AtomicU64>;

/// Registers all that is shown of the engine.
pub(super) fn register(registry: &mut Registry, snapshot: &Snapshot) {
    let mut of = Figures(registry);
    let status = &snapshot.status;
    let info = Info::new(vec![("version", status.version.clone())]);
    of.0.register("build", "The program", info);
    of.count("seq", "Journal position", status.seq);
    of.one("start_time_seconds", "When the engine was started", {
        status.started_at.0 as f64 / 1_000.0
    });
    state(&mut of, snapshot);
    money(&mut of, snapshot);
    decisions(&mut of, snapshot);
    work(&mut of, snapshot);
}

fn state(of: &mut Figures<'_>, snapshot: &Snapshot) {
    let status = &snapshot.status;
    let each = MODES.iter().map(|mode| {
        let is = f64::from(u8::from(*mode == status.state));
        (mode.as_str().to_owned(), is)
    });
    of.by("trading_state", "1 for the state of trading", "state", each);
    let stopped = f64::from(u8::from(status.hardstop.is_some()));
    of.one("hardstop", "1 while HARDSTOP is engaged", stopped);
    let severities = [("warning", 1), ("critical", 2)].map(|(word, severity)| {
        let alarms = snapshot.alarms.iter();
        let count = alarms.filter(|alarm| alarm.severity == severity).count();
        (word.to_owned(), count as f64)
    });
    of.by(
        "alarms",
        "Conditions an operator must see",
        "severity",
        severities,
    );
    let healths = [
        ("ok", Health::Ok),
        ("laggy", Health::Laggy),
        ("stale", Health::Stale),
        ("unhealthy", Health::Unhealthy),
        ("off", Health::Off),
    ];
    let agents = healths.map(|(word, health)| {
        let count = status.agents.iter().filter(|a| a.health == health).count();
        (word.to_owned(), count as f64)
    });
    of.by("agents", "Agents by their health", "health", agents);
}

fn money(of: &mut Figures<'_>, snapshot: &Snapshot) {
    let account = &snapshot.account;
    of.one("equity_usd", "Worth of the account", float(account.equity));
    of.one(
        "day_pnl_usd",
        "Since the UTC day began",
        float(account.day_pnl),
    );
    of.one(
        "exposure_usd",
        "Positions and entries",
        float(account.exposure),
    );
    of.one(
        "exposure_limit_usd",
        "Their limit",
        float(account.exposure_limit),
    );
    let mut live: BTreeMap<Class, u64> = Class::ALL.iter().map(|class| (*class, 0)).collect();
    for row in &snapshot.reservations.items {
        if !row.status.is_terminal() {
            *live.entry(row.class).or_default() += 1;
        }
    }
    let live = live
        .into_iter()
        .map(|(class, n)| (class.as_str().to_owned(), n as f64));
    of.by("reservations", "Live ones, by class", "class", live);
    let positions = snapshot.positions.items.iter();
    let open = positions
        .filter(|position| position.status == "open")
        .count();
    of.one("open_positions", "Positions that are open", open as f64);
}

fn decisions(of: &mut Figures<'_>, snapshot: &Snapshot) {
    let s = &snapshot.status.statistics;
    let counts = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        let owned = |(word, count): &(&str, u64)| ((*word).to_owned(), *count);
        pairs.iter().map(owned).collect()
    };
    let signals = [("passed", s.signals_passed), ("ignored", s.signals_ignored)];
    of.counts(
        "signals",
        "Signals, by what became of them",
        "outcome",
        counts(&signals),
    );
    of.count("orders_approved", "Orders approved", s.trades_routed);
    let refused = s.trades_rejected.iter().map(|(code, n)| (code.clone(), *n));
    of.counts("orders_refused", "Orders refused, by code", "code", refused);
    of.count("refusals", "Requests that a rule refused", s.refusals);
    of.count("fills", "Fills booked", s.fills);
    of.count("conflicts", "Conflicts found", s.conflicts);
    let cycles = [
        ("completed", s.cycles_completed),
        ("halted", s.cycles_halted),
        ("failed", s.cycles_failed),
    ];
    of.counts(
        "cycles",
        "Cycles, by how they ended",
        "outcome",
        counts(&cycles),
    );
    let messages = [
        ("sent", s.messages_sent),
        ("expired", s.messages_expired),
        ("dead", s.messages_dead),
    ];
    of.counts(
        "messages",
        "Messages, by what became of them",
        "outcome",
        counts(&messages),
    );
}

fn work(of: &mut Figures<'_>, snapshot: &Snapshot) {
    let engine = &snapshot.engine;
    let lanes = ["exit", "control", "normal"].into_iter().zip(engine.lanes);
    let lanes = lanes.map(|(lane, waiting)| (lane.to_owned(), waiting as f64));
    of.by("lane_depth", "Commands that wait", "lane", lanes);
    of.count(
        "commands_overflowed",
        "Commands that found a lane full",
        engine.overflowed,
    );
    of.count(
        "messages_conflated",
        "Messages that newer ones replaced",
        engine.conflated,
    );
    of.one(
        "views_lag_records",
        "Records the SQL views are behind",
        engine.views_lag as f64,
    );
    of.one(
        "journal_bytes",
        "Size of the journal",
        snapshot.status.journal.bytes as f64,
    );
    let waiting = Priority::ALL.iter().enumerate().map(|(at, priority)| {
        let all = snapshot.queues.iter().map(|queue| queue.waiting[at]);
        (priority.as_str().to_owned(), all.sum::<u64>() as f64)
    });
    of.by(
        "bus_waiting",
        "Messages that wait in the agents' queues",
        "priority",
        waiting,
    );
    let in_flight = snapshot.queues.iter().map(|queue| queue.in_flight);
    let in_flight: u64 = in_flight.sum();
    of.one(
        "bus_in_flight",
        "Messages handed over and not acknowledged",
        in_flight as f64,
    );
}

/// Puts figures into a registry.
struct Figures<'a>(&'a mut Registry);

impl Figures<'_> {
    fn one(&mut self, name: &str, help: &str, value: f64) {
        let figure = Figure::default();
        figure.set(value);
        self.0.register(name, help, figure);
    }

    fn by(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl IntoIterator<Item = (String, f64)>,
    ) {
        let figures = Family::<Labels, Figure>::default();
        for (word, value) in values {
            figures.get_or_create(&vec![(label, word)]).set(value);
        }
        self.0.register(name, help, figures);
    }

    fn count(&mut self, name: &str, help: &str, value: u64) {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }

    fn counts(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl IntoIterator<Item = (String, u64)>,
    ) {
        let counters = Family::<Labels, Counter>::default();
        for (word, value) in values {
            counters.get_or_create(&vec![(label, word)]).inc_by(value);
        }
        self.0.register(name, help, counters);
    }
}

/// For graphs alone: no sum is made of it.
fn float(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or_default()
}
