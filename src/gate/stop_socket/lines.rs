//! Lines over a socket, each with a deadline and a longest length.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Bytes of the longest line; what is longer is cut there and ends the conversation.
pub(super) const LONGEST: usize = 64 * 1024;
/// How long a peer may take to make room for an answer.
const WRITE_WITHIN: Duration = Duration::from_secs(1);

pub(super) struct Lines {
    stream: UnixStream,
    buffer: Vec<u8>,
}

pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    /// Whether it was ended by its peer, so that another can follow.
    pub(super) whole: bool,
}

impl Lines {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_write_timeout(Some(WRITE_WITHIN))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// The next line, or `None` after the last.
    ///
    /// # Errors
    /// `TimedOut` at the deadline; whatever the socket says.
    pub(super) fn next(&mut self, deadline: Instant) -> io::Result<Option<Line>> {
        let mut searched = 0;
        loop {
            let found = self.buffer[searched..].iter().position(|b| *b == b'\n');
            if let Some(end) = found.map(|at| at + searched) {
                let rest = self.buffer.split_off(end + 1);
                let bytes = std::mem::replace(&mut self.buffer, rest);
                return Ok(Some(Line { bytes, whole: true }));
            }
            searched = self.buffer.len();
            if searched >= LONGEST {
                return Ok(Some(self.cut()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(0) if self.buffer.is_empty() => return Ok(None),
                Ok(0) => return Ok(Some(self.cut())),
                Ok(n) => self.buffer.extend_from_slice(&chunk[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(e) => return Err(e),
            }
        }
    }

    pub(super) fn send(&mut self, document: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(document)?;
        line.push(b'\n');
        self.stream.write_all(&line)
    }

    fn cut(&mut self) -> Line {
        Line {
            bytes: std::mem::take(&mut self.buffer),
            whole: false,
        }
    }
}
