//! The sentinel: a file `stop/EPOCH` in the state folder that says, whatever else is lost, that
//! this epoch was stopped. Any above the last epoch cleared means hardstopped.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::folder::{make_state_dir, sync_dir};
use super::word::MAX_EPOCH;

/// A sentinel made ready, so that engaging writes nothing and needs no space. It holds the last
/// epoch known, for a process that must name the next one without reading the journal.
const READY: &str = ".ready";

/// The sentinels of a state folder. Any process may engage; only the one with the lock prepares
/// and removes.
#[derive(Debug, Clone)]
pub struct Sentinel {
    folder: PathBuf,
}

impl Sentinel {
    /// The sentinels of `state_dir`, as they are: nothing is written.
    pub fn at(state_dir: &Path) -> Self {
        Self {
            folder: state_dir.join("stop"),
        }
    }

    /// The same, made ready for the stop after `last_epoch`.
    ///
    /// # Errors
    /// The folder or the ready file cannot be written.
    pub fn prepare(state_dir: &Path, last_epoch: u64) -> io::Result<Self> {
        let sentinel = Self::at(state_dir);
        sentinel.make_ready(last_epoch)?;
        Ok(sentinel)
    }

    /// Makes the next one ready where it is not.
    pub(super) fn make_ready(&self, last_epoch: u64) -> io::Result<()> {
        if self.hint() == Some(last_epoch) {
            return Ok(());
        }
        self.make_folder()?;
        self.write(READY, last_epoch)?;
        sync_dir(&self.folder)
    }

    /// Leaves `stop/EPOCH`, durably. Where one was made ready it takes a rename and no space.
    /// Engaging an epoch again is no error.
    ///
    /// # Errors
    /// Neither a rename nor a new file reached the disk.
    pub fn engage(&self, epoch: u64) -> io::Result<()> {
        let name = epoch.to_string();
        let path = self.folder.join(&name);
        // Replacing a sentinel by a sentinel loses nothing, so a race here is none.
        if !path.try_exists()? && fs::rename(self.folder.join(READY), &path).is_err() {
            self.make_folder()?;
            self.write(&name, epoch)?;
        }
        sync_dir(&self.folder)
    }

    /// The epochs that have a sentinel, lowest first. Names that are no epoch are no sentinels.
    ///
    /// # Errors
    /// The folder cannot be read; one that is not there has none.
    pub fn list(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut epochs = Vec::new();
        for entry in entries {
            epochs.extend(epoch_of(&entry?.file_name().to_string_lossy()));
        }
        epochs.sort_unstable();
        Ok(epochs)
    }

    /// Removes `stop/EPOCH` after its clear is durable; one that is not there is no error. Where
    /// none is ready it becomes the ready one again, so that a full disk stays prepared.
    ///
    /// # Errors
    /// It could not be removed.
    pub fn remove(&self, epoch: u64) -> io::Result<()> {
        let path = self.folder.join(epoch.to_string());
        let removed = if self.is_ready() {
            fs::remove_file(&path)
        } else {
            refresh(&path, epoch).and_then(|()| fs::rename(&path, self.folder.join(READY)))
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| sync_dir(&self.folder)),
        }
    }

    /// The epoch that a process outside the engine engages, where it knows `last_known` (0 for
    /// nothing): above that, above every sentinel, and above the engine's own last one.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn next_epoch(&self, last_known: u64) -> io::Result<u64> {
        let highest = self.list()?.last().copied();
        let last = last_known.max(highest.unwrap_or(0));
        Ok((last.max(self.hint().unwrap_or(0)) + 1).min(MAX_EPOCH))
    }

    /// Whether the next engaging needs no space.
    pub fn is_ready(&self) -> bool {
        self.folder.join(READY).exists()
    }

    fn hint(&self) -> Option<u64> {
        epoch_of_digits(fs::read_to_string(self.folder.join(READY)).ok()?.trim())
    }

    fn make_folder(&self) -> io::Result<()> {
        if !self.folder.is_dir() {
            make_state_dir(&self.folder)?;
            if let Some(state_dir) = self.folder.parent() {
                sync_dir(state_dir)?;
            }
        }
        Ok(())
    }

    /// Writes a whole synced file aside and gives it its name; the folder is the caller's to sync.
    fn write(&self, name: &str, epoch: u64) -> io::Result<()> {
        let aside = self.folder.join(format!(".{}", std::process::id()));
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)
            .and_then(|file| fill(file, epoch))
            .and_then(|()| fs::rename(&aside, self.folder.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written
    }
}

