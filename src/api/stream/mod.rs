//! The agents' stream: one long-lived WebSocket, JSON frames with a request id each, many requests
//! under way. What is asked is what HTTP asks, and so is the answer; messages come by themselves.
//!
//! Everything is bounded, and a slow or dead client is its own harm: requests are read only while
//! there is room for their answers, messages are taken from the mailbox only when the socket takes
//! them, and who does not read is cut off.

mod connection;
mod frame;
mod ops;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, close_code};

use super::Api;
pub(super) use connection::run;

/// Where it is.
pub(super) const PATH: &str = "/api/v1/agent";

/// Bytes read at once.
pub(super) const READ: usize = 4_096;

/// Bounds of the streams, the agents' and those of events.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Streams at once.
    pub streams: u64,
    /// Requests of one stream under way, or whose answers wait to be written: no more are read.
    pub in_flight: usize,
    /// Bytes of a frame that comes in.
    pub frame_bytes: usize,
    /// How long a client may say nothing, not even answer a ping, or take nothing.
    pub silence: Duration,
    /// Event streams at once.
    pub event_streams: u64,
    /// How long the reader of an event stream may take nothing while more waits.
    pub event_stall: Duration,
    /// Between two signs of life of an event stream that has nothing to tell.
    pub event_heartbeat: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams: 256,
            in_flight: 256,
            frame_bytes: 256 * 1024,
            silence: Duration::from_secs(60),
            event_streams: 64,
            event_stall: Duration::from_secs(30),
            event_heartbeat: Duration::from_secs(15),
        }
    }
}

/// What is counted of streams.
#[derive(Debug, Default)]
pub(super) struct Counts {
    open: AtomicU64,
    cut_off: AtomicU64,
}

impl Counts {
    /// Streams that are open.
    pub(super) fn open(&self) -> u64 {
        self.open.load(Ordering::Acquire)
    }

    /// Clients that were cut off because they took nothing.
    pub(super) fn cut_off(&self) -> u64 {
        self.cut_off.load(Ordering::Acquire)
    }
}

/// A stream's place among those there may be, until it is dropped.
pub(super) struct Seat(Arc<Api>);

impl Seat {
    /// None where all are taken.
    pub(super) fn take(api: &Arc<Api>, most: u64) -> Option<Self> {
        let open = &api.streams.open;
        one_more(open, most).then(|| Self(Arc::clone(api)))
    }
}

/// Counts one more where there is room for it.
pub(super) fn one_more(open: &AtomicU64, most: u64) -> bool {
    let next = |open| (open < most).then_some(open + 1);
    open.fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
        .is_ok()
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.streams.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client has left.
    Gone,
    /// The client was not heard of.
    Silent,
    /// The client does not take what it is sent.
    TooSlow,
    /// A frame was too large, or none.
    Broken,
    /// Its token was replaced by a later one, or revoked.
    Revoked,
    /// The engine has ended.
    Stopped,
}

impl End {
    /// What the client is told; none where nobody listens.
    fn farewell(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Silent => (close_code::POLICY, "nothing was heard of you for too long"),
            Self::TooSlow => (close_code::POLICY, "you do not take what you are sent"),
            Self::Broken => (close_code::SIZE, "a frame is too large, or is no frame"),
            Self::Revoked => (close_code::POLICY, "your token is worth nothing any more"),
            Self::Stopped => (close_code::AWAY, "the engine has stopped"),
        };
        Some(CloseFrame {
            code,
            reason: reason.into(),
        })
    }
}
