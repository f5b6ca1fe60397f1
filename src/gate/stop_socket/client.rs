//! The other process's end: one request, or a link that is kept for the stop alone.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, connect, socket_with,
    sockopt::{Timeout, set_socket_timeout},
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lines::{LONGEST, Lines};
use super::path::Address;
use super::{DURABLE_WITHIN, Durable, FILE, HERE, LEFT, Latched, Ping, Pong, Request};
use crate::core::Name;

/// What a ping of a link, or a press over it, may take until the first answer.
const LINK_WITHIN: Duration = Duration::from_millis(500);
/// What the answer about durability may take beyond the engine's own limit.
const SLACK: Duration = Duration::from_millis(200);
/// Bytes of a reason that are sent; escaped sixfold they still fit into a line.
const REASON_BYTES: usize = LONGEST / 8;

/// What came of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The gate is closed.
    pub latched: Latched,
    /// Whether that is in the journal.
    pub durable: Durable,
}

/// Why nobody knows whether the gate closed.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// No engine listens there.
    #[error("no engine answers at stop.sock: {0}")]
    Unreachable(#[source] io::Error),
    /// It listens, and did not answer in time, or hung up. The request may have arrived.
    #[error("the engine did not answer at stop.sock: {0}")]
    NoAnswer(#[source] io::Error),
    /// It answered with something else.
    #[error("stop.sock answered {0:?}")]
    Garbled(String),
}

/// Presses the stop of the engine in `state_dir`. The gate's answer is waited for as long as
/// `timeout`, the journal's then for 2 s more.
///
/// # Errors
/// The gate did not answer; what can still be done is the sentinel.
pub fn hardstop(
    state_dir: &Path,
    by: &Name,
    reason: &str,
    timeout: Duration,
) -> Result<Answer, StopError> {
    let deadline = Instant::now() + timeout;
    let mut wire = Wire::open(state_dir, deadline)?;
    let latched = wire.press(by, reason, deadline)?;
    let durable = wire.durable();
    Ok(Answer { latched, durable })
}

/// Whether the stop of the engine in `state_dir` answers within `timeout`.
pub fn ping(state_dir: &Path, timeout: Duration) -> bool {
    let deadline = Instant::now() + timeout;
    Wire::open(state_dir, deadline).is_ok_and(|mut wire| wire.ping(None, deadline).is_ok())
}

/// A connection kept open by an attached console for the stop alone.
pub struct StopLink {
    state_dir: PathBuf,
    by: Name,
    /// What a ping says of a console at this end.
    console: Option<&'static str>,
    wire: Option<Wire>,
}

impl StopLink {
    /// A link to the engine in `state_dir`, for presses by `by`. Nothing is opened yet.
    pub fn new(state_dir: &Path, by: Name) -> Self {
        Self {
            state_dir: state_dir.to_owned(),
            by,
            console: None,
            wire: None,
        }
    }

    /// The same, for a console: the engine knows from each ping that it is watched.
    pub fn of_console(state_dir: &Path, by: Name) -> Self {
        Self {
            console: Some(HERE),
            ..Self::new(state_dir, by)
        }
    }

    /// Says that the console was left, and closes the link.
    pub fn leave(&mut self) {
        self.console = None;
        if let Some(mut wire) = self.wire.take() {
            // An engine that is gone has nobody to miss.
            let _ = wire.ping(Some(LEFT), Instant::now() + LINK_WITHIN);
        }
    }

    /// Whether the stop answers, within 500 ms; it opens the link where it is not open.
    pub fn ping(&mut self) -> bool {
        let console = self.console;
        self.try_twice(|wire, _, deadline| wire.ping(console, deadline))
            .is_ok()
    }

    /// Presses the stop. `latched` hears of the gate at once, the return value of the journal too.
    ///
    /// # Errors
    /// The gate did not answer within 500 ms, over a new connection neither.
    pub fn engage(
        &mut self,
        reason: &str,
        latched: impl FnOnce(Latched),
    ) -> Result<Answer, StopError> {
        let first = self.try_twice(|wire, by, deadline| wire.press(by, reason, deadline))?;
        latched(first);
        let durable = self.wire.as_mut().map(Wire::durable);
        if durable.is_none_or(|durable| durable.seq.is_none()) {
            // Its answer may still come, and would pass for the next one's.
            self.wire = None;
        }
        Ok(Answer {
            latched: first,
            durable: durable.unwrap_or_default(),
        })
    }

    /// Over the open connection, and where that fails over a new one, for as long in all as one
    /// may take: an engine that was restarted is found again without anybody noticing.
    fn try_twice<T>(
        &mut self,
        ask: impl Fn(&mut Wire, &Name, Instant) -> Result<T, StopError>,
    ) -> Result<T, StopError> {
        let deadline = Instant::now() + LINK_WITHIN;
        if let Some(mut wire) = self.wire.take()
            && let Ok(answer) = ask(&mut wire, &self.by, deadline)
        {
            self.wire = Some(wire);
            return Ok(answer);
        }
        let mut wire = Wire::open(&self.state_dir, deadline)?;
        let answer = ask(&mut wire, &self.by, deadline)?;
        self.wire = Some(wire);
        Ok(answer)
    }
}

struct Wire(Lines);

impl Wire {
    fn open(state_dir: &Path, deadline: Instant) -> Result<Self, StopError> {
        let open = || -> io::Result<Lines> {
            let address = Address::of(state_dir, FILE)?;
            let socket = socket_with(
                AddressFamily::UNIX,
                SocketType::STREAM,
                SocketFlags::CLOEXEC,
                None,
            )?;
            // It bounds the connecting too, which waits where the engine takes nobody.
            set_socket_timeout(&socket, Timeout::Send, Some(left(deadline)?))?;
            connect(&socket, &address.unix)?;
            Lines::new(UnixStream::from(socket))
        };
        open().map(Self).map_err(StopError::Unreachable)
    }

    fn press(&mut self, by: &Name, reason: &str, deadline: Instant) -> Result<Latched, StopError> {
        let reason = &reason[..reason.floor_char_boundary(REASON_BYTES)];
        let by = by.as_str();
        self.ask(&Request::Hardstop { by, reason }, deadline)
    }

    fn ping(
        &mut self,
        console: Option<&'static str>,
        deadline: Instant,
    ) -> Result<Pong, StopError> {
        let ping = true;
        self.ask(&Ping { ping, console }, deadline)
    }

    /// The second answer; an engine that has none to give in time leaves both open.
    fn durable(&mut self) -> Durable {
        self.answer(Instant::now() + DURABLE_WITHIN + SLACK)
            .unwrap_or_default()
    }

    fn ask<T: DeserializeOwned>(
        &mut self,
        request: &impl Serialize,
        deadline: Instant,
    ) -> Result<T, StopError> {
        self.0.send(request).map_err(StopError::NoAnswer)?;
        self.answer(deadline)
    }

    fn answer<T: DeserializeOwned>(&mut self, deadline: Instant) -> Result<T, StopError> {
        let line = self.0.next(deadline).map_err(StopError::NoAnswer)?;
        let hung_up = || StopError::NoAnswer(io::ErrorKind::UnexpectedEof.into());
        let bytes = line.ok_or_else(hung_up)?.bytes;
        serde_json::from_slice(&bytes).map_err(|_| {
            let text = String::from_utf8_lossy(&bytes);
            StopError::Garbled(text.trim_end().chars().take(200).collect())
        })
    }
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}