/// The highest epoch with a sentinel above the last one cleared in the journal (0 for none): at a
/// start it means hardstopped, in that epoch.
///
/// # Errors
/// The folder cannot be read, so nobody knows: treat it as hardstopped.
pub fn latched_above(state_dir: &Path, last_cleared: u64) -> io::Result<Option<u64>> {
    let epochs = Sentinel::at(state_dir).list()?;
    Ok(epochs.last().copied().filter(|epoch| *epoch > last_cleared))
}

/// Twenty digits whatever the epoch, so that writing it anew takes no space.
fn fill(mut file: File, epoch: u64) -> io::Result<()> {
    writeln!(file, "{epoch:020}")?;
    file.sync_all()
}

fn refresh(path: &Path, epoch: u64) -> io::Result<()> {
    fill(OpenOptions::new().write(true).open(path)?, epoch)
}

/// The epoch of a sentinel's name: no sign, no zero in front, so that an epoch has one name.
fn epoch_of(name: &str) -> Option<u64> {
    epoch_of_digits(name).filter(|epoch| *epoch > 0 && name == epoch.to_string())
}

fn epoch_of_digits(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|epoch| *epoch <= MAX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[test]
    fn a_sentinel_outlives_the_process_and_is_gone_when_cleared() {
        let dir = tempfile::tempdir().unwrap();
        Sentinel::prepare(dir.path(), 6).unwrap().engage(7).unwrap();
        assert_eq!(latched_above(dir.path(), 6).unwrap(), Some(7));
        let after_restart = Sentinel::prepare(dir.path(), 7).unwrap();
        assert_eq!(after_restart.list().unwrap(), [7]);
        assert_eq!(latched_above(dir.path(), 7).unwrap(), None, "cleared");
        after_restart.remove(7).unwrap();
        after_restart.remove(7).unwrap();
        assert!(after_restart.list().unwrap().is_empty());
    }

    #[test]
    fn a_full_disk_needs_a_rename_only() {
        let dir = tempfile::tempdir().unwrap();
        let sentinel = Sentinel::prepare(dir.path(), 0).unwrap();
        let ready = dir.path().join("stop").join(READY);
        let prepared = fs::metadata(&ready).unwrap();
        sentinel.engage(1).unwrap();
        let engaged = fs::metadata(dir.path().join("stop/1")).unwrap();
        assert_eq!(engaged.ino(), prepared.ino(), "no new file");
        assert_eq!(engaged.mtime_nsec(), prepared.mtime_nsec(), "no new byte");
        assert_eq!(engaged.permissions().mode() & 0o777, 0o600);

        sentinel.remove(1).unwrap();
        let again = fs::metadata(&ready).unwrap();
        assert_eq!(again.ino(), prepared.ino(), "ready again without space");
        sentinel.engage(2).unwrap();
        assert_eq!(sentinel.list().unwrap(), [2]);
    }

    #[test]
    fn a_folder_that_never_held_an_engine_can_be_latched() {
        let dir = tempfile::tempdir().unwrap();
        let sentinel = Sentinel::at(dir.path());
        assert_eq!(latched_above(dir.path(), 0).unwrap(), None);
        let epoch = sentinel.next_epoch(0).unwrap();
        sentinel.engage(epoch).unwrap();
        sentinel.engage(epoch).unwrap();
        assert_eq!(latched_above(dir.path(), 0).unwrap(), Some(1));
    }

    #[test]
    fn an_outsider_names_an_epoch_above_all_that_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Sentinel::prepare(dir.path(), 40).unwrap();
        let outsider = Sentinel::at(dir.path());
        assert_eq!(outsider.next_epoch(0).unwrap(), 41, "the engine's hint");
        assert_eq!(outsider.next_epoch(50).unwrap(), 51, "its own knowledge");
        engine.engage(41).unwrap();
        assert_eq!(outsider.next_epoch(0).unwrap(), 42, "the sentinel there");
        engine.remove(41).unwrap();
        assert_eq!(
            outsider.next_epoch(0).unwrap(),
            42,
            "cleared, not forgotten"
        );
    }

    #[test]
    fn other_names_in_the_folder_are_no_sentinels() {
        let dir = tempfile::tempdir().unwrap();
        let sentinel = Sentinel::prepare(dir.path(), 0).unwrap();
        for name in [
            "0",
            "007",
            "+8",
            "note",
            "99999999999999999999",
            "4294967296",
        ] {
            fs::write(dir.path().join("stop").join(name), "").unwrap();
        }
        assert!(sentinel.list().unwrap().is_empty());
    }
}
