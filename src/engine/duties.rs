//! What the wall clock asks for, once a second: the crew's hearts and deadlines, the disk, and
//! those who follow.

use std::time::{Duration, Instant};

use super::commit::wall_now;
use super::handle::Submission;
use super::protection::News;
use super::world::{WorkId, World};
use crate::core::trading_state::Cause;
use crate::core::{Command, Name};
use crate::gate::{How, Press};
use crate::snapshot::{Alarm, AlarmKind};
use crate::telemetry::alerts::Alert;

const EVERY: Duration = Duration::from_secs(1);
/// What the alarm is about that says that nobody is told any more.
const WATCH: &str = "alerts";

impl World {
    pub(super) fn duties(&mut self) {
        if self.failed.is_some() || self.duties_at.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.duties_at = Some(Instant::now());
        self.watch_hearts();
        self.watch_deadlines();
        self.watch_questions();
        self.watch_approvals();
        self.watch_mailboxes();
        self.watch_disk();
        self.watch_followers();
        self.watch_hour();
        // Recorded time is judged at its own instants.
        if !self.lockstep {
            self.judge_venue();
            self.take_reports();
        }
        self.watch_protection();
        self.measure();
        self.settle();
    }

    fn watch_hearts(&mut self) {
        let wall = wall_now();
        let crew = self.crew.beats().into_iter();
        let agents = self.state.agents.iter();
        let outside = agents.filter(|(_, health)| health.outside.is_some());
        let outside =
            outside.map(|(name, _)| (*name, self.handle.beats().expected(*name, wall).at.0));
        let last_signs = crew.map(|beat| (beat.agent, beat.at_ms));
        let last_signs = last_signs.chain(self.conductor.beats()).chain(outside);
        let changed: Vec<(Name, bool)> = last_signs
            .filter_map(|(agent, at_ms)| {
                let stale = wall.0 - at_ms > self.fixed.heartbeat_timeout_ms;
                let known = self.state.agents.get(&agent)?.stale;
                (known != stale).then_some((agent, stale))
            })
            .collect();
        for (agent, stale) in changed {
            self.apply(
                0,
                Submission::internal("crew", Command::Beat { agent, stale }),
            );
        }
    }

    /// A phase nobody answers ends its cycle, and whoever hangs on it is cut off.
    fn watch_deadlines(&mut self) {
        let limit = Duration::from_secs(u64::from(self.state.settings.phase_timeout_s));
        let late: Vec<(WorkId, Name)> = self
            .given
            .iter()
            .filter(|(_, given)| given.since.elapsed() >= limit)
            .map(|(id, given)| (*id, given.agent))
            .collect();
        for (id, agent) in late {
            match id {
                WorkId::Phase(message) => {
                    self.given.remove(&id);
                    let command = Command::PhaseLate { message };
                    self.apply(0, Submission::internal("supervisor", command));
                }
                WorkId::Halt(_) | WorkId::Task(_) | WorkId::Bar(_) | WorkId::Judge(_) => {
                    self.give_up(id, "no answer before the deadline");
                }
            }
            if self.crew.overdue(limit).contains(&agent) {
                tracing::error!("{agent} hangs and is cut off");
                self.crew.cut_off(agent);
            }
        }
    }

    /// A full disk is met before it happens.
    fn watch_disk(&mut self) {
        let Ok(free) = crate::journal::free_space(&self.fixed.state_dir) else {
            return;
        };
        let free_mb = free / (1024 * 1024);
        let low = free_mb < self.fixed.reserve_mb;
        let known = self.state.trading.causes.contains_key(&Cause::DiskLow);
        if low != known {
            let command = Command::DiskLow { free_mb, low };
            self.apply(0, Submission::internal("disk", command));
        }
        if free_mb < self.fixed.stop_mb && self.state.trading.hardstop.is_none() {
            self.gate.close(Press {
                by: super::commit::engine_name("disk"),
                how: How::Limit,
                reason: format!("{free_mb} MB are free on the journal's disk"),
            });
        }
    }

    /// Keys are forgotten by the wall clock; without any, nobody needs to know the hour.
    fn watch_hour(&mut self) {
        let hour = wall_now().0.div_euclid(3_600_000);
        let keys = &self.state.ledger.keys;
        if !keys.is_empty() && keys.hour() < hour {
            self.apply(0, Submission::internal("clock", Command::WallHour { hour }));
        }
    }

    fn watch_protection(&mut self) {
        let (wall, now) = (wall_now(), self.clock.now());
        let protection = &mut self.sampling.protection;
        protection.look(&self.state, &self.market.quotes, wall, now);
        let seq = self.durable.seq();
        for news in protection.news(&self.state, wall) {
            let (News::Bare(id) | News::Protected(id)) = news;
            let Some(position) = self.state.positions.open.get(&id) else {
                continue;
            };
            let say = match news {
                News::Bare(_) => Alert::unprotected,
                News::Protected(_) => Alert::protected_again,
            };
            let alert = say(id, position.symbol, seq, now);
            self.post.alerts().tell(&alert);
        }
    }

    fn watch_followers(&mut self) {
        let mut alarms = Vec::new();
        let now = self.clock.now();
        let before = &self.sampling.alarms;
        let mut raise = |kind, severity, about: &str, text: String| {
            let known = before.iter().find(|a| a.kind == kind && a.about == about);
            let since = known.map_or(now, |a| a.since);
            alarms.push(Alarm::new(kind, severity, since, about, text));
        };
        if let Some(error) = self.follower.error() {
            raise(
                AlarmKind::Follower,
                2,
                "follower",
                format!("snapshots are no longer written: {error}"),
            );
        }
        if let Some(why) = self.follower.ended() {
            // Who would tell of it has ended; the alarm that stands says that it was told.
            let told = before.iter().any(|a| a.about == WATCH);
            if !told {
                let alert = Alert::watch_ended(&why, self.durable.seq(), now);
                self.post.alerts().tell(&alert);
            }
            let text = format!("alerts are no longer told: {why}");
            raise(AlarmKind::Follower, 2, WATCH, text);
        }
        if let Some(error) = self.older.found() {
            raise(
                AlarmKind::Journal,
                2,
                "journal",
                format!("the state is whole, the journal's past is not: {error}"),
            );
        }
        if let Some(error) = self.views.as_ref().and_then(|v| v.last_error()) {
            raise(
                AlarmKind::Views,
                1,
                "views",
                format!("the SQL views are behind: {error}"),
            );
        }
        for channel in self.post.alerts().rows() {
            if matches!(channel.state.as_str(), "dead" | "unusable") {
                let why = channel.last_error.unwrap_or_default();
                raise(
                    AlarmKind::AlertChannel,
                    1,
                    &channel.channel,
                    format!("alerts do not reach {}: {why}", channel.channel),
                );
            }
        }
        self.sampling.alarms = alarms;
    }
}
