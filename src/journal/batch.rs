//! The records of one commit, encoded as they come in.

use crate::core::Time;

/// Records in a batch at most.
pub const MAX_RECORDS: u32 = 1024;
/// Encoded bytes at which a batch counts as full.
pub const MAX_BATCH_BYTES: usize = 1 << 20;
/// Bytes of one record's body at most.
pub const MAX_BODY: usize = 1 << 20;

/// Why a record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// No batch could take it.
    #[error("a record of {bytes} bytes is larger than the {MAX_BODY} a journal takes")]
    Body {
        /// The body's length.
        bytes: usize,
    },
    /// This batch takes no more; the next one will.
    #[error("the batch is full: {MAX_RECORDS} records or {MAX_BATCH_BYTES} bytes")]
    Batch,
}

/// A reusable buffer of encoded records, in sequence.
#[derive(Debug, Default)]
pub struct Batch {
    first_seq: u64,
    count: u32,
    bytes: Vec<u8>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`TooLarge`] when the body exceeds [`MAX_BODY`] or the batch is full; the batch is unchanged.
    ///
    /// # Panics
    /// When `seq` does not follow the record before it.
    pub fn push(&mut self, seq: u64, time: Time, body: &[u8]) -> Result<(), TooLarge> {
        if body.len() > MAX_BODY {
            return Err(TooLarge::Body { bytes: body.len() });
        }
        if self.is_full() {
            return Err(TooLarge::Batch);
        }
        if self.count == 0 {
            self.first_seq = seq;
        }
        assert_eq!(
            seq,
            self.first_seq + u64::from(self.count),
            "records enter a batch in sequence"
        );
        let length = u32::try_from(body.len()).expect("checked against MAX_BODY");
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(&time.0.to_le_bytes());
        self.bytes.extend_from_slice(body);
        self.count += 1;
        Ok(())
    }

    /// Whether it is time to commit: [`MAX_RECORDS`] or [`MAX_BATCH_BYTES`] are reached.
    pub fn is_full(&self) -> bool {
        self.count >= MAX_RECORDS || self.bytes.len() >= MAX_BATCH_BYTES
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many records are in it.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// The sequence of its first record; 0 when empty.
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.first_seq = 0;
        self.count = 0;
        self.bytes.clear();
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_records_and_bytes() {
        let mut batch = Batch::new();
        for seq in 1..=u64::from(MAX_RECORDS) {
            assert!(!batch.is_full());
            batch.push(seq, Time(0), b"").unwrap();
        }
        assert!(batch.is_full());
        assert_eq!(batch.push(1025, Time(0), b""), Err(TooLarge::Batch));
        batch.clear();
        assert!(batch.is_empty());

        batch.push(9, Time(0), &vec![0; MAX_BODY]).unwrap();
        assert!(batch.is_full());
        batch.clear();
        let bytes = MAX_BODY + 1;
        assert_eq!(
            batch.push(9, Time(0), &vec![0; bytes]),
            Err(TooLarge::Body { bytes })
        );
        assert!(batch.is_empty());
    }
}
