//! Decimals as they are written: text or a JSON number, to the last digit, never through a float.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A decimal of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact(pub(super) Decimal);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(d)?;
        let written = raw.get();
        let text = if written.starts_with('"') {
            serde_json::from_str::<String>(written).map_err(D::Error::custom)?
        } else {
            written.to_owned()
        };
        parse(&text).map(Self).map_err(D::Error::custom)
    }
}

impl PartialSchema for Exact {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
            .pattern(Some(r"^-?[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?$"))
            .description(Some(
                "A decimal of at most 28 digits, as text or as a number; read to the last digit.",
            ))
            .examples(["0.05"])
            .into()
    }
}

impl ToSchema for Exact {
    fn name() -> Cow<'static, str> {
        "Decimal".into()
    }
}

/// Reads a decimal exactly.
///
/// # Errors
/// It is none, or has more digits than are kept.
pub(crate) fn parse(text: &str) -> Result<Decimal, String> {
    let wrong = || format!("{text:?} is no decimal of at most 28 digits, such as \"0.05\"");
    let read = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text)
    } else {
        Decimal::from_str_exact(text)
    };
    read.map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_numbers_are_read_to_the_last_digit() {
        for (json, is) in [
            ("\"0.1234567890123456789\"", "0.1234567890123456789"),
            ("0.1234567890123456789", "0.1234567890123456789"),
            ("9007199254740993.01", "9007199254740993.01"),
            ("1e-8", "0.00000001"),
            ("100", "100"),
            ("-2.50", "-2.50"),
        ] {
            let read: Exact = serde_json::from_str(json).unwrap();
            assert_eq!(read.0.to_string(), is, "{json}");
        }
        for bad in [
            "true",
            "\"\"",
            "\"x\"",
            "null",
            "\"NaN\"",
            "[1]",
            "0.00000000000000000000000000001",
        ] {
            assert!(serde_json::from_str::<Exact>(bad).is_err(), "{bad}");
        }
    }
}
