//! Reads segment headers.

use std::io;

use super::error::{JournalError, doing};
use super::frame::{Parsed, SEGMENT_HEAD, SegmentHead};
use super::store::{Segment, Store};

/// What a header turned out to be, and the segment it stands in.
type Head = (Parsed<SegmentHead>, Box<dyn Segment>);

/// A segment's header, whatever it is; `None` without such a segment.
pub fn read_head(store: &dyn Store, number: u32) -> Result<Option<Head>, JournalError> {
    let segment = match store.open(number) {
        Ok(segment) => segment,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(doing("opening a segment")(error)),
    };
    let mut bytes = [0; SEGMENT_HEAD];
    let read = segment
        .read_at(0, &mut bytes)
        .map_err(doing("reading a segment"))?;
    Ok(Some((SegmentHead::parse(&bytes[..read]), segment)))
}

/// A segment's header, where it is whole and of this version.
pub fn good_head(store: &dyn Store, number: u32) -> Result<Option<SegmentHead>, JournalError> {
    Ok(match read_head(store, number)? {
        Some((Parsed::Good(head), _)) => Some(head),
        _ => None,
    })
}
