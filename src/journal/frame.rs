//! The bytes on disk: a segment's header, and frames. Numbers are little-endian.
//!
//! Place of magic, version, kind, length and checksum are the same in every version for ever, so
//! that a whole frame of a newer version can be told from a broken one.

use super::batch::Batch;
use super::chain::Chain;
use super::error::Reason;
use crate::core::Time;

/// Frames start on multiples of this.
pub const ALIGN: u64 = 64;
/// Bytes of a segment before its first frame.
pub const SEGMENT_HEAD: usize = 128;
/// Bytes of a frame before its first record.
pub const FRAME_HEAD: usize = 80;
/// Bytes of a record before its body.
const RECORD_HEAD: usize = 12;
/// The first bytes of a frame.
pub const FRAME_MAGIC: [u8; 4] = *b"PhF\n";
const SEGMENT_MAGIC: [u8; 8] = *b"PhSegmt\n";
const VERSION: u16 = 1;
const KIND_RECORDS: u16 = 1;

/// The next multiple of [`ALIGN`].
pub fn aligned(offset: u64) -> u64 {
    offset.next_multiple_of(ALIGN)
}

/// What stands at the start of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHead {
    /// The segment's own number.
    pub number: u32,
    /// The sequence of the first record in it.
    pub first_seq: u64,
    /// The hash chain as far as it was known when the segment was begun.
    pub chain: Chain,
}

/// What stands at the start of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHead {
    /// Bytes of the whole frame, without what pads it to the next bound.
    pub length: usize,
    /// The sequence of the first record.
    pub first_seq: u64,
    /// How many records.
    pub count: u32,
    /// Wall time of the commit.
    pub wall: Time,
    /// The hash chain as far as it was known.
    pub chain: Chain,
}

/// What some bytes turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<T> {
    /// What it should be, whole.
    Good(T),
    /// Nothing was written here.
    Blank,
    /// Something was, and it is not whole.
    Broken(Reason),
    /// Whole, and unknown to this version.
    Newer {
        /// Its format.
        version: u16,
        /// Its kind.
        kind: u16,
    },
}

impl SegmentHead {
    /// Appends the header's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&SEGMENT_MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.first_seq.to_le_bytes());
        put_chain(out, self.chain);
        out.resize(start + SEGMENT_HEAD, 0);
        let crc = segment_crc(&out[start..]);
        out[start + 12..start + 16].copy_from_slice(&crc.to_le_bytes());
    }

    /// Reads the header from a segment's first bytes.
    pub fn parse(bytes: &[u8]) -> Parsed<Self> {
        if is_blank(bytes) {
            return Parsed::Blank;
        }
        if bytes.len() < SEGMENT_HEAD
            || bytes[..8] != SEGMENT_MAGIC
            || u32_at(bytes, 12) != segment_crc(&bytes[..SEGMENT_HEAD])
        {
            return Parsed::Broken(Reason::Header);
        }
        let version = u16_at(bytes, 8);
        if version != VERSION {
            return Parsed::Newer { version, kind: 0 };
        }
        Parsed::Good(Self {
            number: u32_at(bytes, 16),
            first_seq: u64_at(bytes, 24),
            chain: chain_at(bytes, 32),
        })
    }
}

/// Appends `batch` as a frame for byte `offset` of segment `number`.
pub fn encode(
    out: &mut Vec<u8>,
    batch: &Batch,
    wall: Time,
    chain: Chain,
    number: u32,
    offset: u64,
) {
    let start = out.len();
    let length = u32::try_from(FRAME_HEAD + batch.bytes().len()).expect("a batch is bounded");
    out.extend_from_slice(&FRAME_MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&KIND_RECORDS.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&batch.first_seq().to_le_bytes());
    out.extend_from_slice(&batch.count().to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&wall.0.to_le_bytes());
    put_chain(out, chain);
    out.extend_from_slice(batch.bytes());
    seal(&mut out[start..], number, offset);
}

/// Cuts a whole frame down to its first `keep` records and seals it again.
pub fn shorten(frame: &mut Vec<u8>, keep: u32, number: u32, offset: u64) {
    let mut at = FRAME_HEAD;
    for _ in 0..keep {
        (_, at) = record_at(frame, at).expect("the frame was parsed whole");
    }
    frame.truncate(at);
    let length = u32::try_from(at).expect("shorter than it was");
    frame[8..12].copy_from_slice(&length.to_le_bytes());
    frame[24..28].copy_from_slice(&keep.to_le_bytes());
    seal(frame, number, offset);
}

pub(super) fn seal(frame: &mut [u8], number: u32, offset: u64) {
    let crc = frame_crc(frame, number, offset);
    frame[12..16].copy_from_slice(&crc.to_le_bytes());
}

/// The length a frame claims, when `bytes` begin like one: `None` for anything else.
pub fn claimed_length(bytes: &[u8]) -> Option<usize> {
    (bytes.len() >= 16 && bytes[..4] == FRAME_MAGIC).then(|| u32_at(bytes, 8) as usize)
}

/// Whether `bytes` are exactly one frame with a right checksum, of any version.
pub fn is_sealed(bytes: &[u8], number: u32, offset: u64) -> bool {
    bytes.len() >= 16 && u32_at(bytes, 12) == frame_crc(bytes, number, offset)
}

