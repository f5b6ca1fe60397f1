//! Addresses of sockets, also where the path is longer than an address holds.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::net::SocketAddrUnix;

/// Bytes of a path that fit into an address, its end not counted.
const LONGEST: usize = 107;

/// An address, and the folder it may lead through, which must stay open as long as it is used.
pub(super) struct Address {
    pub(super) unix: SocketAddrUnix,
    _folder: Option<OwnedFd>,
}

impl Address {
    /// The address of `dir/file`; a long one leads through the opened folder.
    pub(super) fn of(dir: &Path, file: &str) -> io::Result<Self> {
        let path = dir.join(file);
        if path.as_os_str().len() <= LONGEST {
            return Ok(Self {
                unix: SocketAddrUnix::new(&path)?,
                _folder: None,
            });
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(CWD, dir, flags, Mode::empty())?;
        let through = format!("/proc/self/fd/{}/{file}", folder.as_raw_fd());
        Ok(Self {
            unix: SocketAddrUnix::new(through)?,
            _folder: Some(folder),
        })
    }
}
