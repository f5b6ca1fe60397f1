//! What agents leave for each other in a cycle.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::openapi::Words;
use super::steps::{Step, Stepped};
use crate::core::Command;
use crate::core::id::CycleId;
use crate::engine::Lane;
use crate::snapshot::Query;

pub(super) const ALL: Words =
    Words::of("What agents have left for each other in a cycle.").gives::<Data>();
pub(super) const ONE: Words = Words::of("One of the documents of a cycle.").gives::<Datum>();
pub(super) const PUT: Words = Words::of(
    "Leaves a document of at most 64 KiB in a cycle, under a key that begins with the writer's name and an underscore.",
)
.takes_any()
.gives::<Datum>();

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

/// A cycle's documents, each as it was written.
#[derive(Serialize, ToSchema)]
#[schema(as = CycleData)]
struct Data {
    /// The cycle.
    #[schema(value_type = CycleId)]
    cycle_id: Value,
    /// By their keys.
    #[schema(value_type = BTreeMap<String, Value>)]
    data: BTreeMap<String, Box<RawValue>>,
    /// Journal position.
    #[schema(value_type = u64)]
    seq: Value,
}

/// One of them.
#[derive(Serialize, ToSchema)]
#[schema(as = CycleDatum)]
struct Datum {
    /// The cycle.
    #[schema(value_type = CycleId)]
    cycle_id: Value,
    /// Its key.
    #[schema(value_type = String)]
    key: Value,
    /// The document, as it was written.
    #[schema(value_type = Value)]
    value: Box<RawValue>,
    /// Journal position.
    #[schema(value_type = u64)]
    seq: Value,
}

fn show(query: Query, what: &'static str, id: String) -> Stepped {
    Step::look(query, move |mut document| {
        if document.is_null() {
            return Err(super::unknown(what, &id));
        }
        let (cycle_id, seq) = (document["cycle_id"].take(), document["seq"].take());
        let Some(data) = document.get_mut("data").and_then(Value::as_object_mut) else {
            let (key, value) = (document["key"].take(), written(document["value"].take()));
            return Step::done(Answer::exact(Datum {
                cycle_id,
                key,
                value,
                seq,
            }));
        };
        let texts = std::mem::take(data).into_iter();
        Step::done(Answer::exact(Data {
            cycle_id,
            data: texts.map(|(key, text)| (key, written(text))).collect(),
            seq,
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
