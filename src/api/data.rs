//! What agents leave for each other in a cycle.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::Answer;
use super::ask::Ask;
use super::steps::{Step, Stepped};
use crate::core::Command;
use crate::core::id::CycleId;
use crate::engine::Lane;
use crate::snapshot::Query;

pub(super) fn all(ask: &Ask<'_>) -> Stepped {
    let cycle: CycleId = ask.id("cycle")?;
    let query = Query::Data { cycle, key: None };
    show(query, "cycle", ask.part(0).to_owned())
}

pub(super) fn one(ask: &Ask<'_>) -> Stepped {
    let cycle: CycleId = ask.id("cycle")?;
    let key = ask.part(1).to_owned();
    let query = Query::Data {
        cycle,
        key: Some(key.clone()),
    };
    show(query, "key", key)
}

/// The body is the document, whatever it is.
pub(super) fn put(ask: &Ask<'_>) -> Stepped {
    let cycle: CycleId = ask.id("cycle")?;
    let key = ask.part(1).to_owned();
    let command = Command::PutData {
        cycle,
        key: key.clone(),
        value: ask.request.body.to_owned(),
    };
    Step::submit(Lane::Normal, command, move |_| {
        let query = Query::Data {
            cycle,
            key: Some(key.clone()),
        };
        show(query, "key", key)
    })
}

/// What was looked up, with each document as it was written.
#[derive(Serialize)]
struct Shown {
    cycle_id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<BTreeMap<String, Box<RawValue>>>,
    seq: Value,
}

fn show(query: Query, what: &'static str, id: String) -> Stepped {
    Step::look(query, move |mut document| {
        if document.is_null() {
            return Err(super::unknown(what, &id));
        }
        let data = document.get_mut("data").and_then(Value::as_object_mut);
        let data = data.map(|all| {
            let texts = std::mem::take(all).into_iter();
            texts.map(|(key, text)| (key, written(text))).collect()
        });
        Step::done(Answer::exact(Shown {
            cycle_id: document["cycle_id"].take(),
            key: document.get_mut("key").map(Value::take),
            value: document.get_mut("value").map(Value::take).map(written),
            data,
            seq: document["seq"].take(),
        }))
    })
}

/// A document by its text; a text that is none is shown as text.
fn written(text: Value) -> Box<RawValue> {
    let raw = text
        .as_str()
        .and_then(|text| RawValue::from_string(text.to_owned()).ok());
    raw.unwrap_or_else(|| {
        serde_json::value::to_raw_value(&text).expect("a text is always a JSON document")
    })
}
