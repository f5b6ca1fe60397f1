//! How often an alarm has come: one that comes and goes is not one that stands.

use std::collections::BTreeMap;

use crate::core::Time;
use crate::snapshot::Alarm;

/// Alarms remembered; the one not seen for longest leaves first.
const ROOM: usize = 1_000;

/// Alarms that were shown since the engine started, by their ids.
#[derive(Debug, Default)]
pub(super) struct Chatter {
    seen: BTreeMap<String, Seen>,
    looks: u64,
}

#[derive(Debug, Default)]
struct Seen {
    since: Time,
    times: u32,
    /// The last look at which it stood.
    look: u64,
}

impl Chatter {
    /// Counts those that were not there at the look before, and notes in each how often it has come.
    pub(super) fn count(&mut self, alarms: &mut [Alarm]) {
        let before = self.looks;
        self.looks += 1;
        for alarm in alarms {
            let seen = self.seen.entry(alarm.id.clone()).or_default();
            let anew = seen.times == 0 || seen.look != before || seen.since != alarm.since;
            seen.times = seen.times.saturating_add(u32::from(anew));
            seen.since = alarm.since;
            seen.look = self.looks;
            alarm.times = seen.times;
        }
        while self.seen.len() > ROOM {
            let oldest = self.seen.iter().min_by_key(|(_, seen)| seen.look);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else {
                break;
            };
            self.seen.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::AlarmKind;

    fn alarm(about: &str, since: i64) -> Alarm {
        Alarm::new(AlarmKind::AgentStale, 2, Time(since), about, "gone")
    }

    #[test]
    fn what_stands_is_counted_once_and_what_comes_again_once_more() {
        let mut chatter = Chatter::default();
        let mut times = |mut alarms: Vec<Alarm>| -> Vec<u32> {
            chatter.count(&mut alarms);
            alarms.iter().map(|a| a.times).collect()
        };
        assert_eq!(times(vec![alarm("a", 1), alarm("b", 1)]), [1, 1]);
        assert_eq!(times(vec![alarm("a", 1), alarm("b", 1)]), [1, 1]);
        assert_eq!(times(vec![alarm("b", 1)]), [1]);
        assert_eq!(times(vec![alarm("a", 1), alarm("b", 9)]), [2, 2]);
    }

    #[test]
    fn those_not_seen_for_longest_are_forgotten() {
        let mut chatter = Chatter::default();
        for n in 0..1_500 {
            chatter.count(&mut [alarm(&format!("agent_{n}"), 1)]);
        }
        assert_eq!(chatter.seen.len(), ROOM);
        let mut last = [alarm("agent_1499", 1)];
        chatter.count(&mut last);
        assert_eq!(last[0].times, 1);
    }
}
