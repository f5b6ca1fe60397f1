//! Deadlines of the wall clock that nobody else keeps: approvals nobody decides, and questions to
//! agents outside the process that nobody answers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::commit::wall_now;
use super::handle::Submission;
use super::world::{WorkId, World};
use crate::core::approval::ApprovalId;
use crate::core::id::MessageId;
use crate::core::{Command, Time};

/// Since when something has waited, in this process: after a restart it counts anew.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    approvals: BTreeMap<ApprovalId, Instant>,
    questions: BTreeMap<MessageId, Instant>,
}

impl Deadlines {
    /// An approval begins to wait.
    pub(super) fn note(&mut self, id: ApprovalId) {
        self.approvals.entry(id).or_insert_with(Instant::now);
    }

    /// When each approval lapses, wall time, seen at `now` and `wall`.
    pub(super) fn lapses(
        &self,
        limit: Duration,
        now: Instant,
        wall: Time,
    ) -> BTreeMap<ApprovalId, Time> {
        let at = |since: &Instant| {
            let left = limit.saturating_sub(now.saturating_duration_since(*since));
            Time(wall.0 + i64::try_from(left.as_millis()).unwrap_or(i64::MAX / 2))
        };
        self.approvals.iter().map(|(id, s)| (*id, at(s))).collect()
    }
}

/// Follows what waits now, and gives what has waited for `limit` or longer.
fn over<K: Ord + Copy>(
    noted: &mut BTreeMap<K, Instant>,
    waiting: &BTreeSet<K>,
    limit: Duration,
    now: Instant,
) -> Vec<K> {
    noted.retain(|id, _| waiting.contains(id));
    for id in waiting {
        noted.entry(*id).or_insert(now);
    }
    noted
        .iter()
        .filter(|(_, since)| now.saturating_duration_since(**since) >= limit)
        .map(|(id, _)| *id)
        .collect()
}

impl World {
    pub(super) fn watch_approvals(&mut self) {
        let waiting: BTreeSet<_> = self.state.approvals.waiting.keys().copied().collect();
        let limit = self.approval_limit();
        for id in over(
            &mut self.deadlines.approvals,
            &waiting,
            limit,
            Instant::now(),
        ) {
            let command = Command::Lapse { id };
            self.apply(0, Submission::internal("supervisor", command));
        }
    }

    /// Questions the crew was given have a watch of their own.
    pub(super) fn watch_questions(&mut self) {
        let asked = self.state.cycles.live.values().filter_map(|c| c.waiting);
        let waiting: BTreeSet<_> = asked
            .filter(|id| !self.given.contains_key(&WorkId::Phase(*id)))
            .collect();
        let limit = Duration::from_secs(u64::from(self.state.settings.phase_timeout_s));
        for message in over(
            &mut self.deadlines.questions,
            &waiting,
            limit,
            Instant::now(),
        ) {
            let command = Command::PhaseLate { message };
            self.apply(0, Submission::internal("supervisor", command));
        }
    }

    pub(super) fn lapses(&self) -> BTreeMap<ApprovalId, Time> {
        let limit = self.approval_limit();
        self.deadlines.lapses(limit, Instant::now(), wall_now())
    }

    fn approval_limit(&self) -> Duration {
        Duration::from_secs(u64::from(self.state.settings.approval_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_too_long_is_over_and_what_is_decided_is_forgotten() {
        let (mut noted, start) = (BTreeMap::new(), Instant::now());
        let limit = Duration::from_secs(900);
        assert!(over(&mut noted, &[1, 2].into(), limit, start).is_empty());
        let later = start + Duration::from_secs(899);
        assert!(over(&mut noted, &[2, 3].into(), limit, later).is_empty());
        assert_eq!(noted.keys().copied().collect::<Vec<_>>(), [2, 3]);
        let end = start + limit;
        assert_eq!(over(&mut noted, &[2, 3].into(), limit, end), [2]);
    }

    #[test]
    fn a_lapse_is_told_in_wall_time() {
        let mut deadlines = Deadlines::default();
        deadlines.note(ApprovalId(7));
        let noted = deadlines.approvals[&ApprovalId(7)];
        let limit = Duration::from_secs(900);
        let at = noted + Duration::from_secs(300);
        let lapses = deadlines.lapses(limit, at, Time(1_000_000));
        assert_eq!(lapses[&ApprovalId(7)], Time(1_600_000));
    }
}
