//! The tokens of agents: chance for whoever holds one, a hash for everybody else.

use std::io;

use rustix::rand::{GetRandomFlags, getrandom};
use sha2::{Digest, Sha256};

/// Bytes of chance in a token.
const BYTES: usize = 32;

/// A token, while it is being told to its agent.
pub(super) struct Token(String);

impl Token {
    /// A new one, from the system's chance.
    ///
    /// # Errors
    /// The system has none to give.
    pub(super) fn new() -> io::Result<Self> {
        let mut bytes = [0; BYTES];
        // So few bytes are given at once, or not at all.
        if getrandom(&mut bytes, GetRandomFlags::empty())? < BYTES {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self(hex(&bytes)))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> String {
        hash(&self.0)
    }
}

/// SHA-256 of a token, in hex.
pub(super) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tokens_are_alike_and_a_hash_is_sha_256() {
        let (one, other) = (Token::new().unwrap(), Token::new().unwrap());
        assert_eq!(one.text().len(), 2 * BYTES);
        assert_ne!(one.text(), other.text());
        assert_eq!(one.hash(), hash(one.text()));
        assert_eq!(
            hash("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
