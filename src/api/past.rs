//! The engine as it was after some record: the journal, folded so far and no further, on the
//! asker's own thread.
//!
//! Two states are kept: the one that was asked for last, which goes on from where it is, and one
//! some records before it, from which a step back is folded. So stepping costs little either way,
//! and nothing else grows.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::problem;
use crate::client::Problem;
use crate::core::{Event, Name, Origin, Quotes, RecordBody, State, Time};
use crate::journal::{JournalError, Reader, snapshot};
use crate::snapshot::{AuditLine, EngineRow, Samples, Snapshot, build};

/// Records the second state stays behind the first.
const BEHIND: u64 = 1_000;
/// Events shown with a state, as many as with a live one.
const LINES: usize = 100;

/// What was folded for those who look back; one look at a time.
#[derive(Default)]
pub(super) struct Past(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    shown: Option<Folding>,
    earlier: Option<Point>,
}

/// A state, and what is shown beside it.
#[derive(Clone, Default)]
struct Point {
    state: State,
    quotes: Quotes,
    lines: VecDeque<Line>,
}

#[derive(Clone)]
struct Line {
    seq: u64,
    time: Time,
    actor: Name,
    origin: Option<Origin>,
    cause: u64,
    event: Event,
}

/// A state that can be folded further.
struct Folding {
    point: Point,
    reader: Reader,
}

impl Past {
    /// The snapshot of record `seq`, of which `live` tells what no journal keeps: mode, process,
    /// when it began.
    ///
    /// # Errors
    /// The journal cannot be read, or does not reach from a snapshot of its own to that record.
    pub(super) fn at(&self, dir: &Path, seq: u64, live: &Snapshot) -> Result<Snapshot, Problem> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out: what fails half-way is not kept.
        let goes_on = |f: &Folding| f.point.state.seq <= seq;
        let mut folding = match kept.shown.take().filter(goes_on) {
            Some(folding) => folding,
            None => begin(dir, seq, kept.earlier.take())?,
        };
        let mut earlier = kept.earlier.take();
        let is_far = |p: &Point| seq - p.state.seq > 2 * BEHIND;
        if earlier.as_ref().is_none_or(is_far) {
            let mark = seq.saturating_sub(BEHIND);
            if folding.point.state.seq < mark {
                folding.to(mark)?;
            }
            earlier = Some(folding.point.clone());
        }
        folding.to(seq)?;
        let snapshot = folding.point.shown(live);
        *kept = Kept {
            shown: Some(folding),
            earlier,
        };
        Ok(snapshot)
    }
}

/// The nearest point at or before `seq`: one that was kept, or the journal's own snapshot, or its
/// beginning.
fn begin(dir: &Path, seq: u64, kept: Option<Point>) -> Result<Folding, Problem> {
    let own = match snapshot::newest_upto(dir, seq)
        .map_err(problem::unreadable)?
        .0
    {
        Some(found) => minicbor::decode::<State>(&found.bytes).ok(),
        None => None,
    };
    let own = own.map(|state| Point {
        state,
        ..Point::default()
    });
    let kept = kept.filter(|point| point.state.seq <= seq);
    let point = [kept, own].into_iter().flatten();
    let point = point.max_by_key(|p| p.state.seq).unwrap_or_default();
    let next = point.state.seq + 1;
    // A little earlier, for the events and prices before it.
    let before = if point.lines.is_empty() {
        next.saturating_sub(LINES as u64).max(1)
    } else {
        next
    };
    let reader = match Reader::open_dir(dir, before) {
        Err(JournalError::Archived { .. }) => Reader::open_dir(dir, next),
        opened => opened,
    };
    let reader = reader.map_err(problem::unreadable)?;
    let mut folding = Folding { point, reader };
    folding.read(next - 1)?;
    Ok(folding)
}

impl Folding {
    /// Goes on to record `seq`.
    fn to(&mut self, seq: u64) -> Result<(), Problem> {
        self.read(seq)?;
        if self.point.state.seq < seq {
            return Err(Problem::new(
                404,
                "SEQ_UNKNOWN",
                format!("record {seq} is not written yet"),
                "ask again, or for an earlier one",
            ));
        }
        Ok(())
    }

    /// Takes what is written, up to record `seq`.
    fn read(&mut self, seq: u64) -> Result<(), Problem> {
        self.reader.set_limit(seq);
        while let Some(record) = self.reader.next_record().map_err(problem::unreadable)? {
            let body = RecordBody::decode(record.body).map_err(problem::unreadable)?;
            self.point.take(record.seq, record.time, body);
        }
        Ok(())
    }
}

