//! Goes from frame to frame. It never changes anything, so it works beside a writer.

use std::ops::Range;
use std::sync::Arc;

use super::chain::Chain;
use super::error::{Damage, JournalError, Reason, doing};
use super::frame::{self, FRAME_HEAD, FrameHead, Parsed, SEGMENT_HEAD, SegmentHead};
use super::heads::{good_head, read_head};
use super::store::{CHUNK, Segment, Store};
use super::survey::{self, Rest};

/// Bytes of the first read after a stop: a follower that is up to date reads little.
const FIRST_READ: usize = 16 << 10;

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// A whole frame; its bytes are in [`Cursor::frame`].
    Frame(FrameHead),
    /// Nothing yet. It can be asked again.
    End,
    /// Something that is no whole frame: an unfinished tail or damage. It can be asked again.
    Broken(Damage),
}

/// What comes next, once it is known that an end is one.
#[derive(Debug)]
pub enum Settled {
    /// A whole frame; its bytes are in [`Cursor::frame`].
    Frame(FrameHead),
    /// The end, and what lies behind it: nothing valid.
    Tail(Vec<Rest>),
}

/// A place in the journal, and what was read around it.
pub struct Cursor {
    store: Arc<dyn Store>,
    number: u32,
    segment: Option<Box<dyn Segment>>,
    segment_bytes: u64,
    segment_chain: Chain,
    offset: u64,
    expected: Option<u64>,
    /// Damage that lies wholly before this record is passed over.
    wanted: u64,
    passed: Option<Damage>,
    chain: Chain,
    chunk: Vec<u8>,
    chunk_at: u64,
    next_read: usize,
    frame: Range<usize>,
    frame_offset: u64,
}

impl Cursor {
    /// Stands before the frame that holds `from_seq`, or a little earlier. What is damaged before
    /// that record does no harm to who does not want it: it is passed over, and told by
    /// [`Cursor::passed`].
    pub fn start(store: Arc<dyn Store>, from_seq: u64) -> Result<Self, JournalError> {
        let mut number = 1;
        let mut first = None;
        for file in store
            .list()
            .map_err(doing("listing segments"))?
            .iter()
            .rev()
        {
            number = file.number;
            first = good_head(&*store, number)?.map(|head| head.first_seq);
            if first.is_some_and(|first| first <= from_seq) {
                break;
            }
        }
        if let Some(first) = first.filter(|f| *f > from_seq.max(1)) {
            let asked = from_seq;
            return Err(JournalError::Archived { asked, first });
        }
        Ok(Self {
            wanted: from_seq,
            ..Self::at_segment(store, number)
        })
    }

    /// Stands before the first frame of segment `number`.
    pub fn at_segment(store: Arc<dyn Store>, number: u32) -> Self {
        Self {
            store,
            number,
            segment: None,
            segment_bytes: 0,
            segment_chain: Chain::default(),
            offset: 0,
            expected: (number == 1).then_some(1),
            wanted: 0,
            passed: None,
            chain: Chain::default(),
            chunk: Vec::new(),
            chunk_at: 0,
            next_read: FIRST_READ,
            frame: 0..0,
            frame_offset: 0,
        }
    }

    /// The frame after the last one.
    pub fn next(&mut self) -> Result<Next, JournalError> {
        if self.segment.is_none() {
            match read_head(&*self.store, self.number)? {
                None | Some((Parsed::Blank, _)) => return Ok(Next::End),
                Some((Parsed::Good(head), segment)) if self.fits(&head, self.number) => {
                    self.enter(head, segment)?;
                }
                Some((head, _)) => return self.bad_head(head, self.number),
            }
        }
        let mut fresh = false;
        loop {
            let read_before = !self.chunk.is_empty();
            match self.peek()? {
                Parsed::Good(head) => return Ok(self.step(head)),
                // A writer may have written here since this was read.
                Parsed::Blank | Parsed::Broken(_) if read_before => {
                    self.forget();
                    continue;
                }
                Parsed::Broken(reason) => {
                    self.forget();
                    return Ok(Next::Broken(self.damage(self.number, self.offset, reason)));
                }
                Parsed::Newer { version, kind } => {
                    return Err(JournalError::Newer {
                        segment: self.number,
                        offset: self.offset,
                        version,
                        kind,
                    });
                }
                Parsed::Blank => {}
            }
            self.forget();
            let number = self.number + 1;
            match read_head(&*self.store, number)? {
                None | Some((Parsed::Blank, _)) => return Ok(Next::End),
                Some((Parsed::Good(head), segment)) if self.fits(&head, number) => {
                    self.enter(head, segment)?;
                }
                // A writer may have gone on here and then there, after the look at this place.
                Some((Parsed::Good(_), _)) if !fresh => fresh = true,
                Some((head, _)) => return self.bad_head(head, number),
            }
        }
    }

