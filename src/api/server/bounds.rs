//! What a caller may take of the server: connections, requests, and time.

use std::time::Duration;

/// Bounds of connections and requests. The socket's owner has places of their own, so that nobody
/// on the network can keep them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections over TCP at once.
    pub connections: usize,
    /// Those of one address at once; of IPv6 a /64 counts as one.
    pub per_address: usize,
    /// How long the head of a request may take over TCP, a handshake, and the pause between two.
    pub header: Duration,
    /// How long a body may take.
    pub body: Duration,
    /// How long somebody may take nothing of an answer.
    pub write: Duration,
    /// The same of a stream, whose own bounds are shorter: they leave time for a last word.
    pub stream: Duration,
    /// Requests a second of one caller, evenly.
    pub requests_per_second: u32,
    /// Requests of one caller at once.
    pub burst: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 256,
            per_address: 64,
            header: Duration::from_secs(15),
            body: Duration::from_secs(15),
            write: Duration::from_secs(30),
            stream: Duration::from_secs(90),
            requests_per_second: 5_000,
            burst: 10_000,
        }
    }
}
