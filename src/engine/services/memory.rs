//! What is remembered of services between two looks at them; all of it can be forgotten.

use std::collections::BTreeMap;

use crate::core::id::ServiceId;
use crate::core::service::Stage;
use crate::core::{State, Time};
use crate::engine::market::Closed;

/// How long a judge is left alone who came to nothing, milliseconds of engine time.
const AGAIN_MS: i64 = 60_000;

/// What is remembered.
#[derive(Default)]
pub(in crate::engine) struct Services {
    /// When bars were last looked for.
    pub(super) looked_at: Option<Time>,
    /// What the trader is asked.
    pub(super) asked: BTreeMap<ServiceId, Asked>,
    /// Since when bars were left to the next look, because the trader was still asked.
    pub(super) left: BTreeMap<ServiceId, Time>,
    /// When each service was last given to its judge, and what it was judged on where that holds.
    pub(super) judged: BTreeMap<ServiceId, (Time, Option<Judged>)>,
    /// Why a service does not trade, though it is at work.
    pub(super) waits: BTreeMap<ServiceId, String>,
}

/// What the trader is asked.
pub(super) struct Asked {
    /// The stage as the bars closed.
    pub(super) stage: Stage,
    /// The bars.
    pub(super) closed: Closed,
}

/// What a judgement depends on, but for the price of what is held.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) stage: Stage,
    pub(super) trades: u64,
    /// Days it was marked on.
    pub(super) days: u64,
    /// The UTC day.
    pub(super) day: i64,
    /// Whether its shortest and its longest time were over.
    pub(super) over: (bool, bool),
    /// Whether it could go on to another stage.
    pub(super) may_advance: bool,
}

impl Services {
    /// Why a service does not trade, in words.
    pub(in crate::engine) fn waits(&self, id: ServiceId) -> Option<&str> {
        self.waits.get(&id).map(String::as_str)
    }

    pub(super) fn forget(&mut self, state: &State) {
        let live = &state.services.live;
        self.asked.retain(|id, _| live.contains_key(id));
        self.left.retain(|id, _| live.contains_key(id));
        self.judged.retain(|id, _| live.contains_key(id));
        self.waits.retain(|id, _| live.contains_key(id));
    }

    /// Since when a service's bars are to be looked for. None while the trader is still asked: they are
    /// left to a later look.
    pub(super) fn since(&mut self, id: ServiceId, since: Time) -> Option<Time> {
        if self.asked.contains_key(&id) {
            self.left.entry(id).or_insert(since);
            return None;
        }
        Some(self.left.remove(&id).unwrap_or(since))
    }

    /// Whether a judge has anything new to look at: with the close of a bar whatever it holds has
    /// another worth.
    pub(super) fn is_due(
        &self,
        id: ServiceId,
        now: &Judged,
        at: Time,
        holds_at_close: bool,
    ) -> bool {
        match self.judged.get(&id) {
            None => true,
            Some((_, Some(before))) => holds_at_close || before != now,
            Some((asked_at, None)) => at - *asked_at >= AGAIN_MS,
        }
    }

    /// Nothing came of what a judge was asked: it is asked again.
    pub(super) fn came_to_nothing(&mut self, id: ServiceId) {
        if let Some((_, judged)) = self.judged.get_mut(&id) {
            *judged = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ServiceId = ServiceId(1);

    fn judged(may_advance: bool) -> Judged {
        Judged {
            stage: Stage::Part(0),
            trades: 3,
            days: 1,
            day: 1,
            over: (true, false),
            may_advance,
        }
    }

    #[test]
    fn bars_that_close_while_the_trader_is_asked_are_left_to_the_next_look() {
        let mut services = Services::default();
        assert_eq!(services.since(ID, Time(1)), Some(Time(1)));
        let closed = Closed {
            bars: Vec::new(),
            before: None,
        };
        let stage = Stage::Part(0);
        services.asked.insert(ID, Asked { stage, closed });
        assert_eq!(services.since(ID, Time(2)), None);
        assert_eq!(services.since(ID, Time(3)), None);
        services.asked.remove(&ID);
        assert_eq!(
            services.since(ID, Time(4)),
            Some(Time(2)),
            "from the first of them"
        );
        assert_eq!(services.since(ID, Time(5)), Some(Time(5)));
    }

    #[test]
    fn a_judge_looks_again_once_anything_changed_that_it_judges_by() {
        let mut services = Services::default();
        let due = |services: &Services, now: &Judged, at, holds| {
            services.is_due(ID, now, Time(at), holds)
        };
        assert!(due(&services, &judged(false), 0, false));
        let looked = (Time(0), Some(judged(false)));
        services.judged.insert(ID, looked);
        assert!(!due(&services, &judged(false), 1, false));
        assert!(due(&services, &judged(false), 1, true));
        assert!(
            due(&services, &judged(true), 1, false),
            "trading goes on again"
        );
        let next_day = Judged {
            day: 2,
            ..judged(false)
        };
        assert!(due(&services, &next_day, 1, false));
    }

    #[test]
    fn a_judgement_that_came_to_nothing_is_asked_for_again_in_a_while() {
        let mut services = Services::default();
        let looked = (Time(0), Some(judged(true)));
        services.judged.insert(ID, looked);
        services.came_to_nothing(ID);
        let due = |at, holds| services.is_due(ID, &judged(true), Time(at), holds);
        assert!(!due(AGAIN_MS - 1, true));
        assert!(due(AGAIN_MS, false));
    }
}
