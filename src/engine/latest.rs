//! The latest events for the screen. The deciding thread only copies the bytes it has written
//! anyway; they are read again when somebody looks, and then once.

use std::collections::VecDeque;

use crate::core::{RecordBody, Time};
use crate::snapshot::AuditLine;

/// Events shown.
const SHOWN: usize = 100;

/// A record: its bytes until somebody looks, then its lines.
struct Kept {
    seq: u64,
    time: Time,
    bytes: Vec<u8>,
    lines: Vec<AuditLine>,
}

/// The latest records, oldest first; each has at least one event.
#[derive(Default)]
pub(super) struct Latest(VecDeque<Kept>);

impl Latest {
    /// Keeps a record's bytes.
    pub(super) fn note(&mut self, seq: u64, time: Time, body: &[u8]) {
        let mut kept = if self.0.len() < SHOWN {
            None
        } else {
            self.0.pop_front()
        }
        .unwrap_or(Kept {
            seq,
            time,
            bytes: Vec::new(),
            lines: Vec::new(),
        });
        (kept.seq, kept.time) = (seq, time);
        kept.lines.clear();
        kept.bytes.clear();
        kept.bytes.extend_from_slice(body);
        self.0.push_back(kept);
    }

    /// The latest events, oldest first.
    pub(super) fn lines(&mut self) -> VecDeque<AuditLine> {
        let mut shown = VecDeque::with_capacity(SHOWN);
        for kept in self.0.iter_mut().rev() {
            if shown.len() == SHOWN {
                break;
            }
            kept.read();
            for line in kept.lines.iter().rev().take(SHOWN - shown.len()) {
                shown.push_front(line.clone());
            }
        }
        shown
    }
}

impl Kept {
    fn read(&mut self) {
        if !self.lines.is_empty() {
            return;
        }
        // These are the bytes that were journaled a moment ago.
        let Ok(body) = RecordBody::decode(&self.bytes) else {
            return;
        };
        let skip = body.events.len().saturating_sub(SHOWN);
        self.lines = body.events[skip..]
            .iter()
            .map(|event| AuditLine {
                seq: self.seq,
                time: self.time,
                kind: event.name().to_owned(),
                actor: body.actor,
                origin: body.origin,
                cause: (body.cause > 0).then_some(body.cause),
                data: serde_json::to_value(event).unwrap_or_default(),
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Command, Event, Quotes};

    fn body(events: usize) -> Vec<u8> {
        let body = RecordBody {
            actor: "operator".parse().unwrap(),
            cause: 0,
            command: Command::Tick,
            quotes: Quotes::default(),
            events: vec![Event::HardstopSwept; events],
            origin: None,
        };
        let mut bytes = Vec::new();
        body.encode_into(&mut bytes);
        bytes
    }

    #[test]
    fn the_latest_hundred_are_shown_whatever_the_records_hold() {
        let mut latest = Latest::default();
        for seq in 1..=150 {
            latest.note(seq, Time(0), &body(1));
        }
        let seqs: Vec<u64> = latest.lines().iter().map(|l| l.seq).collect();
        assert_eq!(seqs, (51..=150).collect::<Vec<_>>());
        latest.note(151, Time(0), &body(60));
        latest.note(152, Time(0), &body(300));
        let lines = latest.lines();
        assert_eq!(lines.len(), 100);
        assert!(lines.iter().all(|l| l.seq == 152));
    }
}
