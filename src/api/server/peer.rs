//! Who is at the other end of a connection.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Who is at the other end. It shows as `unix:1000` or `tcp:127.0.0.1:4711`.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) origin: Origin,
    streams: Arc<AtomicBool>,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The socket, from a process of this user where the kernel says so.
    Unix(Option<u32>),
    /// The network.
    Tcp(SocketAddr),
}

impl Peer {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            streams: Arc::default(),
        }
    }

    /// As the journal has it.
    pub(super) fn journaled(&self) -> Option<crate::core::Origin> {
        self.to_string().parse().ok()
    }

    /// The connection has become a stream, which has longer bounds.
    pub(super) fn begins_to_stream(&self) {
        self.streams.store(true, Ordering::Release);
    }

    pub(super) fn streams(&self) -> bool {
        self.streams.load(Ordering::Acquire)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Unix(Some(uid)) => write!(f, "unix:{uid}"),
            Origin::Unix(None) => f.write_str("unix"),
            Origin::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

/// What counts as one address: of IPv6 a /64, which one customer has.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let bits = v6.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(bits).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_one_word_and_a_network_one_address() {
        let of = |origin| Peer::new(origin).to_string();
        assert_eq!(of(Origin::Unix(Some(1000))), "unix:1000");
        let address = "[::1]:80".parse().unwrap();
        assert_eq!(of(Origin::Tcp(address)), "tcp:[::1]:80");
        let net = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(net("192.0.2.7"), "192.0.2.7");
        assert_eq!(net("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(net("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
