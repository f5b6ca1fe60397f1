//! What is measured beside the state, and the snapshots that are built from both.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use rust_decimal::prelude::ToPrimitive;

use super::chatter::Chatter;
use super::commit::wall_now;
use super::conductor::Progress;
use super::latest::Latest;
use super::launch::MODE;
use super::mailbox::is_here;
use super::measuring::Measuring;
use super::protection::Protection;
use super::world::{WorkId, World};
use crate::config::{Health, Portfolio};
use crate::core::id::RunId;
use crate::core::{Name, Time};
use crate::snapshot::{
    Alarm, BeatSample, JournalRow, RunSample, RunTexts, Samples, Targets, build,
};

/// Points of the equity curve.
const CURVE: usize = 240;
/// At most thirty snapshots a second.
const BETWEEN: Duration = Duration::from_millis(33);

/// When an agent is shown as laggy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Laggy {
    /// From this age of its heartbeat, milliseconds.
    age_ms: i64,
    /// From this mean response, in lifetime means.
    factor: f64,
}

impl Laggy {
    pub(super) fn of(health: &Health) -> Self {
        Self {
            age_ms: health.laggy_s * 1000,
            factor: health.laggy_factor.to_f64().unwrap_or_default(),
        }
    }
}

/// The shares that the configuration wants the account kept at.
pub(super) fn targets(portfolio: &Portfolio) -> Targets {
    Targets {
        shares: portfolio.targets.clone(),
        threshold: portfolio.threshold,
        bags: portfolio.hodl.clone(),
    }
}

/// What is shown and never decides.
pub(super) struct Sampling {
    pub(super) latest: Latest,
    curve: VecDeque<f64>,
    curve_at: Time,
    published_at: Instant,
    started_at: Time,
    started: Instant,
    bytes_at_start: u64,
    laggy: Laggy,
    pub(super) alarms: Vec<Alarm>,
    pub(super) protection: Protection,
    pub(super) texts: RunTexts,
    pub(super) measuring: Measuring,
    chatter: Chatter,
    targets: Targets,
}

impl Sampling {
    pub(super) fn new(
        started_at: Time,
        bytes_at_start: u64,
        laggy: Laggy,
        targets: Targets,
    ) -> Self {
        let now = Instant::now();
        Self {
            latest: Latest::default(),
            curve: VecDeque::with_capacity(CURVE),
            curve_at: Time(0),
            published_at: now,
            started_at,
            started: now,
            bytes_at_start,
            laggy,
            alarms: Vec::new(),
            protection: Protection::default(),
            texts: RunTexts::default(),
            measuring: Measuring::default(),
            chatter: Chatter::default(),
            targets,
        }
    }

    pub(super) fn set_laggy(&mut self, laggy: Laggy) {
        self.laggy = laggy;
    }

    /// One point of the curve for each minute of engine time.
    pub(super) fn mark(&mut self, now: Time, equity: Option<f64>) {
        let Some(equity) = equity else { return };
        if now - self.curve_at < 60_000
            && let Some(last) = self.curve.back_mut()
        {
            *last = equity;
            return;
        }
        if self.curve.len() == CURVE {
            self.curve.pop_front();
        }
        self.curve.push_back(equity);
        self.curve_at = now;
    }
}

impl World {
    pub(super) fn publish_if_wanted(&mut self) {
        use std::sync::atomic::Ordering;
        if self.handle.inner().wanted.load(Ordering::Acquire)
            && self.sampling.published_at.elapsed() >= BETWEEN
        {
            self.handle.inner().wanted.store(false, Ordering::Release);
            // Commits may be gathered: nothing is shown that is not durable.
            self.commit();
            if self.failed.is_none() {
                self.publish();
            }
        }
    }

    /// How long somebody who wants a snapshot has to wait for it.
    pub(super) fn until_snapshot(&self) -> Duration {
        use std::sync::atomic::Ordering;
        if self.handle.inner().wanted.load(Ordering::Acquire) {
            BETWEEN.saturating_sub(self.sampling.published_at.elapsed())
        } else {
            Duration::MAX
        }
    }

    pub(super) fn publish(&mut self) {
        self.sampling.published_at = Instant::now();
        let samples = self.samples();
        let mut snapshot = build(&self.state, &samples);
        self.sampling.chatter.count(&mut snapshot.alarms);
        self.handle.publish(snapshot);
    }

