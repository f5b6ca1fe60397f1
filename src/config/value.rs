//! A checked value, and how it becomes a field of the configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::core::Symbol;

/// A value that its key's kind has accepted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// A count, a size or a span of time.
    Whole(u64),
    /// An amount, a ratio or a factor.
    Decimal(Decimal),
    /// A word out of a list, an address.
    Text(String),
    /// Symbols, keys of the keyboard.
    List(Vec<String>),
    /// An amount or a ratio for each asset.
    Table(BTreeMap<String, Decimal>),
}

impl Value {
    /// The value as a number, where it is one; limits are compared by it.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Whole(number) => Some(Decimal::from(*number)),
            Self::Decimal(number) => Some(*number),
            _ => None,
        }
    }
}

/// As TOML writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{on}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "\"{number}\""),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(items) => write!(f, "{items:?}"),
            Self::Table(entries) if entries.is_empty() => f.write_str("{}"),
            Self::Table(entries) => {
                let pairs: Vec<_> = entries
                    .iter()
                    .map(|(key, number)| format!("{key} = \"{number}\""))
                    .collect();
                write!(f, "{{ {} }}", pairs.join(", "))
            }
        }
    }
}

/// What a field of the configuration may be.
pub(super) trait Field: Sized {
    /// The field out of a checked value; `None` where the key's kind is not the field's.
    fn take(value: Value) -> Option<Self>;
}

macro_rules! field {
    ($($type:ty: $pattern:pat => $field:expr;)*) => {$(
        impl Field for $type {
            fn take(value: Value) -> Option<Self> {
                match value {
                    $pattern => $field,
                    _ => None,
                }
            }
        }
    )*};
}

field! {
    bool: Value::Switch(on) => Some(on);
    u64: Value::Whole(number) => Some(number);
    i64: Value::Whole(number) => number.try_into().ok();
    String: Value::Text(text) => Some(text);
    Decimal: Value::Decimal(number) => Some(number);
    BTreeMap<String, Decimal>: Value::Table(entries) => Some(entries);
    Vec<String>: Value::List(items) => Some(items);
    Vec<Symbol>: Value::List(items) => items.iter().map(|item| item.parse().ok()).collect();
    Option<SocketAddr>: Value::Text(text) =>
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    Option<PathBuf>: Value::Text(text) => Some((!text.is_empty()).then(|| text.into()));
}