impl Point {
    fn take(&mut self, seq: u64, time: Time, body: RecordBody) {
        if seq > self.state.seq {
            self.state.fold(seq, time, &body.events);
        }
        for (symbol, quote) in body.quotes.iter() {
            self.quotes.set(*symbol, *quote);
        }
        for event in body.events {
            if self.lines.len() == LINES {
                self.lines.pop_front();
            }
            self.lines.push_back(Line {
                seq,
                time,
                actor: body.actor,
                origin: body.origin,
                cause: body.cause,
                event,
            });
        }
    }

    fn shown(&self, live: &Snapshot) -> Snapshot {
        let audit = self.lines.iter().map(|line| AuditLine {
            seq: line.seq,
            time: line.time,
            kind: line.event.name().to_owned(),
            actor: line.actor,
            origin: line.origin,
            cause: (line.cause != 0).then_some(line.cause),
            data: json!(line.event),
        });
        let samples = Samples {
            quotes: self.quotes.clone(),
            clock: Some(self.state.time),
            wall: super::wall_now(),
            started_at: live.status.started_at,
            pid: live.status.pid,
            mode: live.status.mode.clone(),
            speed: live.status.speed.clone(),
            engine: EngineRow::default(),
            audit: audit.collect(),
            running: true,
            ..Samples::default()
        };
        build(&self.state, &samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Command, Context};
    use crate::journal::{Batch, FileStore, Journal, Options};

    /// Writes `count` records that change the state, and a snapshot after `taken`; gives the state
    /// after each.
    fn written(dir: &Path, count: u64, taken: u64) -> Vec<State> {
        let store = FileStore::writable(dir).unwrap();
        let (mut journal, _) = Journal::open(Box::new(store), Options::default()).unwrap();
        let mut state = State::default();
        let mut states = vec![state.clone()];
        let mut batch = Batch::default();
        let actor: Name = "operator".parse().unwrap();
        for n in 1..=count {
            let context = Context {
                now: Time(1_771_000_000_000 + n as i64),
                quotes: &Quotes::default(),
            };
            let reason = format!("for the {n}th time");
            let symbol = None;
            let command = if n % 2 == 1 {
                Command::Pause { symbol, reason }
            } else {
                Command::Resume { symbol, reason }
            };
            let decision = state.handle(&context, actor, &command);
            let body = RecordBody {
                actor,
                cause: 0,
                command,
                quotes: decision.looked,
                events: decision.events,
                origin: None,
            };
            let mut bytes = Vec::new();
            body.encode_into(&mut bytes);
            assert_eq!(state.seq, n);
            batch.push(n, state.time, &bytes).unwrap();
            if batch.is_full() || n == count {
                journal.append(&batch, Time(0)).unwrap();
                batch.clear();
            }
            if n == taken {
                let bytes = minicbor::to_vec(&state).unwrap();
                snapshot::write(dir, n, [0; 32], &bytes).unwrap();
            }
            states.push(state.clone());
        }
        states
    }

    #[test]
    fn every_way_to_a_record_shows_the_state_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let states = written(dir.path(), 4_200, 1_500);
        let live = build(&states[4_200], &Samples::default());
        let past = Past::default();
        let back = (3_000..4_200).rev().step_by(97);
        let forth = (200..4_200).step_by(640);
        let around = [1, 2, 1, 1_499, 1_500, 1_501, 1_500, 4_200, 4_199, 3, 4_200];
        for seq in around.into_iter().chain(back).chain(forth) {
            let shown = past.at(dir.path(), seq, &live).unwrap();
            let kept = past.0.lock().unwrap();
            let point = &kept.shown.as_ref().unwrap().point;
            assert!(point.state == states[seq as usize], "{seq}");
            assert_eq!(shown.status.seq, seq);
            let lines: Vec<u64> = shown.audit.iter().map(|line| line.seq).collect();
            assert_eq!(lines.last(), Some(&seq));
            assert_eq!(lines.len() as u64, seq.min(LINES as u64), "{seq}");
            let earlier = kept.earlier.as_ref().unwrap().state.seq;
            assert!(seq - earlier <= 2 * BEHIND, "{earlier} for {seq}");
        }
    }

    #[test]
    fn what_is_not_written_is_said_and_breaks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let states = written(dir.path(), 10, 0);
        let live = build(&states[10], &Samples::default());
        let past = Past::default();
        assert_eq!(
            past.at(dir.path(), 11, &live).unwrap_err().code,
            "SEQ_UNKNOWN"
        );
        assert_eq!(past.at(dir.path(), 7, &live).unwrap().status.seq, 7);
    }
}