/// Reads exactly one frame that stands at byte `offset` of segment `number`.
pub fn parse(bytes: &[u8], number: u32, offset: u64) -> Parsed<FrameHead> {
    if !is_sealed(bytes, number, offset) {
        return Parsed::Broken(Reason::Checksum);
    }
    let (version, kind) = (u16_at(bytes, 4), u16_at(bytes, 6));
    if version != VERSION || kind != KIND_RECORDS {
        return Parsed::Newer { version, kind };
    }
    if bytes.len() < FRAME_HEAD {
        return Parsed::Broken(Reason::Length);
    }
    let head = FrameHead {
        length: bytes.len(),
        first_seq: u64_at(bytes, 16),
        count: u32_at(bytes, 24),
        wall: Time(i64::from_le_bytes(array_at(bytes, 32))),
        chain: chain_at(bytes, 40),
    };
    let mut at = FRAME_HEAD;
    for _ in 0..head.count {
        match record_at(bytes, at) {
            Some((_, next)) => at = next,
            None => return Parsed::Broken(Reason::Records),
        }
    }
    if head.count == 0 || at != bytes.len() {
        return Parsed::Broken(Reason::Records);
    }
    Parsed::Good(head)
}

/// The time and body of the record at byte `at` of a frame, and where the next one begins.
pub fn record_at(frame: &[u8], at: usize) -> Option<((Time, &[u8]), usize)> {
    let head = frame.get(at..at + RECORD_HEAD)?;
    let end = at + RECORD_HEAD + u32_at(head, 0) as usize;
    let body = frame.get(at + RECORD_HEAD..end)?;
    Some(((Time(i64::from_le_bytes(array_at(head, 4))), body), end))
}

/// Whether nothing was written here.
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes
        .chunks(256)
        .all(|part| part.iter().fold(0, |any, byte| any | byte) == 0)
}

fn segment_crc(head: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&head[..12]);
    crc.update(&head[16..]);
    crc.finalize()
}

/// Number and offset enter too: a frame is valid in its own place only, and one that lies inside
/// a record's body is none.
fn frame_crc(frame: &[u8], number: u32, offset: u64) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&number.to_le_bytes());
    crc.update(&offset.to_le_bytes());
    crc.update(&frame[..12]);
    crc.update(&frame[16..]);
    crc.finalize()
}

fn put_chain(out: &mut Vec<u8>, chain: Chain) {
    out.extend_from_slice(&chain.seq().to_le_bytes());
    out.extend_from_slice(&chain.hash());
}

fn chain_at(bytes: &[u8], at: usize) -> Chain {
    Chain::at(u64_at(bytes, at), array_at(bytes, at + 8))
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has N bytes")
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            first in 1..u64::MAX / 2,
            records in prop::collection::vec((any::<i64>(), prop::collection::vec(any::<u8>(), 0..200)), 1..40),
            wall: i64,
            hash: [u8; 32],
            (number, place) in (1..u32::MAX, 0..1u64 << 20),
        ) {
            let mut batch = Batch::new();
            for (seq, (time, body)) in (first..).zip(&records) {
                batch.push(seq, Time(*time), body).unwrap();
            }
            let chain = Chain::at(first - 1, hash);
            let mut bytes = Vec::new();
            encode(&mut bytes, &batch, Time(wall), chain, number, place * ALIGN);
            prop_assert_eq!(claimed_length(&bytes), Some(bytes.len()));
            let Parsed::Good(head) = parse(&bytes, number, place * ALIGN) else {
                return Err(TestCaseError::fail("not read back"));
            };
            prop_assert_eq!((head.first_seq, head.count as usize), (first, records.len()));
            prop_assert_eq!((head.wall, head.chain), (Time(wall), chain));
            let mut at = FRAME_HEAD;
            for (time, body) in &records {
                let (found, next) = record_at(&bytes, at).unwrap();
                prop_assert_eq!(found, (Time(*time), body.as_slice()));
                at = next;
            }
            prop_assert_eq!(at, bytes.len());
            prop_assert!(!is_sealed(&bytes, number, (place + 1) * ALIGN), "valid elsewhere too");
        }

        #[test]
        fn segment_headers_survive(number: u32, first_seq: u64, seq: u64, hash: [u8; 32], bit in 0..SEGMENT_HEAD * 8) {
            let head = SegmentHead { number, first_seq, chain: Chain::at(seq, hash) };
            let mut bytes = Vec::new();
            head.encode(&mut bytes);
            prop_assert_eq!(SegmentHead::parse(&bytes), Parsed::Good(head));
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(SegmentHead::parse(&bytes), Parsed::Broken(Reason::Header));
        }

        #[test]
        fn noise_is_never_a_frame_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(parse(&bytes, 1, 128), Parsed::Broken(Reason::Checksum));
            let mut sealed = bytes;
            if sealed.len() >= 16 {
                seal(&mut sealed, 1, 128);
                prop_assert!(!matches!(parse(&sealed, 1, 128), Parsed::Good(_)));
            }
        }
    }
}