    /// The crew's, and those of agents outside the process.
    pub(super) fn beats(&self) -> BTreeMap<Name, BeatSample> {
        let crew = self.crew.beats().into_iter().map(|b| {
            let sample = BeatSample {
                at: Time(b.at_ms),
                mean_ms: b.mean_ms,
                lifetime_mean_ms: b.lifetime_mean_ms,
            };
            (b.agent, sample)
        });
        let outside = self.handle.beats().all().into_iter().map(|(name, b)| {
            let sample = BeatSample {
                at: b.at,
                mean_ms: b.mean_ms,
                lifetime_mean_ms: b.lifetime_mean_ms,
            };
            (name, sample)
        });
        let research = self.conductor.beats().map(|(name, at_ms)| {
            let sample = BeatSample {
                at: Time(at_ms),
                mean_ms: None,
                lifetime_mean_ms: None,
            };
            (name, sample)
        });
        outside.chain(research).chain(crew).collect()
    }

    /// Handed over and not answered yet, inside the process and outside.
    pub(super) fn in_flight(&self) -> BTreeMap<Name, u64> {
        let mut counts = self.handle.mailboxes().in_flight();
        for (id, given) in &self.given {
            if is_here(given.agent) && matches!(id, WorkId::Phase(_) | WorkId::Halt(_)) {
                *counts.entry(given.agent).or_default() += 1;
            }
        }
        counts
    }

    /// How far research is.
    fn research(&self) -> BTreeMap<RunId, RunSample> {
        let all = self.conductor.progress().iter();
        let sample = |(id, p): (&RunId, &Progress)| {
            let sample = RunSample {
                done: p.done,
                of: p.of,
                eta_s: p.eta_s,
            };
            (*id, sample)
        };
        all.map(sample).collect()
    }

    fn samples(&mut self) -> Samples {
        self.sampling.texts.refresh(&self.state);
        let audit = self.sampling.latest.lines();
        Samples {
            audit,
            ..self.measured()
        }
    }

    /// All of them but the latest records, which are decoded only for a screen.
    pub(super) fn measured(&self) -> Samples {
        let s = &self.sampling;
        let inner = self.handle.inner();
        let (lanes, overflowed) = inner.lanes.depth();
        let info = self.feed.info();
        let bytes = self.journal.bytes();
        let ran = s.started.elapsed().as_secs();
        let per_day = (ran >= 10).then(|| (bytes - s.bytes_at_start) * 86_400 / ran);
        let free = crate::journal::free_space(&self.fixed.state_dir).ok();
        Samples {
            quotes: self.market.quotes.clone(),
            closes: self.market.closes(),
            beats: self.beats(),
            says: self.says(),
            laggy_ms: s.laggy.age_ms,
            laggy_factor: s.laggy.factor,
            clock: Some(self.clock.now()),
            wall: wall_now(),
            started_at: s.started_at,
            pid: std::process::id(),
            mode: MODE.into(),
            channels: self.post.alerts().rows(),
            speed: self.clock.speed().to_string(),
            engine: crate::snapshot::EngineRow {
                lanes,
                overflowed,
                conflated: inner.mailboxes.conflated(),
                views_lag: self.views.as_ref().map_or(0, crate::views::ViewsTask::lag),
                stop_gate_us: None,
                stop_durable_us: None,
                feed_ended: info.last.is_some() && self.feed.peek().is_none(),
                feed_done: match (info.first, info.last) {
                    (Some(first), Some(last)) if last > first => {
                        let done = (self.clock.now() - first) as f64 / (last - first) as f64;
                        Some(done.clamp(0.0, 1.0))
                    }
                    _ => None,
                },
                stopping: inner.stopping.load(std::sync::atomic::Ordering::Acquire),
            },
            journal: JournalRow {
                bytes,
                bytes_per_day: per_day,
                days_left: per_day.filter(|p| *p > 0).and_then(|p| free.map(|f| f / p)),
            },
            curve: s.curve.clone(),
            alarms: s.alarms.clone(),
            guard: vec![self.desk.figures(&self.state)],
            statement: self.desk.statement(),
            lapses: self.lapses(),
            lacks: s.protection.late(&self.state, wall_now()),
            in_flight: self.in_flight(),
            research: self.research(),
            texts: s.texts.clone(),
            targets: s.targets.clone(),
            measures: s.measuring.row(),
            running: true,
            ..Samples::default()
        }
    }
}
