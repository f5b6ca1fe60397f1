//! One engine a state folder: the file `lock`, held by the kernel for as long as the process lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::folder::make_state_dir;
use crate::core::Time;

/// [`is_held`] holds the lock for an instant; an engine that starts just then tries again.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// The held lock; dropping it, or the end of the process in whatever way, releases it.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
    started_at: Time,
}

/// Who holds the lock, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// When it took the lock, RFC 3339.
    pub started_at: String,
}

/// Why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it; its name is absent in the instant before it is written.
    #[error("{}", held(.0.as_ref()))]
    HeldBy(Option<Holder>),
    /// The folder or the file cannot be written.
    #[error("the lock file: {0}")]
    Io(#[from] io::Error),
}

impl StateLock {
    /// Takes the lock of `dir`, which is made (0700) where it is not there, and writes down who
    /// has it.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be written.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        make_state_dir(dir)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join("lock"))?;
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    thread::sleep(BETWEEN_TRIES);
                }
                Err(TryLockError::WouldBlock) => return Err(LockError::HeldBy(holder(&mut file))),
            }
        }
        let started_at = now();
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}\n{started_at}\n", std::process::id())?;
        Ok(Self {
            _file: file,
            started_at,
        })
    }

    /// When it was taken, as the lock file says it.
    pub fn started_at(&self) -> Time {
        self.started_at
    }
}

/// Whether an engine holds the lock of `dir`. Where that cannot be told it counts as held.
pub fn is_held(dir: &Path) -> bool {
    match File::open(dir.join("lock")) {
        Ok(file) => file.try_lock_shared().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

fn holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(256).read_to_string(&mut text).ok()?;
    let (pid, started_at) = text.split_once('\n')?;
    Some(Holder {
        pid: pid.parse().ok()?,
        started_at: started_at.trim_end().to_owned(),
    })
}

fn held(holder: Option<&Holder>) -> String {
    match holder {
        Some(Holder { pid, started_at }) => {
            format!("held by the engine with pid {pid} since {started_at}")
        }
        None => "held by an engine that is just starting".to_owned(),
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Time(since.map_or(0, |s| i64::try_from(s.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_engine_and_says_which() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("state");
        assert!(!is_held(&dir));
        let lock = StateLock::acquire(&dir).unwrap();
        assert!(is_held(&dir));
        let Err(LockError::HeldBy(Some(holder))) = StateLock::acquire(&dir) else {
            panic!("held twice");
        };
        assert_eq!(holder.pid, std::process::id());
        assert_eq!(holder.started_at, lock.started_at().to_string());
        drop(lock);
        assert!(!is_held(&dir), "the file stays, the lock does not");
        StateLock::acquire(&dir).unwrap();
    }

    #[test]
    fn what_an_earlier_engine_wrote_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lock"), "x".repeat(1000)).unwrap();
        let _lock = StateLock::acquire(dir.path()).unwrap();
        let text = std::fs::read_to_string(dir.path().join("lock")).unwrap();
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_lock_that_cannot_be_looked_at_counts_as_held() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(is_held(&file));
    }
}
