//! Files and folders of a copy, made so that a crash leaves them whole or not at all.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::store::sync_dir;

/// Makes a folder and those above it (0700) with durable names; one that is there stays as it is.
///
/// # Errors
/// What the disk says.
pub fn make_dir(dir: &Path) -> io::Result<()> {
    let named = |dir: &&Path| !dir.as_os_str().is_empty();
    let missing = dir
        .ancestors()
        .filter(named)
        .take_while(|dir| !dir.exists());
    let missing = missing.count();
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    // That of the folder itself in any case: who made it may have crashed before its sync.
    for made in dir.ancestors().take(missing.max(1)) {
        match made.parent() {
            Some(parent) if parent.as_os_str().is_empty() => sync_dir(Path::new("."))?,
            Some(parent) => sync_dir(parent)?,
            None => {}
        }
    }
    Ok(())
}

/// Writes a new file (0600): beside its place until it is whole and synced, and then renamed. Its name
/// is durable once its folder is synced.
///
/// # Errors
/// `AlreadyExists` where something is in its place, or what the disk and `fill` say.
pub fn write_new(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if path.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let aside = aside(path);
    let written = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)
        .and_then(|mut file| {
            fill(&mut file)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // What counts is the first error; a leftover is overwritten next time.
        let _ = fs::remove_file(&aside);
    }
    written
}

fn aside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".tmp");
    name.into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b/c");
        make_dir(&dir).unwrap();
        make_dir(&dir).unwrap();
        let path = dir.join("file");
        let torn = write_new(&path, |file| {
            file.write_all(b"half")?;
            assert!(!path.exists(), "not before it is whole");
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(torn.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);

        fs::write(dir.join("file.tmp"), "a longer leftover of a crash").unwrap();
        write_new(&path, |file| file.write_all(b"whole")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        let again = write_new(&path, |_| Ok(())).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}
