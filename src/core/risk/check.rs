//! What the gate writes down of a rule it looked at. Nothing in it is allocated: every order has
//! two dozen of them.

use std::fmt;

use minicbor::decode::Error as DecodeError;
use minicbor::{Decode, Decoder, Encode, Encoder};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::core::text::Short;

/// A rule's stable code.
pub type Code = Short<24>;

/// A limit or what was measured against it, in the rule's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A number.
    Number(Decimal),
    /// Anything else, in a few words.
    Text(Short<40>),
}

impl Measure {
    /// In words; what does not fit is cut.
    pub fn text(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        let end = (0..=text.len().min(40))
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        Self::Text(Short::new(&text[..end]).expect("it was cut to fit"))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => fmt::Display::fmt(&number.normalize(), f),
            Self::Text(text) => fmt::Display::fmt(text, f),
        }
    }
}

impl From<Decimal> for Measure {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Measure {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Measure {
    fn from(number: usize) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for Measure {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<crate::core::text::Symbol> for Measure {
    fn from(symbol: crate::core::text::Symbol) -> Self {
        Self::text(symbol)
    }
}

impl From<String> for Measure {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl<C> Encode<C> for Measure {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        c: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Number(number) => crate::core::codec::dec::encode(number, e, c),
            Self::Text(text) => text.encode(e, c),
        }
    }
}

impl<'b, C> Decode<'b, C> for Measure {
    fn decode(d: &mut Decoder<'b>, c: &mut C) -> Result<Self, DecodeError> {
        match d.datatype()? {
            minicbor::data::Type::String => Ok(Self::Text(Decode::decode(d, c)?)),
            _ => Ok(Self::Number(crate::core::codec::dec::decode(d, c)?)),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        Ok(text
            .parse()
            .map_or_else(|_| Self::text(&text), Self::Number))
    }
}

/// One rule, looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Check {
    /// Its stable code.
    #[n(0)]
    pub rule: Code,
    /// Its limit, in the rule's unit.
    #[n(1)]
    pub limit: Measure,
    /// What was measured.
    #[n(2)]
    pub value: Measure,
    /// Whether it let the order pass.
    #[n(3)]
    pub passed: bool,
}
