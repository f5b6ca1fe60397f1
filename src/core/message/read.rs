//! From JSON to a payload. Numbers are taken as they are written, so that no digit of them is lost,
//! and what a topic requires and the text lacks is named.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, Value};

use super::{MAX_PAYLOAD, Payload, Topic};
use crate::core::cycle::Phase;
use crate::core::text::Symbol;

/// Objects within objects that are looked into; a topic's word has no more.
const DEPTH: usize = 2;

/// What a topic's words may leave out, and what counts then.
const LEFT_OUT: [(&str, &str); 3] = [
    ("reasoning", "\"\""),
    ("position_size_multiplier", "\"1\""),
    ("entry_strictness", "false"),
];

impl Payload {
    /// Reads what somebody says on a topic; what goes to a single agent, or on an agent's own topic,
    /// stays as it is written.
    ///
    /// # Errors
    /// The text is too long or no JSON, or the field that is lacking or wrong, by its name.
    pub fn read(topic: Option<Topic>, text: &str) -> Result<Self, String> {
        if text.len() > MAX_PAYLOAD {
            return Err(format!(
                "the payload has {} bytes; {MAX_PAYLOAD} are allowed",
                text.len()
            ));
        }
        Ok(match topic {
            None | Some(Topic::Own) => {
                serde_json::from_str::<&RawValue>(text).map_err(|why| why.to_string())?;
                Self::Json {
                    text: text.to_owned(),
                }
            }
            Some(Topic::MarketData) => Self::Market(typed(text)?),
            Some(Topic::TaSignals) => Self::Ta(typed(text)?),
            Some(Topic::RegimeUpdates) => Self::Regime(typed(text)?),
            Some(Topic::SentimentUpdates) => Self::Sentiment(typed(text)?),
            Some(Topic::TradingSignals) => Self::Signal(typed(text)?),
            Some(Topic::RiskAlerts) => Self::Alert(typed(text)?),
            Some(Topic::ExecutionEvents) => Self::Execution(typed(text)?),
            Some(Topic::PortfolioUpdates) => Self::Portfolio(typed(text)?),
            Some(Topic::SystemEvents) => {
                let note: Note = typed(text)?;
                Self::Note {
                    what: note.kind,
                    message: note.message,
                }
            }
        })
    }

    /// Reads an answer to a phase: a signal, a size or a plan, or `{"error": TEXT}`, which is
    /// an error of the inner result.
    ///
    /// # Errors
    /// The field that is lacking or wrong, by its name.
    pub(in crate::core) fn read_answer(
        phase: Phase,
        text: &str,
    ) -> Result<Result<Self, String>, String> {
        if let Ok(Failure { error }) = typed(text) {
            return Ok(Err(error));
        }
        Ok(Ok(match phase {
            Phase::StrategyAnalysis => Self::Signal(typed(text)?),
            Phase::RiskValidation => {
                let sized: Size = typed(text)?;
                Self::Sized {
                    quantity: sized.quantity,
                    stop: sized.stop,
                    target: sized.target,
                }
            }
            Phase::Execution => Self::Plan {
                limit: typed::<Plan>(text)?.limit,
            },
            other => return Err(format!("nobody is asked in {}", other.as_str())),
        }))
    }
}

/// What the documents require of a system event.
#[derive(Deserialize)]
struct Note {
    kind: String,
    message: String,
}

#[derive(Deserialize)]
struct Size {
    quantity: rust_decimal::Decimal,
    stop: rust_decimal::Decimal,
    target: rust_decimal::Decimal,
}

#[derive(Deserialize)]
struct Plan {
    #[serde(deserialize_with = "present")]
    limit: Option<rust_decimal::Decimal>,
}

#[derive(Deserialize)]
struct Failure {
    error: String,
}

/// A field that may be null and must not be left out.
fn present<'de, D: serde::Deserializer<'de>>(
    d: D,
) -> Result<Option<rust_decimal::Decimal>, D::Error> {
    Option::deserialize(d)
}

