//! When less of the crew is needed, and when more: failures in a row take a step, quiet takes it
//! back.

use super::{Class, Level};
use crate::core::cycle::Phase;
use crate::core::event::Event;
use crate::core::health::{AT_WORK, NEEDED};
use crate::core::schedule::alias;
use crate::core::state::{Decider, State};
use crate::core::text::Name;
use crate::core::time::Time;

/// Needed for analysis: name, and the first step at which it no longer is.
const ANALYSTS: [(&str, Level); 4] = [
    ("technical_analysis", Level::Emergency),
    ("regime_detection", Level::Limited),
    ("sentiment_analysis", Level::Reduced),
    ("portfolio_rebalance", Level::Limited),
];

impl Level {
    fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    fn previous(self) -> Option<Self> {
        let below = (self as usize).checked_sub(1)?;
        Self::ALL.get(below).copied()
    }

    /// Whether a schedule rests at this step.
    pub fn skips(self, schedule: &str) -> bool {
        ANALYSTS
            .iter()
            .any(|(name, from)| *name == schedule && *from < Self::Emergency && self >= *from)
    }
}

impl Decider<'_> {
    /// An agent's operation counts for its health and for degradation.
    pub(in crate::core) fn count(&mut self, agent: Name, ok: bool, message: Option<String>) {
        self.count_weighed(agent, ok, message, true);
    }

    /// One of the operations of a run: several symbols that fail in one run are one failure, and
    /// only a whole run without one breaks the row.
    pub(in crate::core) fn count_of_run(
        &mut self,
        agent: Name,
        began: Time,
        others_open: bool,
        failed: Option<String>,
    ) {
        let first = !self.failed_since(agent, began);
        let ok = failed.is_none();
        if first && (!ok || !others_open) {
            self.count(agent, ok, failed);
        } else {
            self.count_weighed(agent, ok, failed, false);
        }
    }

    /// The same of one that lacks what it needs.
    pub(in crate::core) fn waits_of_run(
        &mut self,
        agent: Name,
        began: Time,
        others_open: bool,
        why: &str,
    ) {
        let weighs = !others_open && !self.failed_since(agent, began);
        self.emit(Event::AgentWaits {
            agent,
            message: why.to_owned(),
            weighs,
        });
    }

    fn failed_since(&self, agent: Name, began: Time) -> bool {
        let health = self.state.agents.get(&agent);
        health
            .and_then(|h| h.failed_at)
            .is_some_and(|at| at >= began)
    }

    fn count_weighed(&mut self, agent: Name, ok: bool, message: Option<String>, weighs: bool) {
        self.emit(Event::AgentCounted {
            agent,
            ok,
            message,
            weighs,
        });
        let settings = &self.state.settings.health;
        if let Some(health) = self.state.agents.get(&agent) {
            let (stale, unhealthy) = (health.stale, health.judged(settings));
            if unhealthy != health.unhealthy {
                self.emit(Event::HealthChanged {
                    agent,
                    stale,
                    unhealthy,
                });
            }
        }
        self.degrade_if_due(agent);
    }

    /// One step up when the agent's class has failed too often in a row.
    pub(in crate::core) fn degrade_if_due(&mut self, agent: Name) {
        let class = self.state.class_of(agent);
        let row = self.state.degradation.streak(class);
        let Some(level) = self.state.degradation.level.next() else {
            return;
        };
        if row >= self.state.settings.degrade_after.max(1) {
            self.emit(Event::DegradationMoved {
                level,
                reason: format!("{row} failures in a row of {}: {agent}", class.as_str()),
            });
        }
    }

    /// One step down when nothing has failed for long enough.
    pub(in crate::core) fn recover(&mut self) {
        if self.state.next_recovery().is_none_or(|at| at > self.now) {
            return;
        }
        if let Some(level) = self.state.degradation.level.previous() {
            let quiet = self.state.settings.recover_after_s;
            self.emit(Event::DegradationMoved {
                level,
                reason: format!("{quiet} s without a failure"),
            });
        }
    }
}

impl State {
    /// When the next step down is due; none at the normal level.
    pub(in crate::core) fn next_recovery(&self) -> Option<Time> {
        let at = &self.degradation;
        (at.level > Level::Normal).then(|| {
            let quiet_since = at.failed_at.map_or(at.since, |failed| failed.max(at.since));
            quiet_since.plus_s(i64::from(self.settings.recover_after_s))
        })
    }

    /// What an agent fails together with.
    pub fn class_of(&self, agent: Name) -> Class {
        match agent.as_str() {
            "technical_analysis" | "regime_detection" | "sentiment_analysis" => Class::Analysis,
            name if NEEDED.contains(&name) => Class::Decision,
            _ => Class::Optional,
        }
    }

    /// Whether an agent's failures say anything about the crew: one at work, or one that stands in for
    /// it.
    pub(in crate::core) fn is_of_the_crew(&self, agent: Name) -> bool {
        if AT_WORK.contains(&alias(agent.as_str())) {
            return true;
        }
        let outside = self.agents.get(&agent).and_then(|a| a.outside.as_ref());
        let stands_in = |handled: &Name| {
            let phase = Phase::ALL.iter().find(|p| p.as_str() == handled.as_str());
            let who = phase.and_then(|p| p.agent());
            AT_WORK.contains(&who.unwrap_or_else(|| alias(handled.as_str())))
        };
        outside.is_some_and(|o| o.handles.iter().any(stands_in))
    }

    /// Whom a cycle cannot do without at the present degradation. Who is off or skipped is not
    /// needed.
    pub fn needed_agents(&self) -> Vec<&'static str> {
        let on = |name: &str| self.schedules.find(name).is_none_or(|s| s.enabled);
        let analysts = ANALYSTS
            .iter()
            .filter(|(name, until)| self.degradation.level < *until && on(name))
            .map(|(name, _)| *name);
        NEEDED
            .into_iter()
            .chain(analysts)
            .filter(|name| AT_WORK.contains(name))
            .collect()
    }
}
