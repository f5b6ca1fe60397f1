//! The journal's end, read as events in bounded pieces. It blocks: files are read.

use std::path::Path;

use super::frame;
use super::place::Place;
use crate::api::audit::{self, Filter};
use crate::api::problem::unreadable;
use crate::client::Problem;
use crate::core::RecordBody;
use crate::journal::{JournalError, Reader};

/// Bytes at which a piece is full; the record that fills it is still whole.
const PIECE: usize = 64 * 1024;
/// Records read for one piece at most, also where none of them is shown.
const RECORDS: usize = 10_000;

/// A reader and how far it has come.
pub(super) struct Tail {
    reader: Reader,
    filter: Filter,
    place: Place,
}

/// What was read at once.
pub(super) struct Piece {
    pub(super) text: String,
    /// Whether there may be more already.
    pub(super) more: bool,
}

impl Tail {
    /// Stands at a place of the journal in `dir`.
    ///
    /// # Errors
    /// The journal cannot be read, or begins later.
    pub(super) fn open(dir: &Path, place: Place, filter: Filter) -> Result<Self, Problem> {
        let reader = Reader::open_dir(dir, place.next()).map_err(|error| match error {
            JournalError::Archived { first, .. } => Problem::new(
                409,
                "SEQ_ARCHIVED",
                format!("the journal here begins with record {first}"),
                format!("what is before it was archived; since={first} starts there"),
            ),
            error => unreadable(error),
        })?;
        Ok(Self {
            reader,
            filter,
            place,
        })
    }

    /// Stands before the first record that the journal in `dir` still has.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(super) fn from_first(dir: &Path, filter: Filter) -> Result<Self, Problem> {
        let place = match Reader::open_dir(dir, 1) {
            Err(JournalError::Archived { first, .. }) => Place::after(first.saturating_sub(1)),
            _ => Place::after(0),
        };
        Self::open(dir, place, filter)
    }

    /// Where it goes on.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Whether what was sent last may lie far behind the place.
    pub(super) fn passes_over(&self) -> bool {
        !self.filter.is_open() || self.filter.since.is_some() || self.filter.until.is_some()
    }

    /// The next events, up to record `durable` at most.
    ///
    /// # Errors
    /// The journal cannot be read here.
    pub(super) fn read(&mut self, durable: u64) -> Result<Piece, Problem> {
        self.reader.set_limit(durable);
        let mut text = String::new();
        for _ in 0..RECORDS {
            let Some(record) = self.reader.next_record().map_err(unreadable)? else {
                return Ok(Piece { text, more: false });
            };
            let (seq, time) = (record.seq, record.time);
            let body = RecordBody::decode(record.body).map_err(unreadable)?;
            let skipped = self.place.skips(seq);
            self.place = Place::after(seq);
            if !self.filter.takes(seq, time, &body) {
                continue;
            }
            let lines = body.events.iter().enumerate().skip(skipped);
            for (n, event) in lines.filter(|(_, event)| self.filter.shows(event)) {
                let place = match u32::try_from(n + 1) {
                    Ok(n) if (n as usize) < body.events.len() => Place::within(seq, n),
                    _ => Place::after(seq),
                };
                frame::event(&mut text, place, &audit::line(seq, time, &body, event));
            }
            if text.len() >= PIECE {
                break;
            }
        }
        Ok(Piece { text, more: true })
    }
}
