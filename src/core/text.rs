//! Short names kept inline: copied like numbers, compared like text, never allocated.

use std::fmt;
use std::str::FromStr;

use minicbor::decode::Error as DecodeError;
use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text of at most `N` bytes, stored inline.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Short<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

/// Why a text is no name: what was found and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(pub String);

impl<const N: usize> Short<N> {
    /// Keeps `text` where it fits.
    ///
    /// # Errors
    /// Text longer than `N` bytes.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.len() > N || N > 255 {
            return Err(NameError(format!("{text:?} is longer than {N} bytes")));
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self {
            bytes,
            len: text.len() as u8,
        })
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)])
            .expect("only `new` makes one, and from whole text")
    }
}

impl<const N: usize> fmt::Display for Short<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Short<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<const N: usize> Serialize for Short<N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Short<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl<C, const N: usize> Encode<C> for Short<N> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.as_str())?.ok()
    }
}

impl<'b, C, const N: usize> Decode<'b, C> for Short<N> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Self::new(d.str()?).map_err(DecodeError::message)
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] Short<$max>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text).and_then(|t| Short::new(&t)).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// A traded pair, `BASE/QUOTE` in capitals: `BTC/USDT`. `BTC_USDT` is read as the same (U6).
    Symbol, 24, check_symbol
);
name!(
    /// Who acts: an agent, an operator, a part of the engine.
    Name, 40, check_name
);
name!(
    /// From where something was asked: `console`, `unix:1000` (the user at the other end of the
    /// socket), `tcp:192.0.2.7:40312`, `signal`; a word behind it says by what right, such as
    /// `unix:1000 token`.
    Origin, 64, check_origin
);

impl Symbol {
    /// What is bought and sold: `BTC` of `BTC/USDT`.
    pub fn base(&self) -> &str {
        self.as_str().split_once('/').map_or(self.as_str(), |p| p.0)
    }

    /// What is paid with: `USDT` of `BTC/USDT`.
    pub fn quote(&self) -> &str {
        self.as_str().split_once('/').map_or("", |p| p.1)
    }
}

fn check_symbol(text: &str) -> Result<String, NameError> {
    let text = text.trim().to_ascii_uppercase().replace('_', "/");
    let part = |p: &str| {
        (1..=11).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
    };
    match text.split_once('/') {
        Some((base, quote)) if part(base) && part(quote) => Ok(text),
        _ => Err(NameError(format!(
            "{text:?} is no symbol: BASE/QUOTE is expected, such as BTC/USDT"
        ))),
    }
}

fn check_name(text: &str) -> Result<String, NameError> {
    let ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'@');
    if text.is_empty() || text.len() > 40 || !text.bytes().all(ok) {
        return Err(NameError(format!(
            "{text:?} is no name: 1 to 40 of a-z A-Z 0-9 _ - . : @ are allowed"
        )));
    }
    Ok(text.to_owned())
}

fn check_origin(text: &str) -> Result<String, NameError> {
    let ok = |b: u8| b.is_ascii_graphic() || b == b' ';
    if text.is_empty() || text.len() > 64 || !text.bytes().all(ok) {
        return Err(NameError(format!(
            "{text:?} is no origin: 1 to 64 printable characters of ASCII are allowed"
        )));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_normalised_and_checked() {
        for good in ["BTC/USDT", "btc_usdt", " BTC/usdt"] {
            assert_eq!(good.parse::<Symbol>().unwrap().as_str(), "BTC/USDT");
        }
        for bad in ["", "BTC", "BTC/", "/USD", "BTC/US D", "B/C/D"] {
            assert!(bad.parse::<Symbol>().is_err(), "{bad}");
        }
        let symbol: Symbol = "XBT/EUR".parse().unwrap();
        assert_eq!((symbol.base(), symbol.quote()), ("XBT", "EUR"));
    }

    #[test]
    fn names_survive_encoding() {
        let name: Name = "technical_analysis".parse().unwrap();
        let bytes = minicbor::to_vec(name).unwrap();
        assert_eq!(minicbor::decode::<Name>(&bytes).unwrap(), name);
        assert!("no spaces".parse::<Name>().is_err());
    }

    #[test]
    fn an_origin_is_one_short_line_of_ascii() {
        let longest = "tcp:[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535 token";
        for good in ["console", "unix:4294967295 token", longest] {
            assert_eq!(good.parse::<Origin>().unwrap().as_str(), good);
        }
        let long = "x".repeat(65);
        for bad in ["", "two\nlines", "caf\u{e9}", long.as_str()] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
