//! Alarms that somebody has taken note of. What raises an alarm is seen in the state; that it was
//! acknowledged, by whom and when, is state of its own.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::decide::Answer;
use super::event::Event;
use super::refusal::Refusal;
use super::state::{Decider, Reply};
use super::text::Name;
use super::time::Time;

/// Acknowledgements that are remembered; the oldest goes first.
const KEPT: usize = 1_000;
/// Bytes of an alarm's id.
const LONGEST: usize = 256;

/// An alarm that was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    /// Since when the alarm stood: one that comes again is a new one.
    #[n(0)]
    pub since: Time,
    /// When it was acknowledged.
    #[n(1)]
    pub at: Time,
    /// By whom.
    #[n(2)]
    pub by: Name,
}

/// Acknowledgements by the alarm's id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Acks(#[n(0)] BTreeMap<String, Ack>);

impl Acks {
    /// Who took note of the alarm that stands since then.
    pub fn of(&self, id: &str, since: Time) -> Option<&Ack> {
        self.0.get(id).filter(|ack| ack.since == since)
    }

    pub(super) fn note(&mut self, id: &str, ack: Ack) {
        self.0.insert(id.to_owned(), ack);
        if self.0.len() > KEPT {
            let oldest = self.0.iter().min_by_key(|(_, ack)| ack.at);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                self.0.remove(&id);
            }
        }
    }
}

impl Decider<'_> {
    pub(super) fn ack_alarm(&mut self, id: &str, since: Time) -> Answer {
        self.not_an_agents("ALARM_OPERATOR_ONLY", "acknowledges alarms")?;
        if id.is_empty() || id.len() > LONGEST {
            let message = "an alarm's id has 1 to 256 bytes";
            let refusal = Refusal::new("ALARM_INVALID", message, "`pilothouse alarms` lists them");
            return Err(refusal.measured(LONGEST, id.len()));
        }
        if self.state.acks.of(id, since).is_none() {
            self.emit(Event::AlarmAcked {
                id: id.to_owned(),
                since,
                by: self.actor,
            });
        }
        Ok(Reply::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_is_of_one_standing_and_the_oldest_is_forgotten() {
        let mut acks = Acks::default();
        let by: Name = "operator".parse().unwrap();
        for n in 0..=KEPT as i64 {
            let (since, at) = (Time(n), Time(n));
            acks.note(&format!("stale:agent_{n}"), Ack { since, at, by });
        }
        assert!(acks.of("stale:agent_0", Time(0)).is_none());
        assert!(acks.of("stale:agent_1", Time(1)).is_some());
        assert!(acks.of("stale:agent_1", Time(2)).is_none(), "it came again");
    }
}
