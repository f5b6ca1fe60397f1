//! Looks at what lies behind the last whole frame: nothing, the remains of a commit that was cut,
//! or valid frames, which make what is before them damage.

use std::io;

use super::frame::{self, ALIGN, FRAME_HEAD, Parsed, SEGMENT_HEAD, SegmentHead};
use super::store::{CHUNK, Segment, Store};

/// Bytes of a frame at most: a batch that was nearly full and then took the largest record.
const MAX_FRAME: usize = FRAME_HEAD + super::MAX_BATCH_BYTES + super::MAX_BODY + 4096;

/// What lies in the rest of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// The segment's number.
    pub number: u32,
    /// Where the look began.
    pub from: u64,
    /// Behind the last byte that is not zero; `from` when all are.
    pub end: u64,
    /// The first place where a header or frame is whole.
    pub valid: Option<u64>,
}

impl Rest {
    /// Bytes from where the look began to the last that is not zero.
    pub fn stray(&self) -> u64 {
        self.end - self.from
    }
}

/// Looks at segment `number` from `offset` on, and at every later one.
pub fn rest(store: &dyn Store, number: u32, offset: u64) -> io::Result<Vec<Rest>> {
    let mut found = Vec::new();
    for file in store.list()? {
        if file.number >= number {
            let from = if file.number == number { offset } else { 0 };
            let segment = match store.open(file.number) {
                Ok(segment) => segment,
                // It was there a moment ago: archived, or replaced by a larger one.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            found.push(look(&*segment, file.number, from)?);
        }
    }
    Ok(found)
}

fn look(segment: &dyn Segment, number: u32, from: u64) -> io::Result<Rest> {
    let mut rest = Rest {
        number,
        from,
        end: from,
        valid: None,
    };
    let mut chunk = vec![0; CHUNK];
    if from == 0 {
        let read = segment.read_at(0, &mut chunk[..SEGMENT_HEAD])?;
        let head = SegmentHead::parse(&chunk[..read]);
        if matches!(head, Parsed::Good(_) | Parsed::Newer { .. }) {
            rest.valid = Some(0);
        }
    }
    let mut at = from;
    loop {
        let read = segment.read_at(at, &mut chunk)?;
        if read == 0 {
            return Ok(rest);
        }
        if !frame::is_blank(&chunk[..read]) {
            for (line, place) in chunk[..read].chunks(ALIGN as usize).zip((at..).step_by(64)) {
                if frame::is_blank(line) {
                    continue;
                }
                let used = line
                    .iter()
                    .rposition(|byte| *byte != 0)
                    .map_or(0, |p| p + 1);
                rest.end = place + used as u64;
                if rest.valid.is_none() && is_frame(segment, number, place, line)? {
                    rest.valid = Some(place);
                }
            }
        }
        at += read as u64;
    }
}

fn is_frame(segment: &dyn Segment, number: u32, at: u64, line: &[u8]) -> io::Result<bool> {
    let Some(length) = frame::claimed_length(line).filter(|l| *l <= MAX_FRAME) else {
        return Ok(false);
    };
    let mut bytes = vec![0; length];
    let read = segment.read_at(at, &mut bytes)?;
    Ok(read == length && frame::is_sealed(&bytes, number, at))
}
