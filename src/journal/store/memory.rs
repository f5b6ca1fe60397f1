//! Segments in memory, for simulation, backtests and tests: crashes and faults on demand.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Segment, SegmentFile, Store};

/// What goes wrong at the next operation it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No segment can be made: ENOSPC.
    NoSpace,
    /// A write changes nothing and fails: EIO.
    Write,
    /// A write ends after that many bytes and fails: EIO.
    TornWrite(usize),
    /// A sync fails: EIO. What was written since the last one is not durable.
    Sync,
}

/// A folder in memory. Clones are the same folder; [`MemoryStore::fork`] makes another.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Folder>>);

#[derive(Debug, Clone, Default)]
struct Folder {
    segments: BTreeMap<u32, Content>,
    faults: Vec<Fault>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    /// What unsynced writes overwrote, oldest first.
    undo: Vec<(usize, Vec<u8>)>,
}

impl MemoryStore {
    /// An empty folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next operation that fits go wrong, once.
    pub fn inject(&self, fault: Fault) {
        self.folder().faults.push(fault);
    }

    /// Another folder with the same content and no faults.
    #[must_use]
    pub fn fork(&self) -> Self {
        let segments = self.folder().segments.clone();
        Self(Arc::new(Mutex::new(Folder {
            segments,
            faults: Vec::new(),
        })))
    }

    /// Another folder, as the disk would be after the power failed: unsynced writes are gone.
    #[must_use]
    pub fn after_power_loss(&self) -> Self {
        let fork = self.fork();
        for content in fork.folder().segments.values_mut() {
            while let Some((at, old)) = content.undo.pop() {
                content.bytes[at..at + old.len()].copy_from_slice(&old);
            }
        }
        fork
    }

    /// Changes a segment's bytes behind the journal's back, durably; `false` when there is no such segment.
    pub fn edit(&self, number: u32, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut folder = self.folder();
        let content = folder.segments.get_mut(&number);
        content
            .map(|content| {
                change(&mut content.bytes);
                content.undo.clear();
            })
            .is_some()
    }

    fn folder(&self) -> MutexGuard<'_, Folder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Folder {
    fn take(&mut self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let at = self.faults.iter().position(fits)?;
        Some(self.faults.remove(at))
    }

    fn content(&mut self, number: u32) -> io::Result<&mut Content> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        self.segments.get_mut(&number).ok_or_else(missing)
    }
}

fn eio() -> io::Error {
    rustix::io::Errno::IO.into()
}

impl Store for MemoryStore {
    fn lock(&self) -> io::Result<()> {
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<SegmentFile>> {
        let folder = self.folder();
        let each = folder.segments.iter().map(|(number, content)| SegmentFile {
            number: *number,
            bytes: content.bytes.len() as u64,
        });
        Ok(each.collect())
    }

    fn create(&self, number: u32, bytes: u64) -> io::Result<()> {
        let mut folder = self.folder();
        if folder.take(|f| *f == Fault::NoSpace).is_some() {
            return Err(rustix::io::Errno::NOSPC.into());
        }
        let bytes = usize::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let content = Content {
            bytes: vec![0; bytes],
            undo: Vec::new(),
        };
        folder.segments.insert(number, content);
        Ok(())
    }

    fn remove(&self, number: u32) -> io::Result<()> {
        let mut folder = self.folder();
        folder.content(number)?;
        folder.segments.remove(&number);
        Ok(())
    }

    fn open(&self, number: u32) -> io::Result<Box<dyn Segment>> {
        self.folder().content(number)?;
        Ok(Box::new(MemorySegment {
            store: self.clone(),
            number,
        }))
    }
}

struct MemorySegment {
    store: MemoryStore,
    number: u32,
}

impl Segment for MemorySegment {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.store.folder().content(self.number)?.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut folder = self.store.folder();
        let bytes = &folder.content(self.number)?.bytes;
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let part = buffer.len().min(bytes.len() - from);
        buffer[..part].copy_from_slice(&bytes[from..from + part]);
        Ok(part)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut folder = self.store.folder();
        let fault = folder.take(|f| matches!(f, Fault::Write | Fault::TornWrite(_)));
        let part = match fault {
            Some(Fault::TornWrite(part)) => part.min(bytes.len()),
            Some(_) => 0,
            None => bytes.len(),
        };
        let content = folder.content(self.number)?;
        let at = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let end = at + part;
        if end > content.bytes.len() {
            content.bytes.resize(end, 0);
        }
        content.undo.push((at, content.bytes[at..end].to_vec()));
        content.bytes[at..end].copy_from_slice(&bytes[..part]);
        fault.map_or(Ok(()), |_| Err(eio()))
    }

    fn sync(&self) -> io::Result<()> {
        let mut folder = self.store.folder();
        if folder.take(|f| *f == Fault::Sync).is_some() {
            return Err(eio());
        }
        folder.content(self.number)?.undo.clear();
        Ok(())
    }
}
