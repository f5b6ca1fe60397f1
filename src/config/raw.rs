//! What a layer says, before anybody has checked it.

use toml::de::DeValue;

use super::kind::Kind;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    Text(String),
    /// Digits without underscores, and their radix.
    Whole(String, u32),
    /// A bare number with a point or an exponent.
    Fraction(String),
    Switch(bool),
    Date(String),
    List(Vec<Raw>),
    Table(Vec<(String, Raw)>),
}

/// Longest quotation of a value in an error, in characters.
const QUOTED: usize = 60;

impl Raw {
    pub(super) fn from_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(number) => Self::Whole(number.as_str().to_owned(), number.radix()),
            DeValue::Float(number) => Self::Fraction(number.as_str().to_owned()),
            DeValue::Boolean(on) => Self::Switch(*on),
            DeValue::Datetime(date) => Self::Date(date.to_string()),
            DeValue::Array(items) => Self::List(
                items
                    .iter()
                    .map(|item| Self::from_toml(item.get_ref()))
                    .collect(),
            ),
            DeValue::Table(entries) => Self::Table(
                entries
                    .iter()
                    .map(|(key, value)| {
                        let key = key.get_ref().to_string();
                        (key, Self::from_toml(value.get_ref()))
                    })
                    .collect(),
            ),
        }
    }

    /// Text from a variable or a flag, read as what its key wants. Lists are `a,b` or `["a", "b"]`,
    /// tables `A=1,B=2` or `{ A = "1" }`. What does not fit stays text, for the check to refuse.
    pub(super) fn from_text(text: &str, kind: &Kind) -> Self {
        let text = text.trim();
        let as_is = || Self::Text(text.to_owned());
        match kind {
            Kind::Switch => text.parse().map_or_else(|_| as_is(), Self::Switch),
            Kind::Whole { .. } if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                Self::Whole(text.to_owned(), 10)
            }
            Kind::Symbols | Kind::Keys | Kind::Headers if text.starts_with('[') => {
                Self::inline(text)
            }
            Kind::Symbols | Kind::Keys | Kind::Headers => Self::List(
                parts(text)
                    .map(|part| Self::Text(part.to_owned()))
                    .collect(),
            ),
            Kind::Amounts | Kind::Shares if text.starts_with('{') => Self::inline(text),
            Kind::Amounts | Kind::Shares => parts(text)
                .map(|part| part.split_once('='))
                .map(|pair| {
                    pair.map(|(k, v)| (k.trim().to_owned(), Self::Text(v.trim().to_owned())))
                })
                .collect::<Option<_>>()
                .map_or_else(as_is, Self::Table),
            _ => as_is(),
        }
    }

    fn inline(text: &str) -> Self {
        DeValue::parse(text).map_or_else(
            |_| Self::Text(text.to_owned()),
            |value| Self::from_toml(value.get_ref()),
        )
    }

    /// The value as an error quotes it.
    pub(super) fn quoted(&self) -> String {
        match self {
            Self::Text(text) if text.chars().count() > QUOTED => {
                let start: String = text.chars().take(QUOTED).collect();
                format!("{start:?}…")
            }
            Self::Text(text) => format!("{text:?}"),
            Self::Whole(digits, 16) => format!("0x{digits}"),
            Self::Whole(digits, 8) => format!("0o{digits}"),
            Self::Whole(digits, 2) => format!("0b{digits}"),
            Self::Whole(digits, _) | Self::Fraction(digits) => digits.clone(),
            Self::Switch(on) => on.to_string(),
            Self::Date(date) => format!("the date {date}"),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
        }
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}