    /// The bytes of the frame that came last.
    pub fn frame(&self) -> &[u8] {
        &self.chunk[self.frame.clone()]
    }

    /// Where that frame begins.
    pub fn frame_offset(&self) -> u64 {
        self.frame_offset
    }

    /// The hash chain as the header of this segment carries it.
    pub fn segment_chain(&self) -> Chain {
        self.segment_chain
    }

    /// The sequence of the next frame, as soon as anything was read or the journal is new.
    pub fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// Whether records that come before the first wanted one are still to be passed.
    pub fn is_before_wanted(&self) -> bool {
        self.expected.is_none_or(|seq| seq < self.wanted)
    }

    /// The first damage that was passed over.
    pub fn passed(&self) -> Option<&Damage> {
        self.passed.as_ref()
    }

    /// The hash chain as far as what was read so far carries it.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// Number and length of the segment it stands in, once there is one.
    pub fn segment(&self) -> Option<(u32, u64)> {
        let entered = self.segment.is_some();
        entered.then_some((self.number, self.segment_bytes))
    }

    /// The number of the segment it stands in or waits for.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Where the next frame begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next frame, or what lies behind the last one when there is none.
    ///
    /// # Errors
    /// Damage, when something valid lies behind a place where no whole frame is.
    pub fn settle(&mut self) -> Result<Settled, JournalError> {
        loop {
            if let Next::Frame(head) = self.next()? {
                return Ok(Settled::Frame(head));
            }
            // Also where it is the next segment that is broken: this one may hold more.
            let (number, offset) = (self.number, self.offset);
            let rest =
                survey::rest(&*self.store, number, offset).map_err(doing("reading the tail"))?;
            let valid = rest.iter().find_map(|r| r.valid.map(|at| (r.number, at)));
            let Some(valid) = valid else {
                return Ok(Settled::Tail(rest));
            };
            // A writer may have finished this frame and begun the next between two looks.
            let damage = match self.next()? {
                Next::Frame(head) => return Ok(Settled::Frame(head)),
                Next::Broken(damage) if damage.segment == self.number => damage,
                _ if valid.0 == self.number => self.damage(number, offset, Reason::Hole),
                Next::Broken(damage) => damage,
                Next::End => {
                    let after = self.number + 1;
                    let there = rest.iter().any(|part| part.number == after);
                    let reason = if there {
                        Reason::Hole
                    } else {
                        Reason::MissingSegment
                    };
                    self.damage(after, 0, reason)
                }
            };
            match self.behind(valid)? {
                Some(behind) => {
                    *self = Self {
                        wanted: self.wanted,
                        passed: self.passed.take().or(Some(damage)),
                        ..behind
                    }
                }
                None => return Err(damage.into()),
            }
        }
    }

    /// Stands at a valid header or frame behind damage, where no record that is wanted can be
    /// missing before it.
    fn behind(&self, (number, at): (u32, u64)) -> Result<Option<Self>, JournalError> {
        let mut behind = Self::at_segment(Arc::clone(&self.store), number);
        let Some((head, segment)) = read_head(&*self.store, number)? else {
            return Ok(None);
        };
        match head {
            Parsed::Good(head) if at == 0 => behind.enter(head, segment)?,
            _ => {
                behind.segment_bytes = segment.bytes().map_err(doing("measuring a segment"))?;
                behind.segment = Some(segment);
                (behind.offset, behind.chunk_at) = (at, at);
                behind.expected = match behind.peek()? {
                    Parsed::Good(head) => Some(head.first_seq),
                    _ => None,
                };
            }
        }
        let known = self.expected.unwrap_or(1);
        let harmless = |seq| known < self.wanted && known <= seq && seq <= self.wanted;
        Ok(behind.expected.is_some_and(harmless).then_some(behind))
    }

