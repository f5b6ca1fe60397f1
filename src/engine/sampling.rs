//! What is measured beside the state, and the snapshots that are built from both.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::commit::wall_now;
use super::mailbox::is_here;
use super::world::{WorkId, World};
use crate::core::{Event, Name, Time};
use crate::snapshot::{Alarm, AuditLine, JournalRow, Samples, build};

/// Events kept for the screen.
const AUDIT: usize = 100;
/// Points of the equity curve.
const CURVE: usize = 240;
/// At most thirty snapshots a second.
const BETWEEN: Duration = Duration::from_millis(33);

struct Line {
    seq: u64,
    time: Time,
    actor: Name,
    cause: u64,
    event: Event,
}

/// What is shown and never decides.
pub(super) struct Sampling {
    audit: VecDeque<Line>,
    curve: VecDeque<f64>,
    curve_at: Time,
    published_at: Instant,
    started_at: Time,
    started: Instant,
    bytes_at_start: u64,
    laggy_ms: i64,
    pub(super) alarms: Vec<Alarm>,
}

impl Sampling {
    pub(super) fn new(started_at: Time, bytes_at_start: u64, laggy_ms: i64) -> Self {
        let now = Instant::now();
        Self {
            audit: VecDeque::with_capacity(AUDIT),
            curve: VecDeque::with_capacity(CURVE),
            curve_at: Time(0),
            published_at: now,
            started_at,
            started: now,
            bytes_at_start,
            laggy_ms,
            alarms: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, seq: u64, time: Time, actor: Name, cause: u64, events: &[Event]) {
        for event in events {
            if self.audit.len() == AUDIT {
                self.audit.pop_front();
            }
            self.audit.push_back(Line {
                seq,
                time,
                actor,
                cause,
                event: event.clone(),
            });
        }
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
            self.publish();
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
        self.handle.publish(build(&self.state, &samples));
    }

    /// Handed over and not answered yet, inside the process and outside.
    fn in_flight(&self) -> BTreeMap<Name, u64> {
        let mut counts = self.handle.mailboxes().in_flight();
        for (id, given) in &self.given {
            if is_here(given.agent) && !matches!(id, WorkId::Task(_)) {
                *counts.entry(given.agent).or_default() += 1;
            }
        }
        counts
    }

    fn samples(&self) -> Samples {
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
            beats: self
                .crew
                .beats()
                .into_iter()
                .map(|b| (b.agent, (Time(b.at_ms), b.mean_ms)))
                .collect(),
            laggy_ms: s.laggy_ms,
            clock: Some(self.clock.now()),
            wall: wall_now(),
            started_at: s.started_at,
            pid: std::process::id(),
            mode: "paper".into(),
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
            audit: s
                .audit
                .iter()
                .map(|line| AuditLine {
                    seq: line.seq,
                    time: line.time,
                    kind: line.event.name().to_owned(),
                    actor: line.actor,
                    cause: (line.cause > 0).then_some(line.cause),
                    data: serde_json::to_value(&line.event).unwrap_or_default(),
                })
                .collect(),
            alarms: s.alarms.clone(),
            in_flight: self.in_flight(),
            lapses: std::collections::BTreeMap::new(),
            running: true,
        }
    }
}
