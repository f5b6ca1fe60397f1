//! Addresses of sockets, also where the path is longer than an address holds.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};

/// Bytes of a path that fit into a socket's address, its end not counted.
const LONGEST: usize = 107;

/// A path that fits, and the folder it may lead through, which stays open with it.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    _folder: Option<OwnedFd>,
}

impl SocketPath {
    /// The address of a socket; a long one leads through its opened folder.
    ///
    /// # Errors
    /// The folder of a long path cannot be opened.
    pub fn of(path: &Path) -> io::Result<Self> {
        let parts = path.parent().zip(path.file_name());
        let Some((dir, file)) = parts.filter(|_| path.as_os_str().len() > LONGEST) else {
            return Ok(Self {
                path: path.to_owned(),
                _folder: None,
            });
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(CWD, dir, flags, Mode::empty())?;
        let through = format!("/proc/self/fd/{}", folder.as_raw_fd());
        Ok(Self {
            path: Path::new(&through).join(file),
            _folder: Some(folder),
        })
    }

    /// What to bind or connect to.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