    /// Damage in some place, with the last record that is good.
    pub fn damage(&self, segment: u32, offset: u64, reason: Reason) -> Damage {
        Damage {
            segment,
            offset,
            reason,
            last_good: self.expected.map_or(0, |seq| seq - 1),
        }
    }

    fn fits(&self, head: &SegmentHead, number: u32) -> bool {
        head.number == number && self.expected.is_none_or(|seq| seq == head.first_seq)
    }

    fn bad_head(&self, head: Parsed<SegmentHead>, segment: u32) -> Result<Next, JournalError> {
        let reason = match head {
            Parsed::Newer { version, kind } => {
                return Err(JournalError::Newer {
                    segment,
                    offset: 0,
                    version,
                    kind,
                });
            }
            Parsed::Good(head) if head.number == segment => Reason::Gap {
                expected: self.expected.unwrap_or(1),
                found: head.first_seq,
            },
            _ => Reason::Header,
        };
        Ok(Next::Broken(self.damage(segment, 0, reason)))
    }

    fn enter(&mut self, head: SegmentHead, segment: Box<dyn Segment>) -> Result<(), JournalError> {
        self.number = head.number;
        self.segment_bytes = segment.bytes().map_err(doing("measuring a segment"))?;
        self.segment = Some(segment);
        self.offset = SEGMENT_HEAD as u64;
        self.expected = Some(head.first_seq);
        self.chain = head.chain;
        self.segment_chain = head.chain;
        self.chunk.clear();
        self.chunk_at = self.offset;
        Ok(())
    }

    fn step(&mut self, head: FrameHead) -> Next {
        let expected = self.expected.expect("set when the segment was entered");
        if head.first_seq != expected {
            let found = head.first_seq;
            self.forget();
            let reason = Reason::Gap { expected, found };
            return Next::Broken(self.damage(self.number, self.offset, reason));
        }
        let start = self.position();
        self.frame = start..start + head.length;
        self.frame_offset = self.offset;
        self.offset = frame::aligned(self.offset + head.length as u64);
        self.expected = Some(expected + u64::from(head.count));
        self.chain = head.chain;
        Next::Frame(head)
    }

    fn peek(&mut self) -> Result<Parsed<FrameHead>, JournalError> {
        let have = self.fill(FRAME_HEAD)?;
        let from = self.position().min(self.chunk.len());
        if frame::is_blank(&self.chunk[from..from + have.min(FRAME_HEAD)]) {
            return Ok(Parsed::Blank);
        }
        let Some(length) = frame::claimed_length(&self.chunk[from..]) else {
            return Ok(Parsed::Broken(Reason::Magic));
        };
        if length < 16 || length as u64 > self.segment_bytes - self.offset {
            return Ok(Parsed::Broken(Reason::Length));
        }
        if self.fill(length)? < length {
            return Ok(Parsed::Broken(Reason::Length));
        }
        let from = self.position();
        let bytes = &self.chunk[from..from + length];
        Ok(frame::parse(bytes, self.number, self.offset))
    }

    fn position(&self) -> usize {
        usize::try_from(self.offset - self.chunk_at).expect("within a chunk")
    }

    /// Has `need` bytes from the next frame's place on in the chunk, where the segment has them;
    /// returns how many there are.
    fn fill(&mut self, need: usize) -> Result<usize, JournalError> {
        let start = self.position();
        let have = self.chunk.len().saturating_sub(start);
        if have >= need || self.chunk_at + self.chunk.len() as u64 >= self.segment_bytes {
            return Ok(have);
        }
        self.chunk.drain(..start.min(self.chunk.len()));
        self.chunk_at = self.offset;
        self.chunk.resize(need.max(self.next_read), 0);
        self.next_read = (self.next_read * 2).min(CHUNK);
        let segment = self.segment.as_ref().expect("entered before it is read");
        let read = segment
            .read_at(self.offset + have as u64, &mut self.chunk[have..])
            .map_err(doing("reading a segment"))?;
        self.chunk.truncate(have + read);
        Ok(self.chunk.len())
    }

    /// Forgets what was read ahead: a writer may write there.
    fn forget(&mut self) {
        self.chunk.clear();
        self.chunk_at = self.offset;
        self.next_read = FIRST_READ;
    }
}
