//! `stop.sock`: the stop for other processes, beside everything that could be busy.
//!
//! A line of JSON each way. `{"hardstop":{"by","reason"}}` is answered by
//! `{"epoch","already","gate_us"}` as soon as the gate is closed and by `{"durable_us","seq"}` once
//! that is journaled, both null where it was not within 2 s. `{"ping":true}` is answered by
//! `{"epoch","closed"}`; a console says `"console":"here"` with each ping and `"console":"left"`
//! with its last, so that one which goes without a word is known to be lost.

mod client;
mod lines;
mod path;
mod server;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use client::{Answer, StopError, StopLink, hardstop, ping};
pub use server::StopServer;

const FILE: &str = "stop.sock";
/// How long the second answer is waited for.
const DURABLE_WITHIN: Duration = Duration::from_secs(2);

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Request<'a> {
    Hardstop { by: &'a str, reason: &'a str },
}

#[derive(Serialize)]
struct Ping {
    ping: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<&'static str>,
}

/// What a console says of itself: it watches.
const HERE: &str = "here";
/// It was left.
const LEFT: &str = "left";

/// The gate is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latched {
    /// The epoch it is closed in.
    pub epoch: u64,
    /// Whether it was closed before.
    pub already: bool,
    /// Microseconds from the request being read until no entry could pass.
    pub gate_us: u64,
}

/// The press is in the journal; both are `None` where that was not heard of in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durable {
    /// Microseconds from the request being read until it was durable.
    pub durable_us: Option<u64>,
    /// The journal's sequence then.
    pub seq: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Pong {
    epoch: u64,
    closed: bool,
}

#[cfg(test)]
mod tests;
