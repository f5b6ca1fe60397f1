//! Segments as files: `NNNNNNNN.seg` in one folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{CHUNK, Segment, SegmentFile, Store};

/// A folder of segment files.
#[derive(Debug)]
pub struct FileStore {
    dir: PathBuf,
    writable: bool,
    lock: OnceLock<File>,
}

impl FileStore {
    /// The folder for a writer; it is made, for its owner only, when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn writable(dir: &Path) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)?;
        if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
            sync_dir(parent)?;
        }
        Ok(Self {
            dir: dir.to_owned(),
            writable: true,
            lock: OnceLock::new(),
        })
    }

    /// The folder for readers beside a running engine; nothing is made or changed.
    pub fn read_only(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            writable: false,
            lock: OnceLock::new(),
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{number:08}.seg"))
    }
}

impl Store for FileStore {
    fn lock(&self) -> io::Result<()> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.dir.join("lock"))?;
        match file.try_lock() {
            Ok(()) => {
                self.lock.get_or_init(|| file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<SegmentFile>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|n| n.strip_suffix(".seg"));
            if let Some(Ok(number)) = number.filter(|n| n.len() == 8).map(str::parse) {
                let bytes = entry.metadata()?.len();
                found.push(SegmentFile { number, bytes });
            }
        }
        found.sort_by_key(|segment| segment.number);
        Ok(found)
    }

    fn create(&self, number: u32, bytes: u64) -> io::Result<()> {
        // Under another name until it is whole: a crash leaves no half segment behind.
        let aside = self.dir.join("next.new");
        let made = fill(&aside, bytes)
            .and_then(|()| fs::rename(&aside, self.path(number)))
            .and_then(|()| sync_dir(&self.dir));
        if made.is_err() {
            // What counts is the first error; a leftover is overwritten next time.
            let _ = fs::remove_file(&aside);
        }
        made
    }

    fn remove(&self, number: u32) -> io::Result<()> {
        fs::remove_file(self.path(number))?;
        sync_dir(&self.dir)
    }

    fn open(&self, number: u32) -> io::Result<Box<dyn Segment>> {
        let file = OpenOptions::new()
            .read(true)
            .write(self.writable)
            .open(self.path(number))?;
        Ok(Box::new(FileSegment(file)))
    }
}

fn fill(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    let blank = vec![0; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let part = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
        file.write_all(&blank[..part])?;
        left -= part as u64;
    }
    file.sync_all()
}

/// Makes the names in a folder durable.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

struct FileSegment(File);

impl Segment for FileSegment {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.0.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
