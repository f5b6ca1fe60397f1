//! A place in the journal to go on from: a record, or a line within one.

use std::fmt;

use crate::api::problem;
use crate::client::Problem;

/// Behind a whole record (`184223`), or behind so many of its lines (`184223.2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    seq: u64,
    /// Lines of the record that lie before this place; all of them where this is the largest.
    lines: u32,
}

impl Place {
    /// Behind a whole record; record 0 is before the first.
    pub(super) fn after(seq: u64) -> Self {
        Self {
            seq,
            lines: u32::MAX,
        }
    }

    /// Behind so many lines of a record that has more.
    pub(super) fn within(seq: u64, lines: u32) -> Self {
        Self { seq, lines }
    }

    /// What an event's id says.
    ///
    /// # Errors
    /// 422: it is no id of an event.
    pub(super) fn read(id: &str) -> Result<Self, Problem> {
        let wrong = || problem::invalid("Last-Event-ID", format!("{id:?} is no id of an event"));
        let (seq, lines) = match id.split_once('.') {
            Some((seq, lines)) => (seq, lines.parse().map_err(|_| wrong())?),
            None => (id, u32::MAX),
        };
        let seq = seq.parse().map_err(|_| wrong())?;
        Ok(Self { seq, lines })
    }

    /// The record that it is in or behind.
    pub(super) fn seq(self) -> u64 {
        self.seq
    }

    /// The first record that may still have something to show.
    pub(super) fn next(self) -> u64 {
        if self.lines == u32::MAX {
            self.seq + 1
        } else {
            self.seq
        }
    }

    /// Lines of record `seq` that lie before this place.
    pub(super) fn skips(self, seq: u64) -> usize {
        if seq == self.seq {
            self.lines as usize
        } else {
            0
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines == u32::MAX {
            write!(f, "{}", self.seq)
        } else {
            write!(f, "{}.{}", self.seq, self.lines)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_is_written() {
        for id in ["0", "184223", "184223.2"] {
            assert_eq!(Place::read(id).unwrap().to_string(), id);
        }
        for wrong in ["", "x", "-1", "1.", "1.x", "1.2.3", "1,2"] {
            assert_eq!(Place::read(wrong).unwrap_err().status, 422, "{wrong}");
        }
        assert_eq!((Place::after(7).next(), Place::within(7, 2).next()), (8, 7));
        assert_eq!(Place::within(7, 2).skips(7), 2);
        assert_eq!(Place::within(7, 2).skips(8), 0);
        assert!(Place::within(7, 2) < Place::after(7));
    }
}