/// The symbol a JSON document names.
pub(super) fn symbol(text: &str) -> Option<Symbol> {
    #[derive(Deserialize)]
    struct Named {
        symbol: Symbol,
    }
    serde_json::from_str::<Named>(text).ok().map(|n| n.symbol)
}

fn typed<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let wrong = |why: serde_json::Error| why.to_string();
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(wrong)?;
    for (name, value) in LEFT_OUT {
        let value = serde_json::from_str(value).map_err(wrong)?;
        fields.entry(name.to_owned()).or_insert(value);
    }
    serde_json::from_value(exact(fields, DEPTH).map_err(wrong)?).map_err(wrong)
}

/// The fields with each number as the text it was written as.
fn exact(fields: BTreeMap<String, &RawValue>, depth: usize) -> Result<Value, serde_json::Error> {
    let value = |raw: &RawValue| match raw.get().as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => Ok(Value::String(raw.get().to_owned())),
        Some(b'{') if depth > 0 => exact(serde_json::from_str(raw.get())?, depth - 1),
        _ => serde_json::from_str(raw.get()),
    };
    fields
        .into_iter()
        .map(|(name, raw)| Ok((name, value(raw)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn every_topic_names_the_field_it_lacks() {
        for (topic, lacks, text) in [
            (Topic::MarketData, "price", r#"{"symbol":"BTC/USDT"}"#),
            (
                Topic::TaSignals,
                "trend_direction",
                r#"{"symbol":"BTC/USDT"}"#,
            ),
            (Topic::RegimeUpdates, "regime", r#"{"symbol":"BTC/USDT"}"#),
            (Topic::SentimentUpdates, "symbol", "{}"),
            (Topic::TradingSignals, "action", r#"{"symbol":"BTC/USDT"}"#),
            (Topic::RiskAlerts, "severity", r#"{"alert_type":"loss"}"#),
            (Topic::ExecutionEvents, "order_id", r#"{"event_type":"x"}"#),
            (Topic::PortfolioUpdates, "allocation", r#"{"equity":1}"#),
            (Topic::SystemEvents, "message", r#"{"kind":"x"}"#),
        ] {
            let why = Payload::read(Some(topic), text).unwrap_err();
            assert_eq!(why, format!("missing field `{lacks}`"));
        }
        assert!(Payload::read(None, "{").is_err());
        assert!(Payload::read(Some(Topic::Own), "[1]").is_ok());
    }

    #[test]
    fn numbers_keep_every_digit() {
        let text =
            r#"{"equity":10000.12345678901234567,"allocation":{"BTC":0.123456789012345678}}"#;
        let Ok(Payload::Portfolio(update)) = Payload::read(Some(Topic::PortfolioUpdates), text)
        else {
            panic!("a portfolio is expected")
        };
        assert_eq!(update.equity, dec!(10000.12345678901234567));
        assert_eq!(update.allocation["BTC"].0, dec!(0.123456789012345678));
    }

    #[test]
    fn an_answer_is_read_by_the_phase_that_waits() {
        let size = r#"{"quantity":"0.1","stop":1,"target":2.5}"#;
        assert_eq!(
            Payload::read_answer(Phase::RiskValidation, size),
            Ok(Ok(Payload::Sized {
                quantity: dec!(0.1),
                stop: dec!(1),
                target: dec!(2.5)
            }))
        );
        let lacks = Payload::read_answer(Phase::RiskValidation, r#"{"quantity":1,"stop":1}"#);
        assert_eq!(lacks, Err("missing field `target`".into()));
        let lacks = Payload::read_answer(Phase::Execution, "{}");
        assert_eq!(lacks, Err("missing field `limit`".into()));
        let plan = Payload::read_answer(Phase::Execution, r#"{"limit":null}"#);
        assert_eq!(plan, Ok(Ok(Payload::Plan { limit: None })));
        let failed = Payload::read_answer(Phase::Execution, r#"{"error":"no book"}"#);
        assert_eq!(failed, Ok(Err("no book".into())));
    }
}
